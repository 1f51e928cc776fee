package rotation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// Retired is a value that must not be used again.
type Retired struct {
	Hash string
	// ID at Okta, when it is known.
	ID string
	// Made says that the operator made it. Others are deleted only to make room.
	Made bool
	// Promoted says that the target held it once, so that pods may still use it.
	Promoted bool
	At       time.Time
	// DeactivatedAt is when it was deactivated, or found to be.
	DeactivatedAt time.Time
	// Ended says that the operator is about to deactivate it, or has: what others deactivate is never activated again.
	Ended bool
	// Revoked says that it is compromised: it dies without an overlap.
	Revoked bool
	// Kept says that something still needs it: it is activated again, and stays until a person resumes.
	Kept bool
	// UnlistedSince is when Okta first did not list it.
	UnlistedSince time.Time
}

// maxRetired bounds the journal. The oldest entry that Okta no longer lists is dropped first.
const maxRetired = 16

// IsRetired says whether a value must not be used again.
func (r Record) IsRetired(value redact.Value) bool {
	return !value.IsEmpty() && slices.ContainsFunc(r.Retired, func(e Retired) bool { return e.Hash == value.Hash() })
}

// isDead says whether a superseded value is compromised or deactivated already, so that it is not brought back by itself.
func (r Record) isDead(value redact.Value) bool {
	return slices.ContainsFunc(r.Retired, func(e Retired) bool {
		return e.Hash == value.Hash() && (e.Revoked || !e.DeactivatedAt.IsZero())
	})
}

// needsOkta says whether something at Okta still depends on this journal, so that it must not go unnoticed.
func (r Record) needsOkta(policy Policy) bool {
	return (r.Staged != nil && !r.Staged.Adopted) || slices.ContainsFunc(r.Retired, func(e Retired) bool { return policy.pending(e) })
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
		r.Previous = &Held{Value: old.Value, ID: old.ID, Made: old.Made, Since: now, First: old.born()}
	}
}

// supersedeAgain begins the overlap of a deactivated value anew that was to be brought back and is not after all. It may have been
// activated for that, so it is nobody's but ours to deactivate (I4).
func (r *Record) supersedeAgain(hash string, now time.Time) {
	for i, e := range r.Retired {
		if e.Hash == hash && !e.DeactivatedAt.IsZero() && r.Staged.Adopted {
			r.Retired[i].At, r.Retired[i].DeactivatedAt, r.Retired[i].Ended = now, time.Time{}, false
		}
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

// revokeAll marks what was superseded as compromised.
func (r *Record) revokeAll() {
	for i := range r.Retired {
		r.Retired[i].Revoked = r.Retired[i].Revoked || r.Retired[i].Promoted
	}
}

// stopUnlessRevoked asks a person to deactivate the compromised value where Okta does not show which of its secrets that is.
func (r *Record) stopUnlessRevoked(before Record, now time.Time) {
	if !before.Promoting.Replaces.Masked {
		return
	}
	which := "Okta listed none of its secrets to the operator."
	if ids := before.Staged.IDsBefore; len(ids) > 0 {
		which = fmt.Sprintf("It is among these, if Okta still has it: %s.", strings.Join(ids, ", "))
	}
	r.Halt = &Halt{Reason: v1alpha1.ReasonHalted, At: now, Message: fmt.Sprintf(
		"The revoke command gave the Secret a new client secret, but Okta masks values, so it does not show which of its secrets was the compromised one, and that one may still be ACTIVE. %s Deactivate it on the application's page in Okta, then set the annotation %s.",
		which, v1alpha1.AnnotationResume)}
}

// revokedFirst are the retired values, what is compromised before the others: nothing that cannot be retired may hold it up.
func (r Record) revokedFirst() []Retired {
	return slices.SortedStableFunc(slices.Values(r.Retired), func(a, b Retired) int {
		switch {
		case a.Revoked == b.Revoked:
			return 0
		case a.Revoked:
			return -1
		default:
			return 1
		}
	})
}

// End notes that the operator is about to deactivate a superseded value.
func (r Record) End(hash string) Record {
	next := r.clone()
	for i := range next.Retired {
		next.Retired[i].Ended = next.Retired[i].Ended || next.Retired[i].Hash == hash
	}

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
