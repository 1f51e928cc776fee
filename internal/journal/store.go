package journal

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

const (
	// key of the journal in the Secret's data.
	key = "journal.json"
	// secretType keeps other tools from taking the journal for something to mount or copy.
	secretType corev1.SecretType = "oktacred.dev/rotation-journal"
)

// Store reads and writes journals. Reads are live, and every write names the version that was read (I1).
type Store struct {
	reader client.Reader
	writer client.Writer
}

// NewStore makes a store. The reader must not be a cache: what a rotation rests on is never old.
func NewStore(reader client.Reader, writer client.Writer) *Store {
	return &Store{reader: reader, writer: writer}
}

// Read returns the journal of a credential as it is now. A journal that cannot be decoded is not an error but a finding.
func (s *Store) Read(ctx context.Context, credential *v1alpha1.OktaClientCredential) (rotation.Journal, error) {
	var secret corev1.Secret
	name := client.ObjectKey{Namespace: credential.Namespace, Name: rotation.JournalName(credential.Name)}
	if err := s.reader.Get(ctx, name, &secret); err != nil {
		if apierrors.IsNotFound(err) {
			return rotation.Journal{}, nil
		}

		return rotation.Journal{}, fmt.Errorf("read journal %s: %w", name, err)
	}

	return decoded(&secret), nil
}

func decoded(secret *corev1.Secret) rotation.Journal {
	found := rotation.Journal{
		Found: true, Version: secret.ResourceVersion,
		Held: controllerutil.ContainsFinalizer(secret, v1alpha1.Finalizer), Deleted: !secret.DeletionTimestamp.IsZero(),
	}
	record, err := Decode(secret.Data[key])
	switch {
	case found.Deleted && !found.Held:
		found.Unreadable = "it is being deleted, and only another finalizer than the operator's keeps it"
	case secret.Type != secretType:
		found.Unreadable = fmt.Sprintf("it is of type %q and not %q, so something else made it", secret.Type, secretType)
	case err != nil:
		found.Unreadable = err.Error()
	default:
		found.Record = record
	}

	return found
}

// Write stores a record over the journal that was read, or as a new one, and returns the new version. Held, it outlives its
// credential until it is released. A conflict or AlreadyExists error means that somebody else wrote in between: observe again.
func (s *Store) Write(ctx context.Context, credential *v1alpha1.OktaClientCredential, read rotation.Journal, record rotation.Record, held bool) (string, error) {
	data, err := Encode(record)
	if err != nil {
		return "", fmt.Errorf("encode journal: %w", err)
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: credential.Namespace, Name: rotation.JournalName(credential.Name), ResourceVersion: read.Version,
			Labels: map[string]string{v1alpha1.LabelCredential: credential.Name},
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: v1alpha1.GroupVersion.String(), Kind: "OktaClientCredential",
				Name: credential.Name, UID: credential.UID, Controller: new(true),
			}},
		},
		Type: secretType,
		Data: map[string][]byte{key: data},
	}
	if held {
		controllerutil.AddFinalizer(secret, v1alpha1.Finalizer)
	}
	if !read.Found {
		err = s.writer.Create(ctx, secret, client.FieldOwner(v1alpha1.FieldManager))
	} else {
		err = s.writer.Update(ctx, secret, client.FieldOwner(v1alpha1.FieldManager))
	}
	if err != nil {
		return "", NewWriteError(fmt.Sprintf("write journal %s/%s", secret.Namespace, secret.Name), err)
	}
	if held && !controllerutil.ContainsFinalizer(secret, v1alpha1.Finalizer) {
		return secret.ResourceVersion, fmt.Errorf("%w: the finalizer %s of journal %s/%s", ErrUndone, v1alpha1.Finalizer, secret.Namespace, secret.Name)
	}

	return secret.ResourceVersion, nil
}
