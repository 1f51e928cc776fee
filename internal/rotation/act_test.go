package rotation_test

import (
	"fmt"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// act carries out the one action of a pass, under its preconditions.
func (p *operator) act(action rotation.Action, r *dice) {
	w := p.w
	if w.gone {
		return
	}
	wait, waits := action.(rotation.Wait)
	if !waits {
		p.busy++
		if p.busy > 40 {
			w.violate("40 passes without a wait")
			p.busy = 0
		}
		p.carryOut(action, r)

		return
	}
	w.note("%s waits: %d %s until %s", p.name, wait.State, wait.Reason, wait.Until.Format("02T15:04:05"))
	p.busy, p.waiting = 0, &wait
	if !wait.Until.IsZero() && !wait.Until.After(p.w.now) && wait.Until.Before(p.started) {
		w.violate("a wait until a time that has passed: %s", wait.Reason)
	}
	if wait.Until.IsZero() && wait.State == rotation.Working {
		w.violate("working without an end: %s", wait.Reason)
	}
	if p.askedOkta {
		p.retireNotBefore = w.now.Add(rotation.RetireRecheck)
		if wait.Reason == v1alpha1.ReasonRetirementWaits {
			p.retireNotBefore = wait.Until
		}
	}
}

func (p *operator) carryOut(action rotation.Action, r *dice) {
	w, o := p.w, p.seen
	unmoved := w.journal.Version == o.Journal.Version && w.target.version == o.Target.Version && w.target.exists == o.Target.Found
	switch action := action.(type) {
	case rotation.WriteJournal:
		p.writeJournal(action.Record)
	case rotation.StageSecret:
		p.stage(action)
	case rotation.LabelTarget:
		if w.target.exists && w.target.version == action.Version {
			w.target.version, w.target.labelled = w.nextVersion(), true
			w.note("%s labels the target", p.name)
		}
	case rotation.WriteTarget:
		p.writeTarget(action)
	case rotation.CreateSecret:
		p.stagedVersion = ""
		if unmoved {
			p.create(action.Value.Reveal(), r)
		}
	case rotation.ActivateSecret:
		if i := w.index(action.ID); unmoved && i >= 0 {
			w.note("%s activates %s", p.name, action.ID)
			w.listed[i].active = true
		}
	case rotation.DeactivateSecret:
		if unmoved {
			p.deactivate(action.ID)
		}
	case rotation.DeleteSecret:
		if unmoved {
			p.remove(action.ID)
		}
	case rotation.AddFinalizer:
		if !w.cred.Deleting {
			w.cred.HasFinalizer = true
		}
	case rotation.RemoveFinalizer:
		w.cred.HasFinalizer = false
		w.note("%s removes the finalizer", p.name)
		w.gone = w.cred.Deleting
	case rotation.Look, rotation.Wait, rotation.RestartWorkload:
		w.violate("%T carried out", action)
	}
}

func (p *operator) writeJournal(record rotation.Record) bool {
	w := p.w
	if w.journal.Version != p.seen.Journal.Version {
		w.note("%s: the journal has moved", p.name)

		return false
	}
	w.journal = rotation.Journal{Found: true, Version: w.nextVersion(), Record: record, Held: p.seen.Holds(record)}
	w.cred.FirstSight = false
	w.note("%s writes the journal: %s", p.name, describe(record))

	return true
}

func describe(r rotation.Record) string {
	text := ""
	name := func(label string, v redact.Value) {
		if !v.IsEmpty() {
			text += " " + label + "=" + v.Reveal()
		}
	}
	if r.Current != nil {
		name("current", r.Current.Value)
	}
	if r.Previous != nil {
		name("previous", r.Previous.Value)
	}
	if r.Staged != nil {
		name("staged", r.Staged.Value)
		text += fmt.Sprintf(" (%s)", r.Staged.Cause)
	}
	for _, e := range r.Retired {
		text += fmt.Sprintf(" retired(%s made=%t promoted=%t off=%t unlisted=%t)", e.ID, e.Made, e.Promoted, !e.DeactivatedAt.IsZero(), !e.UnlistedSince.IsZero())
	}

	return fmt.Sprintf("promoting=%t attempts=%d%s", r.Promoting != nil, r.Attempts, text)
}

func (p *operator) stage(action rotation.StageSecret) {
	w := p.w
	w.made++
	value := fmt.Sprintf("made-by-operator-%04d", w.made)
	staged := rotation.Staged{Value: redact.NewValue(value), Cause: action.Cause, At: w.now, IDsBefore: action.IDsBefore, Replaces: action.Replaces}
	if p.writeJournal(w.journal.Record.Stage(staged, action.Command)) {
		p.stagedVersion = w.journal.Version
		w.note("%s stages %s because of %s", p.name, value, action.Cause)
	}
}

func (p *operator) writeTarget(action rotation.WriteTarget) {
	w := p.w
	if action.Create == w.target.exists || (w.target.exists && w.target.version != action.Version) {
		w.note("%s: the target has moved", p.name)

		return
	}
	staged := w.journal.Record.Staged
	if p.seen.Journal.Version == w.journal.Version && (staged == nil || !staged.Adopted) && w.journal.Record.IsRetired(action.Value) {
		w.violate("I13: a retired value is written")
	}
	w.note("%s writes the target: %s", p.name, action.Value.Reveal())
	w.breaks(p.started, "a write", func() { w.write(action.Value.Reveal()) })
}

func (p *operator) create(value string, r *dice) {
	w := p.w
	luck := 0
	if r != nil {
		luck = r.IntN(8)
	}
	switch luck {
	case 5: // lost on the way there
		w.note("%s creates %s: never arrives", p.name, value)
	case 6: // lands later
		w.landings = append(w.landings, landing{value: value, sent: w.now})
		w.note("%s creates %s: no answer, will land", p.name, value)
	case 7: // the answer is lost
		id, ok := w.create(value, true)
		w.note("%s creates %s: no answer, %s %t", p.name, value, id, ok)
	default:
		id, ok := w.create(value, true)
		w.note("%s creates %s: %s %t", p.name, value, id, ok)
		if ok {
			p.created, p.createdFor = id, value
		} else {
			p.refused, p.refusedFor = "You have reached the maximum number of client secrets per client.", value
		}
	}
}

// mayTouch holds I4: which secrets an operator may deactivate or delete.
func (w *world) mayTouch(s atOkta, since time.Time) bool {
	record, value := w.journal.Record, redact.NewValue(s.value)
	twice := 0
	for _, other := range w.listed {
		if other.value == s.value {
			twice++
		}
	}
	recent := !w.humanAt.Before(since)

	ours := record.Current != nil && record.Current.Made && record.Current.Value.Equal(value) && !s.active

	return ours || record.IsRetired(value) || s.id == record.Released || twice > 1 || recent || w.blurred || (!s.active && s.value == w.target.value)
}

func (p *operator) deactivate(id string) {
	w := p.w
	i := w.index(id)
	if i < 0 || !w.listed[i].active || w.actives() < 2 {
		w.note("%s deactivates %s: refused", p.name, id)

		return
	}
	if !w.mayTouch(w.listed[i], p.started) {
		w.violate("I4: %s deactivated", id)
	}
	w.note("%s deactivates %s", p.name, id)
	w.breaks(p.started, "deactivating "+id, func() { w.listed[i].active = false })
}

func (p *operator) remove(id string) {
	w := p.w
	i := w.index(id)
	if i < 0 || w.listed[i].active {
		w.note("%s deletes %s: refused", p.name, id)

		return
	}
	if !w.mayTouch(w.listed[i], p.started) {
		w.violate("I4: %s deleted", id)
	}
	w.note("%s deletes %s", p.name, id)
	w.listed = append(w.listed[:i:i], w.listed[i+1:]...)
}
