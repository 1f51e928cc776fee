package oktaclientcredential

import (
	"cmp"
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/internal/consumers"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// scene is one pass: what was observed, and what is needed to act on it.
type scene struct {
	rotation.Observation

	now        time.Time
	credential *v1alpha1.OktaClientCredential
	connection connection.Connection
	target     *corev1.Secret
	memory     *memory
	// doubted is when Okta rejected, for a follower, the secret that this one holds too; zero when it did not.
	doubted time.Time
	// hintDue is when a check is due next because of what the System Log or a follower said; zero when none is.
	hintDue time.Time
	// workloads as they were seen in this pass.
	workloads []consumers.Workload
	// connectionKey tells when the connection changes.
	connectionKey string
	// looked says that Okta or the cluster was asked for facts in this pass.
	looked bool
}

// observe reads what a decision rests on: the Secret and the journal live, the credential and its connection from the cache.
func (r *Reconciler) observe(ctx context.Context, credential *v1alpha1.OktaClientCredential) (_ *scene, err error) {
	// Who cannot be looked at would keep those behind it in the line from being told that there is a place.
	defer func() {
		if err != nil {
			r.fleet.stepAside(credential.UID)
		}
	}()
	seen := &scene{now: r.Clock.Now(), credential: credential, memory: r.memoryOf(credential)}
	seen.Credential = r.credentialFacts(credential, seen.memory)
	if err := r.observeConnection(ctx, seen); err != nil {
		return nil, err
	}
	if err := r.observeConflict(ctx, seen); err != nil {
		return nil, err
	}
	if seen.idle() {
		r.fleet.idle(credential.UID)

		return seen, nil
	}
	if err := r.observeTarget(ctx, seen); err != nil {
		return nil, err
	}
	if seen.Journal, err = r.journals.Read(ctx, credential); err != nil {
		return nil, err
	}
	seen.Credential.Binding = seen.binding()
	if err := r.observeNamespace(ctx, seen); err != nil {
		return nil, err
	}
	if err := r.permit(ctx, seen); err != nil {
		return nil, err
	}
	if err := r.observePeers(ctx, seen); err != nil {
		return nil, err
	}
	if err := r.observePace(ctx, seen); err != nil {
		return nil, err
	}
	r.recall(seen)

	return seen, nil
}

// idle says that nothing will be done whatever the Secret holds, so that it need not be read.
func (s *scene) idle() bool {
	return !s.Credential.Deleting && (s.Credential.Suspended || s.Connection.Suspended || s.Connection.Problem != "" || s.Credential.ConflictsWith != "")
}

func (s *scene) applicationID() string {
	if id := s.credential.Spec.ApplicationID; id != "" {
		return id
	}

	return s.ClientID()
}

func (s *scene) binding() rotation.Binding {
	return rotation.Binding{CredentialUID: string(s.credential.UID), Org: s.connection.Spec.OrgURL, ApplicationID: s.applicationID()}
}

// observeConflict finds an older credential for the same Secret: that one keeps it.
func (r *Reconciler) observeConflict(ctx context.Context, seen *scene) error {
	var same v1alpha1.OktaClientCredentialList
	if err := r.Client.List(ctx, &same, client.InNamespace(seen.credential.Namespace), client.MatchingFields{indexSecret: seen.credential.Spec.SecretRef.Name}); err != nil {
		return fmt.Errorf("list credentials of Secret %s: %w", seen.credential.Spec.SecretRef.Name, err)
	}
	oldest := seen.credential
	for i := range same.Items {
		if other := &same.Items[i]; other.DeletionTimestamp.IsZero() && older(other, oldest) {
			oldest = other
		}
	}
	if oldest.UID != seen.credential.UID {
		seen.Credential.ConflictsWith = oldest.Name
	}

	return nil
}

func older(a, b *v1alpha1.OktaClientCredential) bool {
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.CreationTimestamp.Before(&b.CreationTimestamp)
	}

	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name)) < 0
}

func (r *Reconciler) observeTarget(ctx context.Context, seen *scene) error {
	ref := seen.credential.Spec.SecretRef
	var secret corev1.Secret
	err := r.Live.Get(ctx, client.ObjectKey{Namespace: seen.credential.Namespace, Name: ref.Name}, &secret)
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("read Secret %s/%s: %w", seen.credential.Namespace, ref.Name, err)
	}
	if err == nil {
		value, has := secret.Data[ref.ClientSecretKey]
		seen.target = &secret
		seen.Target = rotation.Target{
			Found: true, Version: secret.ResourceVersion, Labelled: secret.Labels[v1alpha1.LabelCredential] == seen.credential.Name,
			Owned: metav1.IsControlledBy(&secret, seen.credential), Immutable: secret.Immutable != nil && *secret.Immutable, HasKey: has, Value: redact.NewValue(string(value)),
			ClientID: string(secret.Data[ref.ClientIDKey]), Writers: writersOf(&secret, ref.ClientSecretKey),
			ManagedBy: keeperOf(&secret, ref.ClientSecretKey),
		}
		if ref.IssuerKey != "" {
			seen.Target.Issuer = string(secret.Data[ref.IssuerKey])
		}
	}
	switch {
	case !seen.Target.Value.IsEmpty():
		seen.memory.missingSince = time.Time{}
	case seen.memory.missingSince.IsZero():
		seen.memory.missingSince = seen.now
	}
	seen.MissingSince = seen.memory.missingSince

	return nil
}

func (r *Reconciler) observeNamespace(ctx context.Context, seen *scene) error {
	if !seen.Credential.Deleting {
		return nil
	}
	var namespace corev1.Namespace
	if err := r.Live.Get(ctx, client.ObjectKey{Name: seen.credential.Namespace}, &namespace); err != nil {
		return fmt.Errorf("read namespace %s: %w", seen.credential.Namespace, err)
	}
	seen.Credential.NamespaceTerminating = !namespace.DeletionTimestamp.IsZero()

	return nil
}
