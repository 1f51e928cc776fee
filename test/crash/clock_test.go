package crash

import (
	"os"
	"slices"
	"testing"
	"time"
)

// wrongFor is how long the operator's clock is off at most.
const wrongFor = 5 * time.Second

// clockScenarios are those in which the clock jumps; the first one in every run.
var clockScenarios = []string{"rejected, one slot free", "rotate command, adopted secret", "revoke command, secret of ours", "rollback"}

// byClock ends their names where points of theirs are meant.
const byClock = " by the clock"

// unretired are the sets of secrets that Okta may hold, besides the right ones, while the retirement of what was superseded is late:
// at Okta, or in the journal only.
var unretired = map[string][]string{
	"rotate command, adopted secret": {"first ACTIVE, ours ACTIVE"},
	"revoke command, secret of ours": {"ours ACTIVE, ours ACTIVE", "ours INACTIVE, ours ACTIVE"},
	"rollback":                       {"first ACTIVE, ours ACTIVE", "first ACTIVE, ours INACTIVE"},
}

// TestClockJumps lets the operator's clock jump by an hour, either way, at a call, and back a little later. While it is off, Okta
// may refuse the operator's assertions. When it is right again the operator goes on, but a retirement may come up to an hour
// late: its times were written by the wrong clock.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	names := clockScenarios
	if os.Getenv(allEnv) == "" {
		names = names[:1]
	}
	for _, name := range names {
		s := named(t, name)
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			o := hire(t, bed.programs.clockjump, "clock-"+s.name[:3], func(*operator) {})
			var points []point
			t.Run("undisturbed", func(t *testing.T) { // not parallel: the others need what it finds
				w := newWorld(t, o)
				w.run(s, nil)
				points = w.recorder.points(ahead, back)
			})
			known(t, s.name+byClock, points, func() []point { return nil })
			if os.Getenv(allEnv) == "" {
				points = sample(points, commit(t), s.name+byClock)
			}
			for _, at := range points {
				t.Run(at.String(), func(t *testing.T) { newWorld(t, o).runWithClock(s, at) })
			}
		})
	}
}

// runWithClock takes the world through a scenario while the operator's clock jumps and comes back.
func (w *world) runWithClock(s scenario, at point) {
	w.t.Helper()
	w.scenario, w.repeats = s, true
	s.given(w)
	w.begin(&at)
	s.when(w)
	w.eventually("the call comes at which the clock jumps", func() bool { return w.recorder.wasStruck() || w.atRest() })
	if !w.recorder.wasStruck() {
		w.t.Skip("the run came to rest without the call")
	}
	until := time.Now().Add(wrongFor)
	w.eventually("it rests, or the clock is set right", func() bool { return w.atRest() || time.Now().After(until) })
	w.losesNothing()
	if at.phase == ahead {
		w.operator.back()
	} else {
		w.operator.ahead()
	}
	late := slices.Concat(s.right, unretired[s.name])
	w.eventually("it comes to rest, but for a retirement", func() bool {
		return w.atRest() || (slices.Contains(late, w.atOkta()) && overlaps(w))
	})
	w.holdsWhatItMust()
}
