package rotation

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// guard holds a rotation up, or asks for a fact that it rests on.
type guard func(now time.Time, o Observation, cause Cause) Action

// firstOf returns what the first guard says that has something to say.
func firstOf(now time.Time, o Observation, cause Cause, guards ...guard) Action {
	for _, g := range guards {
		if action := g(now, o, cause); action != nil {
			return action
		}
	}

	return nil
}

// repairMalformed writes the clean value of an ACTIVE secret over the malformed one.
func repairMalformed(now time.Time, o Observation, d Diagnosis) Action {
	if action := firstOf(now, o, CauseMalformed, brakes, otherWriter, adminUsable, freshEvidence); action != nil {
		return action
	}

	return stageKnown(now, o, Staged{Value: d.clean.Value, ID: d.clean.ID, Cause: CauseMalformed, Note: d.note}, "")
}

// adopt takes over an ACTIVE secret that Okta already has; false when it has none but the rejected one, so that a new one has
// to be made.
func adopt(now time.Time, o Observation) (Action, bool) {
	if action := firstOf(now, o, CauseAdopted, brakes, otherWriter, adminUsable, application, secondOpinion, notContradicted, ownershipProven, freshEvidence); action != nil {
		return action, true
	}
	held, active := o.adoptable()
	switch {
	case held != nil:
		return stageKnown(now, o, Staged{Value: held.Value, ID: held.ID, Cause: CauseAdopted}, ""), true
	case active > 0 && o.Credential.Leader != nil:
		return blocked(o.nextCheck(now), v1alpha1.ReasonCannotFollow, fmt.Sprintf(
			"%s OktaClientCredential %s keeps the same client and makes its client secrets, which this one takes over, but Okta masks the values of the other ACTIVE ones (%d), so it cannot. Grant the admin role okta.apps.clientCredentials.read, or put that one's secret into this Secret.", o.Check.Evidence, o.Credential.Leader.Name, active)), true
	case active > 0:
		return blocked(o.nextCheck(now), v1alpha1.ReasonAdoptionImpossible, fmt.Sprintf(
			"%s onInvalidClient is Adopt, but Okta masks the values of the other ACTIVE secrets (%d), so none can be taken over. Grant the admin role okta.apps.clientCredentials.read, set onInvalidClient: Generate, or put the right one into the Secret.", o.Check.Evidence, active)), true
	default:
		return nil, false
	}
}

// standIn is the ACTIVE secret of a credential that led while this one could not: where this one's own is dead, a new one would be
// the second for one cause (I3), or would find no room. What this one superseded itself is none; nil when there is none.
func (o Observation) standIn() *Held {
	if o.Okta == nil || o.Okta.Problem != "" || o.Credential.Leader != nil {
		return nil
	}
	held, _ := o.adoptable()
	if held == nil || o.Journal.Record.IsRetired(held.Value) || !o.isFollowers(held.ID) {
		return nil
	}

	return held
}

// isFollowers says whether a secret was made for another credential for the same client, which holds it. A stranger's that a follower
// took over for want of another is no reason to do the same.
func (o Observation) isFollowers(id string) bool {
	return slices.ContainsFunc(o.Credential.Followers, func(p Peer) bool { return p.SecretID == id && p.Made })
}

// adoptable is the ACTIVE secret that is preferred of those that the target does not hold and whose value is known; and how many
// ACTIVE ones there are besides the target's.
func (o Observation) adoptable() (best *Held, active int) {
	var newest Listed
	for _, listed := range o.Okta.Secrets {
		value := listed.Value
		if known := o.knownValue(listed); value.IsEmpty() && known != nil {
			value = known.Value
		}
		if !listed.Active || o.Journal.Record.isDead(value) || value.Equal(o.Target.Value) || listed.Hash == o.Target.Value.Hash() {
			continue
		}
		active++
		if !value.IsEmpty() && (best == nil || o.preferred(listed, value, newest, best.Value)) {
			best, newest = &Held{Value: value, ID: listed.ID}, listed
		}
	}

	return best, active
}

// successor is the ACTIVE secret that another cluster put in the place of the target's own, where onInvalidClient is Adopt and Okta
// lists the target's as ACTIVE no more; nil when there is none. One more secret of ours would only set the two clusters apart.
// What we had before is no successor, nor what the target's value is meant to be.
func (o Observation) successor() *Held {
	if !o.Credential.Adopts || o.Target.Value.IsEmpty() {
		return nil
	}
	listed, presence := o.findTarget()
	held, _ := o.adoptable()
	if presence == Unknown || listed.Active || held == nil || o.Journal.Record.IsRetired(held.Value) {
		return nil
	}
	ours := slices.ContainsFunc([]*Held{o.Journal.Record.Current, o.Journal.Record.Previous}, func(had *Held) bool {
		return had != nil && (had.Value.Equal(held.Value) || had.ID == held.ID)
	})
	malformed := slices.ContainsFunc(Cleanings(o.Target.Value, o.ClientID()), func(c Cleaning) bool { return c.Value.Equal(held.Value) })
	if ours || malformed {
		return nil
	}

	return held
}

// takeOver carries out a rotate command by what another cluster has done already. A revoke command wants a new secret.
func takeOver(now time.Time, o Observation, cause Cause) Action {
	held := o.successor()
	if cause != CauseCommand || held == nil {
		return nil
	}

	return stageKnown(now, o, Staged{Value: held.Value, ID: held.ID, Cause: CauseAdopted}, o.Credential.Commands.Rotate)
}

// yield gives up the rotation at work for the secret of another cluster that was faster.
func yield(now time.Time, o Observation, successor Held) Action {
	o.Journal.Record = o.Journal.Record.Withdraw(now, false, "")
	action := stageKnown(now, o, Staged{Value: successor.Value, ID: successor.ID, Cause: CauseAdopted}, "")
	if write, stages := action.(WriteJournal); stages {
		write.Tell = append(withdrawn("Another cluster was faster."), write.Tell...)

		return write
	}

	return action
}

// preferred says whether one secret is rather taken over than another: by whose it is, then the newer one.
func (o Observation) preferred(a Listed, valueOfA redact.Value, b Listed, valueOfB redact.Value) bool {
	return cmp.Or(o.rank(a, valueOfA)-o.rank(b, valueOfB), a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) > 0
}

// rank says by whose it is how rather a secret is taken over: the leader's, since both are to rest on one (I8); then what a follower
// accepted last, or what was made for a follower in a leader's stead; a stranger's; one that is superseded only where there is no other.
func (o Observation) rank(listed Listed, value redact.Value) int {
	current, leader := o.Journal.Record.Current, o.Credential.Leader
	switch {
	case leader != nil && listed.ID == leader.SecretID:
		return 3
	case o.Journal.Record.IsRetired(value):
		return 0
	case leader != nil && current != nil && listed.is(current.ID, current.Value.Hash()), leader == nil && o.isFollowers(listed.ID):
		return 2
	default:
		return 1
	}
}

// knownValue is the value that the journal holds of a listed secret.
func (o Observation) knownValue(listed Listed) *Held {
	for _, held := range []*Held{o.Journal.Record.Current, o.Journal.Record.Previous} {
		if held != nil && listed.is(held.ID, held.Value.Hash()) {
			return held
		}
	}

	return nil
}

// stageKnown notes a value that Okta already has, so that it is tested and written as the value of a rotation is.
func stageKnown(now time.Time, o Observation, staged Staged, command string) Action {
	staged.Adopted, staged.At = true, now
	if !o.Target.Value.IsEmpty() {
		staged.Replaces = Replaced{Hash: o.Target.Value.Hash()}
		if o.Okta != nil {
			staged.Replaces = replaced(o)
		}
	}

	return WriteJournal{Record: o.Journal.Record.Stage(staged, command), Tell: []Telling{{
		Reason: v1alpha1.ReasonRotationStarted, Message: "Repair started, without a new client secret: " + staged.Cause.inWords() + o.writtenOver(staged.Cause),
	}}}
}

// adopting goes on with a value that Okta had already: it is verified and written, or given up when Okta has it no more.
func adopting(now time.Time, o Observation) Action {
	if o.Okta == nil {
		if wait := o.retryLater(now); wait != nil {
			return inStep(wait, stepVerify)
		}

		return Look{LookSecrets}
	}
	if o.Okta.Problem != "" {
		return inStep(o.viewFailed(now), stepVerify)
	}
	staged := o.Journal.Record.Staged
	listed, presence := o.Okta.findHeld(Held{Value: staged.Value, ID: staged.ID})
	switch {
	case presence == Unknown:
		return verify(now, o, Listed{ID: staged.ID, Active: true})
	case presence == Present && listed.Active:
		return verify(now, o, listed)
	case presence == Present && staged.Cause == CauseRollback && o.retires():
		return ActivateSecret{ID: listed.ID, Tell: []Telling{{
			Reason: v1alpha1.ReasonSecretActivated, Message: fmt.Sprintf("Secret %s was activated again at Okta, for the rollback.", listed.ID),
		}}}
	case presence == Present && staged.Cause == CauseRollback:
		return giveUp(now, o, false, "", activationRefused(listed))
	default:
		// A leader that has another secret by now has retired this one, and there is nothing to wait for.
		leader := o.Credential.Leader
		failed := staged.Cause != CauseFollowed || leader == nil || leader.SecretID == staged.ID

		return giveUp(now, o, failed, "", "Okta no longer has the secret that was to be written as ACTIVE.")
	}
}

// activationRefused says why an INACTIVE secret is not brought back: who is allowed just to repair changes nothing at Okta.
func activationRefused(listed Listed) string {
	return fmt.Sprintf("the previous client secret %s is INACTIVE at Okta, and only mode Rotate activates one. Set mode: Rotate and a new value.", listed.ID)
}

// rollback begins to put the previous value back, by command.
func rollback(now time.Time, o Observation) Action {
	given, record := o.Credential.Commands.Rollback, o.Journal.Record
	if given == "" || given == record.Handled.Rollback || !o.Journal.Found || !o.writes() || o.Target.Value.IsEmpty() || o.Credential.Leader != nil {
		return nil
	}
	refuse := func(why string) Action {
		return WriteJournal{Record: record.AcknowledgeRollback(given), Tell: []Telling{{
			Reason: v1alpha1.ReasonCommandAcknowledged, Warning: true, Message: "The rollback command is not carried out: " + why,
		}}}
	}
	previous := record.Previous
	if previous == nil || previous.Value.Equal(o.Target.Value) {
		return refuse("there is no previous client secret that Okta still has.")
	}
	if o.Connection.Unusable != "" || o.Target.Immutable {
		return nil
	}
	if o.Okta == nil {
		if now.Before(o.Retry.At) {
			return nil
		}

		return Look{LookSecrets}
	}
	if o.Okta.Problem != "" {
		return nil
	}
	listed, presence := o.Okta.findHeld(*previous)
	switch {
	case presence == Absent:
		return refuse("Okta no longer has the previous client secret.")
	case presence == Present && !listed.Active && !o.retires():
		return refuse(activationRefused(listed))
	}

	return stageKnown(now, o, Staged{Value: previous.Value, ID: previous.ID, Cause: CauseRollback}, given)
}

// observing says in a sentence what would be done if the mode allowed it. What is only asked is asked all the same, but for a
// second opinion: it would send the rejected value again.
func observing(now time.Time, o Observation, d Diagnosis) Action {
	imagined := o
	imagined.Credential.Mode = v1alpha1.ModeRotate
	imagined.Second = &Check{Verdict: v1alpha1.VerdictSecretRejected, At: now}
	if !o.Connection.HoldUntil.IsZero() {
		// Other rotations are at work for a moment, which says nothing of what would be done.
		imagined.Connection.Hold = ""
	}
	fresh := *o.Check
	fresh.At = now
	imagined.Check = &fresh
	action := heal(now, imagined, d)
	if look, more := action.(Look); more {
		return look
	}

	return blocked(o.nextCheck(now), v1alpha1.ReasonObserving, fmt.Sprintf("%s %s spec.mode is %s, so nothing is done.", d.Evidence, wouldDo(action), o.Credential.Mode))
}

// wouldDo says in a sentence what an action would do.
func wouldDo(action Action) string {
	if wait, waits := action.(Wait); waits {
		return "In mode Rotate nothing would be changed now either: " + wait.Message
	}
	if _, stages := action.(StageSecret); stages {
		return "In mode Rotate a new client secret would be made at Okta, tested, written to the Secret, and the old one retired."
	}
	if write, writes := action.(WriteJournal); writes {
		return write.Record.wouldDo()
	}

	return "In mode Rotate room for a new client secret would be made at Okta first."
}

// wouldDo says what the repair that was begun in thought would do.
func (r Record) wouldDo() string {
	switch {
	case r.Staged == nil:
		return "In mode Rotate a new client secret would be made at Okta."
	case r.Staged.Cause == CauseMalformed:
		return fmt.Sprintf("In mode Repair or Rotate the clean value would be written to the Secret, without %s; no new client secret is needed.", r.Staged.Note)
	default:
		return fmt.Sprintf("In mode Repair or Rotate the Secret would get client secret %s, which Okta already has.", r.Staged.ID)
	}
}
