package windows

import "time"

// wallClock is what a clock in a zone shows at a moment, written as if it were UTC, where every reading exists once.
func wallClock(moment time.Time, zone *time.Location) time.Time {
	local := moment.In(zone)
	_, offset := local.Zone()

	return moment.UTC().Add(time.Duration(offset) * time.Second)
}

// instant is the first moment at which a clock in a zone shows a reading. Where the clock skips it, that is the moment of
// the skip. time.Date promises neither.
func instant(reading time.Time, zone *time.Location) time.Time {
	near := time.Date(reading.Year(), reading.Month(), reading.Day(), reading.Hour(), reading.Minute(), reading.Second(), 0, zone)
	begin, end := near.ZoneBounds()
	var first time.Time
	for _, moment := range []time.Time{near, justBefore(begin), end} {
		if moment.IsZero() {
			continue
		}
		_, offset := moment.In(zone).Zone()
		candidate := reading.Add(-time.Duration(offset) * time.Second)
		if wallClock(candidate, zone).Equal(reading) && (first.IsZero() || candidate.Before(first)) {
			first = candidate
		}
	}
	if !first.IsZero() {
		return first
	}

	return skip(reading, zone, begin, end)
}

// skip finds the change of the clock that jumped over a reading.
func skip(reading time.Time, zone *time.Location, changes ...time.Time) time.Time {
	for _, change := range changes {
		if !change.IsZero() && wallClock(justBefore(change), zone).Before(reading) && wallClock(change, zone).After(reading) {
			return change.UTC()
		}
	}

	// No zone has such a reading: each is shown, or jumped over by one of the two changes next to it.
	return reading
}

func justBefore(change time.Time) time.Time {
	if change.IsZero() {
		return change
	}

	return change.Add(-time.Nanosecond)
}
