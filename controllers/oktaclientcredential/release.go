package oktaclientcredential

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
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
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// releaser names what a credential that is gone left at Okta, and then lets its journal go. It asks Okta nothing, so that a
// deletion waits neither for Okta nor for a connection.
type releaser struct{ *Reconciler }

func (r releaser) setup(mgr ctrl.Manager) error {
	credentialGone := builder.WithPredicates(predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return false }, UpdateFunc: func(event.UpdateEvent) bool { return false },
	})

	return ctrl.NewControllerManagedBy(mgr).
		Named("rotationjournal").
		WatchesMetadata(&corev1.Secret{}, &handler.EnqueueRequestForObject{}, builder.WithPredicates(predicate.NewPredicateFuncs(isDeletedJournal))).
		Watches(&v1alpha1.OktaClientCredential{}, handler.EnqueueRequestsFromMapFunc(journalOf), credentialGone).
		Complete(r)
}

func isDeletedJournal(object client.Object) bool {
	return !isNoJournal(object) && !object.GetDeletionTimestamp().IsZero()
}

func journalOf(_ context.Context, credential client.Object) []reconcile.Request {
	return []reconcile.Request{{NamespacedName: client.ObjectKey{Namespace: credential.GetNamespace(), Name: rotation.JournalName(credential.GetName())}}}
}

// Reconcile releases a journal whose credential is gone, or goes without waiting for us. The garbage collector does the rest.
func (r releaser) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	orphan, err := r.journals.Orphan(ctx, request.NamespacedName)
	if orphan == nil || err != nil {
		return reconcile.Result{}, err
	}
	if needed, err := r.isNeeded(ctx, orphan); needed || err != nil {
		return reconcile.Result{}, err
	}
	if err := r.nameLeftBehind(ctx, orphan); err != nil {
		return reconcile.Result{}, err
	}

	if err := r.journals.Release(ctx, orphan); err != nil {
		return r.again(err)
	}

	return reconcile.Result{}, nil
}

// isNeeded says whether the journal's credential is there, and does not go without waiting for us.
func (r releaser) isNeeded(ctx context.Context, orphan *journal.Orphan) (bool, error) {
	var credential v1alpha1.OktaClientCredential
	if err := r.Live.Get(ctx, orphan.Credential, &credential); err != nil {
		return false, client.IgnoreNotFound(err)
	}
	theirs := orphan.Unreadable == "" && orphan.Record.Binding.CredentialUID != string(credential.UID)
	goes := !credential.DeletionTimestamp.IsZero() && !controllerutil.ContainsFinalizer(&credential, v1alpha1.Finalizer)

	return !theirs && !goes, nil
}

// nameLeftBehind records the event itself, and once: a recorder would lose it when the operator ends now.
func (r releaser) nameLeftBehind(ctx context.Context, orphan *journal.Orphan) error {
	created, _ := r.created.LoadAndDelete(types.UID(orphan.Record.Binding.CredentialUID))
	id, _ := created.(string)
	left := orphan.LeftBehind(id)
	if left == "" {
		return nil
	}
	log.FromContext(ctx).Info("A deleted credential leaves client secrets at Okta", "credential", orphan.Credential, "message", left)
	err := r.Client.Create(ctx, &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: orphan.Credential.Namespace, Name: orphan.Credential.Name + "." + string(orphan.UID)},
		EventTime:  metav1.NewMicroTime(r.Clock.Now()),
		Regarding: corev1.ObjectReference{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: "OktaClientCredential",
			Namespace: orphan.Credential.Namespace, Name: orphan.Credential.Name, UID: types.UID(orphan.Record.Binding.CredentialUID),
		},
		Type: corev1.EventTypeWarning, Reason: v1alpha1.ReasonSecretsLeftBehind, Action: "KeepClientSecret", Note: sentence(left),
		ReportingController: v1alpha1.FieldManager, ReportingInstance: v1alpha1.FieldManager,
	})
	if apierrors.IsAlreadyExists(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return nil
	}

	return err
}
