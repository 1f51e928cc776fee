package integration

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

func TestALimitStopsALoopOfRotationsAndACommandPassesIt(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(func(c *v1alpha1.OktaClientCredential) { c.Spec.Rotation.Limits.PerDay = 2 })
	for range 2 {
		before := w.value()
		w.killHeld()
		w.checkNow()
		w.eventually("the credential heals", func() bool { return w.value() != before && w.isReady() && w.holdsWorkingValue() })
	}
	w.killHeld()
	w.checkNow()
	w.eventually("the limit stops the third rotation", func() bool {
		return w.is(v1alpha1.ConditionRotationHealthy, metav1.ConditionFalse, v1alpha1.ReasonLimitReached) &&
			w.is(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonLimitReached)
	})
	if creates := w.changesAtOkta("create"); creates != 2 {
		t.Errorf("the operator made %d secrets", creates)
	}
	w.rotated("found who did it")
}

// killHeld makes the Secret's value one that Okta no longer knows, as somebody does who resets secrets at Okta again and again.
func (w *world) killHeld() {
	w.t.Helper()
	for _, s := range w.org.Secrets(clientID) {
		if s.Value.Equal(redact.NewValue(w.value())) {
			w.mustAtOkta(w.org.RevokeSecret(clientID, s.ID))

			return
		}
	}
	w.t.Fatal("Okta does not list the Secret's value")
}

func TestANewSecretThatOktaNeverAcceptsIsWithdrawn(t *testing.T) {
	const patienceWithANewSecret = 3 * time.Minute
	w := given(t, oktasim.Options{})
	w.healthy()
	w.revoke()
	w.refuseEverything(oktasim.RouteToken, oktasim.RouteRevoke)
	w.checkNow()
	w.eventually("the new secret is tried, and not yet in use", func() bool {
		return w.is(v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonNewSecretRefused) && w.value() == firstValue
	})
	w.within(patienceWithANewSecret, "the rotation is given up and the next one waits", func() bool {
		return w.is(v1alpha1.ConditionRotationHealthy, metav1.ConditionFalse, v1alpha1.ReasonBackoff)
	})
	w.eventually("a Warning says so", func() bool { return w.warned(v1alpha1.ReasonRotationWithdrawn, "web-shop") })
	w.eventuallyAtOkta("stranger ACTIVE")
	if creates := w.changesAtOkta("create"); creates != 1 || w.value() != firstValue {
		t.Errorf("the operator made %d secrets", creates)
	}
	w.org.ClearFaults()
	w.rotated("now it works")
	w.eventuallyAtOkta("stranger ACTIVE, ours ACTIVE")
}
