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
	if o.JustStaged && len(staged.IDsBefore) < maxSecrets {
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
	if o.Check.RejectsSecret() {
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
		if wait := o.retryLater(now); wait != nil {
			return inStep(wait, stepPush)
		}

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
		return WriteJournal{Record: o.Journal.Record.Withdraw(now, true, listed.ID), Tell: withdrawn(
			fmt.Sprintf("Somebody deactivated the new secret %s at Okta before it was used.", listed.ID))}
	case presence == Unknown && len(o.newIDs()) > 0 && !patienceOver(now, staged):
		return verifyMasked(now, o)
	case presence == Unknown && len(o.newIDs()) > 0:
		// It does not: the new id is somebody else's, and ours gets its own patience once it is created.
		return WriteJournal{Record: o.Journal.Record.Disown(o.Okta.listedIDs())}
	case o.CreateRefused != "":
		return WriteJournal{Record: o.Journal.Record.Withdraw(now, true, ""), Tell: withdrawn(o.CreateRefused)}
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

// dropDuplicate removes the newer of two secrets with one value, so that two operators would choose the same one; but an
// INACTIVE one before an ACTIVE one, since the value works because of the latter (I2).
func dropDuplicate(same []Listed) Action {
	newer := same[len(same)-1]
	for _, listed := range same {
		if !listed.Active {
			newer = listed
		}
	}
	why := []Telling{{Reason: v1alpha1.ReasonSecretDeleted, Message: fmt.Sprintf(
		"Secret %s, of which Okta has another with the same value, was removed at Okta.", newer.ID)}}
	if newer.Active {
		return DeactivateSecret{ID: newer.ID}
	}

	return DeleteSecret{ID: newer.ID, Tell: why}
}

// makeRoom removes at most one secret at Okta, before the new one is created (I4).
func makeRoom(now time.Time, o Observation) Action {
	found, ok := removable(o)
	switch {
	case o.successor() != nil && !o.revoking():
		return yield(now, o, *o.successor())
	case !ok:
		return WriteJournal{Record: o.Journal.Record.Withdraw(now, false, ""), Tell: withdrawn("Okta has no room for another client secret.")}
	case found.Active:
		return DeactivateSecret{ID: found.ID, Tell: []Telling{{
			Reason: v1alpha1.ReasonSecretDeactivated, Message: fmt.Sprintf("Secret %s, released by command, was deactivated at Okta to make room.", found.ID),
		}}}
	default:
		return DeleteSecret{ID: found.ID, Tell: []Telling{{
			Reason: v1alpha1.ReasonSecretDeleted, Message: fmt.Sprintf("INACTIVE secret %s was deleted at Okta to make room for the new one.", found.ID),
		}}}
	}
}

// removable is the secret that may be removed to make room: an INACTIVE one that we made or superseded, the INACTIVE one that the
// target holds, since it is what we replace, any INACTIVE one where the spec says so, or the id that a person released; an
// ACTIVE one that we superseded where the present one is compromised. Never an ACTIVE one that the target holds (I2, I4).
func removable(o Observation) (Listed, bool) {
	held, presence := o.findTarget()
	isHeld := func(l Listed) bool { return presence == Present && !o.Target.Value.IsEmpty() && l.ID == held.ID }
	isSpare := func(l Listed) bool { return !o.mayHold(l, held, presence) && o.Okta.activeBeside(l.ID) }
	for _, may := range []func(Listed) bool{
		func(l Listed) bool { return !l.Active && o.isOurs(l) },
		func(l Listed) bool { return o.revoking() && o.isSuperseded(l) && isSpare(l) },
		func(l Listed) bool { return !l.Active && isHeld(l) },
		func(l Listed) bool { return !l.Active && o.Credential.Policy.ReplaceInactive },
		func(l Listed) bool { return o.isReleased(l) && (!l.Active || isSpare(l)) },
	} {
		if i := slices.IndexFunc(o.Okta.Secrets, may); i >= 0 {
			return o.Okta.Secrets[i], true
		}
	}

	return Listed{}, false
}

// revoking says whether the rotation at work, or that is to begin, replaces a compromised secret: then what was superseded
// before it keeps its place no longer.
func (o Observation) revoking() bool {
	if staged := o.Journal.Record.Staged; staged != nil {
		return staged.Cause == CauseRevoked
	}
	given := o.Credential.Commands.Revoke

	return given != "" && given != o.Journal.Record.Handled.Revoke
}

// isReleased says whether a person released a secret.
func (o Observation) isReleased(listed Listed) bool {
	released := o.Journal.Record.Released

	return released != "" && listed.ID == released
}

// isOurs says whether the operator superseded a secret, or made it as the current one (which the target may have lost since).
func (o Observation) isOurs(listed Listed) bool {
	if current := o.Journal.Record.Current; current != nil && current.Made && listed.is(current.ID, current.Value.Hash()) {
		return true
	}

	return o.isSuperseded(listed)
}

// isSuperseded says whether a secret is not to be used again.
func (o Observation) isSuperseded(listed Listed) bool {
	return slices.ContainsFunc(o.Journal.Record.Retired, func(e Retired) bool { return listed.is(e.ID, e.Hash) })
}

// mayHold says whether the target may hold an ACTIVE secret: it does, or Okta masks values and did not reject the target's.
func (o Observation) mayHold(listed, held Listed, presence Presence) bool {
	switch {
	case o.Target.Value.IsEmpty(), presence == Absent:
		return false
	case presence == Present:
		return held.ID == listed.ID
	default:
		return o.Check == nil || o.Check.Verdict != v1alpha1.VerdictSecretRejected
	}
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
		return WriteJournal{Record: o.Journal.Record.Withdraw(now, true, id), Tell: withdrawn(fmt.Sprintf(
			"Okta's token endpoint still refuses the new secret after %s. %s", patience, o.StagedCheck.Evidence))}
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
