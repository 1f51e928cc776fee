package integration

import (
	"testing"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

func TestARejectedSecretHeals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		damage func(w *world)
		atOkta string
	}{
		"deleted at Okta, one slot free": {(*world).revoke, "stranger ACTIVE, ours ACTIVE"},
		"deactivated at Okta beside a stranger's": {func(w *world) {
			w.org.AddSecret(clientID, redact.NewValue(strangerValue), oktasim.Active)
			w.mustAtOkta(w.org.DeactivateSecret(clientID, w.firstID))
		}, "stranger ACTIVE, ours ACTIVE"},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{})
			w.healthy()
			test.damage(w)
			w.checkNow()
			w.eventually("the Secret holds a new value that Okta accepts", func() bool {
				return w.value() != firstValue && w.holdsWorkingValue()
			})
			w.eventually("the credential is Ready", w.isReady)
			w.eventuallyAtOkta(test.atOkta)
			if s := w.target(); string(s.Data["issuer"]) != "https://example.okta.com" || s.Annotations["team"] != "shop" || string(s.Data["client_id"]) != clientID {
				t.Errorf("what is not ours in the Secret was changed: %v %v", s.Annotations, s.Data)
			}
			for _, reason := range []string{v1alpha1.ReasonRejectionUnconfirmed, v1alpha1.ReasonRotationStarted, v1alpha1.ReasonSecretCreated, v1alpha1.ReasonSecretVerified, v1alpha1.ReasonSecretPromoted, v1alpha1.ReasonAccepted} {
				w.eventually("there is an event "+reason, func() bool { return w.hasEvent(reason) })
			}
		})
	}
}
