package rotation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// follow takes over the secret of the older credential for the same client, from Okta and never from its Secret.
func follow(now time.Time, o Observation) Action {
	leader, record := o.Credential.Leader, o.Journal.Record
	if leader == nil || leader.SecretID == "" || leader.SecretID == record.Followed || !o.writes() || record.Current == nil {
		return nil
	}
	if leader.SecretID == record.Current.ID {
		return WriteJournal{Record: record.Know(leader.SecretID)}
	}
	if o.leadsRevoked() || !o.anotherMayWork() {
		return nil
	}
	if o.Connection.Unusable != "" || leader.SecretID == o.LagsFor {
		return nil
	}
	if record.Current.ID != "" { // that Okta shows the leader's would change nothing
		if o.staysPut(now) {
			return nil
		}
		if kept := otherWriter(now, o, CauseFollowed); kept != nil {
			return kept
		}
	}
	if o.Okta == nil {
		if now.Before(o.Retry.At) {
			return nil
		}

		return Look{LookSecrets}
	}

	return takeLeaders(now, o)
}

// takeLeaders stages the leader's secret, or notes that it is the one that the target holds.
func takeLeaders(now time.Time, o Observation) Action {
	leader, record := o.Credential.Leader, o.Journal.Record
	if o.Okta.Problem != "" {
		return nil
	}
	i := slices.IndexFunc(o.Okta.Secrets, func(l Listed) bool { return l.ID == leader.SecretID && l.Active })
	if i < 0 {
		return nil
	}
	theirs := o.Okta.Secrets[i]
	switch {
	case theirs.is(record.Current.ID, record.Current.Value.Hash()):
		return WriteJournal{Record: record.Follow(leader.SecretID)}
	case theirs.Value.IsEmpty(), o.staysPut(now):
		return nil
	case otherWriter(now, o, CauseFollowed) != nil:
		return otherWriter(now, o, CauseFollowed)
	default:
		return stageKnown(now, o, Staged{Value: theirs.Value, ID: theirs.ID, Cause: CauseFollowed}, "")
	}
}

// anotherMayWork says whether another client secret may work here: it would not where Okta refuses the client for a cause that no
// secret mends, and what refuses this one would refuse the leader's.
func (o Observation) anotherMayWork() bool {
	return o.Check.Verdict == v1alpha1.VerdictAccepted || o.Check.RejectsSecret()
}

// staysPut says whether the leader's secret is not taken over now: a person has to look first, or it failed a moment ago. The leader
// retires nothing that this one still holds, so that waiting is safe.
func (o Observation) staysPut(now time.Time) bool {
	return o.Halted() != nil || now.Before(o.Journal.Record.nextAttempt())
}

// join gives a Secret that never held a client secret one that the client has already, where an older credential leads.
func join(now time.Time, o Observation) Action {
	if o.Credential.Leader == nil || !o.writes() || o.Connection.Unusable != "" || o.staysPut(now) {
		return nil
	}
	if o.Okta == nil {
		if now.Before(o.Retry.At) {
			return nil
		}

		return Look{LookApplication}
	}
	if o.Okta.Problem != "" {
		return nil
	}
	held, _ := o.adoptable()
	if held == nil || o.Target.Immutable {
		return nil
	}

	return stageKnown(now, o, Staged{Value: held.Value, ID: held.ID, Cause: CauseFollowed}, "")
}

// lagging adds to a wait why this credential does not follow its leader, and when it tries again.
func (o Observation) lagging(now time.Time, wait Wait) Wait {
	switch {
	case o.Credential.Leader == nil || o.Connection.Unusable != "" || wait.State != Settled:
	case o.apart(now) != "":
		wait.State, wait.Reason, wait.Message = Blocked, v1alpha1.ReasonCannotFollow, o.apart(now)
	case !o.behindLeader() || o.leadsRevoked():
	case !o.writes():
		wait.State, wait.Reason, wait.Message = Blocked, v1alpha1.ReasonCannotFollow, o.newerSecret()+", and spec.mode is Observe, so it is not taken over."
	case now.Before(o.Journal.Record.nextAttempt()):
		next := o.Journal.Record.nextAttempt()
		wait.Until, wait.RotationAt = earliest(wait.Until, next), next
		wait.State, wait.Reason, wait.Message = Working, v1alpha1.ReasonBackoff, o.newerSecret()+fmt.Sprintf(
			". Taking it over failed (%d of %d attempts); the events say why. It is tried again at %s, or at once with the annotation %s.",
			o.Journal.Record.Attempts, o.Credential.Policy.MaxAttempts, clock(next), v1alpha1.AnnotationResume)
	case o.leadersIsGone():
		wait.State, wait.Reason, wait.Message = Blocked, v1alpha1.ReasonCannotFollow, fmt.Sprintf(
			"OktaClientCredential %s keeps the same client and holds client secret %s, which is not ACTIVE at Okta any more, so there is nothing to take over. See what keeps that one from a new secret.", o.Credential.Leader.Name, o.Credential.Leader.SecretID)
	case o.LagsFor == o.Credential.Leader.SecretID || (o.Okta != nil && o.Okta.Problem == ""):
		wait.State, wait.Reason, wait.Message = Blocked, v1alpha1.ReasonCannotFollow, o.newerSecret()+
			", which Okta does not show to the operator, so this credential cannot take it over. Grant the admin role okta.apps.clientCredentials.read, or put that secret into this Secret."
	case now.Before(o.Retry.At):
		wait.Until = earliest(wait.Until, o.Retry.At)
		if o.Retry.NeedsPerson {
			wait.State, wait.Reason, wait.Message = Blocked, o.Retry.Reason, o.newerSecret()+", which could not be taken over yet. "+o.Retry.Message
		}
	}

	return wait
}

// behindLeader says whether the leader holds a secret that this credential neither holds nor knows.
func (o Observation) behindLeader() bool {
	leader, record := o.Credential.Leader, o.Journal.Record

	return leader != nil && leader.SecretID != "" && leader.SecretID != record.Followed && record.Current != nil && record.Current.ID != leader.SecretID
}

// leadsRevoked says whether the leader holds a secret that a revoke command superseded here: it is about to die, and the leader gets
// a new one.
func (o Observation) leadsRevoked() bool {
	return slices.ContainsFunc(o.Journal.Record.Retired, func(e Retired) bool { return e.Revoked && e.ID == o.Credential.Leader.SecretID })
}

// apart says why this credential does not rest on its leader's secret though there is nothing to take over; empty when it does, as
// far as can be told.
func (o Observation) apart(now time.Time) string {
	leader, record := o.Credential.Leader, o.Journal.Record
	switch {
	case record.Current == nil:
		return ""
	case leader.SecretID == "" && now.Sub(record.Current.Since) > leaderIsLooking:
		return fmt.Sprintf("OktaClientCredential %s keeps the same client, and Okta has not told which of its secrets that one holds, so whether this one holds the same is not known. If this stays, grant the admin role okta.apps.clientCredentials.read.", leader.Name)
	case leader.SecretID != "" && leader.SecretID == record.Followed && record.Current.ID != leader.SecretID:
		return fmt.Sprintf("OktaClientCredential %s keeps the same client and holds client secret %s. This one was given another value that works. Put that secret into this Secret, or set the annotation %s to have it taken over again.", leader.Name, leader.SecretID, v1alpha1.AnnotationResume)
	default:
		return ""
	}
}

// leaderIsLooking is how long a leader may take to find out under which id Okta lists what it holds.
const leaderIsLooking = time.Minute

// unidentified asks Okta under which id it lists what this credential holds, where others follow it and so have to know (I8).
func unidentified(now time.Time, o Observation) Action {
	current := o.Journal.Record.Current
	looksFor := o.LooksFor()
	if len(o.Credential.Followers) == 0 || o.Credential.Leader != nil || looksFor == "" || looksFor == o.LagsFor || !o.writes() ||
		o.Check.Verdict != v1alpha1.VerdictAccepted || !current.Value.Equal(o.Target.Value) || o.Connection.Unusable != "" {
		return nil
	}
	if o.Okta == nil {
		if now.Before(o.Retry.At) {
			return nil
		}

		return Look{LookSecrets}
	}
	listed, presence := o.findTarget()
	if o.Okta.Problem != "" || presence != Present {
		return nil
	}

	return WriteJournal{Record: o.Journal.Record.Identify(listed.ID)}
}

// LooksFor is the secret that a credential for the same client as others looks for at Okta: by its id that of the leader, by its
// hash its own where the id is not known; empty when it looks for none.
func (o Observation) LooksFor() string {
	current := o.Journal.Record.Current
	switch {
	case o.Credential.Leader != nil:
		return o.Credential.Leader.SecretID
	case current != nil && current.ID == "":
		return current.Value.Hash()
	default:
		return ""
	}
}

// LooksInVain is what LooksFor says where Okta was asked in this pass and does not show it; empty when it does. Gone says that it is a
// leader's which Okta does not list as ACTIVE.
func (o Observation) LooksInVain() (secret string, gone bool) {
	if o.Okta == nil || o.Okta.Problem != "" || o.LooksFor() == "" {
		return "", false
	}
	if o.Credential.Leader == nil {
		if _, presence := o.Okta.findHeld(*o.Journal.Record.Current); presence == Present {
			return "", false
		}

		return o.LooksFor(), false
	}
	shown := func(l Listed) bool { return l.ID == o.LooksFor() && l.Active && !l.Value.IsEmpty() }
	if slices.ContainsFunc(o.Okta.Secrets, shown) {
		return "", false
	}

	return o.LooksFor(), o.leadersIsGone()
}

// leadersIsGone says whether Okta lists the leader's secret as ACTIVE no more, as far as it was asked. An empty list proves nothing: a
// role that may not see secrets gets one.
func (o Observation) leadersIsGone() bool {
	id := o.Credential.Leader.SecretID
	if o.Okta == nil || o.Okta.Problem != "" {
		return o.LagsGone && o.LagsFor == id
	}

	return len(o.Okta.Secrets) > 0 && !slices.ContainsFunc(o.Okta.Secrets, func(l Listed) bool { return l.ID == id && l.Active })
}

func (o Observation) newerSecret() string {
	return fmt.Sprintf("OktaClientCredential %s keeps the same client and has the newer client secret %s", o.Credential.Leader.Name, o.Credential.Leader.SecretID)
}

// followersOn names the other credentials that may still use a superseded secret.
func (o Observation) followersOn(entry Retired) string {
	current := o.Journal.Record.Current
	var names []string
	for _, peer := range o.Credential.Followers {
		behind := o.Credential.Leader == nil && (current == nil || peer.SecretID != current.ID)
		if behind || peer.SecretID == "" || peer.SecretID == entry.ID || peer.Moving || (entry.ID != "" && peer.PendingID == entry.ID) {
			names = append(names, peer.Name)
		}
	}
	if leader := o.Credential.Leader; leader != nil && leader.PreviousID != "" && leader.PreviousID == entry.ID {
		names = append(names, leader.Name)
	}

	return strings.Join(names, ", ")
}

// waitsForLeader: a follower makes no secret of its own because the old one was rejected; its leader does.
func waitsForLeader(now time.Time, o Observation, cause Cause) Action {
	if o.Credential.Leader == nil || (cause != CauseRejected && cause != CauseCreated) {
		return nil
	}

	return blocked(o.nextCheck(now), v1alpha1.ReasonCannotFollow, fmt.Sprintf(
		"OktaClientCredential %s is older and keeps the same client, so it makes the next client secret, and Okta has none now that this one could take over. See what holds that one up.", o.Credential.Leader.Name))
}
