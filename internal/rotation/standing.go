package rotation

import (
	"fmt"
	"strings"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

func unusableJournal(_ time.Time, o Observation) Action {
	journal := JournalName(o.Credential.Name)
	switch {
	case o.Journal.Unreadable != "":
		return blocked(time.Time{}, v1alpha1.ReasonJournalUnreadable, fmt.Sprintf(
			"The rotation journal, Secret %s, cannot be read: %s. Nothing is changed. Restore it from a backup, or delete it to start afresh; a secret that only it knew stays at Okta.", journal, o.Journal.Unreadable))
	case o.foreignJournal():
		return blocked(time.Time{}, v1alpha1.ReasonJournalForeign, fmt.Sprintf(
			"The rotation journal, Secret %s, belongs to another object, org or application. Nothing is changed. Delete it to start afresh.", journal))
	default:
		return nil
	}
}

// foreignJournal says whether the journal belongs to another object, org or application. Without a client id there is no
// application to compare, and without a connection no org.
func (o Observation) foreignJournal() bool {
	theirs, ours := o.Journal.Record.Binding, o.Credential.Binding
	if ours.Org == "" {
		theirs.Org = ""
	}

	return o.Journal.Found && o.Journal.Unreadable == "" && o.ClientID() != "" && theirs != ours
}

// JournalName is the name of a credential's rotation journal, a Secret beside its target.
func JournalName(credential string) string { return credential + "-rotation" }

func suspended(_ time.Time, o Observation) Action {
	switch {
	case o.Credential.Suspended:
		return Wait{Reason: v1alpha1.ReasonSuspended, Message: "spec.suspend is true: nothing is checked or changed."}
	case o.Connection.Suspended:
		return Wait{Reason: v1alpha1.ReasonSuspended, Message: "The connection is suspended (its spec.suspend is true): nothing is checked or changed."}
	default:
		return nil
	}
}

func conflict(_ time.Time, o Observation) Action {
	if o.Credential.ConflictsWith == "" {
		return nil
	}

	return blocked(time.Time{}, v1alpha1.ReasonConflict, fmt.Sprintf(
		"The older OktaClientCredential %s keeps the same Secret, so this one does nothing. Delete one of the two.", o.Credential.ConflictsWith))
}

func connectionProblem(_ time.Time, o Observation) Action {
	if o.Connection.Problem == "" {
		return nil
	}

	return blocked(time.Time{}, o.Connection.Problem, o.Connection.Message)
}

func clientIDProblem(now time.Time, o Observation) Action {
	kept := o.ClientID()
	switch {
	case kept == "":
		if !o.Target.Found {
			return nil
		}

		return blocked(o.unseen(now), v1alpha1.ReasonClientIDMissing,
			"Neither spec.clientID nor the Secret has a client id. Add the client id to the Secret, or make a new OktaClientCredential with spec.clientID.")
	case o.Target.ClientID != "" && o.Target.ClientID != kept:
		return blocked(o.unseen(now), v1alpha1.ReasonClientIDMismatch, fmt.Sprintf(
			"The Secret holds another client id under the key that secretRef.clientIDKey names than %s. Nothing is checked or changed. Put that one back, or make a new OktaClientCredential for the other client.", o.keptClientID()))
	default:
		return nil
	}
}

// keptClientID names the kept client id for messages. One that came from the Secret is not shown: the key may be the wrong
// one, and hold a secret.
func (o Observation) keptClientID() string {
	if o.Credential.ClientID != "" {
		return fmt.Sprintf("spec.clientID, %q", o.Credential.ClientID)
	}

	return "the one that was found there first"
}

// journalMissing opens the journal at the first sight of the credential, together with what the first check says.
func journalMissing(now time.Time, o Observation) Action {
	if o.Journal.Found || !o.writes() || o.ClientID() == "" {
		return nil
	}
	if o.Check == nil && !o.Target.Value.IsEmpty() {
		return Look{LookTarget}
	}
	record := Record{Binding: o.Credential.Binding, ClientID: o.ClientID(), Handled: o.Credential.Handled}
	var tell []Telling
	if o.Credential.FirstSight {
		record.Handled = o.Credential.Commands
		tell = o.Credential.Commands.NotCarriedOut()
	}
	if o.Check != nil && o.Check.Verdict == v1alpha1.VerdictAccepted {
		record = record.Accept(o.Target.Value, now)
	}

	return WriteJournal{Record: record, Tell: tell}
}

// NotCarriedOut tells of the commands that are there at the first sight of a credential, if there are any.
func (c Commands) NotCarriedOut() []Telling {
	given := c.names()
	if given == "" {
		return nil
	}

	return []Telling{{Reason: v1alpha1.ReasonCommandAcknowledged, Message: fmt.Sprintf(
		"%s was there when this object was first seen and is not carried out: set a new value to have it carried out.", given)}}
}

// names of the commands that have a value.
func (c Commands) names() string {
	var names []string
	for _, given := range []struct{ name, value string }{
		{v1alpha1.AnnotationRotate, c.Rotate},
		{v1alpha1.AnnotationResume, c.Resume},
		{v1alpha1.AnnotationRevoke, c.Revoke},
		{v1alpha1.AnnotationRollback, c.Rollback},
		{v1alpha1.AnnotationReleaseSecret, c.ReleaseSecret},
	} {
		if given.value != "" {
			names = append(names, given.name)
		}
	}

	return strings.Join(names, ", ")
}

func command(now time.Time, o Observation) Action {
	if !o.Journal.Found || !o.writes() {
		return nil
	}
	given, record := o.Credential.Commands, o.Journal.Record
	switch {
	case given.Resume != "" && given.Resume != record.Handled.Resume:
		return WriteJournal{Record: record.Resume(given.Resume, now), Tell: []Telling{{
			Reason: v1alpha1.ReasonCommandAcknowledged, Message: "Resumed: counters of attempts, limits and flips start again.",
		}}}
	case given.ReleaseSecret != "" && given.ReleaseSecret != record.Handled.ReleaseSecret:
		return WriteJournal{Record: record.Release(given.ReleaseSecret), Tell: []Telling{{
			Reason: v1alpha1.ReasonCommandAcknowledged, Message: fmt.Sprintf("Secret %s may be removed at Okta when room is needed.", given.ReleaseSecret),
		}}}
	default:
		return refusedCommand(o)
	}
}

// refusedCommand acknowledges a command that the mode does not allow, or that is the leader's to carry out.
func refusedCommand(o Observation) Action {
	given, record := o.Credential.Commands, o.Journal.Record
	because := ""
	switch {
	case o.Credential.Leader != nil:
		because = fmt.Sprintf("OktaClientCredential %s is older and makes the client secrets of this client. Set the annotation there; this one follows.", o.Credential.Leader.Name)
	case o.Credential.Mode != v1alpha1.ModeRotate:
		because = fmt.Sprintf("spec.mode is %s. Set mode: Rotate and a new value.", o.Credential.Mode)
	default:
		return nil
	}
	refuse := func(next Record, command string) Action {
		return WriteJournal{Record: next, Tell: []Telling{{
			Reason: v1alpha1.ReasonCommandAcknowledged, Warning: true, Message: fmt.Sprintf("The %s command is not carried out, because %s", command, because),
		}}}
	}
	switch {
	case given.Rotate != "" && given.Rotate != record.Handled.Rotate:
		return refuse(record.AcknowledgeRotate(given.Rotate), "rotate")
	case given.Revoke != "" && given.Revoke != record.Handled.Revoke:
		return refuse(record.AcknowledgeRevoke(given.Revoke), "revoke")
	case o.Credential.Leader != nil && given.Rollback != "" && given.Rollback != record.Handled.Rollback:
		return refuse(record.AcknowledgeRollback(given.Rollback), "rollback")
	default:
		return nil
	}
}

func commanded(now time.Time, o Observation) Action {
	given, handled := o.Credential.Commands, o.Journal.Record.Handled
	if !o.Journal.Found || o.Credential.Mode != v1alpha1.ModeRotate || o.Credential.Leader != nil {
		return nil
	}
	if current := o.Journal.Record.Current; !o.Target.Found && (current != nil || o.Credential.CreationPolicy == v1alpha1.CreationAdopt) {
		return nil
	}
	switch {
	case given.Revoke != "" && given.Revoke != handled.Revoke:
		return begin(now, o, CauseRevoked)
	case given.Rotate != "" && given.Rotate != handled.Rotate:
		return begin(now, o, CauseCommand)
	default:
		return nil
	}
}

// rotateCommand begins the rotation that a person asked for, or asks for the facts that it needs.
func rotateCommand(now time.Time, o Observation) Action {
	action := commanded(now, o)
	if _, waits := action.(Wait); waits {
		return nil
	}

	return action
}

// rotateCommandWaits says what holds up the rotation that a person asked for; it may be a retirement that is due.
func rotateCommandWaits(now time.Time, o Observation) Action {
	wait, waits := commanded(now, o).(Wait)
	if !waits {
		return nil
	}
	if action := retirement(now, o); action != nil {
		if _, waits := action.(Wait); !waits {
			return action
		}
	}
	wait.Until = earliest(wait.Until, o.nextRetirementLook(now))

	return wait
}

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
	case o.Credential.DeletionPolicy != v1alpha1.DeletionRetire, o.Credential.NamespaceTerminating, !o.writes(), !record.needsOkta(o.Credential.Policy):
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
