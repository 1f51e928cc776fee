package oktaclientcredential

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/journal"
)

// releaser names what a credential that is gone left at Okta, and then lets its journal go. It asks Okta nothing, so that a
// deletion waits neither for Okta nor for a connection.
type releaser struct{ *Reconciler }

func (r releaser) setup(mgr ctrl.Manager) error {
	credentialGone := builder.WithPredicates(predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return false }, UpdateFunc: mayBeGone,
	})

	return ctrl.NewControllerManagedBy(mgr).
		Named("rotationjournal").
		WatchesMetadata(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.ifOrphaned), builder.WithPredicates(predicate.NewPredicateFuncs(isHeldJournal))).
		Watches(&v1alpha1.OktaClientCredential{}, &handler.EnqueueRequestForObject{}, credentialGone).
		Complete(r)
}

// mayBeGone lets through a credential that is another one of the same name, that cannot use its journal, or that goes without
// waiting for us: a foreground deletion deletes the journal first, and that may be seen before.
func mayBeGone(e event.UpdateEvent) bool {
	is, ok := e.ObjectNew.(*v1alpha1.OktaClientCredential)

	return e.ObjectOld.GetUID() != e.ObjectNew.GetUID() || (ok && (cannotUseJournal(is) || goes(is)))
}

// goes says whether a credential is being deleted and does not wait for us.
func goes(c *v1alpha1.OktaClientCredential) bool {
	return !c.DeletionTimestamp.IsZero() && !controllerutil.ContainsFinalizer(c, v1alpha1.Finalizer)
}

// cannotUseJournal says whether a person has to take the journal away.
func cannotUseJournal(c *v1alpha1.OktaClientCredential) bool {
	ready := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionReady)

	return ready != nil && (ready.Reason == v1alpha1.ReasonJournalForeign || ready.Reason == v1alpha1.ReasonJournalUnreadable)
}

func isHeldJournal(object client.Object) bool {
	return !isNoJournal(object) && controllerutil.ContainsFinalizer(object, v1alpha1.Finalizer)
}

// ifOrphaned is the journal's credential, unless the cache has it: who is at work writes journals often.
func (r releaser) ifOrphaned(ctx context.Context, kept client.Object) []reconcile.Request {
	requests := credentialOfSecret(ctx, kept)
	if len(requests) == 0 {
		return nil
	}
	if needed, err := isNeeded(ctx, r.Client, kept, requests[0].NamespacedName); needed && err == nil {
		return nil
	}

	return requests
}

// Reconcile releases the journal of a credential that is gone, or goes without waiting for us. The garbage collector does the
// rest.
func (r releaser) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	orphan, err := r.journals.Orphan(ctx, request.NamespacedName)
	if orphan == nil || err != nil {
		return reconcile.Result{}, err
	}
	if needed, err := isNeeded(ctx, r.Live, orphan.Secret, request.NamespacedName); needed || err != nil {
		return reconcile.Result{}, err
	}
	if err := r.nameLeftBehind(ctx, request.NamespacedName, orphan); err != nil {
		return reconcile.Result{}, err
	}
	if err := r.journals.Release(ctx, orphan); err != nil {
		return r.again(err)
	}
	r.created.Delete(request.NamespacedName)

	return reconcile.Result{}, nil
}

// isNeeded says whether a journal is needed still: its credential is there, is no later one of the same name, does not go
// without waiting for us, and can use it, or nobody has deleted it.
func isNeeded(ctx context.Context, from client.Reader, kept client.Object, name types.NamespacedName) (bool, error) {
	var credential v1alpha1.OktaClientCredential
	if err := from.Get(ctx, name, &credential); err != nil {
		return false, client.IgnoreNotFound(err)
	}
	owner := metav1.GetControllerOf(kept)
	later := owner != nil && owner.UID != credential.UID
	refused := !kept.GetDeletionTimestamp().IsZero() && cannotUseJournal(&credential)

	return !later && !refused && !goes(&credential), nil
}

// nameLeftBehind records the event itself, and once: a recorder would lose it when the operator ends now.
func (r releaser) nameLeftBehind(ctx context.Context, credential types.NamespacedName, orphan *journal.Orphan) error {
	created, _ := r.created.Load(credential)
	id, _ := created.(string)
	left := orphan.LeftBehind(id)
	if left == "" {
		return nil
	}
	log.FromContext(ctx).Info("A deleted credential leaves client secrets at Okta", "credential", credential, "message", sentence(left))
	err := r.Client.Create(ctx, &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: credential.Namespace, Name: credential.Name + "." + string(orphan.Secret.UID)},
		EventTime:  metav1.NewMicroTime(r.Clock.Now()),
		Regarding: corev1.ObjectReference{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: "OktaClientCredential",
			Namespace: credential.Namespace, Name: credential.Name, UID: types.UID(orphan.Record.Binding.CredentialUID),
		},
		Type: corev1.EventTypeWarning, Reason: v1alpha1.ReasonSecretsLeftBehind, Action: "KeepClientSecret", Note: sentence(left),
		ReportingController: v1alpha1.FieldManager, ReportingInstance: v1alpha1.FieldManager,
	})
	if apierrors.IsAlreadyExists(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return nil
	}
	if isRefused(err) {
		log.FromContext(ctx).Error(err, "The event that names them is refused", "credential", credential)

		return nil // a quota or a webhook must not keep the journal, and its namespace, for ever
	}

	return err
}
