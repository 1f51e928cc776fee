package rotation_test

import (
	"fmt"
	"strings"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// quieten is the state from which nothing happens but what the operators do: what is on its way has arrived.
func (w *microWorld) quieten() *microWorld {
	quiet := *w
	if quiet.landing != 0 {
		quiet.land()
	}
	if quiet.rolling {
		quiet.happen(move{kind: moveRollout})
	}
	quiet.endLie()
	for i := range quiet.processes[:quiet.operators] {
		if p := &quiet.processes[i]; p.stage == waiting {
			p.stage = idle
		}
	}

	return &quiet
}

// nextQuiet is what happens next when all is quiet; false when nothing does.
func (w *microWorld) nextQuiet() (move, bool) {
	if w.gone {
		return move{}, false
	}
	if w.rolling {
		return move{kind: moveRollout}, true
	}
	for i := range w.processes[:w.operators] {
		if w.processes[i].stage != waiting {
			return move{kind: moveStep, arg: uint8(i)}, true
		}
	}

	if current := w.journal.Record.Current; w.pod != 0 && (w.accepts(w.value) || w.deleting) && current != nil && !w.podStarted.After(current.Since) {
		return move{kind: movePodStarts}, true
	}

	return move{kind: moveTime}, !w.nextWake().IsZero()
}

// wake starts those whose time has come.
func (w *microWorld) wake() {
	for i := range w.processes[:w.operators] {
		if p := &w.processes[i]; p.stage == waiting && !p.wait.Until.IsZero() && !p.wait.Until.After(w.now) {
			p.stage = idle
		}
	}
}

// maxQuiet bounds a quiet run: far more than the longest.
const maxQuiet = 2000

// comesToRest runs the operators on while all is quiet, and says what is wrong when they do not come to rest; empty when they
// do. A quiet run has no choices, so it ends, or it comes back to a state that it was in: then that round must be rest.
func (s *search) comesToRest(w *microWorld) string {
	now := w.quieten()
	walked := map[stateKey]int{}
	var keys []stateKey
	var acts []bool
	for len(keys) < maxQuiet {
		key := now.key(false)
		if _, known := s.resting.find(key); known {
			break
		}
		if since, again := walked[key]; again {
			if what := now.restless(acts[since:]); what != "" {
				return what
			}

			break
		}
		walked[key] = len(keys)
		keys = append(keys, key)
		m, ok := now.nextQuiet()
		if !ok {
			if what := now.restless(nil); what != "" {
				return what
			}

			break
		}
		next := now.after(m, budget{})
		acts = append(acts, now.acts(m))
		if next.violation != "" {
			return next.violation
		}
		now = next
	}
	if len(keys) >= maxQuiet {
		return fmt.Sprintf("L1: no rest within %d moves", maxQuiet)
	}
	for _, key := range keys {
		s.resting.add(key, link{})
	}

	return ""
}

// acts says whether a move changes something in the cluster or at Okta.
func (w *microWorld) acts(m move) bool {
	return m.kind == moveStep && w.processes[m.arg].stage == acting
}

// restless says why a round of a quiet run is no rest.
func (w *microWorld) restless(acts []bool) string {
	for _, act := range acts {
		if act {
			return "L1: it goes on changing things for ever"
		}
	}
	for range acts {
		if m, ok := w.nextQuiet(); ok && m.kind != moveTime {
			w = w.after(m, budget{})
		}
	}
	if w.gone {
		return ""
	}
	for i := range w.processes[:w.operators] {
		if what := w.restlessProcess(&w.processes[i]); what != "" {
			return what
		}
	}

	return ""
}

func (w *microWorld) restlessProcess(p *process) string {
	wait, record := p.wait, &w.journal.Record
	blocked := wait.State == rotation.Blocked
	switch {
	case w.deleting:
		if !blocked || !w.heldUp() {
			return fmt.Sprintf("L2: the credential does not go: %s", wait.Reason)
		}

		return ""
	case !w.accepts(w.value):
		if !blocked || !w.needsPerson(wait.Reason) {
			return fmt.Sprintf("L1: the Secret does not work: %s", wait.Reason)
		}

		return ""
	case record.Staged != nil:
		return fmt.Sprintf("L1: a rotation does not end: %s", wait.Reason)
	case blocked && wait.Reason != v1alpha1.ReasonSlotsFull && record.Halt == nil:
		return fmt.Sprintf("L1: blocked though the Secret works: %s", wait.Reason)
	}

	return w.leftBehind()
}

// leftBehind names what the operator made and nobody uses.
func (w *microWorld) leftBehind() string {
	for _, s := range w.listed[:w.slots] {
		if !s.made || s.theirs || s.value == w.value || s.value == w.pod || w.shown == hidesEverything {
			continue
		}
		for _, e := range w.journal.Record.Retired {
			if e.Kept && e.ID == okta(s.id) {
				return ""
			}
		}

		return fmt.Sprintf("I1: secret %d is left behind at Okta", s.id)
	}

	return ""
}

// heldUp says whether a secret that is to be retired is the last ACTIVE one, the target's, one that a pod uses, or cannot be told.
func (w *microWorld) heldUp() bool {
	for _, s := range w.listed[:w.slots] {
		if w.journal.Record.IsRetired(secretValues[s.value]) && (s.value == w.value || s.value == w.pod || (s.active && w.actives() == 1)) {
			return true
		}
	}

	return w.shown != showsValues || w.slots == 0
}

// needsPerson says whether nobody but a person can go on.
func (w *microWorld) needsPerson(reason string) bool {
	switch reason {
	case v1alpha1.ReasonAdoptionImpossible:
		return w.adopts && w.shown != showsValues
	case v1alpha1.ReasonRejectedButActive:
		return w.blurred
	case v1alpha1.ReasonUnrecognized:
		return w.unclear && (w.shown != showsValues || w.slots == 0)
	case v1alpha1.ReasonHalted:
		return w.journal.Record.Attempts >= w.cred.Policy.MaxAttempts || w.journal.Record.Halt != nil
	case v1alpha1.ReasonUndone:
		return w.journal.Record.Halt != nil
	case v1alpha1.ReasonSlotsFull:
		if w.slots < len(w.listed) {
			return false
		}
		for _, s := range w.listed {
			if s.made && !s.theirs && !s.active && w.shown != hidesEverything {
				return false
			}
		}

		return true
	default:
		return false
	}
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
