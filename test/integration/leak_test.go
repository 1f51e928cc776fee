package integration

import (
	"strings"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// swapped has the credential read each of the Secret's two values under the other's key.
func swapped(c *v1alpha1.OktaClientCredential) {
	c.Spec.ClientID, c.Spec.SecretRef.ClientIDKey, c.Spec.SecretRef.ClientSecretKey = "", "client_secret", "client_id"
}

// TestSwappedKeysPublishNoClientSecret: with the two keys swapped the client secret stands where a client id should. Each world is
// scanned for it at its end, and it may be in no address at Okta.
func TestSwappedKeysPublishNoClientSecret(t *testing.T) {
	answers := func(status int, body string) func(*world) {
		return func(w *world) {
			w.org.Fault(oktasim.Fault{
				Route: oktasim.RouteToken, Kind: oktasim.FaultAnswer, Status: status, ContentType: "application/json", Times: 1000, Body: body,
			})
		}
	}
	saysNothing := func(*world) {}
	for name, test := range map[string]struct {
		edit  func(*v1alpha1.OktaClientCredential)
		okta  func(*world)
		then  func(*world)
		kind  string
		is    metav1.ConditionStatus
		after string
	}{
		"Okta does not know the client": {
			edit: func(*v1alpha1.OktaClientCredential) {}, okta: saysNothing, then: saysNothing,
			kind: v1alpha1.ConditionReady, is: metav1.ConditionFalse, after: v1alpha1.ReasonClientUnknown,
		},
		"applicationID is given": {
			edit: func(c *v1alpha1.OktaClientCredential) { c.Spec.ApplicationID = clientID }, okta: saysNothing, then: saysNothing,
			kind: v1alpha1.ConditionStalled, is: metav1.ConditionTrue, after: v1alpha1.ReasonClientUnknown,
		},
		"applicationID is given, and a new secret is asked for": {
			edit: func(c *v1alpha1.OktaClientCredential) { c.Spec.ApplicationID = clientID }, okta: saysNothing,
			then: func(w *world) { w.annotate(v1alpha1.AnnotationRotate, "now") },
			kind: v1alpha1.ConditionRotationHealthy, is: metav1.ConditionFalse, after: v1alpha1.ReasonApplicationMismatch,
		},
		"a new secret is asked for": {
			edit: func(*v1alpha1.OktaClientCredential) {}, okta: saysNothing,
			then: func(w *world) { w.annotate(v1alpha1.AnnotationRotate, "now") },
			kind: v1alpha1.ConditionRotationHealthy, is: metav1.ConditionFalse, after: v1alpha1.ReasonApplicationNotFound,
		},
		"a new secret is asked for while Okta throttles": {
			edit: func(*v1alpha1.OktaClientCredential) {}, okta: answers(429, `{"errorCode":"E0000047","errorSummary":"API call exceeded rate limit due to too many requests."}`),
			then: func(w *world) { w.annotate(v1alpha1.AnnotationRotate, "now") },
			kind: v1alpha1.ConditionRotationHealthy, is: metav1.ConditionFalse, after: v1alpha1.ReasonApplicationNotFound,
		},
		"Okta has no such authorization server": {
			edit: func(c *v1alpha1.OktaClientCredential) { c.Spec.AuthorizationServer = "aus0nowhere" }, okta: saysNothing, then: saysNothing,
			kind: v1alpha1.ConditionReady, is: metav1.ConditionFalse, after: v1alpha1.ReasonWrongAuthorizationServer,
		},
		"Okta leaves open what is wrong": {
			edit: func(*v1alpha1.OktaClientCredential) {},
			okta: answers(401, `{"error":"invalid_client","error_description":"Client authentication failed. Either the client or the client credentials are invalid."}`),
			then: saysNothing, kind: v1alpha1.ConditionReady, is: metav1.ConditionFalse, after: v1alpha1.ReasonUnrecognized,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{}, func(_ *world, c *v1alpha1.ClusterOktaConnection) { c.Spec.Allow[0].ClientIDs = []string{"*"} })
			test.okta(w)
			var inAddress atomic.Bool
			w.org.OnCall(func(call oktasim.Call) {
				if strings.Contains(call.Path, firstValue) {
					inAddress.Store(true)
				}
			})
			w.createAll(w.secret(firstValue), w.credential(swapped, test.edit))
			w.eventually("the credential was looked at", func() bool { return w.message(v1alpha1.ConditionReady) != "" })
			test.then(w)
			w.eventually("the status says why", func() bool { return w.is(test.kind, test.is, test.after) })
			if id := w.now().Status.ClientID; id != "" {
				t.Errorf("status.clientID holds what stands under a wrong key")
			}
			if inAddress.Load() {
				t.Error("what may be a secret was in an address at Okta")
			}
		})
	}
}
