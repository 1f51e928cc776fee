package rotation_test

import (
	"flag"
	"fmt"
	"testing"
	"time"
)

var exhaustiveBudget = flag.Int("exhaustive.budget", 0,
	"explore with this many things that go wrong on one path, from every start; 0 for the default")

// anything may go wrong, within the total; that everybody sleeps, once.
func anything(overtaken int) budget {
	return budget{acts: 9, crashes: 9, faults: 9, sleeps: 1, overtaken: uint8(overtaken)}
}

// TestExhaustive explores every path of real decisions through small worlds (docs/design/model.md): in every state the
// invariants hold, and from every state it comes to rest when the world is quiet. A failure prints the shortest path to it.
func TestExhaustive(t *testing.T) {
	type family struct {
		name      string
		operators int
		settings  []setting
		starts    []start
		total     int
		overtaken int
		only      []moveKind
	}
	families := []family{
		{"one operator, one thing goes wrong", 1, settings(), starts(), 1, 0, nil},
		{"two operators", 2, settings()[:3], starts(), 0, 2, nil},
	}
	if !underRace {
		families = append(families,
			family{"somebody deactivates one secret after another", 1, []setting{{name: ", two rotations a day", limited: true}}, starts(), 4, 0, []moveKind{moveDeactivate}},
			family{"a tool puts the former value back again and again", 1, settings()[:3], starts(), 4, 0, []moveKind{movePasteBefore}},
			family{"three commands and deactivations", 1, settings()[:1], starts()[4:], 3, 0, []moveKind{moveDeactivate, moveRevoke, moveRollback}},
			family{"one operator, two things go wrong", 1, settings()[:1], fewStarts(), 2, 0, nil},
			family{"two operators, one thing goes wrong", 2, settings()[:1], fewStarts(), 1, 0, nil},
		)
	}
	if n := *exhaustiveBudget; n > 0 {
		families = []family{
			{fmt.Sprintf("one operator, %d things go wrong", n), 1, settings(), starts(), n, 0, nil},
			{fmt.Sprintf("two operators, %d things go wrong", n-1), 2, settings(), starts(), n - 1, n, nil},
		}
	}
	t.Logf("%-51s %9s %12s %9s %6s %9s %11s %s", "", "STATES", "TRANSITIONS", "MERGES", "DEPTH", "QUIET", "VIOLATIONS", "TOOK")
	for _, f := range families {
		t.Run(f.name, func(t *testing.T) {
			began := time.Now()
			s := explore(roots(t, f.settings, f.starts, f.operators), anything(f.overtaken), f.total, f.only...)
			failures := 0
			if s.what != "" {
				failures = 1
				t.Errorf("%s\n%s", s.what, s.path())
			}
			t.Logf("%-51s %9d %12d %9d %6d %9d %11d %s",
				f.name, s.states.len(), s.transitions.Load(), s.merged.Load(), s.depth, s.resting.len(), failures, time.Since(began).Round(100*time.Millisecond))
		})
	}
}
