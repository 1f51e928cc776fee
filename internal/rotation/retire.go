package rotation

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// retirement deactivates, and later deletes, what was superseded, one secret at a time (I2).
func retirement(now time.Time, o Observation) Action {
	record, policy := o.Journal.Record, o.Credential.Policy
	due := record.nextRetirement(policy)
	if !o.retires() || due.IsZero() || now.Before(due) || o.Connection.Unusable != "" {
		return nil
	}
	if o.Okta == nil {
		return beforeRetirement(now, o)
	}
	if o.Okta.Problem != "" {
		return nil
	}
	if same := currentTwice(o); len(same) > 1 {
		return dropDuplicate(record.twinsLast(same))
	}
	if seen := record.See(*o.Okta, now); !reflect.DeepEqual(seen, record) {
		return WriteJournal{Record: seen}
	}
	for _, entry := range record.revokedFirst() {
		when, open := policy.due(entry)
		if !open || now.Before(when) {
			continue
		}
		if action := retire(now, o, entry); action != nil {
			return action
		}
	}

	return nil
}

// compromised retires what a revoke command superseded before any workload is looked at or restarted: nothing waits for those.
func compromised(now time.Time, o Observation) Action {
	if !slices.ContainsFunc(o.Journal.Record.Retired, func(e Retired) bool { return e.Revoked && e.DeactivatedAt.IsZero() && e.UnlistedSince.IsZero() }) {
		return nil
	}
	action := retirement(now, o)
	if _, waits := action.(Wait); waits {
		return nil
	}

	return action
}

// beforeRetirement asks for the secrets that Okta lists, when it is time and not the workloads alone hold them back.
func beforeRetirement(now time.Time, o Observation) Action {
	if now.Before(latest(o.RetireNotBefore, o.Retry.At)) || !o.retiresSomething(now) {
		return nil
	}
	entry, held := o.heldByDelivery(now)
	if !held {
		return Look{LookSecrets}
	}

	return waitForDelivery(now, o, entry)
}

// retiresSomething says whether anything that is due can be done while the target's value is as it is: what the target was
// promoted over stays until Okta accepts that.
func (o Observation) retiresSomething(now time.Time) bool {
	accepted := o.Credential.Deleting || (o.Check != nil && o.Check.Verdict == v1alpha1.VerdictAccepted)

	return slices.ContainsFunc(o.Journal.Record.Retired, func(entry Retired) bool {
		when, open := o.Credential.Policy.due(entry)

		return open && !now.Before(when) && (accepted || !entry.Promoted || entry.Kept || !entry.DeactivatedAt.IsZero() || !entry.UnlistedSince.IsZero())
	})
}

// heldByDelivery finds a superseded secret that is due and waits for the workloads, where nothing else is due: then Okta need
// not be asked, and who lists secrets there is audited.
func (o Observation) heldByDelivery(now time.Time) (held Retired, is bool) {
	if !o.delivering() {
		return held, false
	}
	policy := o.Credential.Policy
	for _, entry := range o.Journal.Record.Retired {
		if when, open := policy.due(entry); !open || now.Before(when) {
			continue
		}
		superseded := entry.Promoted && !entry.Kept && entry.DeactivatedAt.IsZero() && entry.UnlistedSince.IsZero()
		if !superseded || policy.overlapEnds(now, entry) {
			return held, false
		}
		held, is = entry, true
	}

	return held, is
}

// overlapEnds says whether a superseded secret goes although something may still use it.
func (p Policy) overlapEnds(now time.Time, entry Retired) bool {
	return entry.Revoked || (p.OverlapMaximum > 0 && now.Sub(entry.At) >= p.OverlapMaximum)
}

func waitForDelivery(now time.Time, o Observation, entry Retired) Action {
	return Wait{Until: earliest(o.nextDeliveryLook(now), o.nextCheck(now)), Reason: v1alpha1.ReasonRetirementWaits, Message: fmt.Sprintf(
		"The superseded secret %s stays ACTIVE at Okta, because not every workload is proven to use the new one.%s", entry.ID, o.Consumers.holdUp())}
}

// retires says whether the mode lets the operator change secrets at Okta. Who is allowed just to repair must not have them
// changed by what it writes into a journal (I10).
func (o Observation) retires() bool { return o.Credential.Mode == v1alpha1.ModeRotate }

// retire does the next thing about one retired value, or nothing while something holds it up.
func retire(now time.Time, o Observation, entry Retired) Action {
	listed, presence := o.Okta.findRetired(entry)
	if presence != Present || o.targetHolds(listed, entry) || (listed.ID == o.Refused && o.Check != nil && o.Check.RejectsSecret()) {
		return nil
	}
	if entry.Kept {
		if listed.Active {
			return nil
		}

		return ActivateSecret{ID: listed.ID, Tell: []Telling{{
			Reason: v1alpha1.ReasonSecretActivated, Message: fmt.Sprintf("Secret %s was activated again at Okta, since it is still used.", listed.ID),
		}}}
	}
	if !listed.Active {
		return DeleteSecret{ID: listed.ID, Tell: []Telling{{
			Reason: v1alpha1.ReasonSecretDeleted, Message: fmt.Sprintf("Superseded secret %s was deleted at Okta.", listed.ID),
		}}}
	}
	if !o.Okta.activeBeside(listed.ID) {
		return nil
	}
	if entry.Promoted {
		if !o.targetWorks() {
			return nil
		}
		if action := stillNeeded(now, o, entry); action != nil {
			return action
		}
		if !entry.Ended {
			return WriteJournal{Record: o.Journal.Record.End(entry.Hash)}
		}
	}

	return DeactivateSecret{ID: listed.ID, Tell: []Telling{{
		Reason: v1alpha1.ReasonSecretDeactivated, Message: fmt.Sprintf("Superseded secret %s was deactivated at Okta.", listed.ID),
	}}}
}

// targetHolds says whether a retired value is the one that the target holds.
func (o Observation) targetHolds(listed Listed, entry Retired) bool {
	value := o.Target.Value

	return !value.IsEmpty() && (value.Hash() == entry.Hash || (!listed.Value.IsEmpty() && listed.Value.Equal(value)))
}

// targetWorks says whether Okta accepts the target's own value, and lists it as ACTIVE where that can be told. Until then
// the superseded secret is kept. Who deletes the credential does not wait for that.
func (o Observation) targetWorks() bool {
	if o.Credential.Deleting {
		return true
	}
	listed, presence := o.findTarget()

	return o.Check != nil && o.Check.Verdict == v1alpha1.VerdictAccepted &&
		(presence == Unknown || (presence == Present && listed.Active))
}

// stillNeeded holds an ACTIVE superseded secret back while a pod uses it.
func stillNeeded(now time.Time, o Observation, entry Retired) Action {
	if o.Credential.Policy.overlapEnds(now, entry) {
		return nil
	}
	if followers := o.followersOn(entry); followers != "" {
		return Wait{Until: earliest(now.Add(podsRecheck), o.nextCheck(now)), Reason: v1alpha1.ReasonRetirementWaits, Message: fmt.Sprintf(
			"The superseded secret %s stays ACTIVE at Okta, because other credentials for the same client may still use it: %s.%s", entry.ID, followers, o.wayOut())}
	}
	if o.delivering() {
		return waitForDelivery(now, o, entry)
	}
	if o.Credential.Policy.Restarts && o.Journal.Record.Undelivered && o.Credential.Deleting {
		return undeliveredAtEnd(now, o, entry)
	}
	if o.Target.PodsOnOlder == nil {
		return Look{LookPods}
	}
	unready := o.Target.PodsUnready
	if o.Credential.Policy.Restarts {
		unready = nil // the delivery saw them ready, or knows that they were not before either
	}
	var because string
	switch older := *o.Target.PodsOnOlder; {
	case o.Target.PodsProblem != "":
		because = o.Target.PodsProblem + ". Mend that"
	case len(older) > 0:
		because = fmt.Sprintf("%d pods may have started with it and may still use it: %s. Restart them", len(older), firstFew(older))
	case len(unready) > 0:
		because = fmt.Sprintf("%d pods have the new one and are not ready: %s. Mend or delete them", len(unready), firstFew(unready))
	default:
		return nil
	}

	return Wait{Until: earliest(now.Add(podsRecheck), o.nextCheck(now)), Reason: v1alpha1.ReasonRetirementWaits, Message: fmt.Sprintf(
		"The superseded secret %s stays ACTIVE at Okta, because %s, or set rotation.overlap.maximum.", entry.ID, because)}
}

// undeliveredAtEnd waits, in a deletion, for workloads that did not get the present value before it began: nothing restarts them
// any more.
func undeliveredAtEnd(now time.Time, o Observation, entry Retired) Action {
	switch {
	case o.Consumers == nil:
		return Look{LookConsumers}
	case o.Consumers.Done:
		return nil
	default:
		return Wait{Until: now.Add(podsRecheck), Reason: v1alpha1.ReasonRetirementWaits, Message: fmt.Sprintf(
			"The superseded secret %s stays ACTIVE at Okta, because not every workload is proven to use the new one, and a credential that is deleted restarts none.%s Restart them, or set deletionPolicy: Retain.", entry.ID, o.Consumers.holdUp())}
	}
}

// wayOut is how a person ends a deletion that waits.
func (o Observation) wayOut() string {
	if !o.Credential.Deleting {
		return ""
	}

	return " Set deletionPolicy: Retain to leave it and go at once."
}

// firstFew names three at most.
func firstFew(names []string) string {
	if len(names) > 3 {
		names = append(names[:3:3], "…")
	}

	return strings.Join(names, ", ")
}

// holdUp says what the workloads wait for.
func (d *Delivery) holdUp() string {
	switch {
	case d == nil:
		return ""
	case d.Failing != "":
		return " " + d.Failing
	case d.Blocked != "":
		return " " + d.Blocked
	case d.Waiting != "":
		return " " + d.Waiting
	default:
		return ""
	}
}

// heldUpAtOkta adds to a wait what a person must mend at Okta before what is due there can be done: nobody sees the failed tries.
func (o Observation) heldUpAtOkta(now time.Time, wait Wait) Wait {
	due, given := o.Journal.Record.nextRetirement(o.Credential.Policy), o.Credential.Commands.Rollback
	waits := ""
	switch {
	case wait.State != Settled || !o.Retry.NeedsPerson || !now.Before(o.Retry.At):
	case given != "" && given != o.Journal.Record.Handled.Rollback && o.writes() && o.Credential.Leader == nil:
		waits = "The rollback command waits. "
	case o.retires() && !due.IsZero() && !now.Before(due):
		waits = "A superseded secret is to be retired at Okta, and is not yet. "
	}
	if waits == "" {
		return wait
	}
	wait.State, wait.Reason, wait.Message = Blocked, o.Retry.Reason, waits+o.Retry.Message
	wait.Until = earliest(wait.Until, o.Retry.At)

	return wait
}

// RetirementHeldUp says whether a retirement was due, Okta was asked and answered, and it was not done all the same.
func (o Observation) RetirementHeldUp(now time.Time) bool {
	due := o.Journal.Record.nextRetirement(o.Credential.Policy)

	return o.Okta != nil && o.Okta.Problem == "" && !due.IsZero() && !now.Before(due)
}

// nextRetirementLook is when Okta is to be asked about retired values again; zero when nothing is due, or none may be
// retired now. It is always later than now: what holds a retirement up now is not asked about in a loop.
func (o Observation) nextRetirementLook(now time.Time) time.Time {
	due := o.Journal.Record.nextRetirement(o.Credential.Policy)
	if due.IsZero() || !o.retires() || o.Connection.Unusable != "" {
		return time.Time{}
	}
	look := latest(due, o.RetireNotBefore, o.Retry.At)
	if !look.After(now) {
		return now.Add(RetireRecheck)
	}

	return look
}
