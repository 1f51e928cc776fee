package windows

import "time"

const (
	// horizon is how far Opens looks: windows that open no sooner are as good as closed for ever. The library looks as far for
	// a start.
	horizon = 5 * 366 * 24 * time.Hour
	// maxSteps bounds the search where windows touch each other for so long that it would take seconds, such as a Deny for a
	// minute every minute. That is a month of such minutes.
	maxSteps = 50_000
)

// Open says whether a rotation may start at a moment.
func (p Plan) Open(moment time.Time) bool {
	return latestEnd(p.deny, moment).IsZero() && (len(p.allow) == 0 || !latestEnd(p.allow, moment).IsZero())
}

// Opens is the first moment, from now on, at which a rotation may start; found is false where there is none within five years.
// While a Deny holds no start of an Allow matters, so that the search goes on at the Deny's end.
func (p Plan) Opens(now time.Time) (at time.Time, found bool) {
	moment := now
	for range maxSteps {
		switch denied := latestEnd(p.deny, moment); {
		case moment.Sub(now) > horizon:
			return time.Time{}, false
		case !denied.IsZero():
			moment = denied
		case len(p.allow) == 0 || !latestEnd(p.allow, moment).IsZero():
			return moment, true
		default:
			if moment = nextStart(p.allow, moment); moment.IsZero() {
				return time.Time{}, false
			}
		}
	}

	return time.Time{}, false
}

// latestEnd of the windows that are open at a moment, as far as one of their starts until then says; zero when all are closed.
func latestEnd(spans []span, moment time.Time) time.Time {
	var latest time.Time
	for _, s := range spans {
		if end := s.endAfter(moment); end.After(latest) {
			latest = end
		}
	}

	return latest
}

// nextStart is the first moment after another at which one of the windows opens; zero where none does.
func nextStart(spans []span, moment time.Time) time.Time {
	var first time.Time
	for _, s := range spans {
		if start := s.startAfter(moment); !start.IsZero() && (first.IsZero() || start.Before(first)) {
			first = start
		}
	}

	return first
}

// endAfter is the end of a start that holds the window open at a moment; zero when it is closed. Of several starts it takes a
// late one, so that a window which overlaps itself (a day long, every minute) is gone through in steps of about its length.
func (s span) endAfter(moment time.Time) time.Time {
	start := s.startAfter(moment.Add(-s.duration))
	if start.IsZero() || start.After(moment) {
		return time.Time{}
	}
	second := s.startAfter(start)
	if second.IsZero() || second.After(moment) {
		return start.Add(s.duration)
	}
	for back := second.Sub(start); back < s.duration; back *= 2 {
		if late := s.startAfter(moment.Add(-back)); !late.IsZero() && !late.After(moment) {
			return late.Add(s.duration)
		}
	}

	return second.Add(s.duration)
}

// startAfter is the first moment after another at which the window opens; zero where the next five years have none.
func (s span) startAfter(moment time.Time) time.Time {
	reading := wallClock(moment, s.zone)
	for {
		reading = s.starts.Next(reading)
		if reading.IsZero() {
			return time.Time{}
		}
		// In an hour that the clock shows twice, the readings of the second time belong to the first, which is over.
		if start := instant(reading, s.zone); start.After(moment) {
			return start
		}
	}
}
