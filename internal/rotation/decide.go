// Package rotation decides what comes next for one credential, from what was observed: the whole protocol of a rotation as
// one pure, total function. It must not do I/O, read a clock, or know a client of Kubernetes or Okta.
//
// The protocol (docs/design/rotation.md), whose order makes a crash between any two steps harmless:
//
//	stage     journal.staged := random        nothing outside knows the value before the journal does
//	push      Okta: create {staged}           looked up, never generated again, when its outcome is unknown
//	verify    /token with staged → Accepted
//	promote   journal.promoting := intent
//	write     target := staged                by the resourceVersion of the intent
//	finish    journal.current := staged
//	retire    Okta: deactivate, later delete  what was superseded, once no pod uses it
//
// Numbers such as (I1) are the invariants that a line keeps.
package rotation

import (
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// rule returns the action that it asks for, or nil when it has nothing to say.
type rule func(now time.Time, o Observation) Action

// Decide says what comes next. The first rule that has something to say wins.
func Decide(now time.Time, o Observation) Action {
	o.Okta = o.compared()
	o.Credential.Policy = o.policy()
	o.Journal.Record.Handled = o.handledBefore()
	for _, decide := range []rule{
		deletion,          // going: leave or finish retiring, then let go
		unusableJournal,   // a journal that is not ours is never used
		suspended,         // somebody asked to be left alone
		conflict,          // an older credential keeps the same Secret
		connectionProblem, // no connection, or not allowed: no request to anybody (I10)
		unlabelled,        // our label, so that changes of the Secret are seen
		clientIDProblem,   // no client id, or two of them
		journalMissing,    // open the journal; commands that are there already are not carried out
		command,           // resume, release a secret, refuse what the mode forbids
		twin,              // Okta has the current value twice
		unfinishedRotation,
		rollback,
		rotateCommand,
		targetProblem,      // Secret missing, key missing, empty
		displaced,          // a retired value is in the Secret: pods that start from now on have it
		restored,           // a good value is back: pods that started until now may have the other one
		check,              // ask the token endpoint when it is time
		reverted,           // a retired value came back: write the good one, do not rotate
		accepted,           // remember what works
		methodInDoubt,      // Okta's answer may mean another authentication method
		follow,             // an older credential for the same client has a newer secret
		unidentified,       // those that follow this one have to know which secret it holds
		unheld,             // the journal outlives the credential from here on
		forgotten,          // somebody still uses what was deactivated
		compromised,        // what was revoked dies before anybody is restarted
		delivery,           // restart what uses the Secret, and see it work
		rotateCommandWaits, // what holds up the rotate command holds up no check, restoration or retirement
		retirementOrAge,    // deactivate and delete what was superseded; then see whether the secret has grown old
		refused,            // confirm, find the cause, then repair, heal or explain
		unneeded,
	} {
		if action := decide(now, o); action != nil {
			return action
		}
	}

	return settled(now, o)
}

// settled is the state in which nothing is to be done until the next check.
func settled(now time.Time, o Observation) Action {
	wait := Wait{Until: NextCheck(o.Credential, *o.Check), Reason: string(o.Check.Verdict), Message: o.Check.Evidence}
	switch {
	case o.Check.Verdict == v1alpha1.VerdictAccepted:
		due := o.rotationDue()
		wait.Until, wait.RotationAt = earliest(wait.Until, o.nextRetirementLook(now), o.nextDeliveryLook(now), due), due
		if o.foreignIssuer() && o.Tenants == nil {
			return Look{LookTenants}
		}
		if d, wrong := o.tenants(); wrong {
			wait.State, wait.Reason, wait.Message = Blocked, d.Reason, d.Evidence+" "+d.Fix
		}
		if halt := o.Halted(); halt != nil && wait.State == Settled {
			wait.State, wait.Reason, wait.Message = Blocked, halt.Reason, halt.Message
		}
		wait = o.windowProblem(o.heldUpAtOkta(now, o.lagging(now, wait)))
	case o.Check.Verdict.Decides(), o.Check.Verdict == v1alpha1.VerdictUnrecognized && o.Check.Failures >= unrecognizedForGood:
		wait.State = Blocked
		if o.Check.Fix != "" {
			wait.Message += " " + o.Check.Fix
		}
	default:
		wait.State = Working
	}

	return wait
}

// blocked waits for a person; until is when to look again all the same, zero for never.
func blocked(until time.Time, reason, message string) Action {
	return Wait{Until: until, State: Blocked, Reason: reason, Message: message}
}

// working waits for a time after which the operator goes on by itself.
func working(until time.Time, reason, message string) Action {
	return Wait{Until: until, State: Working, Reason: reason, Message: message}
}

// ClientID that is kept: of the spec, else the first one found, which the journal remembers, else the Secret's.
func (o Observation) ClientID() string {
	for _, id := range []string{o.Credential.ClientID, o.Journal.Record.ClientID, o.Target.ClientID} {
		if id != "" {
			return id
		}
	}

	return ""
}

// unseen is when to look at a target again whose changes are not seen, because it is not there or without our label; zero
// where they are seen.
func (o Observation) unseen(now time.Time) time.Time {
	if o.Target.Labelled {
		return time.Time{}
	}

	return now.Add(unseenRecheck)
}

// writes says whether the mode lets the operator write anything but status and events.
func (o Observation) writes() bool { return o.Credential.Mode != v1alpha1.ModeObserve }
