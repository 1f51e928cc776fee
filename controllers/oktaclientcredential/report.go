package oktaclientcredential

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

const (
	// checkTimeEvery is how often the time of the last check is written when nothing else changed.
	checkTimeEvery = time.Hour
	// safetyNet is when a credential that waits for a change in the cluster is looked at without one.
	safetyNet = 20 * time.Second
	// maxHistory is how many entries the CRD allows.
	maxHistory = 10
)

// report ends a pass that has nothing to do: status, events, and when to come back.
func (r *Reconciler) report(ctx context.Context, seen *scene, wait rotation.Wait) (reconcile.Result, error) {
	if seen.RetirementHeldUp(seen.now) {
		delivering := !seen.DeliveryLook(seen.now).IsZero()
		seen.memory.retireLater(seen.now, wait, seen.Journal.Version, delivering)
	}
	if wait.HoldsUp == rotation.CauseScheduled && seen.Okta != nil {
		seen.memory.holdsUp(wait, seen.Journal.Version)
	}
	if lags, gone := seen.LooksInVain(); lags != "" {
		seen.memory.lagsFor, seen.memory.lagsGone, seen.memory.lagsUntil = lags, gone, seen.now.Add(rotation.RetireRecheck)
	}
	if seen.Consumers != nil {
		seen.memory.deliverNotBefore = seen.DeliveryLook(seen.now)
	}
	if seen.Credential.Deleting && !seen.Credential.HasFinalizer {
		return reconcile.Result{}, nil
	}
	r.tell(seen, seen.NotCarriedOut()...)
	if err := r.writeStatus(ctx, seen, wait); err != nil {
		return r.again(err)
	}

	return reconcile.Result{RequeueAfter: r.comeBack(seen, wait)}, nil
}

// comeBack is when to look again without a change: when the next step is due, and before an answer grows stale.
func (r *Reconciler) comeBack(seen *scene, wait rotation.Wait) time.Duration {
	if wait.Until.IsZero() {
		if wait.State == rotation.Settled {
			return 0
		}

		return safetyNet
	}
	until := wait.Until
	if decided := seen.memory.decided; decided != nil && decided.Verdict == v1alpha1.VerdictAccepted {
		if stale := decided.At.Add(seen.Credential.StaleAfter); stale.After(seen.now) && stale.Before(until) {
			until = stale
		}
	}

	if due := seen.hintDue; !due.IsZero() {
		until = earlier(until, due)
	}
	if seen.Retry.NeedsPerson {
		until = earlier(until, seen.now.Add(safetyNet))
	}

	// A clock that was set back in the middle of this pass must not make it sleep for as long as it was wrong.
	return max(min(until.Sub(r.Clock.Now()), until.Sub(seen.now)), 100*time.Millisecond)
}

// writeStatus writes the status when it says something new, and tells of changed reasons in events.
func (r *Reconciler) writeStatus(ctx context.Context, seen *scene, wait rotation.Wait) error {
	before := &seen.credential.Status
	after := before.DeepCopy()
	fillStatus(after, seen, wait)
	bound(after)
	unchanged := equality.Semantic.DeepEqual(before, after)
	lastCheck := r.lastCheck(seen)
	if unchanged && (lastCheck.IsZero() || lastCheck.Sub(before.LastCheckTime.Time) < checkTimeEvery) {
		return nil
	}
	if !lastCheck.IsZero() {
		after.LastCheckTime = metav1.NewTime(lastCheck)
	}
	changed := seen.credential.DeepCopy()
	changed.Status = *after
	patch := client.MergeFromWithOptions(seen.credential, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Status().Patch(ctx, changed, patch, client.FieldOwner(v1alpha1.FieldManager)); err != nil {
		return err
	}
	seen.memory.history = nil
	seen.memory.wrote(changed, r.Clock.Now())
	r.tellTransitions(seen.credential, before.Conditions, after.Conditions)

	return nil
}

// maxID is how long the status allows an id of Okta's to be.
const maxID = 64

// bound keeps a status within what its schema allows, whatever annotations, Okta or a forged journal say: the API server would
// refuse all of it for one field.
func bound(status *v1alpha1.OktaClientCredentialStatus) {
	for i := range status.Conditions {
		status.Conditions[i].Message = sentence(status.Conditions[i].Message)
	}
	status.Verdict.Evidence, status.Verdict.Fix = sentence(status.Verdict.Evidence), sentence(status.Verdict.Fix)
	for _, secret := range []*v1alpha1.SecretStatus{&status.Secrets.Current, &status.Secrets.Previous, &status.Secrets.Pending} {
		if len(secret.ID) > maxID {
			secret.ID = ""
		}
	}
}

// lastCheck is when Okta last gave an answer that decides.
func (r *Reconciler) lastCheck(seen *scene) time.Time {
	if decided := seen.memory.decided; decided != nil && decided.At.After(r.started) {
		return decided.At
	}

	return time.Time{}
}

// tellTransitions records an event for a changed reason of Ready, and for a rotation that would no longer work.
func (r *Reconciler) tellTransitions(credential *v1alpha1.OktaClientCredential, before, after []metav1.Condition) {
	if reason, changed := changedReason(before, after, v1alpha1.ConditionReady); changed && reason != v1alpha1.ReasonNotChecked {
		is := meta.FindStatusCondition(after, v1alpha1.ConditionReady)
		transitionsTotal.WithLabelValues(reason).Inc()
		r.event(credential, is.Status != metav1.ConditionTrue && reason != v1alpha1.ReasonSuspended, reason, is.Message)
	}
	is := meta.FindStatusCondition(after, v1alpha1.ConditionRotationHealthy)
	reason, changed := changedReason(before, after, v1alpha1.ConditionRotationHealthy)
	ready := meta.FindStatusCondition(after, v1alpha1.ConditionReady)
	if changed && is.Status == metav1.ConditionFalse && !sameNews(ready, is) {
		r.event(credential, true, reason, is.Message)
	}
	if stalled, changed := changedReason(before, after, v1alpha1.ConditionStalled); changed && stalled != ready.Reason {
		transitionsTotal.WithLabelValues(stalled).Inc()
		if blocked := meta.FindStatusCondition(after, v1alpha1.ConditionStalled); !sameNews(blocked, is) {
			r.event(credential, true, stalled, blocked.Message)
		}
	}
}

// sameNews says whether an event for one of two conditions would repeat the other's.
func sameNews(a, b *metav1.Condition) bool { return a.Reason == b.Reason || a.Message == b.Message }

func changedReason(before, after []metav1.Condition, kind string) (reason string, changed bool) {
	was, is := meta.FindStatusCondition(before, kind), meta.FindStatusCondition(after, kind)
	if is == nil {
		return "", false
	}

	return is.Reason, was == nil || was.Reason != is.Reason
}

// fillStatus writes what was found to a status, but the time of the last check.
func fillStatus(status *v1alpha1.OktaClientCredentialStatus, seen *scene, wait rotation.Wait) {
	record := seen.Journal.Record
	status.ObservedGeneration = seen.credential.Generation
	if id := seen.ClientID(); seen.recognised() {
		status.ClientID = id
	}
	if seen.Credential.FirstSight {
		status.HandledCommands.Validate = command(seen.credential, v1alpha1.AnnotationValidate)
	}
	handled := &status.HandledCommands
	done := seen.HandledCommands()
	handled.Rotate, handled.Resume, handled.Revoke, handled.Rollback, handled.ReleaseSecret =
		done.Rotate, done.Resume, done.Revoke, done.Rollback, done.ReleaseSecret
	if seen.Journal.Found && seen.Journal.Unreadable == "" {
		status.TokenEndpointAuthMethod = v1alpha1.TokenEndpointAuthMethod(record.AuthMethod)
		status.Secrets = secretsOf(record)
		status.Rotation = rotationOf(seen, wait)
	}
	if validated := seen.memory.validated; validated != "" {
		status.HandledCommands.Validate = validated
	}
	wait = seen.withHalt(wait)
	fillVerdict(status, seen, wait)
	status.History = append(status.History, seen.memory.history...)
	if extra := len(status.History) - maxHistory; extra > 0 {
		status.History = status.History[extra:]
	}
	for _, condition := range conditionsOf(seen, wait) {
		condition.ObservedGeneration = seen.credential.Generation
		meta.SetStatusCondition(&status.Conditions, condition)
	}
	dropUnless(&status.Conditions, v1alpha1.ConditionReconciling, wait.State == rotation.Working)
	dropUnless(&status.Conditions, v1alpha1.ConditionStalled, wait.State == rotation.Blocked)
	dropUnless(&status.Conditions, v1alpha1.ConditionConsumersUpdated, seen.Credential.Policy.Restarts)
	if seen.Journal.Found && seen.Journal.Unreadable == "" {
		status.Consumers = seen.consumersNow(status.Consumers)
	}
}

// consumersNow is what the status says of the workloads. The leader of this credential retires what nobody seems to wait for, so
// that what was not looked at since the last change counts as one that waits (I2).
func (s *scene) consumersNow(before v1alpha1.ConsumersStatus) v1alpha1.ConsumersStatus {
	record, follows := s.Journal.Record, s.Credential.Leader != nil
	looked := s.Target.PodsOnOlder != nil && s.Target.PodsProblem == "" && s.AsksPods()
	now := before
	switch {
	case follows && looked:
		pending := int32(len(*s.Target.PodsOnOlder) + len(s.Target.PodsUnready)) //nolint:gosec // a namespace has fewer pods
		now = v1alpha1.ConsumersStatus{Total: pending, Pending: pending}
	case s.Credential.Policy.Restarts:
		if s.memory.consumers != nil {
			now = *s.memory.consumers
		}
	case !follows || !record.Undelivered:
		now = v1alpha1.ConsumersStatus{}
	}
	moving := (record.Undelivered && !looked) || record.FlipVersion != ""
	if follows && moving && now.Pending == 0 {
		now.Total, now.Pending = max(1, now.Total), 1
	}

	return now
}

// withHalt keeps what halts rotations in sight while a retirement waits, or Okta cannot be asked: a person has to act, and that wait
// may never end.
func (s *scene) withHalt(wait rotation.Wait) rotation.Wait {
	halt := s.Halted()
	if halt == nil || s.Journal.Record.Staged != nil || wait.State == rotation.Blocked || !outlasted(wait.Reason) {
		return wait
	}
	wait.State, wait.Reason, wait.Message = rotation.Blocked, halt.Reason, halt.Message

	return wait
}

// outlasted says whether a halt stays in sight beside a wait for this reason.
func outlasted(reason string) bool {
	switch reason {
	case v1alpha1.ReasonRetirementWaits, v1alpha1.ReasonThrottled, v1alpha1.ReasonUnreachable, v1alpha1.ReasonUnrecognized, v1alpha1.ReasonPaced:
		return true
	default:
		return false
	}
}

// recognised says whether the client id may be shown: it is in the spec, or Okta knows it as one. What stands under a wrong
// key of the Secret may be a secret.
func (s *scene) recognised() bool {
	if s.Credential.ClientID != "" {
		return true
	}
	if s.Journal.Record.Current != nil || (s.Okta != nil && s.Okta.AppClientID == s.ClientID() && s.ClientID() != "") {
		return true
	}
	decided := s.memory.decided

	return decided != nil && provesClient(decided.Verdict)
}

func dropUnless(conditions *[]metav1.Condition, kind string, applies bool) {
	if !applies {
		meta.RemoveStatusCondition(conditions, kind)
	}
}

func secretsOf(record rotation.Record) v1alpha1.SecretsStatus {
	var secrets v1alpha1.SecretsStatus
	if held := record.Current; held != nil {
		secrets.Current = v1alpha1.SecretStatus{ID: held.ID, Since: second(held.Since)}
	}
	if held := record.Previous; held != nil {
		secrets.Previous = v1alpha1.SecretStatus{ID: held.ID, Since: second(held.Since)}
	}
	if staged := record.Staged; staged != nil {
		secrets.Pending = v1alpha1.SecretStatus{Since: second(staged.At)}
		secrets.Pending.ID = staged.ID
		if record.Promoting != nil {
			secrets.Pending.ID = record.Promoting.ID
		}
	}

	return secrets
}

// second is a time as the API server gives it back, so that a status that was written compares equal.
func second(t time.Time) metav1.Time { return metav1.NewTime(t.Truncate(time.Second)) }

func rotationOf(seen *scene, wait rotation.Wait) v1alpha1.RotationStatus {
	record := seen.Journal.Record
	status := v1alpha1.RotationStatus{Cause: string(record.LastCause), Step: wait.Step, Attempts: int32(record.Attempts)} //nolint:gosec // at most 20
	switch {
	case wait.Reason == v1alpha1.ReasonRetirementWaits:
		status.Next = sentence(wait.Message)
	case !wait.RotationAt.IsZero():
		status.NextTime = second(wait.RotationAt)
		status.Next = "The next rotation may start at nextTime."
	default:
		status.Next = record.NextRetirement(seen.Credential.Policy)
	}

	return status
}
