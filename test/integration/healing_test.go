package integration

import (
	"context"
	"testing"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

func cleanupContext() context.Context { return context.Background() }

func TestARejectedSecretHeals(t *testing.T) {
	for name, test := range map[string]struct {
		break_ func(w *world)
		atOkta string
	}{
		"deleted at Okta, one slot free": {
			func(w *world) {
				if err := w.org.RevokeSecret(clientID, w.firstID); err != nil {
					w.t.Fatal(err)
				}
			},
			"ours ACTIVE, ours ACTIVE",
		},
		"deactivated at Okta beside a stranger's": {
			func(w *world) {
				w.org.AddSecret(clientID, redact.NewValue(strangerValue), oktasim.Active)
				if err := w.org.DeactivateSecret(clientID, w.firstID); err != nil {
					w.t.Fatal(err)
				}
			},
			"stranger ACTIVE, ours ACTIVE",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{})
			w.healthy()
			test.break_(w)
			w.checkNow()
			w.eventually("the Secret holds a new value that Okta accepts", func() bool {
				return w.value() != firstValue && w.holdsWorkingValue()
			})
			w.eventually("the credential is Ready", w.isReady)
			w.eventually("Okta lists "+test.atOkta, func() bool { return w.atOkta() == test.atOkta })
			if s := w.target(); string(s.Data["issuer"]) != "https://example.okta.com" || s.Annotations["team"] != "shop" || string(s.Data["client_id"]) != clientID {
				t.Errorf("what is not ours in the Secret was changed: %v %v", s.Annotations, s.Data)
			}
			for _, reason := range []string{v1alpha1.ReasonRejectionUnconfirmed, v1alpha1.ReasonRotationStarted, v1alpha1.ReasonSecretCreated, v1alpha1.ReasonSecretVerified, v1alpha1.ReasonSecretPromoted, v1alpha1.ReasonAccepted} {
				w.eventually("there is an event "+reason, func() bool { return w.hasEvent(reason) })
			}
		})
	}
}
