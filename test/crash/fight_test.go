package crash

import (
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// anotherWriter is who writes the Secret besides the operator.
const anotherWriter = "argocd-controller"

// fought lets another writer put the superseded value back whenever the Secret has another one and the operator is done with it,
// as a GitOps tool does.
func fought(w *world) {
	stop := w.t.Context().Done()
	w.watched.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if w.recorder.quiet() {
					w.putBack()
				}
			case <-stop:
				return
			}
		}
	})
}

func (w *world) putBack() {
	ctx, target := w.t.Context(), w.secret()
	if err := bed.client.Get(ctx, client.ObjectKeyFromObject(target), target); err != nil || string(target.Data["client_secret"]) == firstValue {
		return // the next tick looks again
	}
	base := target.DeepCopy()
	target.Data["client_secret"] = []byte(firstValue)
	if err := bed.client.Patch(ctx, target, client.MergeFrom(base), client.FieldOwner(anotherWriter)); err != nil && ctx.Err() == nil {
		w.violated("the other writer cannot write: %v", err)
	}
}

// contested says that the operator has given in after it mended the Secret three times, and names who writes against it (statement 6).
func contested(w *world) bool {
	record, found := w.journalAt(w.home())
	if !blocked(v1alpha1.ReasonContested)(w) || !found || record.Flips != 4 || w.value().Reveal() != firstValue {
		return false
	}
	c := w.credential()
	stalled := w.read(c) && isStalled(c)

	return stalled && slices.ContainsFunc(c.Status.Conditions, func(has metav1.Condition) bool {
		return has.Reason == v1alpha1.ReasonContested && strings.Contains(has.Message, anotherWriter)
	}) && !meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionReady)
}
