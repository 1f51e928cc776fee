package rotation

import (
	"fmt"
	"slices"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// maxSecrets is how many client secrets Okta allows an application, INACTIVE ones included.
const maxSecrets = 2

// Steps of a rotation, for the status.
const (
	stepPush    = "CreateAtOkta"
	stepVerify  = "VerifyAtTokenEndpoint"
	stepPromote = "WriteSecret"
)

// unfinishedRotation goes on with the rotation that the journal tells of, from wherever a crash left it.
func unfinishedRotation(now time.Time, o Observation) Action {
	staged := o.Journal.Record.Staged
	if staged == nil {
		return nil
	}
	if o.Credential.Mode != v1alpha1.ModeRotate && !o.Credential.Deleting {
		return blocked(time.Time{}, v1alpha1.ReasonObserving, fmt.Sprintf(
			"A rotation is at work and pauses, because spec.mode is %s. Set mode: Rotate to finish it.", o.Credential.Mode))
	}
	if o.Journal.Record.Promoting != nil {
		return promoting(now, o)
	}
	if o.Credential.Deleting {
		return WriteJournal{Record: o.Journal.Record.Withdraw(now, false)}
	}
	if action := overtaken(now, o); action != nil {
		return action
	}
	if !o.Credential.HasFinalizer {
		return AddFinalizer{}
	}
	if o.JustCreated != "" {
		return verify(now, o, Listed{ID: o.JustCreated, Active: true})
	}
	if o.JustStaged && len(staged.IDsBefore) < maxSecrets {
		return push(o)
	}

	return locate(now, o)
}

// overtaken gives the rotation up when the target got a value since that works: what it was to heal is healed.
func overtaken(now time.Time, o Observation) Action {
	staged := o.Journal.Record.Staged
	if staged.Cause != CauseRejected || o.Target.Value.IsEmpty() || o.Target.Value.Hash() == staged.Replaces.Hash {
		return nil
	}
	if o.Check == nil {
		return Look{LookTarget}
	}
	if o.Check.Verdict != v1alpha1.VerdictAccepted {
		return nil
	}

	return WriteJournal{Record: o.Journal.Record.Withdraw(now, false), Tell: []Telling{{
		Reason: v1alpha1.ReasonRotationWithdrawn, Message: "Somebody put a working client secret into the Secret, so the new one is not used and is removed at Okta."}}}
}

// locate finds out whether the staged value is at Okta: the answer to its creation may have been lost.
func locate(now time.Time, o Observation) Action {
	if o.Okta == nil {
		if wait := o.retryLater(now); wait != nil {
			return inStep(wait, stepPush)
		}

		return Look{LookSecrets}
	}
	if o.Okta.Problem != "" {
		return inStep(o.viewFailed(), stepPush)
	}
	staged := o.Journal.Record.Staged
	if same := o.Okta.all(staged.Value); len(same) > 1 {
		return dropDuplicate(same)
	}
	listed, presence := o.Okta.find(staged.Value)
	switch {
	case presence == Present && listed.Active:
		return verify(now, o, listed)
	case presence == Present:
		return WriteJournal{Record: o.Journal.Record.Withdraw(now, true), Tell: withdrawn(
			fmt.Sprintf("Somebody deactivated the new secret %s at Okta before it was used.", listed.ID))}
	case presence == Unknown && len(o.newIDs()) > 0 && !patienceOver(now, staged):
		// Okta masks values: only the token endpoint can tell whether the new id holds our value.
		return verify(now, o, o.onlyNew())
	case o.CreateRefused != "":
		return WriteJournal{Record: o.Journal.Record.Withdraw(now, true), Tell: withdrawn(o.CreateRefused)}
	case len(o.Okta.Secrets) >= maxSecrets:
		return makeRoom(now, o)
	default:
		return push(o)
	}
}

func withdrawn(why string) []Telling {
	return []Telling{{Reason: v1alpha1.ReasonRotationWithdrawn, Warning: true, Message: "The rotation was given up: " + why}}
}

// newIDs are the ids that Okta did not list when the value was staged.
func (o Observation) newIDs() []string {
	return slices.DeleteFunc(o.Okta.listedIDs(), func(id string) bool {
		return slices.Contains(o.Journal.Record.Staged.IDsBefore, id)
	})
}

// onlyNew is the one new secret; without an id when there are two, so that neither is taken for ours.
func (o Observation) onlyNew() Listed {
	if ids := o.newIDs(); len(ids) == 1 {
		return Listed{ID: ids[0], Active: true}
	}

	return Listed{Active: true}
}

func push(o Observation) Action {
	return CreateSecret{Value: o.Journal.Record.Staged.Value}
}

// dropDuplicate removes the newer of two secrets with one value, so that two operators would choose the same one.
func dropDuplicate(same []Listed) Action {
	newer := same[len(same)-1]
	why := []Telling{{Reason: v1alpha1.ReasonSecretDeleted, Message: fmt.Sprintf("Secret %s had the same value as %s and was removed at Okta.", newer.ID, same[0].ID)}}
	if newer.Active {
		return DeactivateSecret{ID: newer.ID}
	}

	return DeleteSecret{ID: newer.ID, Tell: why}
}

// makeRoom removes at most one secret at Okta, before the new one is created (I4).
func makeRoom(now time.Time, o Observation) Action {
	found, ok := removable(o)
	switch {
	case !ok:
		return WriteJournal{Record: o.Journal.Record.Withdraw(now, false), Tell: withdrawn("Okta has no room for another client secret.")}
	case found.Active:
		return DeactivateSecret{ID: found.ID, Tell: []Telling{{
			Reason: v1alpha1.ReasonSecretDeactivated, Message: fmt.Sprintf("Secret %s, released by command, was deactivated at Okta to make room.", found.ID)}}}
	default:
		return DeleteSecret{ID: found.ID, Tell: []Telling{{
			Reason: v1alpha1.ReasonSecretDeleted, Message: fmt.Sprintf("INACTIVE secret %s was deleted at Okta to make room for the new one.", found.ID)}}}
	}
}

// removable is the secret that may be removed to make room: an INACTIVE one that we superseded, the INACTIVE one that the
// target holds, since it is what we replace, or the id that a person released. Nobody else's, and never an ACTIVE one that
// the target holds (I2, I4).
func removable(o Observation) (Listed, bool) {
	record := o.Journal.Record
	for _, listed := range o.Okta.Secrets {
		if !listed.Active && slices.ContainsFunc(record.Retired, func(e Retired) bool {
			found, presence := o.Okta.findRetired(e)

			return presence == Present && found.ID == listed.ID
		}) {
			return listed, true
		}
	}
	held, presence := o.Okta.find(o.Target.Value)
	holds := presence == Present && !o.Target.Value.IsEmpty()
	if holds && !held.Active {
		return held, true
	}
	for _, listed := range o.Okta.Secrets {
		released := record.Released != "" && listed.ID == record.Released
		if released && (!listed.Active || ((!holds || held.ID != listed.ID) && o.Okta.activeBeside(listed.ID))) {
			return listed, true
		}
	}

	return Listed{}, false
}

// verify tests the new secret before anything depends on it, with patience: Okta may need time until it honours it.
func verify(now time.Time, o Observation, listed Listed) Action {
	staged := o.Journal.Record.Staged
	if o.StagedCheck == nil || !now.Before(o.nextStagedCheck()) {
		return Look{LookStaged}
	}
	switch {
	case o.StagedCheck.Verdict == v1alpha1.VerdictAccepted:
		return promote(o, listed)
	case !o.StagedCheck.Verdict.Decides():
		return inStep(working(o.nextStagedCheck(), v1alpha1.ReasonRotating, "The new secret could not be tested yet: "+o.StagedCheck.Evidence), stepVerify)
	case staged.RefusedSince.IsZero():
		return WriteJournal{Record: o.Journal.Record.Refuse(now)}
	case patienceOver(now, staged):
		return WriteJournal{Record: o.Journal.Record.Withdraw(now, true), Tell: withdrawn(fmt.Sprintf(
			"Okta's token endpoint still refuses the new secret after %s. %s", patience, o.StagedCheck.Evidence))}
	default:
		return inStep(working(o.nextStagedCheck(), v1alpha1.ReasonNewSecretRefused, fmt.Sprintf(
			"Okta's token endpoint does not accept the new secret yet, which may take a moment; it is tried until %s.", clock(staged.RefusedSince.Add(patience)))), stepVerify)
	}
}

func patienceOver(now time.Time, staged *Staged) bool {
	return !staged.RefusedSince.IsZero() && now.Sub(staged.RefusedSince) >= patience
}

func (o Observation) nextStagedCheck() time.Time {
	if o.StagedCheck.Verdict.Decides() {
		return o.StagedCheck.At.Add(stagedRecheck)
	}

	return o.StagedCheck.At.Add(max(o.StagedCheck.RetryAfter, doubled(stagedRecheck, 5*time.Minute, o.StagedCheck.Failures)))
}

func inStep(action Action, step string) Action {
	if wait, ok := action.(Wait); ok {
		wait.Step = step

		return wait
	}

	return action
}
