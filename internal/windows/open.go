package windows

import "time"

// maxSteps bounds the search for the next change. Windows that touch each other for longer than that (an Allow for a minute
// every minute, say) change at no moment; then Open names the moment up to which it has looked.
const maxSteps = 500

// Open says whether a rotation may start at a moment, and the moment after it when that changes. The second is zero where it
// never changes; it is always later than now otherwise, and the answer holds until then.
func (p Plan) Open(now time.Time) (open bool, next time.Time) {
	walk := p.walkFrom(now)
	open = walk.open()
	for range maxSteps {
		if next = walk.boundary(); next.IsZero() {
			return open, time.Time{}
		}
		if walk.stepTo(next); walk.open() != open {
			return open, next
		}
	}

	return open, next
}

// walk goes through a Plan from one boundary to the next.
type walk struct {
	allow, deny []position
}

// position is where a walk stands in one window.
type position struct {
	span
	// start is the first one that is still to come; zero where none is.
	start time.Time
	// end is that of the earliest start that holds the window open; zero while it is closed.
	end time.Time
}

func (p Plan) walkFrom(now time.Time) walk {
	begin := func(spans []span) []position {
		positions := make([]position, 0, len(spans))
		for _, s := range spans {
			positions = append(positions, position{span: s, start: s.startAfter(now), end: s.endAfter(now)})
		}

		return positions
	}

	return walk{allow: begin(p.allow), deny: begin(p.deny)}
}

func (w walk) open() bool {
	return !anyOpen(w.deny) && (len(w.allow) == 0 || anyOpen(w.allow))
}

func anyOpen(positions []position) bool {
	for _, p := range positions {
		if !p.end.IsZero() {
			return true
		}
	}

	return false
}

// boundary is the next moment at which a window opens or may close; zero where there is none.
func (w walk) boundary() time.Time {
	var first time.Time
	for _, positions := range [][]position{w.allow, w.deny} {
		for _, p := range positions {
			for _, moment := range []time.Time{p.start, p.end} {
				if !moment.IsZero() && (first.IsZero() || moment.Before(first)) {
					first = moment
				}
			}
		}
	}

	return first
}

// stepTo goes to a boundary. What no window reached yet is not computed again: to find the next 29 February takes a while.
func (w walk) stepTo(moment time.Time) {
	for _, positions := range [][]position{w.allow, w.deny} {
		for i := range positions {
			p := &positions[i]
			begins := !p.start.IsZero() && !p.start.After(moment)
			if begins || (!p.end.IsZero() && !p.end.After(moment)) {
				p.end = p.endAfter(moment)
			}
			if begins {
				p.start = p.startAfter(moment)
			}
		}
	}
}

// endAfter is the end of the earliest start that holds the window open at a moment; zero when it is closed.
func (s span) endAfter(moment time.Time) time.Time {
	start := s.startAfter(moment.Add(-s.duration))
	if start.IsZero() || start.After(moment) {
		return time.Time{}
	}

	return start.Add(s.duration)
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
