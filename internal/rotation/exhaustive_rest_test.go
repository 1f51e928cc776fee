package rotation_test

import (
	"fmt"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// quieten is the state from which nothing happens but what the operators do: what is on its way has arrived. Nobody is woken: who
// waits for ever for what nobody will tell is found.
func (w *microWorld) quieten(honestly bool) *microWorld {
	quiet := *w
	if quiet.landing != 0 {
		quiet.land()
	}
	if quiet.rolling {
		quiet.happen(move{kind: moveRollout})
	}
	if honestly {
		quiet.endLie()
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
	first := w.first(false)
	for i := range uint8(w.operators) {
		if i ^= first; w.processes[i].stage != waiting {
			return move{kind: moveStep, arg: i}, true
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

// whileLying is said of a quiet run in which Okta goes on rejecting everything.
const whileLying = ", while Okta rejects every secret"

// maxQuiet bounds a quiet run: far more than the longest.
const maxQuiet = 2000

// comesToRest runs the operators on while all is quiet, and says what is wrong when they do not come to rest; empty when they
// do. A quiet run has no choices, so it ends, or it comes back to a state that it was in: then that round must be rest.
func (s *search) comesToRest(w *microWorld) string {
	if w.lies == rejectsAlways {
		// Okta may as well never answer as it should again.
		if what := s.rest(w.quieten(false)); what != "" {
			return what + whileLying
		}
	}

	return s.rest(w.quieten(true))
}

func (s *search) rest(now *microWorld) string {
	walked := map[stateKey]int{}
	var keys []stateKey
	var acts []bool
	for len(keys) < maxQuiet {
		key := now.key(false)
		if known, rests := s.resting.find(key); rests {
			if known.from != now.nextKey() {
				return "the key merges this quiet state with another one that goes on otherwise"
			}
			s.rests(append(keys, key))

			return ""
		}
		if since, again := walked[key]; again {
			s.rests(append(keys, key))

			return now.restless(acts[since:])
		}
		walked[key] = len(keys)
		keys = append(keys, key)
		m, ok := now.nextQuiet()
		if !ok {
			s.rests(append(keys, stateKey{}))

			return now.restless(nil)
		}
		next := now.after(m, budget{})
		acts = append(acts, now.acts(m))
		if next.violation != "" {
			return next.violation
		}
		now = next
	}

	return fmt.Sprintf("L1: no rest within %d moves", maxQuiet)
}

// rests notes a quiet run, and what follows each of its states. Where it ends otherwise than at rest, the search ends too.
func (s *search) rests(run []stateKey) {
	for i, key := range run[:len(run)-1] {
		s.resting.add(key, link{from: run[i+1]})
	}
}

// nextKey is the key of what happens next when all is quiet; zero when nothing does.
func (w *microWorld) nextKey() stateKey {
	m, ok := w.nextQuiet()
	if !ok {
		return stateKey{}
	}

	return w.after(m, budget{}).key(false)
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
	case p.stage != waiting:
		return "L1: a pass never ends"
	case w.lies != honest && !w.deleting:
		if !blocked {
			return fmt.Sprintf("L1: Okta rejects every secret, and it does not say so: %s", wait.Reason)
		}

		return ""
	case wait.State == rotation.Working:
		return fmt.Sprintf("L1: it says that it goes on, and does not: %s", wait.Reason)
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
	case blocked && wait.Reason != v1alpha1.ReasonSlotsFull && (record.Halt == nil && record.Attempts < w.cred.Policy.MaxAttempts):
		return fmt.Sprintf("L1: blocked though the Secret works: %s", wait.Reason)
	}

	return w.leftBehind()
}

// leftBehind names what the operator made and nobody uses. What it would write into the Secret, but for somebody who writes
// against it, waits for a person.
func (w *microWorld) leftBehind() string {
	halt, current := w.journal.Record.Halt, w.journal.Record.Current
	contested := halt != nil && halt.Reason == v1alpha1.ReasonContested
	for _, s := range w.listed[:w.slots] {
		if !s.made || s.theirs || s.value == w.value || s.value == w.pod || w.blurred || w.twins != 0 {
			continue
		}
		if contested && current.ID == okta(s.id) {
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
	case v1alpha1.ReasonOwnershipUnproven:
		return w.alone && !w.atOkta(w.value)
	case v1alpha1.ReasonRejectedButActive:
		return w.blurred
	case v1alpha1.ReasonUnrecognized:
		return w.unclear && (w.shown != showsValues || w.slots == 0)
	case v1alpha1.ReasonHalted:
		return w.journal.Record.Attempts >= w.cred.Policy.MaxAttempts || w.journal.Record.Halt != nil
	case v1alpha1.ReasonUndone:
		return w.journal.Record.Halt != nil
	case v1alpha1.ReasonContested:
		return w.journal.Record.Halt != nil && w.journal.Record.Flips >= 3
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
