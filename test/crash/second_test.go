package crash

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// place is a namespace with a credential of the world's client.
type place struct {
	namespace string
	// abroad says that it is in another cluster, whose operator sees nothing of the first one's.
	abroad bool
}

// secondSuffix makes the name of a world's second namespace.
const secondSuffix = "-second"

// secondName begins the names of the calls that are about it, or by the operator of its cluster.
const secondName = "second "

func (w *world) home() place { return place{namespace: w.namespace} }

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

// stoodIn has a second credential that made a secret while the first one, which leads, was suspended.
func stoodIn(w *world) {
	followed(w)
	suspend(true)(w)
	w.eventually("the first credential is suspended", func() bool {
		c := w.credential()

		return w.read(c) && !isReady(c) && w.recorder.quiet()
	})
	change(w, w.credentialAt(w.second), func(c *v1alpha1.OktaClientCredential) {
		metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.AnnotationRotate, "in the leader's stead")
	})
	w.eventually("the second credential has a secret of its own", func() bool {
		record, found := w.journalAt(w.second)

		return found && w.stepsDone(record) && w.recorder.quiet() && !w.valueAt(w.second).Equal(w.value()) && w.isActive(w.valueAt(w.second))
	})
}

// suspend stops the first credential, or lets it go on.
func suspend(is bool) func(*world) {
	return func(w *world) {
		change(w, w.credential(), func(c *v1alpha1.OktaClientCredential) { c.Spec.Suspend = is })
	}
}

// sees says whether an operator works in a place.
func (w *world) sees(o *operator, p place) bool {
	return !w.second.abroad || p.abroad == (o == w.abroad)
}

func (w *world) secondNamespace() place {
	w.t.Helper()
	name := w.namespace + secondSuffix
	w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	w.watchTarget(name)

	return place{namespace: name}
}
