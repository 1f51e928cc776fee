package rotation

import (
	"slices"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// Presence says whether Okta lists a value.
type Presence int

const (
	// Unknown: Okta masks values and the hash is not proven to be comparable.
	Unknown Presence = iota
	// Present: Okta lists it.
	Present
	// Absent: Okta lists others only.
	Absent
)

// find looks a value up among the listed secrets: by the value itself where Okta shows it, else by the hash. Equal hashes
// prove presence; different hashes prove absence only where Okta's hash is proven to be the one that we compute.
func (v OktaView) find(value redact.Value) (Listed, Presence) {
	return v.match(value.Hash(), func(l Listed) bool { return !l.Value.IsEmpty() && l.Value.Equal(value) })
}

// findRetired looks up a value of which only the hash is known, or the id.
func (v OktaView) findRetired(entry Retired) (Listed, Presence) {
	if entry.ID != "" {
		if i := slices.IndexFunc(v.Secrets, func(l Listed) bool { return l.ID == entry.ID }); i >= 0 {
			return v.Secrets[i], Present
		}

		return Listed{}, Absent
	}

	return v.match(entry.Hash, func(l Listed) bool { return !l.Value.IsEmpty() && l.Value.Hash() == entry.Hash })
}

func (v OktaView) match(hash string, equal func(Listed) bool) (Listed, Presence) {
	proven := v.hashProven()
	// An admin role without the right to see secrets gets an empty list without an error: that is no proof of absence.
	comparable := len(v.Secrets) > 0
	for _, listed := range v.Secrets {
		if equal(listed) || listed.Hash == hash {
			return listed, Present
		}
		comparable = comparable && (!listed.Value.IsEmpty() || proven)
	}
	if comparable {
		return Listed{}, Absent
	}

	return Listed{}, Unknown
}

// hashProven says whether the listed hash is the one that we compute, checked on a secret whose value is listed. Okta does
// not document it.
func (v OktaView) hashProven() bool {
	proven := false
	for _, listed := range v.Secrets {
		if listed.Value.IsEmpty() {
			continue
		}
		if listed.Value.Hash() != listed.Hash {
			return false
		}
		proven = true
	}

	return proven
}

// all returns every listed secret with this value, oldest first. More than one is there when a create whose answer was lost
// has been repeated.
func (v OktaView) all(value redact.Value) []Listed {
	hash := value.Hash()
	found := slices.DeleteFunc(slices.Clone(v.Secrets), func(l Listed) bool {
		return l.Hash != hash && (l.Value.IsEmpty() || !l.Value.Equal(value))
	})
	slices.SortStableFunc(found, func(a, b Listed) int { return a.Created.Compare(b.Created) })

	return found
}

// listedIDs are the ids of the listed secrets.
func (v OktaView) listedIDs() []string {
	ids := make([]string, 0, len(v.Secrets))
	for _, listed := range v.Secrets {
		ids = append(ids, listed.ID)
	}

	return ids
}

// activeBeside says whether an ACTIVE secret other than this one is listed.
func (v OktaView) activeBeside(id string) bool {
	return slices.ContainsFunc(v.Secrets, func(l Listed) bool { return l.Active && l.ID != id })
}
