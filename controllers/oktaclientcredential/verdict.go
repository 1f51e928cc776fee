package oktaclientcredential

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

func fillVerdict(status *v1alpha1.OktaClientCredentialStatus, seen *scene, wait rotation.Wait) {
	decided := seen.memory.decided
	if decided == nil {
		decided = seen.Check
	}
	if decided == nil {
		return
	}
	fix := ""
	switch {
	case decided.Verdict == v1alpha1.VerdictAccepted && !seen.misdirected(wait):
	case decided.Verdict != v1alpha1.VerdictSecretRejected && decided.Fix != "" && wait.Reason != v1alpha1.ReasonMassFailure:
		fix = sentence(decided.Fix)
	case wait.State == rotation.Blocked:
		fix = sentence(withoutEvidence(wait.Message, decided, seen.Check))
	}
	since := status.Verdict.Since
	if status.Verdict.Name != decided.Verdict {
		since = metav1.NewTime(decided.At)
	}
	status.Verdict = v1alpha1.VerdictStatus{
		Name: decided.Verdict, Evidence: decided.Evidence, Fix: fix, Since: since, RejectedSince: firstRejected(status.Verdict, *decided),
	}
}

// firstRejected keeps the time of the first rejection until Okta accepts a secret again, whatever the rejections come down to.
func firstRejected(before v1alpha1.VerdictStatus, decided rotation.Check) metav1.Time {
	since := rejectedSince(before)
	switch {
	case decided.Verdict == v1alpha1.VerdictAccepted:
		return metav1.Time{}
	case since.IsZero() && decided.Rejections > 0:
		return second(decided.At)
	default:
		return since
	}
}

// rejectedSince is the time of the first rejection, also where the status is of a version that did not have it.
func rejectedSince(verdict v1alpha1.VerdictStatus) metav1.Time {
	if verdict.RejectedSince.IsZero() && verdict.Name == v1alpha1.VerdictSecretRejected {
		return verdict.Since
	}

	return verdict.RejectedSince
}

// withoutEvidence is a message less the evidence that it begins with, which the verdict has beside the fix.
func withoutEvidence(message string, checks ...*rotation.Check) string {
	for _, check := range checks {
		if check == nil {
			continue
		}
		if rest, found := strings.CutPrefix(message, check.Evidence+" "); found {
			return rest
		}
	}

	return message
}
