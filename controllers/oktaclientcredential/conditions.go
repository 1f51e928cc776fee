package oktaclientcredential

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// conditionsOf are the conditions for what was observed and what is waited for. They are facts first, the summary last.
func conditionsOf(seen *scene, wait rotation.Wait) []metav1.Condition {
	valid, synced := secretValid(seen, wait), secretSynced(seen, wait)
	conditions := []metav1.Condition{ready(seen, wait, valid, synced), valid, synced, rotationHealthy(seen, wait)}
	if seen.Credential.Policy.Restarts {
		conditions = append(conditions, consumersUpdated(seen))
	}
	switch wait.State {
	case rotation.Working:
		conditions = append(conditions, condition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, wait.Reason, wait.Message))
	case rotation.Blocked:
		conditions = append(conditions, condition(v1alpha1.ConditionStalled, metav1.ConditionTrue, wait.Reason, wait.Message))
	case rotation.Settled:
	}

	return conditions
}

func condition(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message}
}

// secretValid says what Okta answered last about the value that the Secret holds now.
func secretValid(seen *scene, wait rotation.Wait) metav1.Condition {
	const kind = v1alpha1.ConditionSecretValid
	decided, last := seen.memory.decided, seen.Check
	switch {
	case decided == nil && last == nil:
		return condition(kind, metav1.ConditionUnknown, v1alpha1.ReasonNotChecked, "Okta was not asked yet about the present value.")
	case decided == nil:
		return condition(kind, metav1.ConditionUnknown, string(last.Verdict), sentence(last.Evidence+" "+againAt(wait.Until)))
	case wait.Reason == v1alpha1.ReasonRejectionUnconfirmed:
		return condition(kind, metav1.ConditionUnknown, wait.Reason, wait.Message)
	}
	evidence := decided.Evidence
	confirmed := decided.Rejections >= seen.Credential.Confirmations
	unconfirmed := decided.RejectsSecret() && !confirmed
	if unconfirmed {
		evidence += " That is not confirmed."
	}
	if last != nil && !last.Verdict.Decides() && !last.RejectsSecret() {
		if decided.Verdict == v1alpha1.VerdictAccepted {
			evidence = fmt.Sprintf("Okta accepted the client secret last at %s.", decided.At.UTC().Format(time.RFC3339))
		}
		evidence += " Since then there was no usable answer: " + last.Evidence + " " + againAt(wait.Until)
	}
	if unconfirmed {
		return condition(kind, metav1.ConditionUnknown, v1alpha1.ReasonRejectionUnconfirmed, sentence(evidence))
	}
	if stale(seen, decided) {
		return condition(kind, metav1.ConditionUnknown, v1alpha1.ReasonCheckStale, sentence("The last usable answer is older than validation.staleAfter. It was: "+evidence))
	}
	status := metav1.ConditionFalse
	switch {
	case decided.Verdict == v1alpha1.VerdictAccepted:
		status = metav1.ConditionTrue
	case !decided.Verdict.Decides() && !confirmed:
		// Once it is confirmed that Okta refuses the client, it is only open why.
		status = metav1.ConditionUnknown
	}

	return condition(kind, status, string(decided.Verdict), sentence(evidence))
}

func againAt(t time.Time) string {
	if t.IsZero() {
		return ""
	}

	return fmt.Sprintf("Okta is asked again at %s.", t.UTC().Format(time.RFC3339))
}

func stale(seen *scene, decided *rotation.Check) bool {
	return decided.Verdict == v1alpha1.VerdictAccepted && seen.now.Sub(decided.At) >= seen.Credential.StaleAfter
}

func secretSynced(seen *scene, wait rotation.Wait) metav1.Condition {
	const kind = v1alpha1.ConditionSecretSynced
	switch wait.Reason {
	case v1alpha1.ReasonSecretMissing, v1alpha1.ReasonKeyMissing, v1alpha1.ReasonValueEmpty, v1alpha1.ReasonClientIDMissing,
		v1alpha1.ReasonClientIDMismatch, v1alpha1.ReasonConflict:
		return condition(kind, metav1.ConditionFalse, wait.Reason, wait.Message)
	case v1alpha1.ReasonContested:
		if current := seen.Journal.Record.Current; current == nil || !current.Value.Equal(seen.Target.Value) {
			return condition(kind, metav1.ConditionFalse, wait.Reason, wait.Message)
		}
	}
	if !seen.Target.Found {
		return condition(kind, metav1.ConditionUnknown, v1alpha1.ReasonNotChecked, "The Secret was not read.")
	}
	if seen.misdirected(wait) {
		return condition(kind, metav1.ConditionFalse, wait.Reason, wait.Message)
	}

	return condition(kind, metav1.ConditionTrue, v1alpha1.ReasonSecretPresent, "The Secret holds a client secret.")
}

// misdirected says whether Okta accepts the secret and the Secret's issuer sends the applications elsewhere.
func (s *scene) misdirected(wait rotation.Wait) bool {
	decided := s.memory.decided

	return decided != nil && decided.Verdict == v1alpha1.VerdictAccepted &&
		(wait.Reason == v1alpha1.ReasonWrongTenant || wait.Reason == v1alpha1.ReasonWrongAuthorizationServer)
}

// rotationHealthy says whether a rotation would work if it were needed now. Where the connection's admin credential is at fault,
// the reason is the connection's own, so that whoever reads it here need not look there for the cause.
func rotationHealthy(seen *scene, wait rotation.Wait) metav1.Condition {
	const kind = v1alpha1.ConditionRotationHealthy
	switch {
	case seen.Journal.Record.Staged != nil && wait.State == rotation.Working && wait.Reason != v1alpha1.ReasonSlotsFull:
		return condition(kind, metav1.ConditionTrue, seen.Journal.Record.Staged.Reason(), wait.Message)
	case wait.Reason == v1alpha1.ReasonConnectionUnusable:
		return condition(kind, metav1.ConditionFalse, seen.Connection.Unusable, wait.Message)
	case stopsRotation(wait.Reason), wait.Reason == v1alpha1.ReasonOutsideWindow && wait.State == rotation.Blocked:
		return condition(kind, metav1.ConditionFalse, wait.Reason, wait.Message)
	case seen.Connection.Unusable != "":
		return condition(kind, metav1.ConditionFalse, seen.Connection.Unusable, sentence(fmt.Sprintf(
			"The connection's admin credential cannot be used (%s), so no rotation would work: %s", seen.Connection.Unusable, seen.Connection.UnusableMessage)))
	case seen.Target.Immutable:
		return condition(kind, metav1.ConditionFalse, v1alpha1.ReasonSecretImmutable,
			"The Secret is immutable, so it could not be given a new client secret. Delete it and create it again without immutable: true.")
	case seen.rejectedForGood() && wait.State != rotation.Settled:
		return condition(kind, metav1.ConditionFalse, wait.Reason, wait.Message)
	case seen.Connection.Problem != "", wait.State == rotation.Blocked && !seen.Target.Found, wait.Reason == v1alpha1.ReasonSuspended:
		return condition(kind, metav1.ConditionUnknown, wait.Reason, wait.Message)
	case seen.Retry.NeedsPerson && wait.State == rotation.Settled:
		// What a retirement is refused, the next rotation will be.
		return condition(kind, metav1.ConditionFalse, seen.Retry.Reason, seen.Retry.Message)
	default:
		return condition(kind, metav1.ConditionTrue, v1alpha1.ReasonIdle, "No rotation is needed.")
	}
}

// consumersUpdated says whether the workloads that use the Secret use its present value.
func consumersUpdated(seen *scene) metav1.Condition {
	const kind = v1alpha1.ConditionConsumersUpdated
	view := seen.Consumers
	switch {
	case !seen.Journal.Record.Undelivered:
		return condition(kind, metav1.ConditionTrue, v1alpha1.ReasonConsumersCurrent, seen.delivered())
	case view == nil:
		if kept := meta.FindStatusCondition(seen.credential.Status.Conditions, kind); kept != nil && kept.Status == metav1.ConditionFalse {
			return condition(kind, kept.Status, kept.Reason, kept.Message)
		}

		return condition(kind, metav1.ConditionUnknown, v1alpha1.ReasonNotChecked, "The Secret has another value, and the workloads that use it were not looked at yet.")
	case view.Failing != "":
		return condition(kind, metav1.ConditionFalse, v1alpha1.ReasonConsumersBlocked, sentence(view.Failing))
	case view.Blocked != "":
		return condition(kind, metav1.ConditionFalse, v1alpha1.ReasonConsumersBlocked, sentence(view.Blocked))
	case len(view.Pending) == 0:
		return condition(kind, metav1.ConditionFalse, v1alpha1.ReasonConsumersPending, sentence(view.Waiting))
	default:
		return condition(kind, metav1.ConditionFalse, v1alpha1.ReasonConsumersPending, sentence(fmt.Sprintf(
			"%d pods may still use an older value: %s.", len(view.Pending), strings.Join(view.Pending[:min(3, len(view.Pending))], ", "))))
	}
}

// delivered says in words what is known of the workloads while no change of the value has to be delivered. They are looked at
// after a change and not before, so that nothing may be known.
func (s *scene) delivered() string {
	if s.memory.consumers == nil && s.credential.Status.Consumers.Total == 0 {
		return "No change of the Secret's value waits to be delivered, so no workload has to be moved. Workloads are looked at after a change only."
	}

	return "After the last change of its value, every workload that was found to use the Secret had the present one."
}

// rejectedForGood says whether a rejection is confirmed, so that a rotation is needed, or may be where it is open why.
func (s *scene) rejectedForGood() bool {
	decided := s.memory.decided

	return decided != nil && decided.RejectsSecret() && decided.Rejections >= s.Credential.Confirmations
}

// stopsRotation says whether a reason keeps a rotation that is needed from going on.
func stopsRotation(reason string) bool {
	switch reason {
	case v1alpha1.ReasonHalted, v1alpha1.ReasonLimitReached, v1alpha1.ReasonBackoff, v1alpha1.ReasonSlotsFull,
		v1alpha1.ReasonOwnershipUnproven, v1alpha1.ReasonApplicationNotFound, v1alpha1.ReasonApplicationInactive,
		v1alpha1.ReasonApplicationMismatch, v1alpha1.ReasonPublicClient, v1alpha1.ReasonPrivateKeyRequired, v1alpha1.ReasonMethodMismatch,
		v1alpha1.ReasonApplicationGone, v1alpha1.ReasonAdoptionImpossible, v1alpha1.ReasonOtherWriter, v1alpha1.ReasonMassFailure,
		v1alpha1.ReasonPaced, v1alpha1.ReasonUndone, v1alpha1.ReasonCannotFollow,
		v1alpha1.ReasonOktaUnavailable, v1alpha1.ReasonSecretImmutable,
		v1alpha1.ReasonRejectedButActive, v1alpha1.ReasonSecondOpinionDiffers, v1alpha1.ReasonObserving,
		v1alpha1.ReasonJournalUnreadable, v1alpha1.ReasonJournalForeign, v1alpha1.ReasonContested,
		v1alpha1.ReasonAdminSecretMissing, v1alpha1.ReasonAdminCredentialRejected, v1alpha1.ReasonScopeMissing,
		v1alpha1.ReasonPermissionMissing, v1alpha1.ReasonInvalidConfiguration, v1alpha1.ReasonWriteRefused:
		return true
	default:
		return false
	}
}

// ready sums up: the Secret holds a client secret that Okta accepts, by an answer that is not stale.
func ready(seen *scene, wait rotation.Wait, valid, synced metav1.Condition) metav1.Condition {
	const kind = v1alpha1.ConditionReady
	switch {
	case wait.Reason == v1alpha1.ReasonSuspended:
		return condition(kind, metav1.ConditionUnknown, wait.Reason, wait.Message)
	case synced.Status == metav1.ConditionFalse:
		return condition(kind, metav1.ConditionFalse, synced.Reason, synced.Message)
	case seen.Connection.Problem != "", wait.State == rotation.Blocked && isJournalProblem(wait.Reason):
		return condition(kind, metav1.ConditionFalse, wait.Reason, wait.Message)
	case valid.Status == metav1.ConditionTrue:
		return condition(kind, metav1.ConditionTrue, valid.Reason, valid.Message)
	case valid.Status == metav1.ConditionUnknown && !seen.unexplained(wait):
		return condition(kind, metav1.ConditionUnknown, valid.Reason, valid.Message)
	default:
		return condition(kind, metav1.ConditionFalse, wait.Reason, wait.Message)
	}
}

// unexplained says whether Okta refuses the client and nothing explains it, so that a person has to.
func (s *scene) unexplained(wait rotation.Wait) bool {
	decided := s.memory.decided

	return wait.State == rotation.Blocked && decided != nil && decided.Verdict == v1alpha1.VerdictUnrecognized
}

func isJournalProblem(reason string) bool {
	return reason == v1alpha1.ReasonJournalUnreadable || reason == v1alpha1.ReasonJournalForeign
}
