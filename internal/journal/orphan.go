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

	// Secret that it is kept in.
	Secret *corev1.Secret
}

// Orphan returns a credential's journal, or nil where there is none that is held.
func (s *Store) Orphan(ctx context.Context, credential types.NamespacedName) (*Orphan, error) {
	var secret corev1.Secret
	name := client.ObjectKey{Namespace: credential.Namespace, Name: rotation.JournalName(credential.Name)}
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

	return &Orphan{Journal: found, Secret: &secret}, nil
}

// Release lets a journal go, if it still is what was read.
func (s *Store) Release(ctx context.Context, orphan *Orphan) error {
	released := orphan.Secret.DeepCopy()
	controllerutil.RemoveFinalizer(released, v1alpha1.Finalizer)
	patch := client.MergeFromWithOptions(orphan.Secret, client.MergeFromWithOptimisticLock{})
	if err := s.writer.Patch(ctx, released, patch, client.FieldOwner(v1alpha1.FieldManager)); err != nil {
		return NewWriteError(fmt.Sprintf("release journal %s/%s", released.Namespace, released.Name), err)
	}

	return nil
}
