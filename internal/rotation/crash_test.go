package rotation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestCrashes stops the operator before and after every step of a rotation, and twice in one rotation: the end is the same as
// without a crash (I14), and no second value is made (I3).
func TestCrashes(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*world){
		"the secret was deleted at Okta": func(w *world) {
			w.write("theirs-0")
			w.listed = nil
			w.create("theirs-1", false)
		},
		"the secret is INACTIVE beside a stranger's ACTIVE one": func(w *world) {
			w.write("theirs-0")
			w.create("theirs-1", false)
			w.listed[0].active = false
		},
		"the Secret is to be created": func(*world) {},
		"a working secret is rotated by command": func(w *world) {
			w.write("theirs-0")
			w.cred.FirstSight, w.cred.Commands.Rotate = false, "now"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for show := showsValues; show <= hidesEverything; show++ {
				want := outcome(crashing(start, show))
				if strings.Contains(want, "VIOLATED") || !strings.Contains(want, "made-") {
					t.Fatalf("without a crash, %d: %s", show, want)
				}
				for first := range 40 {
					for _, second := range []int{-1, first + 3} {
						w := crashing(start, show, first, second)
						if got := outcome(w); got != want {
							t.Fatalf("crash at %d and %d, %d: got %s, want %s\n%s", first, second, show, got, want, strings.Join(w.trace, "\n"))
						}
					}
				}
			}
		})
	}
}

// crashing runs a world in which nothing else goes wrong but crashes at the given steps.
func crashing(start func(*world), show shown, at ...int) *world {
	w := newWorld(&dice{state: 1})
	w.target, w.held, w.listed, w.shown = kubernetesSecret{}, nil, nil, show
	w.create("theirs-0", false)
	start(w)
	p := &operator{w: w, name: "A"}
	for step := range 150 {
		if slices.Contains(at, step) {
			p.crash()
		}
		p.step(nil)
		if w.check(); len(w.violations) > 0 {
			return w
		}
	}
	w.quieten()
	w.settle([]*operator{p})

	return w
}

// outcome is the end of a run, but for the names of values and ids.
func outcome(w *world) string {
	kinds := make([]string, 0, len(w.listed))
	for _, s := range w.listed {
		kinds = append(kinds, fmt.Sprintf("active=%t made=%t target=%t", s.active, s.made, s.value == w.target.value))
	}
	slices.Sort(kinds)

	return fmt.Sprintf("%s VALUES %d made-%t %v", kinds, len(w.landed), strings.HasPrefix(w.target.value, "made"), prefixed("VIOLATED ", w.violations))
}

func prefixed(prefix string, texts []string) []string {
	out := make([]string, 0, len(texts))
	for _, text := range texts {
		out = append(out, prefix+text)
	}

	return out
}

// dice are a seeded source of chance (splitmix64), so that a seed replays a run.
type dice struct{ state uint64 }

// IntN is a number from 0 to n-1.
func (d *dice) IntN(n int) int {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb

	return int((z ^ (z >> 31)) % uint64(n))
}
