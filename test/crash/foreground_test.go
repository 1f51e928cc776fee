package crash

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// deletedInForeground deletes the credential as kubectl does with --cascade=foreground, while the new secret is on its way to
// Okta: what belongs to the credential, its journal, is deleted first.
func deletedInForeground(w *world) {
	w.deletedBy(atPush, func() {
		if err := bed.client.Delete(w.t.Context(), w.credential(), client.PropagationPolicy(metav1.DeletePropagationForeground)); err != nil {
			w.t.Errorf("delete the credential: %v", err)
		}
		if err := w.collect(); err != nil {
			w.t.Errorf("play the garbage collector: %v", err)
		}
	})
}

// collect does what the garbage collector, which does not run here, does for a deletion in the foreground: it deletes the journal,
// and then lets go of the credential, since that is not blocked by its journal.
func (w *world) collect() error {
	kept := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: journalName}}
	if err := bed.client.Delete(w.t.Context(), kept); err != nil {
		return err
	}

	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		c := w.credential()
		if err := bed.client.Get(w.t.Context(), client.ObjectKeyFromObject(c), c); err != nil {
			return err
		}
		c.Finalizers = slices.DeleteFunc(c.Finalizers, func(name string) bool { return name == metav1.FinalizerDeleteDependents })

		return bed.client.Update(w.t.Context(), c)
	})
}
