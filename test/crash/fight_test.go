package crash

import (
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// anotherWriter is who writes the Secret besides the operator.
const anotherWriter = "argocd-controller"

// fought lets another writer put the superseded value back whenever the Secret has another one, as a GitOps tool does.
func fought(w *world) {
	ctx, stop := context.WithCancel(w.t.Context())
	watcher, err := bed.client.Watch(ctx, &corev1.SecretList{}, client.InNamespace(w.namespace))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(stop)
	w.watched.Go(func() {
		defer watcher.Stop()
		for event := range watcher.ResultChan() {
			if target, ok := event.Object.(*corev1.Secret); ok && target.Name == targetName && event.Type != watch.Deleted {
				w.putBack(ctx, target)
			}
		}
	})
}

func (w *world) putBack(ctx context.Context, target *corev1.Secret) {
	if string(target.Data["client_secret"]) == firstValue {
		return
	}
	base := target.DeepCopy()
	target.Data["client_secret"] = []byte(firstValue)
	// Who writes what the operator has just changed again is told so by the next event.
	if err := bed.client.Patch(ctx, target, client.MergeFrom(base), client.FieldOwner(anotherWriter)); err != nil && ctx.Err() == nil {
		w.violated("the other writer cannot write: %v", err)
	}
}

// contested says that the operator has given in after three times, and names who writes against it (statement 6).
func contested(w *world) bool {
	record, found := w.journalAt(w.home())
	if !blocked(v1alpha1.ReasonContested)(w) || !found || record.Flips != 3 || w.value().Reveal() != firstValue {
		return false
	}
	c := w.credential()
	stalled := w.read(c) && isStalled(c)

	return stalled && slices.ContainsFunc(c.Status.Conditions, func(has metav1.Condition) bool {
		return has.Reason == v1alpha1.ReasonContested && strings.Contains(has.Message, anotherWriter)
	}) && !meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionReady)
}
