package integration

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

const apiToken = "00nK4apitokenZx8Qv1Wb6Yt3Jm0Pc7Ls2Hd9Gf5Re"

// connectionIs says whether the connection's status speaks of its present generation and has this condition.
func (w *world) connectionIs(kind string, status metav1.ConditionStatus, reason string) bool {
	c := w.connection()
	if !w.exists(c) {
		return false
	}
	condition := meta.FindStatusCondition(c.Status.Conditions, kind)

	return condition != nil && condition.Status == status && condition.Reason == reason && c.Status.ObservedGeneration == c.Generation
}

func (w *world) connected() bool {
	return w.connectionIs(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonConnected)
}

// counted says whether the connection's status tells of its one credential, which is neither rejected nor halted.
func (w *world) counted() bool {
	c := w.connection()

	return w.exists(c) && c.Status.Credentials == v1alpha1.CredentialsStatus{Total: 1}
}

// adminSecret is the operator's own Secret for the connection, for edits.
func (w *world) adminSecret() *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: w.namespace}}
}

func withToken(w *world, c *v1alpha1.ClusterOktaConnection) {
	change(w, w.adminSecret(), func(s *corev1.Secret) { s.Data["token"] = []byte(apiToken) })
	c.Spec.Auth = v1alpha1.ConnectionAuth{APIToken: &v1alpha1.APITokenAuth{
		SecretRef: v1alpha1.LocalSecretKeyReference{Name: w.namespace, Key: "token"},
	}}
}

func TestAConnectionSaysWhatItKnowsOfTheOrg(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		edits    []func(*world, *v1alpha1.ClusterOktaConnection)
		pipeline string
		engine   string
	}{
		"with a private key": {nil, "idx", "IdentityEngine"},
		"with an API token":  {[]func(*world, *v1alpha1.ClusterOktaConnection){withToken}, "v1", "Classic"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oktasim.Options{Pipeline: test.pipeline, OrgID: "00oacme"})
			w.org.AddAPIToken(redact.NewValue(apiToken), oktasim.Role{})
			w.connect(w.server.URL, test.edits...)
			w.eventually("the connection is Ready", w.connected)
			c := w.connection()
			w.exists(c)
			if c.Status.Engine != test.engine || c.Status.OrganizationID != "00oacme" || c.Status.Issuer != w.server.URL {
				t.Errorf("the status says %+v", c.Status)
			}
			w.healthy()
			w.revoke()
			w.checkNow()
			w.eventually("a rotation works with it", func() bool { return w.value() != firstValue && w.isReady() })
		})
	}
}

func TestAnAdminCredentialThatDoesNotWorkIsNamedAndPassesWhenMended(t *testing.T) {
	t.Parallel()
	type edit = func(*world, *v1alpha1.ClusterOktaConnection)
	for name, test := range map[string]struct {
		given  edit
		reason string
		says   string
		mend   func(w *world)
	}{
		"the Secret is missing": {
			func(w *world, _ *v1alpha1.ClusterOktaConnection) { w.delete(w.adminSecret()) }, v1alpha1.ReasonAdminSecretMissing, "create it",
			func(w *world) {
				private, public := newAdminKey(w.t)
				w.mustAtOkta(w.org.ChangeApp(adminID, func(a *oktasim.App) { a.Keys = public.Keys }))
				secret := w.adminSecret()
				secret.Data = map[string][]byte{"private-key": private}
				w.create(secret)
			},
		},
		"the key is missing": {
			func(_ *world, c *v1alpha1.ClusterOktaConnection) {
				c.Spec.Auth.PrivateKeyJWT.PrivateKeySecretRef.Key = "pem"
			}, v1alpha1.ReasonAdminSecretMissing, `no value under key "pem"`,
			func(w *world) {
				change(w, w.adminSecret(), func(s *corev1.Secret) { s.Data["pem"] = s.Data["private-key"] })
			},
		},
		"the private key is none": {
			func(w *world, _ *v1alpha1.ClusterOktaConnection) {
				change(w, w.adminSecret(), func(s *corev1.Secret) {
					s.Data["kept"], s.Data["private-key"] = s.Data["private-key"], []byte("hunter2")
				})
			}, v1alpha1.ReasonInvalidConfiguration, "private key",
			func(w *world) {
				change(w, w.adminSecret(), func(s *corev1.Secret) { s.Data["private-key"] = s.Data["kept"] })
			},
		},
		"the private key is another one": {
			func(w *world, _ *v1alpha1.ClusterOktaConnection) {
				other, _ := newAdminKey(w.t)
				change(w, w.adminSecret(), func(s *corev1.Secret) { s.Data["kept"], s.Data["private-key"] = s.Data["private-key"], other })
			}, v1alpha1.ReasonAdminCredentialRejected, "signature",
			func(w *world) {
				change(w, w.adminSecret(), func(s *corev1.Secret) { s.Data["private-key"] = s.Data["kept"] })
			},
		},
		"the API token is revoked": {
			func(w *world, c *v1alpha1.ClusterOktaConnection) {
				withToken(w, c)
				w.org.RevokeAPIToken(redact.NewValue(apiToken))
			},
			v1alpha1.ReasonAdminCredentialRejected, "revoked",
			func(w *world) { w.org.AddAPIToken(redact.NewValue(apiToken), oktasim.Role{}) },
		},
		"a scope is missing": {
			func(w *world, _ *v1alpha1.ClusterOktaConnection) {
				w.mustAtOkta(w.org.ChangeApp(adminID, func(a *oktasim.App) { a.Scopes = []string{"okta.apps.read"} }))
			}, v1alpha1.ReasonScopeMissing, "status.missingScopes",
			func(w *world) {
				w.mustAtOkta(w.org.ChangeApp(adminID, func(a *oktasim.App) { a.Scopes = []string{"okta.apps.read", "okta.apps.manage"} }))
			},
		},
		"there is no admin role": {
			func(w *world, _ *v1alpha1.ClusterOktaConnection) {
				w.mustAtOkta(w.org.ChangeApp(adminID, func(a *oktasim.App) { a.Role.None = true }))
			}, v1alpha1.ReasonPermissionMissing, "role",
			func(w *world) {
				w.mustAtOkta(w.org.ChangeApp(adminID, func(a *oktasim.App) { a.Role.None = false }))
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oktasim.Options{})
			w.connect(w.server.URL, test.given)
			w.eventually("the connection says "+test.reason, func() bool {
				return w.connectionIs(v1alpha1.ConditionReady, metav1.ConditionFalse, test.reason) &&
					w.connectionIs(v1alpha1.ConditionAuthorized, metav1.ConditionFalse, test.reason)
			})
			c := w.connection()
			w.exists(c)
			if message := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionReady).Message; !strings.Contains(strings.ToLower(message), strings.ToLower(test.says)) {
				t.Errorf("the message does not say %q: %s", test.says, message)
			}
			if wants := test.reason == v1alpha1.ReasonScopeMissing; slices.Equal(c.Status.MissingScopes, []string{"okta.apps.manage"}) != wants {
				t.Errorf("status.missingScopes is %v", c.Status.MissingScopes)
			}
			w.healthy()
			w.eventually("the credential says that no rotation would work, and why", func() bool {
				return w.isReady() && w.is(v1alpha1.ConditionRotationHealthy, metav1.ConditionFalse, test.reason) &&
					strings.Contains(w.message(v1alpha1.ConditionRotationHealthy), test.reason)
			})
			w.eventually("a Warning says so", func() bool { return w.warned(test.reason, "web-shop") })

			test.mend(w)
			w.eventually("the connection is Ready once it is mended", w.connected)
			w.eventually("and so is rotation", func() bool {
				return w.isReady() && w.is(v1alpha1.ConditionRotationHealthy, metav1.ConditionTrue, v1alpha1.ReasonIdle)
			})
		})
	}
}

func TestAConnectionOfANamespace(t *testing.T) {
	w := newWorld(t, oktasim.Options{})
	cluster.public.serve(w.org)
	w.org.AddAPIToken(redact.NewValue(apiToken), oktasim.Role{})
	token := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "okta-admin"}, Data: map[string][]byte{"token": []byte(apiToken)},
	}
	w.create(token)
	for name, url := range map[string]string{"acme": "https://" + cluster.public.host, "elsewhere": w.server.URL} {
		w.create(&v1alpha1.OktaConnection{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name}, Spec: v1alpha1.ConnectionSpec{
			OrgURL: url, Auth: v1alpha1.ConnectionAuth{APIToken: &v1alpha1.APITokenAuth{
				SecretRef: v1alpha1.LocalSecretKeyReference{Name: "okta-admin", Key: "token"},
			}},
		}})
	}
	named := func(name string) func(*v1alpha1.OktaClientCredential) {
		return func(c *v1alpha1.OktaClientCredential) {
			c.Spec.ConnectionRef = v1alpha1.ConnectionReference{Kind: v1alpha1.ConnectionKindNamespaced, Name: name}
		}
	}
	stranger := w.credential(named("elsewhere"), func(c *v1alpha1.OktaClientCredential) { c.Name, c.Spec.SecretRef.Name = "elsewhere", "elsewhere" })
	other := w.secret(firstValue)
	other.Name = "elsewhere"
	w.createAll(other, stranger)
	w.eventually("a host that the operator does not allow is denied", func() bool {
		return w.exists(stranger) && has(stranger, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonConnectionDenied)
	})
	denied := &v1alpha1.OktaConnection{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "elsewhere"}}
	w.eventually("its connection says so too", func() bool {
		ready := meta.FindStatusCondition(denied.Status.Conditions, v1alpha1.ConditionReady)

		return w.exists(denied) && ready != nil && ready.Status == metav1.ConditionFalse && ready.Reason == v1alpha1.ReasonHostDenied
	})
	if asked := w.asked(); asked != 0 {
		t.Errorf("the denied host was asked %d times about the client", asked)
	}

	w.healthy(named("acme"))
	w.revoke()
	w.checkNow()
	w.eventually("a rotation works with a connection to an allowed host", func() bool { return w.value() != firstValue && w.isReady() })
}
