package rotation

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// deliveryPoll is how often workloads are looked at while they get a new value, and slowPoll while a person must act.
const (
	deliveryPoll = 10 * time.Second
	slowPoll     = 5 * time.Minute
)

// Delivery is how far the workloads that use the target got with its present value.
type Delivery struct {
	// Done says that no pod can have an older value, and none that came with the present one is not ready because of that.
	Done bool
	// RestartDue is a workload, as kind/name, that a restart brings further now; empty when none is.
	RestartDue string
	// Failing says which workload fails with the new value and was well before, and how; empty when none does.
	Failing string
	// Blocked says which workload does not get the new value until a person acts; empty when none is.
	Blocked string
	// Moving says that some workload gets on by itself, or with the restart that is due to it soon.
	Moving bool
	// Waiting says which workload has just pods with the present value, of which some are not ready yet; empty when none has.
	Waiting string
	// Pending are pods that may have an older value.
	Pending []string
}

// delivery gets the workloads onto the present value: one restart at a time, then proof. When they fail with a new value while
// the superseded one still works, that is brought back.
func delivery(now time.Time, o Observation) Action {
	if o.moving() {
		return move(o)
	}
	if !o.delivering() || now.Before(o.DeliverNotBefore) {
		return nil
	}
	view := o.Consumers
	if view == nil {
		return Look{LookConsumers}
	}
	if view.Failing != "" && o.mayUndo(now) {
		// The others keep what they have meanwhile, since that may come back. Where it cannot, the present value is their best one.
		return undo(now, o)
	}
	switch {
	case view.RestartDue != "":
		return RestartWorkload{Name: view.RestartDue, Tell: []Telling{{
			Reason: v1alpha1.ReasonWorkloadRestarted, Message: fmt.Sprintf("%s is restarted to get the present client secret.", view.RestartDue),
		}}}
	case view.Done:
		return WriteJournal{Record: o.Journal.Record.Deliver()}
	default:
		return nil
	}
}

// AsksPods says whether nothing is restarted for this credential, so that the pods alone tell how far its consumers are.
func (o Observation) AsksPods() bool { return !o.Credential.Policy.Restarts || !o.writes() }

// moving says whether a follower that restarts nothing does not know yet that its pods use the secret which it took over: its
// leader waits for that.
func (o Observation) moving() bool {
	current := o.Journal.Record.Current

	return o.Credential.Leader != nil && o.AsksPods() && o.Journal.Record.Undelivered && o.Check.Verdict == v1alpha1.VerdictAccepted &&
		current != nil && current.Value.Equal(o.Target.Value)
}

// move looks whether any pod started before the secret was taken over, or is not ready with it.
func move(o Observation) Action {
	if o.Target.PodsOnOlder == nil {
		return Look{LookPods}
	}
	if len(*o.Target.PodsOnOlder) > 0 || len(o.Target.PodsUnready) > 0 || o.Target.PodsProblem != "" || !o.writes() {
		return nil
	}

	return WriteJournal{Record: o.Journal.Record.Deliver()}
}

// delivering says whether consumers still have to get the present value, and the operator has to see to it. Nothing is restarted
// for a credential that goes.
func (o Observation) delivering() bool {
	current := o.Journal.Record.Current

	return !o.Credential.Deleting && o.writes() && o.Credential.Policy.Restarts && o.Journal.Record.Undelivered && o.Check != nil &&
		o.Check.Verdict == v1alpha1.VerdictAccepted && current != nil && current.Value.Equal(o.Target.Value)
}

// DeliveryLook is when the workloads that were looked at in this pass are to be looked at again.
func (o Observation) DeliveryLook(now time.Time) time.Time { return o.nextDeliveryLook(now) }

// nextDeliveryLook is when the workloads are looked at again; zero when they need not be.
func (o Observation) nextDeliveryLook(now time.Time) time.Time {
	switch {
	case !o.delivering():
		return time.Time{}
	case now.Before(o.DeliverNotBefore):
		return o.DeliverNotBefore
	case o.Consumers != nil && o.Consumers.Blocked != "" && !o.Consumers.Moving && o.Consumers.Failing == "":
		return now.Add(slowPoll)
	default:
		return now.Add(deliveryPoll)
	}
}

// mayUndo says whether the superseded secret may still be brought back, as far as is known.
func (o Observation) mayUndo(now time.Time) bool {
	record := o.Journal.Record

	return record.Halt == nil && record.Previous != nil && !record.isDead(record.Previous.Value) && !now.Before(o.UndoNotBefore) && !o.UndoInVain(now)
}

// UndoInVain says whether Okta was asked in this pass for what is to be brought back, and neither lists it as ACTIVE nor says
// anything new about it.
func (o Observation) UndoInVain(now time.Time) bool {
	record := o.Journal.Record
	previous := record.Previous
	if previous == nil || o.Consumers == nil || o.Consumers.Failing == "" || o.Okta == nil || o.Okta.Problem != "" {
		return false
	}
	if listed, presence := o.Okta.findHeld(*previous); presence == Present && listed.Active {
		return false
	}

	return reflect.DeepEqual(record.See(*o.Okta, now), record)
}

// undo brings the superseded secret back, once, and then waits for a person.
func undo(now time.Time, o Observation) Action {
	record := o.Journal.Record
	previous := record.Previous
	if o.Connection.Unusable != "" {
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
	if listed, presence := o.Okta.findHeld(*previous); presence != Present || !listed.Active {
		// Somebody deactivated or deleted it: noted, so that Okta is not asked for it at each look.
		return WriteJournal{Record: record.See(*o.Okta, now)}
	}
	action, ok := stageKnown(now, o, Staged{Value: previous.Value, ID: previous.ID, Cause: CauseUndone}, "").(WriteJournal)
	if !ok {
		return nil
	}
	action.Record = action.Record.Stop(Halt{Reason: v1alpha1.ReasonUndone, At: now, Message: fmt.Sprintf(
		"Workloads failed with the new client secret, so the superseded one is brought back, as long as Okta has it: %s Find out why, then set the annotation %s to the current time.",
		o.Consumers.Failing, v1alpha1.AnnotationResume)})
	action.Tell = append(action.Tell, Telling{Reason: v1alpha1.ReasonRotationUndone, Warning: true, Message: action.Record.Halt.Message})

	return action
}

// forgotten brings a deactivated secret back when the client still fails somewhere, as Okta's System Log tells: a consumer that
// nobody thought of uses it.
func forgotten(now time.Time, o Observation) Action {
	record := o.Journal.Record
	if len(o.Failures) == 0 || record.Halt != nil || !o.retires() || o.Check.Verdict != v1alpha1.VerdictAccepted {
		return nil
	}
	for _, entry := range record.Retired {
		if !entry.Ended || entry.DeactivatedAt.IsZero() || !entry.UnlistedSince.IsZero() || entry.ID == "" || entry.Revoked {
			continue
		}
		for _, failure := range o.Failures {
			if failure.At.Before(entry.DeactivatedAt) || failure.At.Sub(entry.DeactivatedAt) > forgetAfter || o.failedBefore(failure.From, entry.DeactivatedAt) {
				continue
			}
			halt := Halt{Reason: v1alpha1.ReasonUndone, At: now, Message: fmt.Sprintf(
				"Somebody still used the superseded client secret %s after it was deactivated (%s, at %s), so it is activated again and stays. Move that consumer to the present one, then set the annotation %s to the current time.",
				entry.ID, failure.From, clock(failure.At), v1alpha1.AnnotationResume)}

			return WriteJournal{Record: record.Keep(entry.ID, halt), Tell: []Telling{{Reason: v1alpha1.ReasonRotationUndone, Warning: true, Message: halt.Message}}}
		}
	}

	return nil
}

// failedBefore says whether somebody is known to have failed before a secret was deactivated too: what it uses is wrong anyway. The
// deactivation is noted when Okta has listed it, up to an hour late, and who uses that secret fails from the first moment on.
func (o Observation) failedBefore(from string, deactivated time.Time) bool {
	before := deactivated.Add(-RetireRecheck)

	return slices.ContainsFunc(o.Failures, func(failure Failure) bool { return failure.From == from && failure.At.Before(before) })
}
