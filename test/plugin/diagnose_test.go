package plugin

import (
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// situations of a credential in a cluster.
var situations = map[string]struct {
	golden string
	spoil  func(*world)
	args   []string
	code   int
	// asked is how many requests /token gets at most: 0 unless the person allows it.
	asked int
}{
	"all is well": {golden: "healthy", spoil: func(*world) {}},
	"a secret that is refused, with a rotation at work": {golden: "rotating", code: 1, spoil: func(w *world) {
		w.rejected()
		w.condition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonRotating, "A new client secret is being verified.")
		w.credential.Status.Rotation = v1alpha1.RotationStatus{Cause: "SecretRejected", Step: "Verify", Attempts: 1}
	}},
	"a secret that is refused, in mode Observe": {golden: "observe", code: 1, spoil: func(w *world) {
		w.rejected()
		w.credential.Spec.Mode = v1alpha1.ModeObserve
		w.condition(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonObserving, "The application would get a new client secret, but spec.mode is Observe.")
	}},
	"a secret that is refused, after too many attempts": {golden: "halted", code: 1, spoil: func(w *world) {
		w.rejected()
		w.condition(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonHalted, "5 rotations failed in a row.")
	}},
	"a secret that is refused, with both slots taken": {golden: "slots-full", code: 1, spoil: func(w *world) {
		w.rejected()
		w.condition(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSlotsFull, "The application has two client secrets: ocs1 and ocs2.")
	}},
	"a suspended credential with a refused secret": {golden: "suspended", code: 1, spoil: func(w *world) {
		w.rejected()
		w.credential.Spec.Suspend = true
	}},
	"a newline in the Secret, not yet repaired": {golden: "newline", code: 1, spoil: func(w *world) {
		w.secret.Data["client_secret"] = []byte(storedSecret + "\n")
		w.verdict(v1alpha1.VerdictSecretMalformed, "The stored value has a newline at the end; without it, it is ACTIVE secret ocs1.", "")
		w.condition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretMalformed, "The stored value has a newline at the end.")
		w.condition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonRepairing, "The clean value is about to be written.")
	}},
	"an application that authenticates in another way": {golden: "method-mismatch", code: 1, spoil: func(w *world) {
		w.credential.Spec.TokenEndpointAuthMethod = v1alpha1.AuthMethodBasic
		w.verdict(v1alpha1.VerdictMethodMismatch, "The application is set to client_secret_post, and client_secret_basic is used.", "Set tokenEndpointAuthMethod to ClientSecretPost.")
		w.condition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonMethodMismatch, "The application is set to client_secret_post.")
	}},
	"an issuer of another org in the Secret": {golden: "wrong-tenant", code: 1, spoil: func(w *world) {
		w.credential.Spec.SecretRef.IssuerKey = "issuer"
		w.secret.Data["issuer"] = []byte(w.elsewhere.URL + "/oauth2/default")
	}},
	"an issuer with another authorization server": {golden: "wrong-server", code: 1, spoil: func(w *world) {
		w.credential.Spec.SecretRef.IssuerKey = "issuer"
		w.secret.Data["issuer"] = []byte(w.server.URL)
	}},
	"a client secret under the key of the issuer": {golden: "secret-as-issuer", code: 1, spoil: func(w *world) {
		w.credential.Spec.SecretRef.IssuerKey = "issuer"
		w.secret.Data["issuer"] = []byte(otherSecret)
	}},
	"an authorization server that is not there": {golden: "no-such-server", code: 1, spoil: func(w *world) {
		w.credential.Spec.AuthorizationServer = "aus9s3ami4MYXHX9H2p7"
		w.verdict(v1alpha1.VerdictWrongAuthorizationServer, `The org has no authorization server "aus9s3ami4MYXHX9H2p7".`, "Set spec.authorizationServer to the id in the issuer of your applications.")
		w.condition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonWrongAuthorizationServer, "There is no such authorization server.")
	}},
	"another org than before behind the connection": {golden: "moved", code: 1, spoil: func(w *world) {
		w.connection.Status.OrganizationID = "00oTheOldOrg0000000x"
	}},
	"client id and client secret swapped": {golden: "swapped", code: 1, spoil: func(w *world) {
		w.secret.Data["client_id"], w.secret.Data["client_secret"] = []byte(storedSecret), []byte(clientID)
		w.rejected()
		w.condition(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonClientIDMismatch, "The Secret holds another client id.")
	}},
	"no Secret": {golden: "no-secret", code: 1, spoil: func(w *world) {
		w.secret = nil
		w.credential.Status = v1alpha1.OktaClientCredentialStatus{}
		w.condition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretMissing, "The Secret that secretRef names is not there.")
	}},
	"no connection": {golden: "no-connection", code: 1, spoil: func(w *world) {
		w.connection = nil
		w.credential.Status = v1alpha1.OktaClientCredentialStatus{}
		w.condition(v1alpha1.ConditionReady, metav1.ConditionUnknown, v1alpha1.ReasonConnectionNotFound, "The connection is not there.")
	}},
	"a person who may not read Secrets": {golden: "forbidden-secret", spoil: func(w *world) {
		reader(w, "okta-reader", []string{"oktaclientcredentials", "clusteroktaconnections"})
	}},
	"a person who may read nothing else": {golden: "forbidden-connection", spoil: func(w *world) {
		reader(w, "okta-credential-reader", []string{"oktaclientcredentials"})
	}, code: 2},
	"an answer that is too old": {golden: "stale", code: 2, spoil: func(w *world) {
		w.condition(v1alpha1.ConditionReady, metav1.ConditionUnknown, v1alpha1.ReasonCheckStale, "The last usable answer is older than validation.staleAfter.")
		w.condition(v1alpha1.ConditionSecretValid, metav1.ConditionUnknown, v1alpha1.ReasonCheckStale, "The last usable answer is older than validation.staleAfter.")
	}},
	"a connection that does not work, so that no rotation would": {golden: "connection-unusable", code: 1, spoil: func(w *world) {
		w.connection.Status.Conditions = []metav1.Condition{{
			Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonAdminCredentialRejected, Message: "Okta refuses the API token.",
			LastTransitionTime: metav1.NewTime(time.Unix(1_700_000_000, 0)),
		}}
		w.condition(v1alpha1.ConditionRotationHealthy, metav1.ConditionFalse, v1alpha1.ReasonAdminCredentialRejected, "The connection's admin credential cannot be used.")
	}},
	"a secret that was rotated lately": {golden: "rotated", spoil: func(w *world) {
		at := metav1.NewTime(time.Unix(1_700_000_000, 0))
		for _, reason := range []string{
			v1alpha1.ReasonRotationStarted, v1alpha1.ReasonSecretCreated, v1alpha1.ReasonSecretVerified, v1alpha1.ReasonSecretPromoted,
		} {
			w.credential.Status.History = append(w.credential.Status.History, v1alpha1.HistoryEntry{Time: at, Reason: reason, Message: "It happened."})
		}
		w.credential.Status.Rotation.Next = "Secret ocs1 is deactivated after the overlap."
	}},
	"offline": {golden: "offline", args: []string{"--offline"}, spoil: func(*world) {}},
	"asking Okta, which refuses what the operator held for good": {golden: "ask-refused", args: []string{"--ask-okta"}, code: 1, asked: 1, spoil: func(w *world) {
		w.secret.Data["client_secret"] = []byte(otherSecret)
	}},
	"asking Okta, for machines": {golden: "ask-accepted-json", args: []string{"--ask-okta", "-o", "json"}, asked: 2, spoil: func(*world) {}},
	"a credential that is not there": {golden: "no-credential", code: 2, spoil: func(w *world) {
		w.credential = nil
	}},
}

// reader asks as somebody who may only get these resources.
func reader(w *world, name string, resources []string) {
	w.as(name, rbacv1.PolicyRule{APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: resources, Verbs: []string{"get"}})
}

func TestDiagnoseACredential(t *testing.T) {
	t.Parallel()
	for name, s := range situations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := given(t, s.spoil)
			out, code := w.diagnose(s.args...)
			if code != s.code {
				t.Errorf("exit code %d, want %d", code, s.code)
			}
			asked := w.org.Count(oktasim.RouteServerToken) + w.org.Count(oktasim.RouteToken)
			if asked > s.asked || asked == 0 && s.asked > 0 {
				t.Errorf("Okta was asked %d times about the secret, want at most %d, and 0 only for 0", asked, s.asked)
			}
			w.compare(s.golden, out)
		})
	}
}
