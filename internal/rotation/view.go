package rotation

import (
	"cmp"
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

// findRetired looks up a value of which only the hash is known, by its id or else by the hash: a create that landed late
// has another id.
func (v OktaView) findRetired(entry Retired) (Listed, Presence) {
	if i := slices.IndexFunc(v.Secrets, func(l Listed) bool { return entry.ID != "" && l.ID == entry.ID }); i >= 0 {
		return v.Secrets[i], Present
	}
	listed, presence := v.match(entry.Hash, func(l Listed) bool { return !l.Value.IsEmpty() && l.Value.Hash() == entry.Hash })
	if presence == Unknown && entry.ID != "" && len(v.Secrets) > 0 {
		return Listed{}, Absent
	}

	return listed, presence
}

// findHeld looks a value up whose id may be known.
func (v OktaView) findHeld(held Held) (Listed, Presence) {
	listed, presence := v.find(held.Value)
	if presence != Unknown || held.ID == "" {
		return listed, presence
	}

	return v.findRetired(Retired{Hash: held.Value.Hash(), ID: held.ID})
}

// findTarget looks up the target's value, by the id that the journal knows where the value alone does not tell.
func (o Observation) findTarget() (Listed, Presence) {
	if current := o.Journal.Record.Current; current != nil && current.Value.Equal(o.Target.Value) {
		return o.Okta.findHeld(*current)
	}

	return o.Okta.find(o.Target.Value)
}

func (v OktaView) match(hash string, equal func(Listed) bool) (Listed, Presence) {
	proven := v.hashProven()
	// An admin role without the right to see secrets gets an empty list without an error: that is no proof of absence.
	comparable := len(v.Secrets) > 0
	var inactive *Listed
	for _, listed := range v.Secrets {
		switch matches := equal(listed) || listed.Hash == hash; {
		case matches && listed.Active:
			return listed, Present
		case matches:
			inactive = &listed
		}
		comparable = comparable && (!listed.Value.IsEmpty() || proven)
	}
	if inactive != nil {
		return *inactive, Present
	}
	if comparable {
		return Listed{}, Absent
	}

	return Listed{}, Unknown
}

// compared returns the view with a note on whether Okta's hashes are proven by a value that we know: where values are masked,
// an equal hash of any of them is no accident.
func (o Observation) compared() *OktaView {
	if o.Okta == nil {
		return nil
	}
	record, view := o.Journal.Record, *o.Okta
	values := []redact.Value{o.Target.Value}
	for _, held := range []*Held{record.Current, record.Previous} {
		if held != nil {
			values = append(values, held.Value)
		}
	}
	if record.Staged != nil {
		values = append(values, record.Staged.Value)
	}
	view.hashKnown = slices.ContainsFunc(view.Secrets, func(l Listed) bool {
		return slices.ContainsFunc(values, func(v redact.Value) bool { return !v.IsEmpty() && v.Hash() == l.Hash })
	})

	return &view
}

// hashProven says whether the listed hash is the one that we compute, checked on a secret whose value is listed or known.
// Okta does not document it.
func (v OktaView) hashProven() bool {
	proven := v.hashKnown
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

// is says whether a listed secret is the one with this id or holds the value with this hash.
func (l Listed) is(id, hash string) bool {
	return (id != "" && l.ID == id) || l.Hash == hash || (!l.Value.IsEmpty() && l.Value.Hash() == hash)
}

// all returns every listed secret with this value, oldest first. More than one is there when a create whose answer was lost
// has been repeated.
func (v OktaView) all(value redact.Value) []Listed {
	hash := value.Hash()
	found := slices.DeleteFunc(slices.Clone(v.Secrets), func(l Listed) bool {
		return l.Hash != hash && (l.Value.IsEmpty() || !l.Value.Equal(value))
	})
	slices.SortStableFunc(found, func(a, b Listed) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})

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
