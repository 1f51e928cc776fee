package crash

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
)

// allEnv asks for every point instead of a sample.
const allEnv = "CRASH_ALL"

// TestKilledAtEveryCall runs each scenario once undisturbed, to number its calls, and then again for each point: there the
// operator is killed, then started again, and has to come to the same end.
func TestKilledAtEveryCall(t *testing.T) {
	all := os.Getenv(allEnv) != ""
	seed := commit(t)
	t.Logf("the sample is that of commit %q", seed)
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			var points []point
			if !t.Run("undisturbed", func(t *testing.T) { points = runUndisturbed(t, s) }) {
				return
			}
			chosen := points
			if !all {
				chosen = sample(points, seed+s.name)
			}
			bed.results.found(s.name, len(points))
			for _, at := range chosen {
				t.Run(at.String(), func(t *testing.T) {
					t.Parallel()
					killed := runUntilKilled(t, s, at)
					bed.results.ran(s.name, killed, !t.Failed())
				})
			}
		})
	}
}

// lend lends an operator to a test.
func lend(t *testing.T) *operator {
	t.Helper()
	o := <-bed.operators
	t.Cleanup(func() { bed.operators <- o })

	return o
}

func runUndisturbed(t *testing.T, s scenario) []point {
	t.Helper()
	w := newWorld(t, lend(t))
	w.run(s, nil)
	points := w.recorder.points()
	if len(points) == 0 {
		t.Fatal("the operator made no call, so there is nowhere to kill it")
	}

	return points
}

// tries is how often a scenario is run until the call comes at which the operator is to be killed: a run may differ from the
// undisturbed one when the machine is busy.
const tries = 3

func runUntilKilled(t *testing.T, s scenario, at point) (killed bool) {
	t.Helper()
	for n := range tries {
		passed := t.Run(fmt.Sprintf("try %d", n+1), func(t *testing.T) {
			w := newWorld(t, lend(t))
			w.run(s, &at)
			killed = w.recorder.wasKilled()
			if !killed {
				t.Logf("the run came to rest without the call; its calls: %v", w.recorder.list())
			}
		})
		if killed || !passed {
			return killed
		}
	}
	t.Error("the call at which the operator was to be killed did not come")

	return false
}

// run takes the world through a scenario. Where the operator is killed on the way, what it leaves is looked at, and it is
// started again.
func (w *world) run(s scenario, at *point) {
	w.t.Helper()
	s.given(w)
	w.begin(at)
	s.when(w)
	strangers := w.strangers()
	if at != nil {
		w.eventually("the call comes at which the operator is to be killed", func() bool { return w.recorder.wasKilled() || w.atRest(s) })
		w.losesNothing()
		if err := w.operator.start(); err != nil {
			w.t.Fatal(err)
		}
	}
	w.eventually("it comes to rest, and Okta holds what is right", func() bool { return w.atRest(s) })
	w.holdsWhatItMust(s, strangers)
}

// begin notes how things stand, and aims at a point, if any.
func (w *world) begin(at *point) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sentBefore, w.createsBefore = maps.Clone(w.sent), w.creates()
	w.recorder.begin(at)
}

func (w *world) atRest(s scenario) bool {
	w.t.Helper()
	if w.operator.endedByItself() {
		w.t.Fatal("the operator ended without being killed")
	}
	resting := w.settled
	if s.goes {
		resting = w.gone
	}

	return slices.Contains(s.right, w.atOkta()) && resting()
}
