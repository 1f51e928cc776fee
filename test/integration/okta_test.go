package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

const (
	// adminID is the operator's own service application at Okta.
	adminID       = "0oaoperator000000000"
	strangerValue = "Rk3strangerV8mQx1ZtYw6NbJ0pLcHsDgFe2UaOi5"
	otherValue    = "Hy5otherB2nPq7XkVw9TzMj4RcLsGdEf1UaIo0Y6"
	wrongValue    = "Wm9wrongT4cKx2QvZb6NyJp8LsHdGf3UeAoI1rY7"
)

// newAdminKey makes a private key as PEM and its public half as Okta takes it.
func newAdminKey(t *testing.T) (private []byte, public jose.JSONWebKeySet) {
	t.Helper()
	key, public, err := oktasim.NewServiceKey("k1")
	if err != nil {
		t.Fatal(err)
	}

	return []byte(key.Reveal()), public
}

// connect makes a cluster connection that allows the namespace its client, with private_key_jwt.
func (w *world) connect(url string, edits ...func(*world, *v1alpha1.ClusterOktaConnection)) {
	w.t.Helper()
	private, public := newAdminKey(w.t)
	w.org.AddServiceApp(adminID, public, []string{"okta.apps.read", "okta.apps.manage"}, oktasim.Role{})
	w.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: w.namespace},
		Data:       map[string][]byte{"private-key": private},
	})
	connection := &v1alpha1.ClusterOktaConnection{
		ObjectMeta: metav1.ObjectMeta{Name: w.namespace},
		Spec: v1alpha1.ClusterConnectionSpec{
			ConnectionSpec: v1alpha1.ConnectionSpec{
				OrgURL: url,
				Auth: v1alpha1.ConnectionAuth{PrivateKeyJWT: &v1alpha1.PrivateKeyJWTAuth{
					ClientID: adminID, KeyID: "k1",
					PrivateKeySecretRef: v1alpha1.LocalSecretKeyReference{Name: w.namespace, Key: "private-key"},
				}},
			},
			CABundle: string(w.server.CA),
			Allow:    []v1alpha1.AllowRule{{Namespaces: []string{w.namespace}, ClientIDs: []string{clientID}}},
		},
	}
	for _, edit := range edits {
		edit(w, connection)
	}
	w.create(connection)
}

// connection is the cluster connection of this world, for edits.
func (w *world) connection() *v1alpha1.ClusterOktaConnection {
	return &v1alpha1.ClusterOktaConnection{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}}
}

// atOkta describes the application's secrets at Okta: "first ACTIVE, ours ACTIVE, stranger INACTIVE".
func (w *world) atOkta() string {
	names := []string{}
	for _, s := range w.org.Secrets(clientID) {
		name := "ours"
		switch {
		case s.ID == w.firstID:
			name = "first"
		case s.CreatedBy != adminID:
			name = "stranger"
		}
		names = append(names, fmt.Sprintf("%s %s", name, s.Status))
	}

	return strings.Join(names, ", ")
}

// eventuallyAtOkta waits until Okta lists what atOkta describes.
func (w *world) eventuallyAtOkta(want string) {
	w.t.Helper()
	w.eventually("Okta lists "+want, func() bool { return w.atOkta() == want })
}

// holdsWorkingValue says whether Okta lists the Secret's value as ACTIVE.
func (w *world) holdsWorkingValue() bool {
	for _, s := range w.org.Secrets(clientID) {
		if s.Status == oktasim.Active && s.Value.Equal(redact.NewValue(w.value())) {
			return true
		}
	}

	return false
}

// changesAtOkta is how often the operator has changed a secret at Okta, by Okta's own audit log; of one kind (create,
// activate, deactivate, delete), or of all when kind is empty.
func (w *world) changesAtOkta(kind string) int {
	n := 0
	for _, event := range w.org.Events() {
		if event.ActorID == adminID && strings.HasPrefix(event.Type, "app.oauth2.credentials.lifecycle."+kind) {
			n++
		}
	}

	return n
}

// doneAtOkta is when the operator did something of a kind to a client secret last, by Okta's events; zero when it has not.
func (w *world) doneAtOkta(kind string) (at time.Time) {
	for _, event := range w.org.Events() {
		if event.ActorID == adminID && event.Type == "app.oauth2.credentials.lifecycle."+kind {
			at = event.Published
		}
	}

	return at
}

// asked is how many requests the org had about the client: checks, second opinions, and questions to the admin API.
func (w *world) asked() int {
	n := 0
	for _, request := range w.org.Requests() {
		if request.ClientID == clientID || strings.HasPrefix(request.Path, "/api/v1/apps/"+clientID) {
			n++
		}
	}

	return n
}

// checks is how many requests about the client the token endpoint had.
func (w *world) checks() int { return len(w.checkTimes()) }

func (w *world) mustAtOkta(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("at Okta: %v", err)
	}
}

// setApp changes the application, as a person does at Okta.
func (w *world) setApp(change func(*oktasim.App)) {
	w.t.Helper()
	w.mustAtOkta(w.org.ChangeApp(clientID, change))
}

// revoke makes the value of the Secret one that Okta no longer knows. A stranger's secret takes its place.
func (w *world) revoke() {
	w.t.Helper()
	w.mustAtOkta(w.org.RevokeSecret(clientID, w.firstID))
}

// refuseEverything answers the client as a wrong secret is answered, whatever it sends.
func (w *world) refuseEverything(routes ...string) {
	for _, route := range routes {
		fault := oktasim.OAuthErrorFault(route, 401, "invalid_client", "The client secret supplied for a confidential client is invalid.")
		fault.App = clientID
		w.org.Fault(fault)
	}
}
