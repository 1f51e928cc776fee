package rotation

import (
	"fmt"
	"strings"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// otherWriter keeps the operator from writing a Secret whose content another tool keeps, before its first write there and not
// after a fight. The resume command, or one that asks for a write, is a person's consent; what the operator has written once is
// settled.
func otherWriter(now time.Time, o Observation, cause Cause) Action {
	if cause.commanded() || !o.keptByAnother() {
		return nil
	}

	return blocked(o.nextCheck(now), v1alpha1.ReasonOtherWriter, fmt.Sprintf(
		"A client secret is to be written to the Secret, but its content is kept by %s, which would write its own back. Let that tool leave this key alone, or take it away; then set the annotation %s to the current time.",
		o.Target.ManagedBy, v1alpha1.AnnotationResume))
}

// keptByAnother says whether a tool keeps the target's content that nobody agreed to write over.
func (o Observation) keptByAnother() bool {
	current, consented := o.Journal.Record.Current, o.Journal.Record.Consented
	if o.Target.ManagedBy == "" || (current != nil && current.Made) {
		return false
	}

	return consented != AnyTool && consented != o.Target.tool()
}

// tool that keeps the target's content, without what it was recognised by: that may change while the tool does not.
func (t Target) tool() string {
	tool, _, _ := strings.Cut(t.ManagedBy, " (")

	return tool
}

// asksConsent is the tool that the credential waits for a person's consent to write over; empty when it waits for something else,
// or for nothing, so that nobody agrees to what did not stop it.
func (o Observation) asksConsent(now time.Time) string {
	settled := o.Check != nil && o.Check.Verdict.Decides() && !o.Check.RejectsSecret()
	switch {
	case settled && !o.isOverdue(now) && !o.behindLeader():
		return ""
	case !o.keptByAnother(), contested(now, o), brakes(now, o, CauseRejected) != nil:
		return ""
	default:
		return o.Target.tool()
	}
}

// paced keeps rotations of a connection apart, and stops them while its mass-failure brake holds.
func paced(now time.Time, o Observation, _ Cause) Action {
	hold := o.Connection.Hold
	switch {
	case hold == "":
		return nil
	case o.Connection.HoldUntil.IsZero():
		return blocked(o.nextCheck(now), hold, o.Connection.HoldMessage)
	default:
		// Nobody knows when its turn comes: until is when it is tried, and no time for the status.
		return working(earliest(o.Connection.HoldUntil, o.nextCheck(now)), hold, o.Connection.HoldMessage)
	}
}

// inWindow makes a rotation by age wait for a rotation window.
func inWindow(now time.Time, o Observation, cause Cause) Action {
	window := o.Credential.Policy.Window
	switch {
	case cause != CauseScheduled:
		return nil
	case window.Problem != "":
		return blocked(o.nextCheck(now), v1alpha1.ReasonOutsideWindow, "The rotation windows cannot be understood, so no rotation by age starts: "+window.Problem)
	case !window.Closed:
		return nil
	case window.Opens.IsZero():
		return blocked(o.nextCheck(now), v1alpha1.ReasonOutsideWindow, "The client secret is older than rotation.maxAge, and no rotation window ever opens.")
	default:
		return rotationAt(window.Opens, Wait{
			Until: earliest(window.Opens, o.nextCheck(now)), Reason: v1alpha1.ReasonOutsideWindow,
			Message: fmt.Sprintf("The client secret is older than rotation.maxAge; the next rotation window opens at %s.", clock(window.Opens)),
		})
	}
}

// retirementOrAge does what is due about superseded secrets, and then begins a rotation by age: what is left of a failed one keeps
// its room. A retirement that just waits holds up no rotation, but by the room that the superseded secret keeps.
func retirementOrAge(now time.Time, o Observation) Action {
	action := retirement(now, o)
	held, holds := action.(Wait)
	if action != nil && !holds {
		return action
	}
	aged := scheduled(now, o)
	wait, waits := aged.(Wait)
	switch {
	case aged == nil:
		return action
	case holds && waits && wait.State == Settled:
		held.Until, held.RotationAt = earliest(held.Until, wait.Until), wait.RotationAt

		return held
	case holds && waits:
		wait.Until = earliest(held.Until, wait.Until)

		return wait
	default:
		return aged
	}
}

// scheduled begins the rotation of a secret that has grown old. What holds it up holds up nothing else. What Okta's view of the
// application came to counts until the next check: workloads are looked at more often than that.
func scheduled(now time.Time, o Observation) Action {
	if !o.isOverdue(now) || o.Check.Verdict != v1alpha1.VerdictAccepted {
		return nil
	}
	action := begin(now, o, CauseScheduled)
	if _, asks := action.(Look); asks && o.Okta == nil && o.Overdue != nil {
		known := *o.Overdue
		known.Until = time.Time{}
		action = known
	}
	if wait, waits := action.(Wait); waits {
		if o.mayBegin(now) && o.Okta != nil && o.Okta.Problem == "" {
			wait.HoldsUp = CauseScheduled // what Okta lists holds it up, and nothing that ends by itself
		}
		wait.Until = earliest(wait.Until, o.nextCheck(now), o.nextRetirementLook(now), o.nextDeliveryLook(now))
		action = wait
	}

	return action
}

// mayBegin says whether nothing holds up a rotation by age but what Okta has to say.
func (o Observation) mayBegin(now time.Time) bool {
	return firstOf(now, o, CauseScheduled, brakes, otherWriter, paced, waitsForLeader, inWindow, adminUsable) == nil
}

// isOverdue says whether a rotation by age is due.
func (o Observation) isOverdue(now time.Time) bool {
	due := o.rotationDue()

	return !due.IsZero() && !now.Before(due)
}

// rotationDue is when the present secret is old enough to be replaced; zero when it never is. Credentials spread over the last
// tenth of the age.
func (o Observation) rotationDue() time.Time {
	current, age := o.Journal.Record.Current, o.Credential.Policy.MaxAge
	if current == nil || age == 0 || o.Credential.Mode != v1alpha1.ModeRotate || o.Credential.Leader != nil || current.Since.IsZero() {
		return time.Time{}
	}

	return current.born().Add(age - time.Duration(o.Credential.Jitter*float64(age)/10))
}
