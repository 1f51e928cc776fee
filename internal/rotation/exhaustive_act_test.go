package rotation_test

import (
	"strconv"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

func numeral(n int) string {
	if n == 0 {
		return ""
	}

	return strconv.Itoa(n)
}

// moved says whether the action that a process is about to carry out rests on what is no longer so: then it is refused, by
// resourceVersion or by the second reading before a change at Okta.
func (w *microWorld) moved(p *process) bool {
	journal := p.seen.Journal.Version != w.journal.Version
	target := p.seen.Target.Found != w.exists || p.seen.Target.Version != numeral(w.version)
	switch p.action.(type) {
	case rotation.WriteJournal, rotation.StageSecret:
		return journal
	case rotation.LabelTarget, rotation.WriteTarget:
		return target
	case rotation.CreateSecret, rotation.ActivateSecret, rotation.DeactivateSecret, rotation.DeleteSecret:
		return journal || target || p.seen.Credential.Deleting != w.deleting
	case rotation.RestartWorkload, rotation.AddFinalizer, rotation.RemoveFinalizer, rotation.Look, rotation.Wait:
		return false
	}

	return false
}

func (w *microWorld) carryOut(i int, p *process, how callOutcome) {
	switch action := p.action.(type) {
	case rotation.WriteJournal:
		w.writeJournal(p, action.Record)
	case rotation.StageSecret:
		record := p.seen.Journal.Record.Stage(rotation.Staged{
			Value: secretValues[w.newValue()], Cause: action.Cause, At: w.now, IDsBefore: action.IDsBefore, Replaces: action.Replaces,
		}, action.Command)
		w.checkPace(action.Cause)
		w.writeJournal(p, record)
		if how == done {
			p.stagedVersion = w.journal.Version
		}
	case rotation.LabelTarget:
		w.version, w.labelled = w.nextVersion(), true
	case rotation.WriteTarget:
		w.writeTarget(p, action)
	case rotation.CreateSecret:
		w.createSecret(p, numberOf(action.Value), how)
	case rotation.ActivateSecret:
		w.change(p, action.ID, how, func(i int) { w.activate(p, i) })
	case rotation.DeactivateSecret:
		w.change(p, action.ID, how, func(i int) { w.deactivate(p, i) })
	case rotation.DeleteSecret:
		w.change(p, action.ID, how, func(i int) { w.remove(p, i) })
	case rotation.RestartWorkload:
		w.rolling = true
	case rotation.AddFinalizer:
		w.finalizer = w.finalizer || !w.deleting
	case rotation.RemoveFinalizer:
		w.finalizer, w.gone = false, w.deleting
	case rotation.Look, rotation.Wait:
		w.violate("%T is carried out", action)
	}
	w.notify(i)
}

func (w *microWorld) writeJournal(p *process, record rotation.Record) {
	w.checkEvidence(p, record)
	if record.Attempts > w.journal.Record.Attempts && w.lies == rejectsAlways {
		w.causes++ // Okta refused the new secret for good: that is counted, and bounded, as an attempt
	}
	if record.Attempts > w.journal.Record.Attempts {
		w.gaveUp = record.LastFailure
	}
	w.journal = rotation.Journal{Found: true, Version: strconv.Itoa(w.nextVersion()), Record: record, Held: p.seen.Holds(record)}
	w.firstSight = false
}

func (w *microWorld) writeTarget(p *process, action rotation.WriteTarget) {
	v, record := numberOf(action.Value), &w.journal.Record
	sameJournal := p.seen.Journal.Version == w.journal.Version
	if sameJournal && (record.Staged == nil || !record.Staged.Adopted) && record.IsRetired(action.Value) {
		w.violate("I13: a retired value is written")
	}
	if record.Promoting == nil && w.value != 0 {
		w.checkFight()
	}
	worked := w.accepts(w.value)
	if sameJournal && record.Promoting != nil {
		w.checkOwnership(record.Staged)
	}
	if sameJournal && record.Promoting != nil && heals(record.Staged.Cause) && worked && secretHashes[w.value] != record.Staged.Replaces.Hash &&
		!p.disturbed && !p.checkStale && w.lies == honest {
		w.violate("I5: a rotation that heals overwrites a value that works")
	}
	w.write(v)
	w.labelled = true
	works := w.accepts(w.value)
	switch {
	case worked && !works && !p.disturbed && !p.stagedStale:
		w.violate("I2: a write broke a working Secret")
	case sameJournal && record.Promoting != nil && !works && !p.disturbed && !p.stagedStale && w.lies == honest:
		w.violate("I2: a value is promoted that Okta does not accept")
	}
}

func (w *microWorld) createSecret(p *process, v secretNo, how callOutcome) {
	p.stagedVersion = ""
	if !w.journal.Held || (!w.finalizer && !w.deleting) {
		w.violate("I1: a secret is made while the credential may go unnoticed")
	}
	switch how {
	case vanished:
		p.retryAt = w.now.Add(retryDelay)
	case late:
		w.landing, w.sent = v, w.now
		p.retryAt = w.now.Add(retryDelay)
	case lost:
		w.create(v, true)
		p.retryAt = w.now.Add(retryDelay)
	case done:
		id, ok := w.create(v, true)
		if !ok {
			p.retryAt = w.now.Add(retryDelay)

			return
		}
		p.retryAt, p.created, p.createdFor = time.Time{}, id, v
		if p.stagedOf != v {
			p.staged, p.stagedOf = nil, v
		}
	}
}

// change is one change of a secret that is at Okta.
func (w *microWorld) change(p *process, id string, how callOutcome, act func(i int)) {
	p.retryAt = time.Time{}
	if how != done {
		p.retryAt = w.now.Add(retryDelay)
	}
	if i := w.index(id); how != vanished && i >= 0 {
		act(i)
	}
}

func (w *microWorld) activate(p *process, i int) {
	staged := w.journal.Record.Staged
	if commanded := staged != nil && staged.Cause == rotation.CauseRollback; w.listed[i].off && !commanded && !p.disturbed {
		w.violate("I4: a secret is activated that a person deactivated")
	}
	w.listed[i].active = true
}

func (w *microWorld) deactivate(p *process, i int) {
	s := w.listed[i]
	if !s.active {
		return
	}
	if w.actives() < 2 {
		if !p.disturbed {
			w.violate("I2: the last ACTIVE secret is to be deactivated")
		}

		return
	}
	if !w.mayTouch(p, s) {
		w.violate("I4: a stranger's secret is deactivated")
	}
	if s.spared && !p.disturbed && !w.condemned(s) {
		w.violate("I4: a secret is deactivated that a person activated again")
	}
	if e := w.retired(s); e != nil && e.Promoted && w.now.Sub(e.At) < w.cred.Policy.OverlapMinimum && !w.condemned(s) {
		w.violate("I2: a superseded secret is deactivated before overlap.minimum")
	}
	worked, podWorked := w.accepts(w.value), w.accepts(w.pod)
	w.listed[i].active = false
	if worked && !w.accepts(w.value) && !p.disturbed {
		w.violate("I2: deactivating broke a working Secret")
	}
	if podWorked && !w.accepts(w.pod) && !p.disturbed && !p.podMoved && !w.condemned(s) {
		w.violate("I2: a secret is deactivated that a pod still needs")
	}
}

func (w *microWorld) remove(p *process, i int) {
	s := w.listed[i]
	if s.active {
		return
	}
	if !w.mayTouch(p, s) {
		w.violate("I4: a stranger's secret is deleted")
	}
	if s.spared && !p.disturbed && !w.condemned(s) {
		w.violate("I4: a secret is deactivated that a person activated again")
	}
	if e := w.retired(s); e != nil && e.Promoted && w.now.Sub(e.DeactivatedAt) < w.cred.Policy.DeleteAfter && w.journal.Record.Staged == nil && !w.condemned(s) && !w.deleting {
		w.violate("I2: a superseded secret is deleted before deleteAfter")
	}
	w.drop(i)
}
