package integration

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// With the two keys swapped the client secret stands where a client id should: each world is scanned for it at its end.
func TestSwappedKeysPublishNoClientSecret(t *testing.T) {
	w := given(t, oktasim.Options{}, func(_ *world, c *v1alpha1.ClusterOktaConnection) { c.Spec.Allow[0].ClientIDs = []string{"*"} })
	w.createAll(w.secret(firstValue), w.credential(func(c *v1alpha1.OktaClientCredential) {
		c.Spec.ClientID, c.Spec.SecretRef.ClientIDKey, c.Spec.SecretRef.ClientSecretKey = "", "client_secret", "client_id"
	}))
	w.eventually("Okta does not know the client", func() bool {
		return w.is(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonClientUnknown)
	})
	if id := w.now().Status.ClientID; id != "" {
		t.Errorf("status.clientID holds what stands under a wrong key")
	}
}
