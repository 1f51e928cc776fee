package rotation

import (
	"cmp"
	"slices"
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
	held := &Held{Value: value, Since: now, First: r.bornOf(value)}
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
		next.Previous = &Held{Value: old.Value, ID: old.ID, Made: true, Since: now, First: old.born()}
	}
	next.Current, next.FlipVersion, next.Restored = held, "", time.Time{}

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
		next.Previous.Since, next.Previous.First = now, r.bornOf(next.Previous.Value)
	}
	next.supersede(now)
	next.Current = &Held{Value: staged.Value, ID: promotion.ID, Made: !staged.Adopted, Since: now}
	if staged.Adopted {
		next.Current.Made, next.Current.First = next.reuse(r, staged.Value), r.bornOf(staged.Value)
	}
	next.Staged, next.Promoting = nil, nil
	next.Attempts, next.LastFailure = 0, time.Time{}
	next.Released, next.Undelivered, next.Restored = "", true, time.Time{}
	if staged.Cause == CauseRevoked {
		if next.Halt != nil && next.Halt.Reason == v1alpha1.ReasonHalted {
			next.Halt = nil // it was about a revoke command, which this one made good
		}
		next.revokeAll()
		next.stopUnlessRevoked(r, now)
	}
	switch {
	case staged.Cause == CauseFollowed:
		next.Followed = promotion.ID
	case !staged.Adopted:
		next.Followed = "" // made in the leader's stead: when that one is back, its secret is taken over again (I8)
	}

	return next
}

// bornOf is when the age of a value that comes back begins to count; zero when it is not known.
func (r Record) bornOf(value redact.Value) time.Time {
	switch {
	case r.Current != nil && r.Current.Value.Equal(value):
		return r.Current.born()
	case r.Previous != nil && r.Previous.Value.Equal(value):
		return r.Previous.First
	default:
		return time.Time{}
	}
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

// Identify notes under which id Okta lists what the target holds.
func (r Record) Identify(id string) Record {
	next := r.clone()
	next.Current.ID = id

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
	next.supersedeAgain(next.Staged.Value.Hash(), now)
	next.Staged, next.Promoting = nil, nil
	if staged := r.Staged; staged.Cause == CauseRevoked {
		next.Halt = &Halt{Reason: v1alpha1.ReasonHalted, At: now, Message: notRevoked("See the events for why.")}
	}
	if failed {
		next.Attempts++
		next.LastFailure = now
	}

	return next
}

// notCounted is a FlipVersion that is no object's: a value was put over the current one, which was not written back yet.
const notCounted = "noted"

// Displace notes that a retired value was put over the current one.
func (r Record) Displace(now time.Time, held redact.Value) Record {
	next := r.clone()
	next.displace(now, held)
	next.FlipVersion = cmp.Or(next.FlipVersion, notCounted)

	return next
}

// isNoted says whether it is noted already that the target holds this retired value in place of the current one.
func (r Record) isNoted(held redact.Value) bool {
	return r.FlipVersion != "" && slices.ContainsFunc(r.Retired, func(e Retired) bool {
		return e.Hash == held.Hash() && e.Promoted && !e.At.Before(r.Current.Since)
	})
}

// displace begins again the time since when the current value is in the target, and the overlap of a retired one that came back:
// pods that start until that is mended use the other value (I2).
func (r *Record) displace(now time.Time, held redact.Value) {
	if r.Current != nil {
		r.Current.First, r.Current.Since = r.Current.born(), now
	}
	for i := range r.Retired {
		if r.Retired[i].Hash == held.Hash() {
			r.Retired[i].At, r.Retired[i].Promoted = now, true
		}
	}
}

// Flip counts that another value was put over the current one, which is about to be written back.
func (r Record) Flip(now time.Time, targetVersion string, held redact.Value) Record {
	next := r.clone()
	next.displace(now, held)
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
		next.Current.First, next.Current.Since, next.Restored = next.Current.born(), now, now
	}

	return next
}

// UseMethod notes how the application authenticates.
func (r Record) UseMethod(method string) Record {
	next := r.clone()
	next.AuthMethod = method

	return next
}
