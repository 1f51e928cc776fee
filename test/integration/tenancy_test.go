package integration

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/journal"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// A tenant may write its own client id, another's application id and a journal of its own into its namespace: that must not
// reach the secrets of the other application.
func TestAForgedJournalReachesNoOtherApplication(t *testing.T) {
	t.Parallel()
	const victim = "0oapayroll0000000001"
	for name, forged := range map[string]rotation.Record{
		"with a secret to be created": {Staged: &rotation.Staged{Value: redact.NewValue("aValueThatTheTenantKnows-0123456789012345"), Cause: rotation.CauseCommand}},
		"with a secret to be retired": {Retired: []rotation.Retired{{Hash: redact.NewValue(strangerValue).Hash(), Made: true, At: time.Unix(1, 0)}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{})
			w.org.AddApp(oktasim.App{ID: victim, Label: "Payroll"})
			w.org.AddSecret(victim, redact.NewValue("theSecretOfThePayrollApplication-0123456789"), oktasim.Active)
			w.org.AddSecret(victim, redact.NewValue(strangerValue), oktasim.Active)
			w.create(w.secret(firstValue))
			w.create(w.credential(func(c *v1alpha1.OktaClientCredential) { c.Spec.ApplicationID, c.Spec.Suspend = victim, true }))
			forged.Binding = rotation.Binding{CredentialUID: string(w.now().UID), Org: w.server.URL, ApplicationID: victim}
			forged.ClientID = clientID
			w.plantJournal(forged)
			change(w, w.now(), func(c *v1alpha1.OktaClientCredential) { c.Spec.Suspend = false })
			w.eventually("the application was compared with the client", func() bool { return w.org.Count(oktasim.RouteGetApp) > 0 })
			w.eventually("what was found is in the status", func() bool {
				return len(w.now().Status.Conditions) > 0 && !w.is(v1alpha1.ConditionReady, metav1.ConditionUnknown, v1alpha1.ReasonSuspended)
			})
			for _, route := range []string{oktasim.RouteListSecrets, oktasim.RouteCreateSecret, oktasim.RouteDeactivateSecret, oktasim.RouteDeleteSecret} {
				if n := w.org.Count(route); n != 0 {
					t.Errorf("%s was called %d times", route, n)
				}
			}
		})
	}
}

func (w *world) plantJournal(record rotation.Record) {
	w.t.Helper()
	data, err := journal.Encode(record)
	if err != nil {
		w.t.Fatal(err)
	}
	w.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "web-shop-rotation"},
		Type:       "oktacred.dev/rotation-journal", Data: map[string][]byte{"journal.json": data},
	})
}
