package rotation_test

import (
	"time"

	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// condemned says whether a person said that a secret may die while it is used. Who deletes the credential did not: under Retire
// that waits for the overlap and for the pods as ever, only deleteAfter is not waited for.
func (w *microWorld) condemned(s secretAtOkta) bool {
	record := w.journal.Record
	revoking := record.Staged != nil && record.Staged.Cause == rotation.CauseRevoked && record.IsRetired(secretValues[s.value])
	if okta(s.id) == record.Released || revoking {
		return true
	}
	e := w.retired(s)

	return e != nil && e.Revoked
}

// retired is what the journal says of a superseded secret.
func (w *microWorld) retired(s secretAtOkta) *rotation.Retired {
	for _, e := range w.journal.Record.Retired {
		if e.Hash == secretHashes[s.value] {
			return &e
		}
	}

	return nil
}

// mayTouch holds I4: which secrets an operator may deactivate or delete.
func (w *microWorld) mayTouch(p *process, s secretAtOkta) bool {
	record, value, twice := w.journal.Record, secretValues[s.value], 0
	for _, other := range w.listed[:w.slots] {
		if other.value == s.value {
			twice++
		}
	}
	lostCurrent := record.Current != nil && record.Current.Made && record.Current.Value.Equal(value) && !s.active

	return lostCurrent || record.IsRetired(value) || okta(s.id) == record.Released || twice > 1 || p.disturbed || w.blurred ||
		(!s.active && s.value == w.value)
}

// checkEvidence holds I5: a rotation that heals rests on a rejection that is true.
func (w *microWorld) checkEvidence(p *process, next rotation.Record) {
	before, staged := p.seen.Journal.Record, next.Staged
	if staged == nil || (before.Staged != nil && before.Staged.Value.Equal(staged.Value)) {
		return
	}
	if !heals(staged.Cause) {
		return
	}
	commanded := next.Handled != before.Handled // then Okta's list is enough to take over what another cluster made
	if c := p.seen.Check; !commanded && (c == nil || c.Rejections < w.cred.Confirmations) {
		w.violate("I5: %s heals a secret whose rejection is not confirmed", staged.Cause)
	}
	unknowable := w.shown == hidesEverything && (p.checkStale || w.lies == rejectsAlways)
	if w.accepts(numberOf(p.seen.Target.Value)) && !p.disturbed && !unknowable {
		w.violate("I5: %s heals a secret that works", staged.Cause)
	}
}

// checkOwnership: what is overwritten was a secret of this client, or its client id stands beside it. A value that came after the
// rotation had begun is left out: the planner overwrites it when Okta rejects it (see docs/design/model.md).
func (w *microWorld) checkOwnership(staged *rotation.Staged) {
	began := staged.Replaces.Hash == secretHashes[w.value]
	if w.alone && w.value != 0 && w.value < malformed && began && heals(staged.Cause) && w.everListed&(1<<w.value) == 0 {
		w.violate("I5: a value is overwritten that may belong to something else")
	}
}

// checkPace holds I6: the operator starts no more rotations by itself within a day than the policy says, and none at once
// after one that failed.
func (w *microWorld) checkPace(cause rotation.Cause) {
	if !heals(cause) {
		return
	}
	if !w.gaveUp.IsZero() && w.now.Sub(w.gaveUp) < time.Minute {
		w.violate("I6: a rotation that failed is repeated at once")
	}
	copy(w.begun[1:], w.begun[:])
	w.begun[0] = w.now
	if limit := w.cred.Policy.PerDay; limit < len(w.begun) && !w.begun[limit].IsZero() && w.now.Sub(w.begun[limit]) < 24*time.Hour {
		w.violate("I6: more rotations within a day than limits.perDay")
	}
}

// checkFight holds I6: the operator writes over the values of another writer three times within a day, and then none until a person resumes.
func (w *microWorld) checkFight() {
	if w.now.Sub(w.foughtSince) >= 24*time.Hour {
		w.fought, w.foughtSince = 0, w.now
	}
	if w.fought++; w.fought > 3 {
		w.violate("I6: it fights with another writer for ever")
	}
}

// heals says whether a rotation rests on a rejection.
func heals(cause rotation.Cause) bool {
	return cause == rotation.CauseRejected || cause == rotation.CauseAdopted || cause == rotation.CauseMalformed
}

// checkState holds what must be true in every state.
func (w *microWorld) checkState() {
	record := &w.journal.Record
	knows := func(held *rotation.Held, v redact.Value) bool { return held != nil && held.Value.Equal(v) }
	for _, s := range w.listed[:w.slots] {
		if !s.made || s.theirs || w.twins&(1<<s.value) != 0 || w.gone || s.value == w.value {
			continue
		}
		v := secretValues[s.value]
		if (record.Staged == nil || !record.Staged.Value.Equal(v)) && !knows(record.Current, v) && !knows(record.Previous, v) && !record.IsRetired(v) {
			w.violate("I1: secret %d, made by the operator, is known to nobody", s.id)
		}
	}
	if w.causes < 0 {
		w.violate("I3: more values were made than there are causes")
	}
	if c := record.Current; c != nil && record.IsRetired(c.Value) {
		w.violate("I13: the current value is retired")
	}
	if s := record.Staged; s != nil && !s.Adopted && record.IsRetired(s.Value) {
		w.violate("I13: the staged value is retired")
	}
}
