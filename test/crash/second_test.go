package crash

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// place is a namespace with a credential of the world's client.
type place struct{ namespace string }

// secondSuffix makes the name of a world's second namespace.
const secondSuffix = "-second"

func (w *world) home() place { return place{w.namespace} }

func (w *world) places() []place {
	if w.second == (place{}) {
		return []place{w.home()}
	}

	return []place{w.home(), w.second}
}

// credentialAt is the credential of a place, to be read.
func (w *world) credentialAt(p place) *v1alpha1.OktaClientCredential {
	return &v1alpha1.OktaClientCredential{ObjectMeta: metav1.ObjectMeta{Namespace: p.namespace, Name: credentialName}}
}

// followed adopts an application's secret twice, in two namespaces: the older credential leads.
func followed(w *world) {
	w.adopted()
	p := w.secondNamespace()
	w.second = p
	target, credential := w.secret(), w.credential()
	target.Namespace, credential.Namespace = p.namespace, p.namespace
	w.create(target)
	// The age of an object is counted in seconds; of two of the same age the names decide, which here leads to the same.
	w.create(credential)
	w.eventually("the second credential comes to rest", w.settled)
}

func (w *world) secondNamespace() place {
	w.t.Helper()
	name := w.namespace + secondSuffix
	w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})

	return place{name}
}
