package journal

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// Orphan is a held journal, whose credential may be gone.
type Orphan struct {
	rotation.Journal

	// Credential that it was made for.
	Credential types.NamespacedName
	// UID tells the journal from a later one of that name.
	UID types.UID

	secret *corev1.Secret
}

// Orphan returns a journal by its own name, or nil where there is none that is held.
func (s *Store) Orphan(ctx context.Context, name types.NamespacedName) (*Orphan, error) {
	var secret corev1.Secret
	if err := s.reader.Get(ctx, name, &secret); err != nil {
		if client.IgnoreNotFound(err) == nil {
			return nil, nil //nolint:nilnil // nothing there is nothing to do
		}

		return nil, fmt.Errorf("read journal %s: %w", name, err)
	}
	found := decoded(&secret)
	if secret.Type != secretType || !found.Held {
		return nil, nil //nolint:nilnil // nothing there is nothing to do
	}

	return &Orphan{
		Journal: found, Credential: types.NamespacedName{Namespace: name.Namespace, Name: secret.Labels[v1alpha1.LabelCredential]},
		UID: secret.UID, secret: &secret,
	}, nil
}

// Release lets a journal go, if it still is what was read.
func (s *Store) Release(ctx context.Context, orphan *Orphan) error {
	released := orphan.secret.DeepCopy()
	controllerutil.RemoveFinalizer(released, v1alpha1.Finalizer)
	patch := client.MergeFromWithOptions(orphan.secret, client.MergeFromWithOptimisticLock{})
	if err := s.writer.Patch(ctx, released, patch, client.FieldOwner(v1alpha1.FieldManager)); err != nil {
		return fmt.Errorf("release journal %s/%s: %w", released.Namespace, released.Name, err)
	}

	return nil
}
