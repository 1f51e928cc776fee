package rotation

import (
	"fmt"
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
		tell = o.Credential.Commands.notCarriedOut()
	}
	if o.Check != nil && o.Check.Verdict == v1alpha1.VerdictAccepted {
		record = record.Accept(o.Target.Value, now)
	}

	return WriteJournal{Record: record, Tell: tell}
}
