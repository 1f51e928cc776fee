package oktaclientcredential

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// TestAStandbyThatIsElected counts from its first look, not from days ago when its process began: what the status says is
// believed no less than after a restart, and what is due is asked for over some minutes.
func TestAStandbyThatIsElected(t *testing.T) {
	t.Parallel()
	clock := clocktesting.NewFakeClock(fleetEpoch)
	r := New(Options{Clock: clock})
	clock.Step(72 * time.Hour)
	for _, jitter := range []float64{0, 0.5, 0.99} {
		seen := standbySees(t, r, jitter)
		check := r.lastKnown(seen)
		if check == nil {
			t.Fatal("the status is not believed")
		}
		next := rotation.NextCheck(seen.Credential, *check)
		if wait := next.Sub(seen.now); wait < 0 || wait > restartSpread || wait < time.Duration(jitter*float64(restartSpread)) {
			t.Errorf("with jitter %.2f Okta is asked after %s", jitter, wait)
		}
		if decided := seen.memory.decided; stale(seen, decided) {
			t.Errorf("at %s the last answer, of %s, is said to be stale", seen.now, decided.At)
		}
	}
}

// standbySees is what a process finds that was elected now: a credential that Okta accepted 50 minutes ago, as its status says.
func standbySees(t *testing.T, r *Reconciler, jitter float64) *scene {
	t.Helper()
	credential := &v1alpha1.OktaClientCredential{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "app", UID: "uid", ResourceVersion: "1"}}
	credential.Status.Verdict.Name = v1alpha1.VerdictAccepted
	credential.Status.LastCheckTime = metav1.NewTime(r.Clock.Now().Add(-50 * time.Minute))
	kept := r.memoryOf(credential)
	// A credential that is older than our last write of it is not looked at, so that this pass needs no cluster.
	kept.written, kept.writtenAt = "2", r.Clock.Now()
	if _, err := r.Reconcile(t.Context(), credential); err != nil {
		t.Fatal(err)
	}
	kept.connectionKey = "c"
	seen := &scene{now: r.Clock.Now(), credential: credential, memory: kept}
	seen.Credential = rotation.Credential{Interval: 10 * time.Minute, StaleAfter: 30 * time.Minute, Jitter: jitter}
	seen.Journal.Record.Current, seen.Target.Value = &rotation.Held{Value: redact.NewValue(goodValue)}, redact.NewValue(goodValue)

	return seen
}
