package rotation

import (
	"fmt"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// promote notes the intent to write the verified value, bound to the version of the target that it replaces.
func promote(o Observation, listed Listed) Action {
	staged := o.Journal.Record.Staged
	if o.Target.Immutable {
		return inStep(immutable(time.Time{}), stepPromote)
	}
	replaces := staged.Replaces
	if o.Target.Value.IsEmpty() {
		replaces = Replaced{}
	} else if replaces.Hash != o.Target.Value.Hash() {
		if o.Okta == nil {
			return Look{LookSecrets}
		}
		if o.Okta.Problem != "" {
			return inStep(o.viewFailed(), stepPromote)
		}
		replaces = replaced(o)
	}

	return WriteJournal{Record: o.Journal.Record.Promote(Promotion{
		TargetVersion: o.Target.Version, Replaces: replaces, Previous: previous(o, replaces), ID: listed.ID,
	})}
}

// replaced is what Okta lists of the target's value.
func replaced(o Observation) Replaced {
	found := Replaced{Hash: o.Target.Value.Hash()}
	if listed, presence := o.Okta.find(o.Target.Value); presence == Present {
		found.ID, found.Inactive = listed.ID, !listed.Active
	} else if current := o.Journal.Record.Current; current != nil && current.Value.Equal(o.Target.Value) && presence == Unknown {
		found.ID = current.ID
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
		return WriteJournal{Record: record.Finish(now), Tell: []Telling{{
			Reason: v1alpha1.ReasonSecretPromoted, Message: promotedMessage(intent)}}}
	case o.Target.Immutable:
		return inStep(immutable(time.Time{}), stepPromote)
	case o.Target.Version == intent.TargetVersion:
		return WriteTarget{Value: staged.Value, Version: o.Target.Version, Create: !o.Target.Found}
	case o.Target.Value.IsEmpty(), o.Target.Value.Hash() == intent.Replaces.Hash:
		return renew(o)
	}
	if o.Check == nil {
		return Look{LookTarget}
	}
	switch {
	case o.Check.Verdict == v1alpha1.VerdictAccepted:
		return WriteJournal{Record: record.Withdraw(now, false), Tell: []Telling{{
			Reason: v1alpha1.ReasonRotationWithdrawn, Message: "Somebody put a working client secret into the Secret, so the new one is not used and is removed at Okta."}}}
	case o.Check.Verdict.Decides():
		return renew(o)
	case !now.Before(NextCheck(o.Credential, *o.Check)):
		return Look{LookTarget}
	default:
		return inStep(working(NextCheck(o.Credential, *o.Check), v1alpha1.ReasonRotating,
			"Somebody changed the Secret during the rotation, and Okta cannot be asked about the new value yet: "+o.Check.Evidence), stepPromote)
	}
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

func promotedMessage(intent *Promotion) string {
	if intent.ID == "" {
		return "The Secret holds the new client secret, which Okta accepts."
	}

	return fmt.Sprintf("The Secret holds the new client secret %s, which Okta accepts.", intent.ID)
}
