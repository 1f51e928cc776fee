package crash

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// connect makes the world's connection and waits until it works.
func (w *world) connect() {
	w.t.Helper()
	private, public, err := oktasim.NewServiceKey("k1")
	if err != nil {
		w.t.Fatal(err)
	}
	w.adminKey = []byte(private.Reveal())
	w.org.AddServiceApp(adminID, public, []string{"okta.apps.read", "okta.apps.manage", "okta.logs.read"}, oktasim.Role{})
	w.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: w.namespace},
		Data:       map[string][]byte{"private-key": w.adminKey},
	})
	connection := w.connection()
	connection.Spec = v1alpha1.ClusterConnectionSpec{
		ConnectionSpec: v1alpha1.ConnectionSpec{OrgURL: w.server.URL, Auth: v1alpha1.ConnectionAuth{PrivateKeyJWT: &v1alpha1.PrivateKeyJWTAuth{
			ClientID: adminID, KeyID: "k1", PrivateKeySecretRef: v1alpha1.LocalSecretKeyReference{Name: w.namespace, Key: "private-key"},
		}}},
		CABundle: string(w.server.CA),
		Allow:    []v1alpha1.AllowRule{{Namespaces: []string{w.namespace, w.namespace + secondSuffix}, ClientIDs: []string{clientID}}},
	}
	w.create(connection)
	w.eventually("the connection is Ready", func() bool {
		now := w.connection()

		return w.read(now) && meta.IsStatusConditionTrue(now.Status.Conditions, v1alpha1.ConditionReady)
	})
}

func (w *world) connection() *v1alpha1.ClusterOktaConnection {
	return &v1alpha1.ClusterOktaConnection{ObjectMeta: metav1.ObjectMeta{Name: w.namespace, Labels: map[string]string{labelOperator: w.operator.name}}}
}
