package rotation

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// Accept notes that Okta accepted the target's value. A value that the operator made and that somebody replaced by another
// working one is retired: nobody else would.
func (r Record) Accept(value redact.Value, now time.Time) Record {
	next := r.clone()
	if next.Current != nil && next.Current.Value.Equal(value) {
		return next
	}
	held := &Held{Value: value, Since: now}
	hash := value.Hash()
	if i := slices.IndexFunc(next.Retired, func(e Retired) bool { return e.Hash == hash }); i >= 0 {
		held.ID, held.Made = next.Retired[i].ID, next.Retired[i].Made
		next.Retired = slices.Delete(next.Retired, i, i+1)
	}
	if previous := next.Previous; previous != nil && previous.Value.Equal(value) {
		next.Previous = nil
	}
	next.Undelivered = next.Undelivered || next.Current != nil
	if old := next.Current; old != nil && old.Made {
		next.retire(Retired{Hash: old.Value.Hash(), ID: old.ID, Made: true, Promoted: true, At: now})
		next.Previous = &Held{Value: old.Value, ID: old.ID, Made: true, Since: now}
	}
	next.Current = held

	return next
}

// Stage begins a rotation: the value is in the journal before anything outside learns it (I1).
func (r Record) Stage(staged Staged, command string) Record {
	next := r.clone()
	next.Staged = &staged
	next.LastCause = staged.Cause
	switch {
	case command == "":
	case staged.Cause == CauseRollback:
		next.Handled.Rollback = command
	case staged.Cause == CauseRevoked:
		next.Handled.Revoke = command
	default:
		next.Handled.Rotate = command
	}
	if !staged.Cause.unlimited() {
		day := staged.At.Add(-24 * time.Hour)
		next.Starts = slices.DeleteFunc(next.Starts, func(t time.Time) bool { return !t.After(day) })
		next.Starts = append(next.Starts, staged.At)
	}

	return next
}

// Refuse notes since when the token endpoint refuses the staged value.
func (r Record) Refuse(now time.Time) Record {
	next := r.clone()
	next.Staged.RefusedSince = now

	return next
}

// Disown notes that what Okta lists is not the staged value, though it was not listed when the value was staged.
func (r Record) Disown(ids []string) Record {
	next := r.clone()
	next.Staged.IDsBefore, next.Staged.RefusedSince = ids, time.Time{}

	return next
}

// Promote notes the intent to write the staged value to the target. Refusals from before it was accepted count no more.
func (r Record) Promote(promotion Promotion) Record {
	next := r.clone()
	next.Promoting = &promotion
	next.Staged.RefusedSince = time.Time{}

	return next
}

// Finish ends a rotation whose value is in the target.
func (r Record) Finish(now time.Time) Record {
	next := r.clone()
	staged, promotion := next.Staged, next.Promoting
	if promotion.Replaces.Hash != "" {
		made := next.Current != nil && next.Current.Made && next.Current.Value.Hash() == promotion.Replaces.Hash
		next.retire(replacedBy(promotion, made, now))
	}
	next.Previous = cloneOf(promotion.Previous)
	if next.Previous != nil {
		next.Previous.Since = now
	}
	next.supersede(now)
	next.Current = &Held{Value: staged.Value, ID: promotion.ID, Made: !staged.Adopted, Since: now}
	if staged.Adopted {
		next.Current.Made = next.reuse(r, staged.Value)
	}
	next.Staged, next.Promoting = nil, nil
	next.Attempts, next.LastFailure = 0, time.Time{}
	next.Released, next.Undelivered = "", true
	if staged.Cause == CauseRevoked {
		next.revokeAll()
	}
	if staged.Cause == CauseFollowed {
		next.Followed = promotion.ID
	}

	return next
}

// revokeAll marks what was superseded as compromised.
func (r *Record) revokeAll() {
	for i := range r.Retired {
		r.Retired[i].Revoked = r.Retired[i].Revoked || r.Retired[i].Promoted
	}
}

// Twin notes that Okta has the current value once more, under an id that this process was given for it. Its place among the
// retired is by that id: the value itself is none of them.
func (r Record) Twin(id string, now time.Time) Record {
	next := r.clone()
	next.retire(Retired{Hash: twinMark + id, ID: id, Made: true, At: now})

	return next
}

// twinMark begins what stands for the hash of a twin.
const twinMark = "twin of the current one, "

// replaceByTwin makes a twin the current secret when Okta has only that one left of the two.
func (r *Record) replaceByTwin(view OktaView) {
	lists := func(id string) bool {
		return slices.ContainsFunc(view.Secrets, func(l Listed) bool { return l.ID == id })
	}
	if r.Current == nil || lists(r.Current.ID) {
		return
	}
	r.Retired = slices.DeleteFunc(r.Retired, func(e Retired) bool {
		only := strings.HasPrefix(e.Hash, twinMark) && lists(e.ID) && !lists(r.Current.ID)
		if only {
			r.Current.ID = e.ID
		}

		return only
	})
}

// HasTwin says whether an id that Okta gave for a value, by its hash, is another one than the current value has, and not noted.
func (r Record) HasTwin(id, hash string) bool {
	return id != "" && r.Current != nil && r.Current.Made && r.Current.Value.Hash() == hash && r.Current.ID != "" && r.Current.ID != id &&
		!slices.ContainsFunc(r.Retired, func(e Retired) bool { return e.ID == id })
}

// End notes that the operator is about to deactivate a superseded value.
func (r Record) End(hash string) Record {
	next := r.clone()
	for i := range next.Retired {
		next.Retired[i].Ended = next.Retired[i].Ended || next.Retired[i].Hash == hash
	}

	return next
}

// Deliver notes that every consumer uses the present value.
func (r Record) Deliver() Record {
	next := r.clone()
	next.Undelivered = false

	return next
}

// Know notes the leader's secret without taking it over.
func (r Record) Know(id string) Record {
	next := r.clone()
	next.Followed = id

	return next
}

// Follow notes that the target holds the leader's secret already.
func (r Record) Follow(id string) Record {
	next := r.clone()
	next.Followed = id
	if next.Current != nil {
		next.Current.ID = id
	}

	return next
}

// Stop makes rotations by the operator itself wait for a person.
func (r Record) Stop(halt Halt) Record {
	next := r.clone()
	next.Halt = &halt

	return next
}

// Keep notes that something still needs a deactivated secret: it is to be activated again, and rotations wait for a person.
func (r Record) Keep(id string, halt Halt) Record {
	next := r.Stop(halt)
	for i := range next.Retired {
		next.Retired[i].Kept = next.Retired[i].Kept || next.Retired[i].ID == id
	}

	return next
}

// reuse takes a value off those that must not be used again, and says whether the operator made it.
func (r *Record) reuse(before Record, value redact.Value) bool {
	hash, made := value.Hash(), false
	for _, held := range []*Held{before.Current, before.Previous} {
		made = made || (held != nil && held.Made && held.Value.Equal(value))
	}
	r.Retired = slices.DeleteFunc(r.Retired, func(e Retired) bool {
		made = made || (e.Hash == hash && e.Made)

		return e.Hash == hash
	})

	return made
}

// supersede retires the current value where the target did not hold it any more when it was promoted over: a value that the
// operator made is nobody else's to remove (I1), and one that was deleted together with the target would be back but for us.
func (r *Record) supersede(now time.Time) {
	old, overwritten := r.Current, r.Promoting.Replaces.Hash
	if old == nil || old.Value.Equal(r.Staged.Value) || old.Value.Hash() == overwritten || (!old.Made && overwritten != "") {
		return
	}
	r.retire(Retired{Hash: old.Value.Hash(), ID: old.ID, Made: old.Made, Promoted: true, At: now})
	if r.Previous == nil {
		r.Previous = &Held{Value: old.Value, ID: old.ID, Made: old.Made, Since: now}
	}
}

// replacedBy is what remains to be done about the value that a promotion overwrote. One that the operator made may be listed
// yet, by a create that lands late.
func replacedBy(promotion *Promotion, made bool, now time.Time) Retired {
	old := Retired{Hash: promotion.Replaces.Hash, ID: promotion.Replaces.ID, Made: made, Promoted: true, At: now}
	if promotion.Previous == nil {
		old.DeactivatedAt, old.UnlistedSince = now, now

		return old
	}
	old.Made = made || promotion.Previous.Made
	if promotion.Replaces.Inactive {
		old.DeactivatedAt = now
	}

	return old
}

// Withdraw gives up the staged value. It may be at Okta, under this id when it is known, so it is remembered until Okta has
// not listed it for a day.
func (r Record) Withdraw(now time.Time, failed bool, id string) Record {
	next := r.clone()
	promoting := next.Promoting
	if promoting != nil {
		id = cmp.Or(id, promoting.ID)
	}
	if !next.Staged.Adopted {
		// An intent may have been carried out, and a pod may have started with the value since.
		next.retire(Retired{Hash: next.Staged.Value.Hash(), ID: id, Made: true, Promoted: promoting != nil, At: now})
	}
	next.Staged, next.Promoting = nil, nil
	if staged := r.Staged; staged.Cause == CauseRevoked {
		next.Halt = &Halt{Reason: v1alpha1.ReasonHalted, At: now, Message: "The revoke command could not be carried out, so the compromised client secret is still in use: see the events for why. Then set the annotation " + v1alpha1.AnnotationRevoke + " to a new value."}
	}
	if failed {
		next.Attempts++
		next.LastFailure = now
	}

	return next
}

// Flip counts that another value was put over the current one. Pods that start until that is mended use the other value, so
// the time since when the current one is in the target, and the overlap of a retired one that came back, begin again (I2).
func (r Record) Flip(now time.Time, targetVersion string, held redact.Value) Record {
	next := r.clone()
	if next.Current != nil {
		next.Current.Since = now
	}
	for i := range next.Retired {
		if next.Retired[i].Hash == held.Hash() {
			next.Retired[i].At, next.Retired[i].Promoted = now, true
		}
	}
	if now.Sub(next.FlipsSince) >= flipWindow {
		next.Flips, next.FlipsSince = 0, now
	}
	next.Flips++
	next.FlipVersion = targetVersion

	return next
}

// Restore notes that the current value is in the target again, and since when.
func (r Record) Restore(now time.Time) Record {
	next := r.clone()
	next.FlipVersion = ""
	if next.Current != nil {
		next.Current.Since = now
	}

	return next
}

// Resume clears what halts the credential. What was kept is superseded from now on.
func (r Record) Resume(command string, now time.Time) Record {
	next := r.clone()
	next.Attempts, next.LastFailure = 0, time.Time{}
	next.Flips, next.FlipsSince = 0, time.Time{}
	next.Starts, next.Halt, next.Consented = nil, nil, true
	for i := range next.Retired {
		if next.Retired[i].Kept {
			next.Retired[i].Kept, next.Retired[i].At = false, now
		}
	}
	next.Handled.Resume = command

	return next
}

// Release notes the id that a person gave free for removal.
func (r Record) Release(id string) Record {
	next := r.clone()
	next.Released, next.Handled.ReleaseSecret = id, id

	return next
}

// AcknowledgeRevoke notes a revoke command that is not carried out.
func (r Record) AcknowledgeRevoke(command string) Record {
	next := r.clone()
	next.Handled.Revoke = command

	return next
}

// AcknowledgeRollback notes a rollback command that is not carried out.
func (r Record) AcknowledgeRollback(command string) Record {
	next := r.clone()
	next.Handled.Rollback = command

	return next
}

// AcknowledgeRotate notes a rotate command that is not carried out.
func (r Record) AcknowledgeRotate(command string) Record {
	next := r.clone()
	next.Handled.Rotate = command

	return next
}

// UseMethod notes how the application authenticates.
func (r Record) UseMethod(method string) Record {
	next := r.clone()
	next.AuthMethod = method

	return next
}

// See compares the retired values with what Okta lists: which are there, INACTIVE, gone, or gone for good.
func (r Record) See(view OktaView, now time.Time) Record {
	next := r.clone()
	next.replaceByTwin(view)
	kept := next.Retired[:0]
	for _, entry := range next.Retired {
		listed, presence := view.findRetired(entry)
		switch {
		case presence == Present && listed.Active && !entry.Kept && listed.ID == entry.ID && !entry.DeactivatedAt.IsZero() && entry.UnlistedSince.IsZero():
			// Somebody activated it again on purpose: from now on it is theirs.
			continue
		case presence == Present && listed.Active:
			entry.ID, entry.DeactivatedAt, entry.UnlistedSince = listed.ID, time.Time{}, time.Time{}
		case presence == Present:
			entry.ID, entry.UnlistedSince = listed.ID, time.Time{}
			if entry.DeactivatedAt.IsZero() {
				entry.DeactivatedAt = now
			}
		case presence == Absent && entry.UnlistedSince.IsZero():
			entry.UnlistedSince = now
		case presence == Absent && now.Sub(entry.UnlistedSince) >= forgetAfter:
			continue
		}
		kept = append(kept, entry)
	}
	next.Retired = kept
	if next.Previous != nil && !slices.ContainsFunc(kept, func(e Retired) bool {
		return e.Hash == next.Previous.Value.Hash() && e.UnlistedSince.IsZero()
	}) {
		next.Previous = nil
	}

	return next
}

// retire adds a value to those that must not be used again, once. Who made it and its id stay known.
func (r *Record) retire(entry Retired) {
	same := func(e Retired) bool { return e.Hash == entry.Hash || (entry.ID != "" && e.ID == entry.ID) }
	if i := slices.IndexFunc(r.Retired, same); i >= 0 {
		entry.Made, entry.ID = entry.Made || r.Retired[i].Made, cmp.Or(entry.ID, r.Retired[i].ID)
		r.Retired = slices.Delete(r.Retired, i, i+1)
	}
	if len(r.Retired) >= maxRetired {
		oldest := slices.IndexFunc(r.Retired, func(e Retired) bool { return !e.UnlistedSince.IsZero() })
		r.Retired = slices.Delete(r.Retired, max(oldest, 0), max(oldest, 0)+1)
	}
	r.Retired = append(r.Retired, entry)
}
