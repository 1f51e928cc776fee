package oktaclientcredential

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// TestAnUnusableConnection: RotationHealthy has the connection's own reason, the verdict stays, and one event says it.
func TestAnUnusableConnection(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	needed := rotation.Wait{State: rotation.Blocked, Reason: v1alpha1.ReasonConnectionUnusable, Message: "A new client secret is needed."}
	for name, test := range map[string]struct {
		verdict  v1alpha1.Verdict
		unusable string
		wait     rotation.Wait
		// ready, healthy and stalled are a status and a reason, empty where there is no such condition.
		ready, healthy, stalled string
		events                  []string
	}{
		"an accepted secret stays Ready": {
			verdict: v1alpha1.VerdictAccepted, unusable: v1alpha1.ReasonAdminCredentialRejected,
			ready: "True Accepted", healthy: "False AdminCredentialRejected",
			events: []string{"Normal Accepted", "Warning AdminCredentialRejected"},
		},
		"a rejected secret cannot be replaced": {
			verdict: v1alpha1.VerdictSecretRejected, unusable: v1alpha1.ReasonScopeMissing, wait: needed,
			ready: "False ConnectionUnusable", healthy: "False ScopeMissing", stalled: "True ConnectionUnusable",
			events: []string{"Warning ConnectionUnusable"},
		},
		"an accepted secret cannot be replaced when it is due": {
			verdict: v1alpha1.VerdictAccepted, unusable: v1alpha1.ReasonPermissionMissing, wait: needed,
			ready: "True Accepted", healthy: "False PermissionMissing", stalled: "True ConnectionUnusable",
			events: []string{"Normal Accepted", "Warning PermissionMissing"},
		},
		"a superseded value that works cannot be replaced yet": {
			verdict: v1alpha1.VerdictAccepted, unusable: v1alpha1.ReasonAdminSecretMissing,
			wait:  rotation.Wait{State: rotation.Working, Reason: v1alpha1.ReasonConnectionUnusable, Message: "Somebody put it back."},
			ready: "True Accepted", healthy: "False AdminSecretMissing",
			events: []string{"Normal Accepted", "Warning AdminSecretMissing"},
		},
		"what stops rotations besides goes first": {
			verdict: v1alpha1.VerdictAccepted, unusable: v1alpha1.ReasonScopeMissing,
			wait:  rotation.Wait{State: rotation.Blocked, Reason: v1alpha1.ReasonHalted, Message: "Too many failures."},
			ready: "True Accepted", healthy: "False Halted", stalled: "True Halted",
			events: []string{"Normal Accepted", "Warning Halted"},
		},
		"a connection that works": {
			verdict: v1alpha1.VerdictAccepted, ready: "True Accepted", healthy: "True Idle", events: []string{"Normal Accepted"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := &scene{now: now, credential: &v1alpha1.OktaClientCredential{}, memory: &memory{
				decided: &rotation.Check{Verdict: test.verdict, Evidence: "Okta said so.", At: now, Rejections: 2},
			}}
			seen.Credential.Confirmations, seen.Credential.StaleAfter = 2, time.Hour
			seen.Target.Found = true
			seen.Connection.Unusable, seen.Connection.UnusableMessage = test.unusable, "Mend it."
			conditions := conditionsOf(seen, test.wait)
			for kind, want := range map[string]string{
				v1alpha1.ConditionReady: test.ready, v1alpha1.ConditionRotationHealthy: test.healthy, v1alpha1.ConditionStalled: test.stalled,
				v1alpha1.ConditionSecretValid: fmt.Sprintf("%s %s", statusOf(test.verdict), test.verdict),
			} {
				got := ""
				if found := meta.FindStatusCondition(conditions, kind); found != nil {
					got = fmt.Sprintf("%s %s", found.Status, found.Reason)
				}
				if got != want {
					t.Errorf("%s is %q, want %q", kind, got, want)
				}
			}
			if diff := cmp.Diff(test.events, eventsOf(conditions)); diff != "" {
				t.Errorf("the events (-want +got):\n%s", diff)
			}
		})
	}
}

func statusOf(verdict v1alpha1.Verdict) metav1.ConditionStatus {
	if verdict == v1alpha1.VerdictAccepted {
		return metav1.ConditionTrue
	}

	return metav1.ConditionFalse
}

// eventsOf are the types and reasons of the events for conditions that come all at once.
func eventsOf(conditions []metav1.Condition) (told []string) {
	recorder := events.NewFakeRecorder(10)
	reconciler := &Reconciler{Options: Options{Recorder: recorder}}
	reconciler.tellTransitions(&v1alpha1.OktaClientCredential{}, nil, conditions)
	close(recorder.Events)
	for event := range recorder.Events {
		var kind, reason string
		_, _ = fmt.Sscan(event, &kind, &reason)
		told = append(told, kind+" "+reason)
	}

	return told
}
