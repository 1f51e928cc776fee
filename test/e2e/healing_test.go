//go:build e2e

package e2e

import (
	"testing"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

func TestARevokedSecretHealsInACluster(t *testing.T) {
	t.Parallel()
	w := given(t, "0oae2ewebshop0000000")
	first := w.plantSecret()
	w.apply(w.secret(first), w.credential())
	w.eventually("the credential is Ready", w.isReady)

	w.revoke(first)
	w.eventually("the Secret holds a new value", func() bool { return !w.value().Equal(first) })
	w.eventually("the credential is Ready again", w.isReady)

	if got := w.askToken(first); got != "401 invalid_client" {
		t.Errorf("Okta answers the revoked secret with %q", got)
	}
	if got := w.askToken(w.value()); got != "400 invalid_grant" {
		t.Errorf("Okta answers the new secret with %q; it authenticates a client before it looks at the made-up code", got)
	}
	w.describeTells([]string{
		v1alpha1.ReasonAccepted, v1alpha1.ReasonRejectionUnconfirmed, v1alpha1.ReasonRotationStarted,
		v1alpha1.ReasonSecretCreated, v1alpha1.ReasonSecretVerified, v1alpha1.ReasonSecretPromoted,
	}, first, w.value())
	w.operatorWasNeverForbidden()
}
