package crash

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/internal/journal"
)

// diagnose tells what a failed run looks like.
func (w *world) diagnose(ctx context.Context) {
	c := w.credential()
	_ = bed.client.Get(ctx, client.ObjectKeyFromObject(c), c)
	for _, condition := range c.Status.Conditions {
		w.t.Logf("%s=%s %s: %s", condition.Type, condition.Status, condition.Reason, condition.Message)
	}
	w.t.Logf("deleted at %v, finalizers %v, rotation %+v", c.DeletionTimestamp, c.Finalizers, c.Status.Rotation)
	w.t.Logf("at Okta: %s; calls: %v", w.atOkta(), w.recorder.list())
	var kept corev1.Secret
	if bed.client.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: journalName}, &kept) == nil {
		record, err := journal.Decode(kept.Data["journal.json"])
		w.t.Logf("journal: %+v %v", record, err)
	}
	printed := w.operator.log.since(w.logFrom)
	w.t.Logf("log: …%s", printed[max(0, len(printed)-6000):])
}
