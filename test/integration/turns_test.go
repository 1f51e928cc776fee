package integration

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// beforeTheNextTry is less than it takes until a write that was refused is tried again: writeRetry of controllers/oktaclientcredential.
const beforeTheNextTry = 40 * time.Second

// TestOneWhoseJournalCannotBeWrittenTakesNoTurnFromOthers: a tenant that breaks a journal of its own holds up nobody on the
// connection, however far apart rotations are there.
func TestOneWhoseJournalCannotBeWrittenTakesNoTurnFromOthers(t *testing.T) {
	w := given(t, oktasim.Options{}, anyClient, func(_ *world, c *v1alpha1.ClusterOktaConnection) {
		c.Spec.Rotation.MinSpacing = "1h"
	})
	w.healthy()
	name := w.fleet(1)[0]
	journal := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name + "-rotation"}}
	w.eventually("the one that breaks has a journal", func() bool { return w.exists(journal) })

	change(w, journal, func(s *corev1.Secret) { s.Immutable = new(true) })
	broken := w.named(name)
	change(w, broken, func(c *v1alpha1.OktaClientCredential) {
		metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.AnnotationRotate, "now")
	})
	w.eventually("its rotation cannot be written down", func() bool {
		return w.exists(broken) && has(broken, v1alpha1.ConditionRotationHealthy, metav1.ConditionFalse, v1alpha1.ReasonWriteRefused)
	})
	w.annotate(v1alpha1.AnnotationRotate, "has the turn")
	w.within(beforeTheNextTry, "another one rotates", func() bool { return w.value() != firstValue && w.isReady() })
}
