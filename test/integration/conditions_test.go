package integration

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// trouble is something wrong in the world: what the credential says of it, and what mends it.
type trouble struct {
	given  func(w *world)
	status metav1.ConditionStatus
	reason string
	// says is what the message must tell a person.
	says string
	// unasked: the org must not have been asked anything about the client.
	unasked bool
	mend    func(w *world)
}

func TestEachTroubleInTheClusterIsNamedAndPassesWhenMended(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]trouble{
		"the Secret is missing": {
			given: func(w *world) { w.create(w.credential()) }, status: metav1.ConditionFalse, reason: v1alpha1.ReasonSecretMissing, says: "create it", unasked: true,
			mend: func(w *world) { w.create(w.secret(firstValue)) },
		},
		"the key is missing": {
			given: func(w *world) { w.createAll(w.without("client_secret"), w.credential()) }, status: metav1.ConditionFalse, reason: v1alpha1.ReasonKeyMissing, says: "add the client secret", unasked: true,
			mend: func(w *world) { w.put("client_secret", firstValue) },
		},
		"the value is empty": {
			given: func(w *world) { w.createAll(w.secret(""), w.credential()) }, status: metav1.ConditionFalse, reason: v1alpha1.ReasonValueEmpty, says: "put the value in", unasked: true,
			mend: func(w *world) { w.put("client_secret", firstValue) },
		},
		"there is no client id": {
			given: func(w *world) { w.createAll(w.without("client_id"), w.credential(withoutClientID)) }, status: metav1.ConditionFalse, reason: v1alpha1.ReasonClientIDMissing, says: "Add the client id to the Secret", unasked: true,
			mend: func(w *world) { w.put("client_id", clientID) },
		},
		"the Secret holds another client's id": {
			given: func(w *world) {
				other := w.secret(firstValue)
				other.Data["client_id"] = []byte("0oaother")
				w.createAll(other, w.credential())
			}, status: metav1.ConditionFalse, reason: v1alpha1.ReasonClientIDMismatch, says: "another client id", unasked: true,
			mend: func(w *world) { w.put("client_id", clientID) },
		},
		"the connection is missing": {
			given: func(w *world) {
				w.createAll(w.secret(firstValue), w.credential())
			}, status: metav1.ConditionFalse, reason: v1alpha1.ReasonConnectionNotFound, says: "is not there: create it", unasked: true,
			mend: func(w *world) { w.connect(w.server.URL) },
		},
		"the connection allows another client":    disallowed(func(rule *v1alpha1.AllowRule) { rule.ClientIDs = []string{"0oaother"} }),
		"the connection allows another namespace": disallowed(func(rule *v1alpha1.AllowRule) { rule.Namespaces = []string{"other"} }),
		"the connection allows other labels": disallowed(func(rule *v1alpha1.AllowRule) {
			rule.Namespaces, rule.NamespaceSelector = nil, &metav1.LabelSelector{MatchLabels: map[string]string{"team": "billing"}}
		}),
		"the connection allows another mode": disallowed(func(rule *v1alpha1.AllowRule) { rule.Modes = []v1alpha1.Mode{v1alpha1.ModeObserve} }),
		"the credential is suspended": {
			given: func(w *world) {
				w.createAll(w.secret(firstValue), w.credential(func(c *v1alpha1.OktaClientCredential) { c.Spec.Suspend = true }))
			}, status: metav1.ConditionUnknown, reason: v1alpha1.ReasonSuspended, says: "spec.suspend", unasked: true,
			mend: func(w *world) {
				change(w, w.credential(), func(c *v1alpha1.OktaClientCredential) { c.Spec.Suspend = false })
			},
		},
		"the connection is suspended": {
			given: func(w *world) {
				change(w, w.connection(), func(c *v1alpha1.ClusterOktaConnection) { c.Spec.Suspend = true })
				w.createAll(w.secret(firstValue), w.credential())
			}, status: metav1.ConditionUnknown, reason: v1alpha1.ReasonSuspended, says: "connection is suspended", unasked: true,
			mend: func(w *world) {
				change(w, w.connection(), func(c *v1alpha1.ClusterOktaConnection) { c.Spec.Suspend = false })
			},
		},
		"the journal cannot be read": {
			given: func(w *world) {
				w.healthy()
				change(w, w.journal(), func(s *corev1.Secret) { s.Data["journal.json"] = []byte("{") })
			}, status: metav1.ConditionFalse, reason: v1alpha1.ReasonJournalUnreadable, says: "web-shop-rotation",
			mend: func(w *world) { w.delete(w.journal()) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oktasim.Options{})
			if test.reason != v1alpha1.ReasonConnectionNotFound {
				w.connect(w.server.URL)
			}
			test.try(w)
		})
	}
}

// disallowed is a connection whose one rule does not fit until it is mended.
func disallowed(narrow func(*v1alpha1.AllowRule)) trouble {
	return trouble{
		given: func(w *world) {
			change(w, w.connection(), func(c *v1alpha1.ClusterOktaConnection) { narrow(&c.Spec.Allow[0]) })
			w.createAll(w.secret(firstValue), w.credential())
		}, status: metav1.ConditionFalse, reason: v1alpha1.ReasonConnectionDenied, says: "spec.allow", unasked: true,
		mend: func(w *world) {
			change(w, w.connection(), func(c *v1alpha1.ClusterOktaConnection) {
				c.Spec.Allow = []v1alpha1.AllowRule{{Namespaces: []string{w.namespace}, ClientIDs: []string{clientID}}}
			})
		},
	}
}

func TestEachTroubleAtOktaIsNamedAndPassesWhenMended(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]trouble{
		"two strangers' secrets leave no room": {
			given: func(w *world) {
				w.org.AddSecret(clientID, redact.NewValue(strangerValue), oktasim.Active)
				w.createAll(w.secret(wrongValue), w.credential())
			}, status: metav1.ConditionFalse, reason: v1alpha1.ReasonSlotsFull, says: " annotate occ web-shop oktacred.dev/release-secret=",
			mend: func(w *world) { w.annotate(v1alpha1.AnnotationReleaseSecret, w.firstID) },
		},
		"nothing proves that the value was the client's": {
			given: func(w *world) {
				stored := w.without("client_id")
				stored.Data["client_secret"] = []byte(wrongValue)
				w.createAll(stored, w.credential())
			}, status: metav1.ConditionFalse, reason: v1alpha1.ReasonOwnershipUnproven, says: v1alpha1.AnnotationRotate,
			mend: func(w *world) { w.annotate(v1alpha1.AnnotationRotate, "yes, overwrite it") },
		},
		"the application is inactive and looks like a wrong secret": {
			given: func(w *world) {
				w.org.SetUnknowns(oktasim.Unknowns{InactiveApp: oktasim.RefuseAsWrongSecret})
				w.setApp(func(a *oktasim.App) { a.Status = oktasim.Inactive })
				w.createAll(w.secret(firstValue), w.credential())
			}, status: metav1.ConditionFalse, reason: v1alpha1.ReasonApplicationInactive, says: "ctivate",
			mend: func(w *world) { w.setApp(func(a *oktasim.App) { a.Status = oktasim.Active }) },
		},
		"the client is unknown": {
			given: func(w *world) {
				w.mustAtOkta(w.org.DeleteApp(clientID))
				w.createAll(w.secret(firstValue), w.credential())
			}, status: metav1.ConditionFalse, reason: v1alpha1.ReasonClientUnknown, says: "client_id",
			mend: func(w *world) {
				w.org.AddApp(oktasim.App{ID: clientID})
				w.org.AddSecret(clientID, redact.NewValue(firstValue), oktasim.Active)
			},
		},
		"the client is outside of its network zone": {
			given: func(w *world) {
				w.setApp(func(a *oktasim.App) { a.OutsideNetworkZone = true })
				w.createAll(w.secret(firstValue), w.credential())
			}, status: metav1.ConditionFalse, reason: v1alpha1.ReasonForbidden, says: "network zones",
			mend: func(w *world) { w.setApp(func(a *oktasim.App) { a.OutsideNetworkZone = false }) },
		},
		"the two endpoints contradict each other": {
			given: func(w *world) {
				w.refuseEverything(oktasim.RouteToken)
				w.org.Fault(oktasim.Fault{Route: oktasim.RouteRevoke, Kind: oktasim.FaultAnswer, Status: 200})
				w.createAll(w.secret(wrongValue), w.credential())
			}, status: metav1.ConditionFalse, reason: v1alpha1.ReasonSecondOpinionDiffers, says: "revocation endpoint does not",
			mend: func(w *world) { w.org.ClearFaults(); w.put("client_secret", firstValue) },
		},
		"a secret is rejected that Okta lists as ACTIVE": {
			given: func(w *world) {
				w.refuseEverything(oktasim.RouteToken, oktasim.RouteRevoke)
				w.createAll(w.secret(firstValue), w.credential())
			}, status: metav1.ConditionFalse, reason: v1alpha1.ReasonRejectedButActive, says: "a new one would not help",
			mend: func(w *world) { w.org.ClearFaults() },
		},
		"the applicationID is another client's": {
			given: func(w *world) {
				w.org.AddApp(oktasim.App{ID: "0oaother"})
				w.revoke()
				w.createAll(w.secret(firstValue), w.credential(func(c *v1alpha1.OktaClientCredential) { c.Spec.ApplicationID = "0oaother" }))
			}, status: metav1.ConditionFalse, reason: v1alpha1.ReasonApplicationMismatch, says: "0oaother",
			mend: func(w *world) { w.put("client_secret", w.org.Secrets(clientID)[0].Value.Reveal()) },
		},
		"the admin API hides the application": {
			given: func(w *world) {
				w.revoke()
				w.org.Fault(oktasim.Fault{Route: oktasim.RouteGetApp, Kind: oktasim.FaultStatus, Status: 404})
				w.createAll(w.secret(firstValue), w.credential())
			}, status: metav1.ConditionFalse, reason: v1alpha1.ReasonApplicationNotFound, says: "resource set",
			mend: func(w *world) { w.org.ClearFaults() },
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{})
			test.try(w)
			if n := w.changesAtOkta(""); n > 3 {
				t.Errorf("the operator made %d changes at Okta", n)
			}
		})
	}
}

// try waits for the trouble to be named, mends it, and waits until all is well.
func (test trouble) try(w *world) {
	w.t.Helper()
	test.given(w)
	w.eventually("Ready is "+string(test.status)+" "+test.reason, func() bool { return w.is(v1alpha1.ConditionReady, test.status, test.reason) })
	if message := w.message(v1alpha1.ConditionReady); !strings.Contains(strings.ToLower(message), strings.ToLower(test.says)) {
		w.t.Errorf("the message does not say %q: %s", test.says, message)
	}
	w.eventually("an event says so, a Warning unless somebody asked for it", func() bool {
		return w.warned(test.reason, "web-shop") || (test.reason == v1alpha1.ReasonSuspended && w.hasEvent(test.reason))
	})
	if asked := w.asked(); test.unasked && asked != 0 {
		w.t.Errorf("the org was asked %d times about the client", asked)
	}
	if changes := w.changesAtOkta(""); changes != 0 {
		w.t.Errorf("the operator made %d changes at Okta before anything was mended", changes)
	}
	test.mend(w)
	w.eventually("the credential is Ready once it is mended", w.isReady)
	if w.is(v1alpha1.ConditionStalled, metav1.ConditionTrue, "") {
		w.t.Error("it is Ready and Stalled")
	}
}
