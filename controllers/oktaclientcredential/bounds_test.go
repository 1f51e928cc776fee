package oktaclientcredential

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// TestAStatusStaysWithinItsSchema: the API server refuses all of a status for one field that is too long.
func TestAStatusStaysWithinItsSchema(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 40000)
	status := v1alpha1.OktaClientCredentialStatus{
		Conditions: []metav1.Condition{{Message: long}}, Verdict: v1alpha1.VerdictStatus{Evidence: long, Fix: long},
		Secrets: v1alpha1.SecretsStatus{Current: v1alpha1.SecretStatus{ID: strings.Repeat("o", 65)}, Previous: v1alpha1.SecretStatus{ID: "ocs1"}},
	}
	bound(&status)
	for what, text := range map[string]string{"a condition": status.Conditions[0].Message, "evidence": status.Verdict.Evidence, "fix": status.Verdict.Fix} {
		if len(text) > maxText {
			t.Errorf("%s has %d bytes", what, len(text))
		}
	}
	if status.Secrets.Current.ID != "" || status.Secrets.Previous.ID != "ocs1" {
		t.Errorf("the ids are %+v", status.Secrets)
	}
}

// TestWhatIsToldDoesNotPileUp while the status cannot be written.
func TestWhatIsToldDoesNotPileUp(t *testing.T) {
	t.Parallel()
	r := &Reconciler{Options: Options{Recorder: events.NewFakeRecorder(100)}}
	seen := &scene{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), credential: &v1alpha1.OktaClientCredential{}, memory: &memory{}}
	for range 50 {
		r.tell(seen, rotation.Telling{Reason: "A", Message: "old"})
	}
	r.tell(seen, rotation.Telling{Reason: "B", Message: "new"})
	if kept := seen.memory.history; len(kept) != maxHistory || kept[maxHistory-1].Reason != "B" {
		t.Errorf("%d entries wait for the status: %+v", len(kept), kept)
	}
}
