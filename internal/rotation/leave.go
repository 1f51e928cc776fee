package rotation

import (
	"fmt"
	"strings"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// Holds says whether the journal must outlive its credential when a record is written to it: something at Okta depends on it,
// or the credential waits for us in its deletion and needs it to the end.
func (o Observation) Holds(record Record) bool {
	return record.needsOkta(o.policy()) || (o.Credential.Deleting && o.Credential.HasFinalizer)
}

// policy of the credential. What a follower no longer needs its leader may: that one retires it, once all have moved (I2).
func (o Observation) policy() Policy {
	policy := o.Credential.Policy
	if o.Credential.Leader != nil {
		policy.Retire = v1alpha1.RetireRetain
	}

	return policy
}

// unheld takes hold of a journal before a value is retired that was not superseded by a rotation, but by somebody who put
// another working one into the target; and of the credential, where its deletion is to wait for that.
func unheld(_ time.Time, o Observation) Action {
	switch {
	case !o.writes(), !o.Holds(o.Journal.Record):
		return nil
	case !o.Journal.Held && !o.Journal.Deleted:
		return WriteJournal{Record: o.Journal.Record}
	default:
		return o.unguarded()
	}
}

// unguarded puts the finalizer on a credential whose deletion is to wait until what it leaves at Okta is retired.
func (o Observation) unguarded() Action {
	if o.Credential.HasFinalizer || o.Credential.DeletionPolicy != v1alpha1.DeletionRetire {
		return nil
	}

	return AddFinalizer{}
}

// unneeded lets go what need not be held any more.
func unneeded(_ time.Time, o Observation) Action {
	needed := o.Holds(o.Journal.Record)
	switch {
	case o.Credential.HasFinalizer && (!needed || o.Credential.DeletionPolicy != v1alpha1.DeletionRetire):
		return RemoveFinalizer{}
	case o.Journal.Held && !needed && o.writes():
		return WriteJournal{Record: o.Journal.Record}
	default:
		return nil
	}
}

// LeftBehind names what a journal leaves at Okta when its credential is gone; empty when that is nothing. An
// original that is INACTIVE is where a rotation leaves it. Created is the id of the staged secret, where it is known.
func (j Journal) LeftBehind(created string) string {
	if j.Unreadable != "" {
		return "The rotation journal cannot be read, so what is superseded and still at Okta is not known. Look at the application's client secrets in Okta, and remove those that nobody needs."
	}
	var left []string
	if staged := j.Record.Staged; staged != nil && !staged.Adopted {
		left = append(left, j.Record.stagedName(created))
	}
	for _, entry := range j.Record.Retired {
		switch there := entry.UnlistedSince.IsZero() && (entry.Made || entry.DeactivatedAt.IsZero()); {
		case there && entry.ID != "":
			left = append(left, entry.ID)
		case there && entry.Made:
			left = append(left, unknownSince(entry.At))
		}
	}
	if len(left) == 0 {
		return ""
	}

	return fmt.Sprintf("The credential is gone, and these secrets of application %s stay at Okta: %s. Remove those that nobody needs in the application's page.",
		j.Record.Binding.ApplicationID, strings.Join(left, ", "))
}

// stagedName is the id of the staged secret, as far as it is known.
func (r Record) stagedName(created string) string {
	switch {
	case created != "":
		return created
	case r.Promoting != nil && r.Promoting.ID != "":
		return r.Promoting.ID
	case r.Staged.ID != "":
		return r.Staged.ID
	default:
		return unknownSince(r.Staged.At)
	}
}

func unknownSince(at time.Time) string {
	return fmt.Sprintf("the one that a rotation may have made about %s (id unknown)", at.UTC().Format(time.RFC3339))
}
