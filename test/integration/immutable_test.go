package integration

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// immutable is the application's Secret, which nobody may change.
func (w *world) immutable(value string) *corev1.Secret {
	s := w.secret(value)
	s.Immutable = new(true)

	return s
}

func TestAnImmutableSecretThatWorksIsReadyAndWarns(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.createAll(w.immutable(firstValue), w.credential())
	w.eventually("the credential is Ready", w.isReady)
	w.eventually("RotationHealthy says that the Secret is immutable", func() bool {
		return w.is(v1alpha1.ConditionRotationHealthy, metav1.ConditionFalse, v1alpha1.ReasonSecretImmutable)
	})
	w.eventually("a Warning says so", func() bool { return w.warned(v1alpha1.ReasonSecretImmutable, "web-shop") })

	w.delete(w.secret(""))
	w.create(w.secret(firstValue))
	w.eventually("RotationHealthy is True once the Secret can be changed", func() bool {
		return w.is(v1alpha1.ConditionRotationHealthy, metav1.ConditionTrue, "") && w.isReady()
	})
}

func TestAnImmutableSecretThatIsRejectedStallsAndNothingIsMade(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.createAll(w.immutable(wrongValue), w.credential())
	w.eventually("the credential is stalled", func() bool {
		return w.is(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSecretImmutable) &&
			w.is(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretImmutable)
	})
	w.eventually("a Warning says so", func() bool { return w.warned(v1alpha1.ReasonSecretImmutable, "web-shop") })
	if got := w.atOkta(); got != "first ACTIVE" || w.value() != wrongValue {
		t.Errorf("something was changed: at Okta %s", got)
	}

	w.delete(w.secret(""))
	w.create(w.secret(wrongValue))
	w.eventually("the credential heals once the Secret can be changed", func() bool { return w.isReady() && w.holdsWorkingValue() })
	w.eventuallyAtOkta("first ACTIVE, ours ACTIVE")
}

func TestTheOlderOfTwoCredentialsKeepsTheSecret(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy()
	second := w.credential(func(c *v1alpha1.OktaClientCredential) { c.Name = "web-shop-too" })
	w.create(second)
	named := func(status metav1.ConditionStatus, reason string) func() bool {
		return func() bool {
			return w.exists(second) && has(second, v1alpha1.ConditionReady, status, reason)
		}
	}
	w.eventually("the younger one says that there is a conflict", named(metav1.ConditionFalse, v1alpha1.ReasonConflict))
	w.eventually("a Warning says so", func() bool { return w.warned(v1alpha1.ReasonConflict, "web-shop-too") })
	w.checkNow()
	w.eventually("the older one goes on", w.isReady)

	w.delete(w.credential())
	w.eventually("the younger one takes over when the older one is gone", named(metav1.ConditionTrue, v1alpha1.ReasonAccepted))
	if w.changesAtOkta("") != 0 || w.value() != firstValue {
		t.Error("the conflict changed something")
	}
}
