package rotation

import (
	"cmp"
	"fmt"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// promote notes the intent to write the verified value, bound to the version of the target that it replaces.
func promote(now time.Time, o Observation, listed Listed) Action {
	staged := o.Journal.Record.Staged
	if o.Target.Immutable {
		return inStep(immutable(time.Time{}), stepPromote)
	}
	replaces := staged.Replaces
	switch {
	case o.Target.Value.IsEmpty(), o.Target.Value.Equal(staged.Value):
		replaces = Replaced{}
	case replaces.Hash == o.Target.Value.Hash() && replaces.Masked && staged.Cause == CauseRevoked:
		// A list that has our own value may tell by now which one is compromised; without a list the new one is used all the same.
		if o.Okta == nil && o.Connection.Unusable == "" && !now.Before(o.Retry.At) {
			return Look{LookSecrets}
		}
		if o.Okta != nil && o.Okta.Problem == "" {
			replaces = replaced(o)
		}
	case replaces.Hash == o.Target.Value.Hash():
	case o.Okta == nil:
		if wait := o.retryLater(now); wait != nil {
			return inStep(wait, stepPromote)
		}

		return Look{LookSecrets}
	case o.Okta.Problem != "":
		return inStep(o.viewFailed(now), stepPromote)
	default:
		replaces = replaced(o)
		if replaces.ID != "" && !replaces.Inactive && !staged.Cause.unlimited() && !o.Target.Value.Equal(staged.Value) {
			return giveUp(now, o, false, listed.ID, fmt.Sprintf("somebody put client secret %s into the Secret meanwhile, which Okta lists as ACTIVE.", replaces.ID))
		}
	}

	return WriteJournal{Record: o.Journal.Record.Promote(Promotion{
		TargetVersion: o.Target.Version, Replaces: replaces, Previous: previous(o, replaces), ID: listed.ID,
	})}
}

// replaced is what Okta lists of the target's value.
func replaced(o Observation) Replaced {
	found := Replaced{Hash: o.Target.Value.Hash()}
	switch listed, presence := o.findTarget(); presence {
	case Present:
		found.ID, found.Inactive = listed.ID, !listed.Active
	case Unknown:
		found.Masked = true
	case Absent:
	}

	return found
}

// previous keeps the replaced value while Okta lists it.
func previous(o Observation, replaces Replaced) *Held {
	if replaces.ID == "" {
		return nil
	}
	current := o.Journal.Record.Current
	made := current != nil && current.Made && current.Value.Equal(o.Target.Value)

	return &Held{Value: o.Target.Value, ID: replaces.ID, Made: made}
}

// promoting carries out a noted intent: write, then finish. The target's version decides what has happened since.
func promoting(now time.Time, o Observation) Action {
	record := o.Journal.Record
	staged, intent := record.Staged, record.Promoting
	switch {
	case o.Target.Value.Equal(staged.Value):
		finished := record.Finish(now)
		finished.Owned = o.Target.Owned

		return WriteJournal{Record: finished, Tell: []Telling{promoted(*staged, *intent)}}
	case o.Target.Immutable:
		return inStep(immutable(time.Time{}), stepPromote)
	case o.Target.Version == intent.TargetVersion:
		// The intent may be old, and somebody may have removed the new secret since (I2).
		if action := works(now, o, cmp.Or(o.JustCreated, intent.ID), stagedFresh); action != nil {
			return action
		}

		return WriteTarget{Value: staged.Value, Version: o.Target.Version, Create: !o.Target.Found}
	case o.Target.Value.IsEmpty(), o.Target.Value.Hash() == intent.Replaces.Hash:
		return renew(o)
	}
	if o.Check == nil || !now.Before(NextCheck(o.Credential, *o.Check)) {
		return Look{LookTarget}
	}
	switch {
	case o.Check.Verdict == v1alpha1.VerdictAccepted:
		// What is there instead is current from now on: which pods have it is told by when it came.
		return WriteJournal{Record: record.Withdraw(now, false, intent.ID).Accept(o.Target.Value, now), Tell: staged.notUsed()}
	case o.Check.RejectsSecret() && !o.unconfirmed():
		return renew(o)
	default:
		return inStep(changedMeanwhile(now, o), stepPromote)
	}
}

// changedMeanwhile waits until Okta can say whether the value that somebody put into the target works.
func changedMeanwhile(now time.Time, o Observation) Action {
	return working(o.nextCheck(now), o.Journal.Record.Staged.Reason(),
		"Somebody changed the Secret during the rotation, and Okta does not say yet whether the value there works: "+o.Check.Evidence)
}

// renew binds the intent to the target's present version.
func renew(o Observation) Action {
	record := o.Journal.Record
	intent := *record.Promoting
	intent.TargetVersion = o.Target.Version
	if o.Target.Value.IsEmpty() || o.Target.Value.Hash() != intent.Replaces.Hash {
		intent.Previous, intent.Replaces = nil, Replaced{}
		if !o.Target.Value.IsEmpty() {
			intent.Replaces.Hash = o.Target.Value.Hash()
		}
	}

	return WriteJournal{Record: record.Promote(intent)}
}

// promoted tells that the target holds the value, by its cause.
func promoted(staged Staged, intent Promotion) Telling {
	id := ""
	if intent.ID != "" {
		id = " " + intent.ID
	}
	switch staged.Cause {
	case CauseMalformed:
		return Telling{Reason: v1alpha1.ReasonSecretRepaired, Message: fmt.Sprintf(
			"The Secret holds the clean value of client secret%s, which Okta accepts; it had %s. No new secret was made. Mend where the value comes from, or it comes back.", id, staged.Note)}
	case CauseAdopted:
		return Telling{Reason: v1alpha1.ReasonSecretAdopted, Message: fmt.Sprintf(
			"The Secret holds client secret%s, which Okta already had and accepts. No new secret was made.", id)}
	case CauseRollback:
		return Telling{Reason: v1alpha1.ReasonSecretRolledBack, Message: fmt.Sprintf(
			"The Secret holds the previous client secret%s again, by the rollback command. Okta accepts it.", id)}
	case CauseUndone:
		return Telling{Reason: v1alpha1.ReasonSecretRolledBack, Warning: true, Message: fmt.Sprintf(
			"The Secret holds the superseded client secret%s again, since workloads failed with the new one.", id)}
	case CauseFollowed:
		return Telling{Reason: v1alpha1.ReasonSecretAdopted, Message: fmt.Sprintf(
			"The Secret holds client secret%s, which an older OktaClientCredential for the same client made.", id)}
	case CauseRejected, CauseCommand, CauseRevoked, CauseScheduled, CauseCreated:
		return Telling{Reason: v1alpha1.ReasonSecretPromoted, Message: fmt.Sprintf("The Secret holds the new client secret%s, which Okta accepts.", id)}
	default:
		return Telling{Reason: v1alpha1.ReasonSecretPromoted, Message: fmt.Sprintf("The Secret holds client secret%s, which Okta accepts.", id)}
	}
}
