package crash

import (
	"context"
	"net/http"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// inTwoClusters adopts an application's secret in two clusters, each with an operator, a connection and a way to the org of its
// own. They share an API server, but neither operator sees the other's objects: what they know of each other is what Okta has.
func inTwoClusters(w *world) {
	adopts := func(c *v1alpha1.OktaClientCredential) {
		c.Spec.Rotation.OnInvalidClient = v1alpha1.OnInvalidClientAdopt
	}
	w.adopted(adopts)
	w.abroad = hire(w.t, bed.programs.manager, w.operator.name+"-abroad", func(*operator) {})
	w.abroad.meets(w)
	w.abroad.keepsOutOf(w.namespace)
	w.operator.keepsOutOf(w.namespace + secondSuffix)
	if err := w.abroad.start(); err != nil {
		w.t.Fatal(err)
	}
	p := w.secondNamespace()
	p.abroad = true
	labels := map[string]string{labelOperator: w.abroad.name}
	w.connectAbroad(metav1.ObjectMeta{Name: p.namespace, Labels: labels})
	target, credential := w.secret(), w.credential(adopts)
	target.Namespace, credential.Namespace = p.namespace, p.namespace
	credential.Labels, credential.Spec.ConnectionRef.Name = labels, p.namespace
	w.create(target)
	w.create(credential)
	w.second = p
	w.eventually("the credential of the other cluster comes to rest", w.settled)
}

// connectAbroad makes the other cluster's connection to the same org.
func (w *world) connectAbroad(named metav1.ObjectMeta) {
	w.t.Helper()
	server, err := oktasim.ServeTLS(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		w.observe(w.abroad, nameAtOkta(in), out, in, w.org.Handler())
	}), "", oktasim.TLSOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = server.Close() })
	home := w.connection()
	if !w.read(home) {
		w.t.Fatal("the connection of the first cluster is gone")
	}
	abroad := &v1alpha1.ClusterOktaConnection{ObjectMeta: named, Spec: *home.Spec.DeepCopy()}
	abroad.Spec.OrgURL, abroad.Spec.CABundle = server.URL, string(server.CA)
	w.create(abroad)
	w.t.Cleanup(func() { _ = bed.client.Delete(context.Background(), abroad) })
	w.eventually("the connection of the other cluster is Ready", func() bool {
		return w.read(abroad) && meta.IsStatusConditionTrue(abroad.Status.Conditions, v1alpha1.ConditionReady)
	})
}

// rotateInBoth gives the rotate command in both clusters at once.
func rotateInBoth(w *world) {
	abroad := w.credentialAt(w.second)
	change(w, abroad, func(c *v1alpha1.OktaClientCredential) {
		metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.AnnotationRotate, "both")
	})
	w.annotate(v1alpha1.AnnotationRotate)
}
