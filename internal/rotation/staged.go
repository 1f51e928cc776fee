package rotation

import (
	"fmt"
	"slices"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// maxSecrets is how many client secrets Okta allows an application, INACTIVE ones included.
const maxSecrets = 2

// listedFresh is how long after staging what Okta listed before it still counts, when a creation had to wait before it was sent.
const listedFresh = 10 * time.Second

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
	allowed := o.Credential.Mode == v1alpha1.ModeRotate || (staged.Adopted && o.writes())
	if !allowed && !o.Credential.Deleting {
		return paused(now, o)
	}
	if o.Journal.Record.Promoting != nil {
		return promoting(now, o)
	}
	if o.Credential.Deleting {
		return WriteJournal{Record: o.Journal.Record.Withdraw(now, false, o.JustCreated)}
	}
	if action := overtaken(now, o); action != nil {
		return action
	}
	if staged.Adopted {
		return adopting(now, o)
	}
	if action := o.unguarded(); action != nil {
		return action
	}
	if o.JustCreated != "" {
		return verify(now, o, Listed{ID: o.JustCreated, Active: true})
	}
	if wait := o.retryLater(now); wait != nil {
		return inStep(wait, stepPush)
	}
	if o.JustStaged && now.Sub(staged.At) < listedFresh && len(staged.IDsBefore) < maxSecrets && o.Connection.Unusable == "" {
		return push(o)
	}

	return locate(now, o)
}

// paused leaves a rotation as it is while the mode does not allow it. The Secret is checked, and in mode Repair restored.
func paused(now time.Time, o Observation) Action {
	for _, decide := range []rule{targetProblem, check, reverted} {
		if action := decide(now, o); action != nil {
			return action
		}
	}

	return blocked(o.nextCheck(now), v1alpha1.ReasonObserving, fmt.Sprintf(
		"A rotation is at work and pauses, because spec.mode is %s. Set mode: Rotate to finish it.", o.Credential.Mode))
}

// overtaken gives the rotation up when the target got a value since that works: what it was to heal is healed.
func overtaken(now time.Time, o Observation) Action {
	staged := o.Journal.Record.Staged
	held := o.Target.Value
	if staged.Cause.unlimited() || held.IsEmpty() || held.Hash() == staged.Replaces.Hash || held.Equal(staged.Value) {
		return nil
	}
	if o.Check == nil || !now.Before(NextCheck(o.Credential, *o.Check)) {
		return Look{LookTarget}
	}
	if o.Check.RejectsSecret() && !o.unconfirmed() {
		return nil
	}
	if o.Check.Verdict != v1alpha1.VerdictAccepted {
		return inStep(changedMeanwhile(now, o), stepPush)
	}

	return WriteJournal{Record: o.Journal.Record.Withdraw(now, false, o.JustCreated), Tell: staged.notUsed()}
}

// Reason of the conditions while it is at work.
func (s Staged) Reason() string {
	if s.Adopted {
		return v1alpha1.ReasonRepairing
	}

	return v1alpha1.ReasonRotating
}

// notUsed tells that somebody else mended what the staged value was to mend.
func (s Staged) notUsed() []Telling {
	message := "Somebody put a working client secret into the Secret, so the new one is not used and is removed at Okta."
	if s.Adopted {
		message = "Somebody put a working client secret into the Secret, so it stays as it is."
	}

	return []Telling{{Reason: v1alpha1.ReasonRotationWithdrawn, Message: message}}
}

// locate finds out whether the staged value is at Okta: the answer to its creation may have been lost.
func locate(now time.Time, o Observation) Action {
	if o.Okta == nil {
		return Look{LookSecrets}
	}
	if o.Okta.Problem != "" {
		return inStep(o.viewFailed(now), stepPush)
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
		return giveUp(now, o, true, listed.ID, fmt.Sprintf("Somebody deactivated the new secret %s at Okta before it was used.", listed.ID))
	case presence == Unknown && len(o.newIDs()) > 0 && !patienceOver(now, staged):
		return verifyMasked(now, o)
	case presence == Unknown && len(o.newIDs()) > 0:
		// It does not: the new id is somebody else's, and ours gets its own patience once it is created.
		return WriteJournal{Record: o.Journal.Record.Disown(o.Okta.listedIDs())}
	case o.CreateRefused != "":
		return giveUp(now, o, true, "", o.CreateRefused)
	case len(o.Okta.Secrets) >= maxSecrets:
		return makeRoom(now, o)
	default:
		return push(o)
	}
}

// giveUp withdraws the staged value and says why. A revoke command that was not carried out halts, and the halt says why too: it
// stays in sight until a person acts.
func giveUp(now time.Time, o Observation, failed bool, id, why string) Action {
	staged, next := o.Journal.Record.Staged, o.Journal.Record.Withdraw(now, failed, id)
	if staged.Cause == CauseRevoked {
		next.Halt.Message = notRevoked(why)
	}

	return WriteJournal{Record: next, Tell: withdrawn(why)}
}

// notRevoked says that a revoke command was not carried out, why, and what a person can do.
func notRevoked(why string) string {
	return fmt.Sprintf("The revoke command could not be carried out, so the compromised client secret is still in use. %s Then set the annotation %s to a new value.", why, v1alpha1.AnnotationRevoke)
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

// verify tests the new secret before anything depends on it, and then promotes it.
func verify(now time.Time, o Observation, listed Listed) Action {
	if action := works(now, o, listed.ID, stagedGood); action != nil {
		return action
	}

	return promote(now, o, listed)
}

// verifyMasked tests the new secret where Okta masks values, so that only the token endpoint can tell whether it is there.
// That a new id is ours takes a list from after the value was accepted: an older one may show a stranger's alone (I4).
func verifyMasked(now time.Time, o Observation) Action {
	if action := works(now, o, "", stagedGood); action != nil {
		return action
	}
	if o.StagedCheck.Fresh {
		return inStep(working(now.Add(time.Second), v1alpha1.ReasonRotating, "Okta accepts the new secret and is asked for its id."), stepVerify)
	}

	return promote(now, o, o.onlyNew())
}

// works returns nil when the token endpoint accepts the staged value now, with patience: Okta may need time until it
// honours it. An acceptance counts for as long as is said.
func works(now time.Time, o Observation, id string, good time.Duration) Action {
	staged := o.Journal.Record.Staged
	if o.StagedCheck == nil || !now.Before(o.nextStagedCheck(good)) {
		return Look{LookStaged}
	}
	switch {
	case o.StagedCheck.Verdict == v1alpha1.VerdictAccepted:
		return nil
	case !o.StagedCheck.refusesForGood():
		return inStep(working(o.nextStagedCheck(good), staged.Reason(), "The new secret could not be tested yet: "+o.StagedCheck.Evidence), stepVerify)
	case staged.RefusedSince.IsZero():
		return WriteJournal{Record: o.Journal.Record.Refuse(now)}
	case patienceOver(now, staged):
		return giveUp(now, o, true, id, fmt.Sprintf(
			"Okta's token endpoint still refuses the new secret after %s. %s", patience, o.StagedCheck.Evidence))
	default:
		return inStep(working(o.nextStagedCheck(good), v1alpha1.ReasonNewSecretRefused, fmt.Sprintf(
			"Okta's token endpoint does not accept the new secret yet, which may take a moment; it is tried until %s.", clock(staged.RefusedSince.Add(patience)))), stepVerify)
	}
}

// refusesForGood says whether an answer about a new secret is a refusal, and not a failure on the way to Okta.
func (c Check) refusesForGood() bool {
	return (c.Verdict.Decides() && c.Verdict != v1alpha1.VerdictAccepted) || c.Ambiguous
}

func patienceOver(now time.Time, staged *Staged) bool {
	return !staged.RefusedSince.IsZero() && now.Sub(staged.RefusedSince) >= patience
}

// nextStagedCheck is when the staged value is asked about again; an acceptance counts for as long as is said.
func (o Observation) nextStagedCheck(good time.Duration) time.Time {
	switch {
	case o.StagedCheck.Verdict == v1alpha1.VerdictAccepted:
		return o.StagedCheck.At.Add(good)
	case o.StagedCheck.refusesForGood():
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
