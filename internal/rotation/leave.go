package rotation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// deletion lets the object go at once under Retain, and otherwise finishes what only this object can finish.
func deletion(now time.Time, o Observation) Action {
	if !o.Credential.Deleting {
		return nil
	}
	// Nobody can ask for the old value back any more, so nothing is kept INACTIVE for that.
	o.Credential.Policy.DeleteAfter = 0
	record := o.Journal.Record
	known := o.Journal.Found && o.Journal.Unreadable == "" && !o.foreignJournal()
	switch {
	case !o.Credential.HasFinalizer:
		return Wait{Reason: v1alpha1.ReasonDeleting}
	case !known:
		return RemoveFinalizer{Tell: []Telling{{Reason: v1alpha1.ReasonSecretsLeftBehind, Warning: true, Message: "The rotation journal is gone, so what is superseded and still at Okta is not known. Look at the application's client secrets in Okta, and remove those that nobody needs."}}}
	case !o.Journal.Held && !o.Journal.Deleted && record.needsOkta(o.Credential.Policy):
		return WriteJournal{Record: record} // so that what stays at Okta is named when the credential is gone
	case o.Credential.DeletionPolicy != v1alpha1.DeletionRetire, o.Credential.NamespaceTerminating, !o.retires(), !record.needsOkta(o.Credential.Policy):
		return RemoveFinalizer{}
	}
	if o.Connection.Problem != "" || o.Connection.Suspended {
		return blocked(time.Time{}, v1alpha1.ReasonDeleting,
			"Superseded secrets are to be retired at Okta first (deletionPolicy: Retire), but the connection cannot be used. Mend the connection, or set deletionPolicy: Retain to leave them.")
	}
	if action := unfinishedRotation(now, o); action != nil {
		return action
	}
	if action := retirement(now, o); action != nil {
		return action
	}

	return retirementPending(now, o)
}

// retirementPending waits for what a deletion under Retire still has to retire.
func retirementPending(now time.Time, o Observation) Action {
	due := o.Journal.Record.nextRetirement(o.Credential.Policy)
	wait := o.retryLater(now)
	switch {
	case o.Connection.Unusable != "":
		return blocked(time.Time{}, v1alpha1.ReasonDeleting, fmt.Sprintf(
			"Superseded secrets are to be retired at Okta first (deletionPolicy: Retire), but the connection's admin credential cannot be used (%s). Mend it, or set deletionPolicy: Retain to leave them.", o.Connection.Unusable))
	case o.Okta != nil && o.Okta.Problem != "":
		return o.viewFailed(now)
	case wait != nil:
		return wait
	case !now.Before(due):
		return blocked(o.nextRetirementLook(now), v1alpha1.ReasonDeleting,
			"Superseded secrets are to be retired at Okta first (deletionPolicy: Retire), but one of them cannot be: it is the last ACTIVE one, the Secret holds it, or Okta masks which one it is. Remove it in Okta, or set deletionPolicy: Retain to leave it.")
	}

	return Wait{
		Until: o.nextRetirementLook(now), State: Working, Reason: v1alpha1.ReasonDeleting,
		Message: "Superseded secrets are retired at Okta first (deletionPolicy: Retire), after their overlap. Set deletionPolicy: Retain to leave them and go at once.",
	}
}

// Holds says whether the journal must outlive its credential when a record is written to it: something at Okta depends on it,
// or stays there by the policy or for a person, to be named when the credential goes; or the credential waits for us in its
// deletion and needs it to the end.
func (o Observation) Holds(record Record) bool {
	stays := slices.ContainsFunc(record.Retired, func(e Retired) bool { return (e.Made || e.Kept) && e.UnlistedSince.IsZero() })

	return stays || record.orphans() != nil || record.needsOkta(o.policy()) || (o.Credential.Deleting && o.Credential.HasFinalizer)
}

// orphans is the current secret, if the operator made it and the Secret goes with the credential: nobody knows it then.
func (r Record) orphans() *Held {
	if !r.Owned || r.Current == nil || !r.Current.Made {
		return nil
	}

	return r.Current
}

// policy of the credential. What a follower no longer needs its leader may: that one retires it, once all have moved (I2). What the
// follower itself made, before it had a leader or in its stead, nobody else retires.
func (o Observation) policy() Policy {
	policy := o.Credential.Policy
	policy.OnlyMade = o.Credential.Leader != nil

	return policy
}

// unheld takes hold of a journal before a value is retired that was not superseded by a rotation, but by somebody who put
// another working one into the target; and of the credential, where its deletion is to wait for that.
func unheld(_ time.Time, o Observation) Action {
	record := o.Journal.Record
	switch {
	case o.writes() && o.Target.Owned && !record.Owned && record.Current != nil:
		record.Owned = true // made by an operator that did not note it, or not by a rotation

		return WriteJournal{Record: record}
	case !o.writes(), !o.Holds(record):
		return nil
	case !o.Journal.Held && !o.Journal.Deleted:
		return WriteJournal{Record: record}
	case record.needsOkta(o.policy()):
		return o.unguarded()
	default:
		return nil
	}
}

// unguarded puts the finalizer on a credential whose deletion is to wait until what it leaves at Okta is retired.
func (o Observation) unguarded() Action {
	if o.Credential.HasFinalizer || o.Credential.DeletionPolicy != v1alpha1.DeletionRetire || !o.retires() {
		return nil
	}

	return AddFinalizer{}
}

// unneeded lets go what need not be held any more.
func unneeded(_ time.Time, o Observation) Action {
	record := o.Journal.Record
	switch {
	case o.Credential.HasFinalizer && (!record.needsOkta(o.policy()) || o.Credential.DeletionPolicy != v1alpha1.DeletionRetire):
		return RemoveFinalizer{}
	case o.Journal.Held && !o.Holds(record) && o.writes():
		return WriteJournal{Record: record}
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
	if current := j.Record.orphans(); current != nil {
		left = append(left, cmp.Or(current.ID, unknownSince(current.born())))
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
