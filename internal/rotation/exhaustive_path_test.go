package rotation_test

import (
	"fmt"
	"strings"

	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// path tells how the failure came about: replayed from the root, with what every state holds.
func (s *search) path() string {
	var moves []move
	key := s.failed
	for {
		found, _ := s.states.find(key)
		if found.from == key {
			break
		}
		moves, key = append(moves, found.by), found.from
	}
	w := *s.roots[key]
	lines := []string{fmt.Sprintf("%-55s %s", w.name, w.describe())}
	tell := func(m move) {
		doing := w.doing(m)
		w = *w.after(m, budget{})
		lines = append(lines, fmt.Sprintf("%-55s %s", m.String()+doing, w.describe()))
	}
	for i := range moves {
		tell(moves[len(moves)-1-i])
	}
	if s.by != nil {
		tell(*s.by)

		return strings.Join(append(lines, s.what), "\n")
	}
	lines = append(lines, "and then all is quiet:")
	w = *w.quieten(!strings.HasSuffix(s.what, whileLying))
	walked := map[stateKey]bool{}
	for !walked[w.key(false)] {
		walked[w.key(false)] = true
		m, ok := w.nextQuiet()
		if !ok {
			break
		}
		tell(m)
	}

	return strings.Join(append(lines, s.what), "\n")
}

// describe writes a state for a person.
func (w *microWorld) describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s Secret=%d", w.now.Format("02T15:04:05"), w.value)
	for _, s := range w.listed[:w.slots] {
		fmt.Fprintf(&b, " ocs%d(%d%s%s)", s.id, s.value, when(s.active, " ACTIVE"), when(s.made, " ours"))
	}
	r := w.journal.Record
	held := func(name string, h *rotation.Held) {
		if h != nil {
			fmt.Fprintf(&b, " %s=%d", name, numberOf(h.Value))
		}
	}
	b.WriteString(" journal:")
	held("current", r.Current)
	held("previous", r.Previous)
	if r.Staged != nil {
		fmt.Fprintf(&b, " staged=%d(%s)", numberOf(r.Staged.Value), r.Staged.Cause)
	}
	for _, e := range r.Retired {
		fmt.Fprintf(&b, " retired=%d(ocs%s%s%s%s)", secretOfHash[e.Hash], e.ID, when(e.Made, " ours"), when(!e.DeactivatedAt.IsZero(), " off"), when(!e.UnlistedSince.IsZero(), " unlisted"))
	}
	fmt.Fprintf(&b, "%s; pod=%d", when(r.Promoting != nil, " promoting"), w.pod)

	return b.String()
}

func when(so bool, words string) string {
	if so {
		return words
	}

	return ""
}

// doing says which call an operator makes next.
func (w *microWorld) doing(m move) string {
	if m.kind != moveStep && m.kind != moveFault {
		return ""
	}
	switch p := &w.processes[m.arg]; p.stage {
	case idle, waiting:
		return ": reads the Secret"
	case hasTarget:
		return ": reads the journal"
	case looking, acting:
		if look, is := p.action.(rotation.Look); is {
			return fmt.Sprintf(": asks %s", look.At)
		}

		return fmt.Sprintf(": %T", p.action)
	}

	return ""
}
