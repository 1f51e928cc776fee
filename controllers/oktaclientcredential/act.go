package oktaclientcredential

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/journal"
	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// act carries out one action: the only place where anything changes in the cluster or at Okta.
func (r *Reconciler) act(ctx context.Context, seen *scene, action rotation.Action) error {
	switch a := action.(type) {
	case rotation.WriteJournal:
		return r.writeJournal(ctx, seen, a)
	case rotation.StageSecret:
		return r.stageSecret(ctx, seen, a)
	case rotation.LabelTarget:
		return r.labelTarget(ctx, seen)
	case rotation.WriteTarget:
		return r.writeTarget(ctx, seen, a)
	case rotation.CreateSecret:
		return r.createSecret(ctx, seen, a)
	case rotation.ActivateSecret:
		return r.changeAtOkta(ctx, seen, a.ID, a.Tell, func(admin *okta.Client) error {
			return admin.ActivateSecret(ctx, seen.applicationID(), a.ID)
		})
	case rotation.DeactivateSecret:
		return r.changeAtOkta(ctx, seen, a.ID, a.Tell, func(admin *okta.Client) error {
			return admin.DeactivateSecret(ctx, seen.applicationID(), a.ID)
		})
	case rotation.DeleteSecret:
		return r.changeAtOkta(ctx, seen, a.ID, a.Tell, func(admin *okta.Client) error {
			return admin.DeleteSecret(ctx, seen.applicationID(), a.ID)
		})
	case rotation.RestartWorkload:
		return r.restartWorkload(ctx, seen, a)
	case rotation.AddFinalizer:
		return r.addFinalizer(ctx, seen)
	case rotation.RemoveFinalizer:
		return r.removeFinalizer(ctx, seen, a)
	case rotation.Look, rotation.Wait:
		return fmt.Errorf("act on %T: it is no action with an effect", a)
	default:
		return fmt.Errorf("act on %T: not known", a)
	}
}

func (r *Reconciler) writeJournal(ctx context.Context, seen *scene, a rotation.WriteJournal) error {
	if _, err := r.journals.Write(ctx, seen.credential, seen.Journal, a.Record, seen.Holds(a.Record)); err != nil {
		return err
	}
	r.countRotation(seen.Journal.Record, a.Record)
	r.tell(seen, a.Tell...)

	return nil
}

// stageSecret makes a value and writes it to the journal, before anything outside learns it (I1).
func (r *Reconciler) stageSecret(ctx context.Context, seen *scene, a rotation.StageSecret) error {
	if !r.fleet.start(termsOf(seen.connection), seen.credential.UID) {
		return apierrors.NewConflict(schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "oktaclientcredentials"}, seen.credential.Name,
			errors.New("another rotation of the connection was faster"))
	}
	value, err := r.newSecretValue()
	if err != nil {
		return err
	}
	record := seen.Journal.Record.Stage(rotation.Staged{
		Value: value, Cause: a.Cause, At: seen.now, IDsBefore: a.IDsBefore, Replaces: a.Replaces,
	}, a.Command)
	version, err := r.journals.Write(ctx, seen.credential, seen.Journal, record, seen.Holds(record))
	if isRefused(err) {
		r.fleet.refused(seen.credential.UID)
	}
	if err != nil {
		return err
	}
	seen.memory.justStaged = version
	r.tell(seen, a.Tell...)

	return nil
}

// secretLength and secretAlphabet make about 381 bits. Okta takes 14 to 100 printable ASCII characters; letters and digits
// alone survive the clients that form-encode wrongly in Basic authentication.
const (
	secretLength   = 64
	secretAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

func (r *Reconciler) newSecretValue() (redact.Value, error) {
	value := make([]byte, secretLength)
	drawn := make([]byte, 1)
	limit := byte(256 - 256%len(secretAlphabet))
	for i := 0; i < len(value); {
		if _, err := r.Rand.Read(drawn); err != nil {
			return redact.Value{}, fmt.Errorf("draw a random client secret: %w", err)
		}
		if drawn[0] < limit {
			value[i] = secretAlphabet[int(drawn[0])%len(secretAlphabet)]
			i++
		}
	}

	return redact.NewValue(string(value)), nil
}

// labelTarget sets our label and nothing else.
func (r *Reconciler) labelTarget(ctx context.Context, seen *scene) error {
	changed := seen.target.DeepCopy()
	metav1.SetMetaDataLabel(&changed.ObjectMeta, v1alpha1.LabelCredential, seen.credential.Name)
	if err := r.patchTarget(ctx, seen, changed, labelManager); err != nil {
		return err
	}
	if changed.Labels[v1alpha1.LabelCredential] != seen.credential.Name {
		return fmt.Errorf("%w: the label %s", journal.ErrUndone, v1alpha1.LabelCredential)
	}

	return nil
}

// labelManager is the name under which the label alone is written: the time that the API server keeps for the other one stays that
// of the value.
const labelManager = v1alpha1.FieldManager + "-label"

// patchTarget writes what was changed of the target, if it still is what was read.
func (r *Reconciler) patchTarget(ctx context.Context, seen *scene, changed *corev1.Secret, manager string) error {
	patch := client.MergeFromWithOptions(seen.target, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Patch(ctx, changed, patch, client.FieldOwner(manager)); err != nil {
		return journal.NewWriteError(fmt.Sprintf("write Secret %s/%s", changed.Namespace, changed.Name), err)
	}

	return nil
}

// writeTarget writes the client secret, and the client id where its key is not there, in one write (I6).
func (r *Reconciler) writeTarget(ctx context.Context, seen *scene, a rotation.WriteTarget) error {
	written, err := r.createOrPatch(ctx, seen, a)
	if err != nil {
		return err
	}
	key := seen.credential.Spec.SecretRef.ClientSecretKey
	if !redact.NewValue(string(written.Data[key])).Equal(a.Value) {
		return fmt.Errorf("%w: the key %s", journal.ErrUndone, key)
	}
	r.tell(seen, a.Tell...)

	return nil
}

// createOrPatch returns the target as the API server took it.
func (r *Reconciler) createOrPatch(ctx context.Context, seen *scene, a rotation.WriteTarget) (*corev1.Secret, error) {
	if a.Create {
		return r.createTarget(ctx, seen, a.Value)
	}
	changed := seen.target.DeepCopy()
	fill(changed, seen, a.Value)

	return changed, r.patchTarget(ctx, seen, changed, v1alpha1.FieldManager)
}

func fill(secret *corev1.Secret, seen *scene, value redact.Value) {
	ref := seen.credential.Spec.SecretRef
	metav1.SetMetaDataLabel(&secret.ObjectMeta, v1alpha1.LabelCredential, seen.credential.Name)
	if secret.Data == nil {
		secret.Data = map[string][]byte{}
	}
	secret.Data[ref.ClientSecretKey] = []byte(value.Reveal())
	if len(secret.Data[ref.ClientIDKey]) == 0 {
		secret.Data[ref.ClientIDKey] = []byte(seen.ClientID())
	}
}

func (r *Reconciler) createTarget(ctx context.Context, seen *scene, value redact.Value) (*corev1.Secret, error) {
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: seen.credential.Namespace, Name: seen.credential.Spec.SecretRef.Name},
		Type:       corev1.SecretTypeOpaque,
	}
	fill(secret, seen, value)
	if seen.Credential.CreationPolicy == v1alpha1.CreationOwner {
		if err := controllerutil.SetControllerReference(seen.credential, secret, r.Client.Scheme()); err != nil {
			return nil, fmt.Errorf("own Secret %s: %w", secret.Name, err)
		}
	}
	if err := r.Client.Create(ctx, secret, client.FieldOwner(v1alpha1.FieldManager)); err != nil {
		return nil, journal.NewWriteError(fmt.Sprintf("create Secret %s/%s", secret.Namespace, secret.Name), err)
	}

	return secret, nil
}

// changeAtOkta makes one change to a secret that is already at Okta.
func (r *Reconciler) changeAtOkta(ctx context.Context, seen *scene, id string, tell []rotation.Telling, change func(*okta.Client) error) error {
	if err := r.unchanged(ctx, seen); err != nil {
		return err
	}
	admin, err := r.Directory.Admin(ctx, seen.connection)
	if err == nil {
		err = change(admin)
	}
	seen.now = r.Clock.Now()
	switch {
	case okta.KindOf(err) == okta.KindNotFound:
		r.notThere(seen, id, err)
	case err != nil:
		r.adminFailed(seen, err)
	default:
		seen.memory.worked()
		seen.memory.notThere = notThere{}
		seen.memory.ownChange = seen.now
		r.tell(seen, tell...)
	}
	seen.memory.refused = ""
	if err != nil {
		seen.memory.refused = id
	}

	return nil
}

// notThere is a secret at Okta that was listed, and then answered 404 to a change, so many times.
type notThere struct {
	id    string
	times int
}

// listedAndNotThere is after how many 404s to a change of a listed secret a person has to look: a list that lags is over by then.
const listedAndNotThere = 4

// notThere notes a 404 to a change of a secret that Okta listed. Somebody may have been faster, which the next look shows. Where
// that lists it still, the list lags, or the admin role may see the secret and not change it: then it is tried again ever later.
func (r *Reconciler) notThere(seen *scene, id string, err error) {
	kept := &seen.memory.notThere
	if kept.id != id {
		*kept = notThere{id: id}
	}
	if kept.times++; kept.times == 1 {
		return
	}
	reason, needsPerson := v1alpha1.ReasonOktaUnavailable, false
	if kept.times >= listedAndNotThere {
		reason, needsPerson = v1alpha1.ReasonPermissionMissing, true
	}
	seen.memory.failed(seen.now, reason, sentence(fmt.Sprintf(
		"Okta lists client secret %s, and answers as if it were not there when it is to be changed: %s. If that stays so, the admin role may see the secret and not change it: give it okta.apps.manage on the application.", id, err)), 0, needsPerson)
	seen.Retry = seen.memory.retry
}

// unchanged reads credential, connection, target and journal again just before a change at Okta: nothing that the decision rested
// on may have changed since. The error is a conflict, so that the next pass looks again; of the connection, which is read from the
// cache alone in that pass too, it is one that backs off until the cache has it.
func (r *Reconciler) unchanged(ctx context.Context, seen *scene) error {
	switch current, err := r.Directory.IsCurrent(ctx, seen.connection); {
	case err != nil:
		return err
	case !current:
		return fmt.Errorf("%s changed since it was read", seen.connection)
	}
	key := client.ObjectKeyFromObject(seen.credential)
	var live v1alpha1.OktaClientCredential
	if err := r.Live.Get(ctx, key, &live); err != nil {
		return err
	}
	target := &corev1.Secret{}
	err := r.Live.Get(ctx, client.ObjectKey{Namespace: key.Namespace, Name: seen.credential.Spec.SecretRef.Name}, target)
	if client.IgnoreNotFound(err) != nil {
		return err
	}
	found, err := r.journals.Read(ctx, seen.credential)
	if err != nil {
		return err
	}
	same := live.UID == seen.credential.UID && live.Generation == seen.credential.Generation &&
		live.DeletionTimestamp.IsZero() == seen.credential.DeletionTimestamp.IsZero() &&
		target.ResourceVersion == seen.Target.Version && found.Version == seen.Journal.Version
	if !same {
		return apierrors.NewConflict(schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "oktaclientcredentials"}, key.Name,
			errors.New("the credential, its Secret or its journal changed since they were read"))
	}

	return nil
}

func (r *Reconciler) addFinalizer(ctx context.Context, seen *scene) error {
	changed := seen.credential.DeepCopy()
	controllerutil.AddFinalizer(changed, v1alpha1.Finalizer)
	if err := r.patchCredential(ctx, seen, changed); err != nil {
		return err
	}
	if !controllerutil.ContainsFinalizer(changed, v1alpha1.Finalizer) {
		return fmt.Errorf("%w: the finalizer %s", journal.ErrUndone, v1alpha1.Finalizer)
	}

	return nil
}

func (r *Reconciler) removeFinalizer(ctx context.Context, seen *scene, a rotation.RemoveFinalizer) error {
	changed := seen.credential.DeepCopy()
	controllerutil.RemoveFinalizer(changed, v1alpha1.Finalizer)
	if err := r.patchCredential(ctx, seen, changed); err != nil {
		return err
	}
	r.tell(seen, a.Tell...)

	return nil
}

func (r *Reconciler) patchCredential(ctx context.Context, seen *scene, changed *v1alpha1.OktaClientCredential) error {
	patch := client.MergeFromWithOptions(seen.credential, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Patch(ctx, changed, patch, client.FieldOwner(v1alpha1.FieldManager)); err != nil {
		return fmt.Errorf("write OktaClientCredential %s/%s: %w", changed.Namespace, changed.Name, err)
	}
	seen.memory.wrote(changed, r.Clock.Now())

	return nil
}
