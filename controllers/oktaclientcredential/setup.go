package oktaclientcredential

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

const (
	indexSecret     = ".spec.secretRef.name"
	indexConnection = ".spec.connectionRef"
)

// SetupWithManager registers the controller: it looks at a credential when the credential, its Secret or its connection
// changes, and when a check or another step is due.
func (r *Reconciler) SetupWithManager(ctx context.Context, mgr ctrl.Manager, concurrency int) error {
	for field, extract := range map[string]client.IndexerFunc{indexSecret: secretName, indexConnection: connectionKey, indexClient: clientKey, indexApplication: applicationKey} {
		if err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.OktaClientCredential{}, field, extract); err != nil {
			return err
		}
	}
	if err := (releaser{Reconciler: r}).setup(mgr); err != nil {
		return err
	}
	connectionChanged := builder.WithPredicates(predicate.Funcs{UpdateFunc: usableChanged})

	return ctrl.NewControllerManagedBy(mgr).
		Named("oktaclientcredential").
		For(&v1alpha1.OktaClientCredential{}, builder.WithPredicates(predicate.Or(
			predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}, predicate.Funcs{
				CreateFunc: func(event.CreateEvent) bool { return true }, UpdateFunc: deletionBegan,
			}))).
		Watches(&v1alpha1.OktaClientCredential{}, handler.EnqueueRequestsFromMapFunc(r.peersOf), builder.WithPredicates(predicate.Funcs{
			UpdateFunc: holdsAnother, GenericFunc: func(event.GenericEvent) bool { return false },
		})).
		WatchesMetadata(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(credentialOfSecret), builder.WithPredicates(predicate.NewPredicateFuncs(isNoJournal))).
		Watches(&v1alpha1.OktaConnection{}, handler.EnqueueRequestsFromMapFunc(r.credentialsOf(v1alpha1.ConnectionKindNamespaced)), connectionChanged).
		Watches(&v1alpha1.ClusterOktaConnection{}, handler.EnqueueRequestsFromMapFunc(r.credentialsOf(v1alpha1.ConnectionKindCluster)), connectionChanged).
		WatchesRawSource(lookNow(r.Follower.Hints())). // the System Log tells of their client
		WatchesRawSource(lookNow(r.fleet.turns)).      // a rotation of their connection has ended
		WatchesMetadata(&corev1.Namespace{}, handler.EnqueueRequestsFromMapFunc(r.credentialsIn), builder.WithPredicates(predicate.LabelChangedPredicate{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: concurrency}).
		Complete(reconcile.AsReconciler(&forgetful{Client: mgr.GetClient(), reconciler: r}, r))
}

// forgetful drops the memory of credentials that are no longer there.
type forgetful struct {
	client.Client

	reconciler *Reconciler
}

// Get reads an object and notes when it is gone.
func (f *forgetful) Get(ctx context.Context, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
	err := f.Client.Get(ctx, key, object, options...)
	if client.IgnoreNotFound(err) == nil && err != nil {
		f.reconciler.forget(key)
	}

	return err
}

// forget drops what is remembered of a credential.
func (r *Reconciler) forget(key client.ObjectKey) {
	stored, known := r.memories.LoadAndDelete(key)
	if kept, ok := stored.(*memory); known && ok {
		r.fleet.forget(kept.uid)
	}
}

func secretName(object client.Object) []string {
	credential, ok := object.(*v1alpha1.OktaClientCredential)
	if !ok {
		return nil
	}

	return []string{credential.Spec.SecretRef.Name}
}

func connectionKey(object client.Object) []string {
	credential, ok := object.(*v1alpha1.OktaClientCredential)
	if !ok {
		return nil
	}
	ref := credential.Spec.ConnectionRef

	return []string{string(ref.Kind) + "/" + ref.Name}
}

func deletionBegan(e event.UpdateEvent) bool {
	return e.ObjectOld.GetDeletionTimestamp().IsZero() && !e.ObjectNew.GetDeletionTimestamp().IsZero()
}

// usableChanged lets through what changes whether and how a connection can be used.
func usableChanged(e event.UpdateEvent) bool {
	if e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() {
		return true
	}
	was, is := readyOf(e.ObjectOld), readyOf(e.ObjectNew)

	return was.Status != is.Status || was.Reason != is.Reason || brakeOf(e.ObjectOld) != brakeOf(e.ObjectNew)
}

// brakeOf is since when the connection's mass-failure brake holds.
func brakeOf(object client.Object) int64 {
	switch c := object.(type) {
	case *v1alpha1.OktaConnection:
		return c.Status.Brake.Since.Unix()
	case *v1alpha1.ClusterOktaConnection:
		return c.Status.Brake.Since.Unix()
	default:
		return 0
	}
}

func readyOf(object client.Object) metav1.Condition {
	var conditions []metav1.Condition
	switch c := object.(type) {
	case *v1alpha1.OktaConnection:
		conditions = c.Status.Conditions
	case *v1alpha1.ClusterOktaConnection:
		conditions = c.Status.Conditions
	}
	if ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady); ready != nil {
		return *ready
	}

	return metav1.Condition{}
}

// isNoJournal drops our own journals, which change only by our own hand.
func isNoJournal(object client.Object) bool {
	return object.GetName() != rotation.JournalName(object.GetLabels()[v1alpha1.LabelCredential])
}

func credentialOfSecret(_ context.Context, secret client.Object) []reconcile.Request {
	name := secret.GetLabels()[v1alpha1.LabelCredential]
	if name == "" {
		return nil
	}

	return []reconcile.Request{{NamespacedName: client.ObjectKey{Namespace: secret.GetNamespace(), Name: name}}}
}

func (r *Reconciler) credentialsOf(kind v1alpha1.ConnectionKind) handler.MapFunc {
	return func(ctx context.Context, c client.Object) []reconcile.Request {
		return r.requests(ctx, client.InNamespace(c.GetNamespace()), client.MatchingFields{indexConnection: string(kind) + "/" + c.GetName()})
	}
}

func (r *Reconciler) credentialsIn(ctx context.Context, namespace client.Object) []reconcile.Request {
	return r.requests(ctx, client.InNamespace(namespace.GetName()))
}

func (r *Reconciler) requests(ctx context.Context, options ...client.ListOption) []reconcile.Request {
	var found v1alpha1.OktaClientCredentialList
	if err := r.Client.List(ctx, &found, options...); err != nil {
		return nil
	}
	requests := make([]reconcile.Request, 0, len(found.Items))
	for i := range found.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&found.Items[i])})
	}

	return requests
}
