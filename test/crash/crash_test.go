package crash

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// allEnv asks for every point instead of a sample.
const allEnv = "CRASH_ALL"

// TestEveryCall runs each scenario once undisturbed, to number its calls, and then again for each point: there the operator is
// killed and started again, or loses an answer, or its call comes late; it has to come to the same end.
func TestEveryCall(t *testing.T) {
	t.Parallel()
	all := os.Getenv(allEnv) != ""
	seed := commit(t)
	t.Logf("the sample is that of commit %q", seed)
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if s.slow && !all {
				at := anywhere(seed, s.name)
				bed.results.found(s.name, 1)
				bed.results.ran(s.name, runUntilStruck(t, s, at), !t.Failed())

				return
			}
			var points []point
			if !t.Run("undisturbed", func(t *testing.T) { points = runUndisturbed(t, s) }) {
				return
			}
			known(t, s.name, points, func() (second []point) {
				t.Run("undisturbed again", func(t *testing.T) { second = runUndisturbed(t, s) })

				return second
			})
			chosen := points
			if !all {
				chosen = sample(points, seed, s.name)
			}
			bed.results.found(s.name, len(points))
			for _, at := range chosen {
				t.Run(at.String(), func(t *testing.T) {
					t.Parallel()
					struck := runUntilStruck(t, s, at)
					bed.results.ran(s.name, struck, !t.Failed())
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
	points := w.recorder.points(phases...)
	if s.from != (call{}) {
		i := slices.IndexFunc(points, func(p point) bool { return p.call == s.from })
		if i < 0 {
			t.Fatalf("the scenario begins at %v, which did not come", s.from)
		}
		points = points[i:]
	}
	if os.Getenv(allEnv) != "" {
		w.stays(s)
	}
	if len(points) == 0 {
		t.Fatal("the operator made no call, so there is nowhere to kill it")
	}

	return points
}

// tries is how often a scenario is run until the call comes at which something goes wrong: a run may differ from the
// undisturbed one when the machine is busy. A run without the call is one to which nothing happens. What comes by chance is, say, a
// check by the clock, one that was begun before the operator heard of a deletion, or a write of a status into which another one
// went. The table shows it as not visited, and mustHaveBeenThere bounds how many there are.
const tries = 5

func runUntilStruck(t *testing.T, s scenario, at point) (struck bool) {
	t.Helper()
	for n := range tries {
		passed := t.Run(fmt.Sprintf("try %d", n+1), func(t *testing.T) {
			w := newWorld(t, lend(t))
			defer func() { struck = w.recorder.wasStruck() }() // a run that fails has been there too
			w.run(s, &at)
			if !w.recorder.wasStruck() {
				t.Logf("the run came to rest without the call; its calls: %v", w.recorder.list())
			}
		})
		if struck || !passed {
			return struck
		}
	}
	t.Skip("the call came by chance: so many runs to which nothing happened did without it")

	return false
}

// run takes the world through a scenario. Where the operator is killed on the way, what it leaves is looked at, and it is
// started again.
func (w *world) run(s scenario, at *point) {
	w.t.Helper()
	w.scenario, w.repeats = s, w.rival != nil || (at != nil && at.phase == late)
	s.given(w)
	w.begin(at)
	s.when(w)
	if at != nil {
		w.eventually("the call comes at which something goes wrong", func() bool { return w.recorder.wasStruck() || w.atRest() })
		w.recorder.disarm()
		w.losesNothing()
		if err := w.startAll(); err != nil {
			w.t.Fatal(err)
		}
	}
	w.eventually("it comes to rest, and Okta holds what is right", w.atRest)
	if w.recorder.wasStruck() {
		w.looksAgain()
	}
	w.holdsWhatItMust()
}

// looksAgain has each credential checked once more, and waits for the rest after that. What a run is held against may be right
// already when its last call goes wrong; then nothing but this makes the process that was started again take a pass, in which it
// could do what the one before has done. A credential that is going, or has gone, has no checks.
func (w *world) looksAgain() {
	w.t.Helper()
	if w.scenario.goes {
		return
	}
	command, asked := fmt.Sprint(time.Now().UnixNano()), w.checks()
	for _, p := range w.places() {
		change(w, w.credentialAt(p), func(c *v1alpha1.OktaClientCredential) {
			metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.AnnotationValidate, command)
		})
	}
	w.eventually("the check that was asked for is made, and it rests", func() bool {
		return w.checks() >= asked+len(w.places()) && w.isChecked(command) && w.atRest()
	})
}

// checks is how often the token endpoint was asked about the client.
func (w *world) checks() (n int) {
	for _, request := range w.org.Requests() {
		if request.Route == oktasim.RouteToken && request.ClientID == clientID {
			n++
		}
	}

	return n
}

// isChecked says whether every credential names a command to check in its status as carried out.
func (w *world) isChecked(command string) bool {
	for _, p := range w.places() {
		c := w.credentialAt(p)
		if !w.read(c) || c.Status.HandledCommands.Validate != command {
			return false
		}
	}

	return true
}

// operators are those that work in this world.
func (w *world) operators() []*operator {
	return slices.DeleteFunc([]*operator{w.operator, w.rival, w.abroad}, func(o *operator) bool { return o == nil })
}

// startAll starts what was killed.
func (w *world) startAll() error {
	var errs []error
	for _, o := range w.operators() {
		errs = append(errs, o.start())
	}

	return errors.Join(errs...)
}

// begin notes how things stand, and aims at a point, if any.
func (w *world) begin(at *point) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sentBefore, w.createsBefore, w.requestsBefore = maps.Clone(w.sent), w.creates(), len(w.org.Requests())
	w.recorder.begin(at)
	if rivals := w.rivalry.Load(); rivals != nil {
		rivals.begin()
	}
}

// stays holds the rest against statements 6 and 9: another check, and the operator started once more, change nothing.
func (w *world) stays(s scenario) {
	w.t.Helper()
	if s.goes {
		return
	}
	held, listed, changed := w.value(), w.atOkta(), w.changesAtOkta()
	w.operator.kill()
	if err := w.operator.start(); err != nil {
		w.t.Fatal(err)
	}
	w.looksAgain()
	if !w.value().Equal(held) || w.atOkta() != listed || w.changesAtOkta() != changed {
		w.t.Errorf("a restart and a check changed something: at Okta now %s, with %d changes in all; before %s, %d (statements 6, 9)", w.atOkta(), w.changesAtOkta(), listed, changed)
	}
}

// atRest says whether the scenario has come to an end that is right.
func (w *world) atRest() bool {
	w.t.Helper()
	if slices.ContainsFunc(w.operators(), (*operator).endedByItself) {
		w.t.Fatal("the operator ended without being killed")
	}
	resting := w.settled
	switch {
	case w.scenario.goes:
		resting = w.gone
	case w.scenario.rests != nil:
		resting = func() bool { return w.scenario.rests(w) }
	}

	return slices.Contains(w.scenario.right, w.atOkta()) && resting()
}
