package crash

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// some are the scenarios that a run of a test goes through: all of them, or a number of the quicker ones by the commit.
func some(t *testing.T, number int) []scenario {
	t.Helper()
	if os.Getenv(allEnv) != "" {
		return scenarios
	}
	seed := commit(t) + t.Name()
	rank := func(s scenario) string {
		sum := sha256.Sum256([]byte(seed + s.name))

		return string(sum[:])
	}

	quick := slices.DeleteFunc(slices.Clone(scenarios), func(s scenario) bool { return s.slow })

	return slices.SortedFunc(slices.Values(quick), func(a, b scenario) int { return strings.Compare(rank(a), rank(b)) })[:number]
}

// hire makes an operator of a test's own, beside those that are lent.
func hire(t *testing.T, program, name string, edit func(*operator)) *operator {
	t.Helper()
	o, err := newOperator(program, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.close)
	edit(o)

	return o
}

// TestTwoLeaders lets two operators work on the same objects, both sure that they lead.
func TestTwoLeaders(t *testing.T) {
	t.Parallel()
	for _, s := range some(t, 3) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			first := lend(t)
			w := newWorld(t, first)
			w.rival = hire(t, bed.programs.manager, first.name, func(*operator) {})
			w.rival.meets(w)
			w.rivalry.Store(newRivalry())
			if err := w.rival.start(); err != nil {
				t.Fatal(err)
			}
			before := first.writes.Load()
			w.run(s, nil)
			if w.rival.writes.Load() == 0 || first.writes.Load() == before {
				t.Error("one of the two operators tried to write nothing, so they were no rivals")
			}
		})
	}
}

// rivalry holds the first change of each of two operators back until both are about to make one: whichever is faster, both have
// decided on what they saw before.
type rivalry struct {
	mu      sync.Mutex
	at      map[*operator]bool
	started bool
	// goesOn is closed when both are there, or one has waited long enough.
	goesOn chan struct{}
	once   sync.Once
}

func newRivalry() *rivalry { return &rivalry{at: map[*operator]bool{}, goesOn: make(chan struct{})} }

// begin lets it count from now on.
func (r *rivalry) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.started = true
}

// join waits for the other operator, though not for one that turns out to have nothing to do.
func (r *rivalry) join(ctx context.Context, o *operator) {
	r.mu.Lock()
	if !r.started {
		r.mu.Unlock()

		return
	}
	r.at[o] = true
	if len(r.at) == 2 {
		r.once.Do(func() { close(r.goesOn) })
	}
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, patience/4)
	defer cancel()
	select {
	case <-r.goesOn:
	case <-ctx.Done():
		r.once.Do(func() { close(r.goesOn) })
	}
}

// lag is how late a lagging operator hears of changes; a pass takes a tenth of it at most.
const lag = 3 * time.Second

// TestLaggingCache lets the operator hear of changes seconds late, its own among them.
func TestLaggingCache(t *testing.T) {
	t.Parallel()
	for _, s := range some(t, 1) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			name := "lagging-" + fmt.Sprint(slices.IndexFunc(scenarios, func(other scenario) bool { return other.name == s.name }))
			newWorld(t, hire(t, bed.programs.manager, name, func(o *operator) { o.lag = lag })).run(s, nil)
		})
	}
}

// TestControlPlaneRestarts stops API server and etcd in a rotation and starts them again; until then the operator is refused.
func TestControlPlaneRestarts(t *testing.T) { // not parallel: every other test would be hit
	calls := []string{createAtOkta, "PUT journal", "PATCH target", deactivateAtOkta}
	if os.Getenv(allEnv) == "" {
		seed := sha256.Sum256([]byte(commit(t)))
		calls = calls[int(seed[0])%len(calls):][:1]
	}
	for _, name := range calls { // not parallel: as above
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, lend(t))
			w.scenario = named(t, "rotate command, secret of ours")
			w.scenario.given(w)
			w.begin(nil)
			restarted := make(chan error, 1)
			w.recorder.during(call{name, 1}, func() { go func() { restarted <- bed.Restart() }() })
			w.scenario.when(w)
			if err := <-restarted; err != nil {
				t.Fatal(err)
			}
			w.eventually("it comes to rest, and Okta holds what is right", w.atRest)
			w.holdsWhatItMust()
		})
	}
}

// named is a scenario by its name.
func named(t *testing.T, name string) scenario {
	t.Helper()
	i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
	if i < 0 {
		t.Fatalf("there is no scenario %q", name)
	}

	return scenarios[i]
}
