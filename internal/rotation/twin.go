package rotation

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// twin notes a second secret with the current value, which is then removed.
func twin(now time.Time, o Observation) Action {
	if o.Twin == "" || !o.retires() {
		return nil
	}

	return WriteJournal{Record: o.Journal.Record.Twin(o.Twin, now)}
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

// HasTwin says whether an id that Okta gave for a value, by its hash, is another one than the current value has, and not noted.
func (r Record) HasTwin(id, hash string) bool {
	return id != "" && r.Current != nil && r.Current.Made && r.Current.Value.Hash() == hash && r.Current.ID != "" && r.Current.ID != id &&
		!slices.ContainsFunc(r.Retired, func(e Retired) bool { return e.ID == id })
}

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

// currentTwice finds the current value listed more than once.
func currentTwice(o Observation) []Listed {
	if current := o.Journal.Record.Current; current != nil && current.Made {
		return o.Okta.all(current.Value)
	}

	return nil
}

// twinsLast puts the secret that the journal knows as the current one first, and one that it knows as a twin where the newer one
// stands.
func (r Record) twinsLast(same []Listed) []Listed {
	known := func(l Listed) int {
		switch {
		case l.ID == r.Current.ID:
			return -1
		case slices.ContainsFunc(r.Retired, func(e Retired) bool { return e.ID == l.ID }):
			return 1
		default:
			return 0
		}
	}
	slices.SortStableFunc(same, func(a, b Listed) int { return cmp.Compare(known(a), known(b)) })

	return same
}
