package connection

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// countEvery is how often the credentials of a connection are counted, and so how often that is written at most.
const countEvery = time.Minute

// Counter keeps the counts of credentials in the statuses of connections. It counts at a fixed pace, whatever happens to the
// credentials: thousands that turn bad at once cause one write.
type Counter struct {
	directory *Directory
	status    client.StatusClient
	count     func(context.Context, Connection) (v1alpha1.CredentialsStatus, error)
}

// NewCounter makes a Counter of what count finds, which must be cheap: it is asked once a minute for each connection.
func NewCounter(directory *Directory, status client.StatusClient, count func(context.Context, Connection) (v1alpha1.CredentialsStatus, error)) *Counter {
	return &Counter{directory: directory, status: status, count: count}
}

// SetupWithManager registers the counting for both kinds of connections.
func (c *Counter) SetupWithManager(mgr ctrl.Manager) error {
	// Once a connection is there, its time comes by itself.
	onlyNew := builder.WithPredicates(predicate.Funcs{
		UpdateFunc: func(event.UpdateEvent) bool { return false }, GenericFunc: func(event.GenericEvent) bool { return false },
		DeleteFunc: func(event.DeleteEvent) bool { return false },
	})
	if err := ctrl.NewControllerManagedBy(mgr).Named("oktaconnection-credentials").For(&v1alpha1.OktaConnection{}, onlyNew).
		Complete(c.reconciler(v1alpha1.ConnectionKindNamespaced)); err != nil {
		return err
	}

	return ctrl.NewControllerManagedBy(mgr).Named("clusteroktaconnection-credentials").For(&v1alpha1.ClusterOktaConnection{}, onlyNew).
		Complete(c.reconciler(v1alpha1.ConnectionKindCluster))
}

func (c *Counter) reconciler(kind v1alpha1.ConnectionKind) reconcile.Func {
	return func(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
		return c.Count(ctx, request.Namespace, v1alpha1.ConnectionReference{Kind: kind, Name: request.Name})
	}
}

// Count counts the credentials of a connection, and writes what changed. The result says when to count again; never, once it is
// gone.
func (c *Counter) Count(ctx context.Context, namespace string, ref v1alpha1.ConnectionReference) (reconcile.Result, error) {
	found, err := c.directory.Find(ctx, namespace, ref)
	if apierrors.IsNotFound(err) {
		return reconcile.Result{}, nil
	}
	if err != nil {
		return reconcile.Result{}, err
	}
	counts, err := c.count(ctx, found)
	if err != nil {
		return reconcile.Result{}, err
	}
	if counts == found.status.Credentials {
		return reconcile.Result{RequeueAfter: countEvery}, nil
	}
	base, ok := found.object.DeepCopyObject().(client.Object)
	if !ok {
		return reconcile.Result{}, fmt.Errorf("write the counts of %s: it cannot be copied", found)
	}
	found.status.Credentials = counts
	// Nobody else writes this field, so that no version has to be matched.
	if err := c.status.Status().Patch(ctx, found.object, client.MergeFrom(base), client.FieldOwner(v1alpha1.FieldManager)); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(fmt.Errorf("write the counts of %s: %w", found, err))
	}

	return reconcile.Result{RequeueAfter: countEvery}, nil
}
