package connection

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/okta"
)

// Reconcile looks at a connection once, as its controller does when its time has come.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request, kind v1alpha1.ConnectionKind) (reconcile.Result, error) {
	return r.reconcile(ctx, request, v1alpha1.ConnectionReference{Kind: kind, Name: request.Name})
}

// RefreshedRateLimits is refreshed, and whether the status would be written for that alone.
func RefreshedRateLimits(written []v1alpha1.RateLimitStatus, seen []okta.BucketState) (entries []v1alpha1.RateLimitStatus, alone bool) {
	return refreshed(written, seen), outdated(written, seen)
}
