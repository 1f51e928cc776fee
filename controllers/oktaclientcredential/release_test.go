package oktaclientcredential

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// TestACredentialThatGoesWithoutWaitingReleasesItsJournal: its own event has to, where that of the journal came before.
func TestACredentialThatGoesWithoutWaitingReleasesItsJournal(t *testing.T) {
	t.Parallel()
	credential := func(finalizers ...string) *v1alpha1.OktaClientCredential {
		return &v1alpha1.OktaClientCredential{ObjectMeta: metav1.ObjectMeta{Name: "web-shop", UID: "uid", Finalizers: finalizers}}
	}
	deleted := func(finalizers ...string) *v1alpha1.OktaClientCredential {
		c := credential(finalizers...)
		c.DeletionTimestamp = &metav1.Time{Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}

		return c
	}
	for name, test := range map[string]struct {
		is   client.Object
		want bool
	}{
		"one that stays":             {credential(), false},
		"one that waits for us":      {deleted(v1alpha1.Finalizer), false},
		"one in foreground deletion": {deleted(metav1.FinalizerDeleteDependents), true},
	} {
		if got := mayBeGone(event.UpdateEvent{ObjectOld: credential(), ObjectNew: test.is}); got != test.want {
			t.Errorf("%s: let through is %t", name, got)
		}
	}
}
