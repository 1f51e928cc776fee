package crash

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/internal/journal"
)

// diagnose tells what a failed run looks like.
func (w *world) diagnose(ctx context.Context) {
	for _, p := range w.places() {
		w.describe(ctx, p)
	}
	w.mu.Lock()
	w.t.Logf("what must not have been: %q", w.violations)
	w.mu.Unlock()
	w.t.Logf("at Okta: %s; calls: %v", w.atOkta(), w.recorder.list())
	for o, printed := range w.printedBy() {
		w.t.Logf("log of %s: …%s", o.name, printed[max(0, len(printed)-6000):])
	}
}

func (w *world) describe(ctx context.Context, p place) {
	c := w.credentialAt(p)
	_ = bed.client.Get(ctx, client.ObjectKeyFromObject(c), c)
	for _, condition := range c.Status.Conditions {
		w.t.Logf("%s: %s=%s %s: %s", p.namespace, condition.Type, condition.Status, condition.Reason, condition.Message)
	}
	w.t.Logf("%s: deleted at %v, annotations %v, finalizers %v, rotation %+v", p.namespace, c.DeletionTimestamp, c.Annotations, c.Finalizers, c.Status.Rotation)
	var kept corev1.Secret
	if bed.client.Get(ctx, client.ObjectKey{Namespace: p.namespace, Name: journalName}, &kept) == nil {
		record, err := journal.Decode(kept.Data["journal.json"])
		w.t.Logf("%s: journal: %+v %v", p.namespace, record, err)
	}
}
