package oktaclientcredential

import (
	"context"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/controllers/connection"
)

func (r *Reconciler) observeConnection(ctx context.Context, seen *scene) error {
	found, err := r.Directory.Find(ctx, seen.credential.Namespace, seen.credential.Spec.ConnectionRef)
	if apierrors.IsNotFound(err) {
		ref := seen.credential.Spec.ConnectionRef
		seen.Connection.Problem = v1alpha1.ReasonConnectionNotFound
		seen.Connection.Message = fmt.Sprintf("The %s %s that connectionRef names is not there: create it, or make a new OktaClientCredential for another one.", ref.Kind, ref.Name)

		return nil
	}
	if err != nil {
		return err
	}
	seen.connection = found
	seen.Connection.Suspended = found.Spec.Suspend
	reachable := meta.FindStatusCondition(found.Conditions(), v1alpha1.ConditionReachable)
	if reachable != nil && reachable.Reason == v1alpha1.ReasonOrganizationChanged && found.ObservedGeneration() == found.Generation {
		seen.Connection.Problem, seen.Connection.Message = reachable.Reason, reachable.Message
	}
	authorized := meta.FindStatusCondition(found.Conditions(), v1alpha1.ConditionAuthorized)
	if authorized != nil && authorized.Status == metav1.ConditionFalse && found.ObservedGeneration() == found.Generation && adminIsAtFault(authorized.Reason) {
		seen.Connection.Unusable, seen.Connection.UnusableMessage = authorized.Reason, authorized.Message
	}
	seen.connectionKey = fmt.Sprintf("%s/%d/%s", found.UID, found.Generation, seen.Connection.Unusable)
	if key := r.withAdminVersion(ctx, seen); seen.memory.connectionKey != key {
		if !strings.HasPrefix(key, seen.memory.connectionKey+"/") {
			seen.memory.worked()
			seen.memory.lagsFor, seen.memory.overdue = "", nil // another role may show more
		}
		seen.memory.connectionKey = key
	}

	return nil
}

// withAdminVersion is the connection's key, with the version of the admin Secret while a person has to mend something: that may
// be the Secret, which is not watched.
func (r *Reconciler) withAdminVersion(ctx context.Context, seen *scene) string {
	if !seen.memory.retry.NeedsPerson {
		return seen.connectionKey
	}

	return seen.connectionKey + "/" + r.Directory.AdminVersion(ctx, seen.connection)
}

// adminIsAtFault tells reasons that a person must mend from an org that is out of reach for a while.
func adminIsAtFault(reason string) bool {
	switch reason {
	case v1alpha1.ReasonAdminSecretMissing, v1alpha1.ReasonAdminCredentialRejected, v1alpha1.ReasonScopeMissing,
		v1alpha1.ReasonPermissionMissing, v1alpha1.ReasonInvalidConfiguration:
		return true
	default:
		return false
	}
}

// permit asks whether the connection allows this namespace, client and mode, before any request to the org (I10).
func (r *Reconciler) permit(ctx context.Context, seen *scene) error {
	if seen.Connection.Problem != "" || seen.ClientID() == "" {
		return nil
	}
	err := r.Directory.Permit(ctx, seen.connection, seen.credential.Namespace, seen.ClientID(), seen.credential.Spec.Mode)
	if denied, ok := errors.AsType[*connection.DeniedError](err); ok {
		seen.Connection.Problem, seen.Connection.Message = v1alpha1.ReasonConnectionDenied, denied.Message

		return nil
	}

	return err
}
