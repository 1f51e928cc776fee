package oktaclientcredential

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/internal/consumers"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
	"github.com/oktacred/okta-credential-operator/internal/windows"
)

// scene is one pass: what was observed, and what is needed to act on it.
type scene struct {
	rotation.Observation

	now        time.Time
	credential *v1alpha1.OktaClientCredential
	connection connection.Connection
	target     *corev1.Secret
	memory     *memory
	// hintDue is when a check is due next because of what the System Log said; zero when none is.
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

func (r *Reconciler) credentialFacts(c *v1alpha1.OktaClientCredential, kept *memory) rotation.Credential {
	interval := c.Spec.Validation.Interval.OrDefault(10 * time.Minute)
	handled := c.Status.HandledCommands
	first := c.Status.ObservedGeneration == 0 && len(c.Status.Conditions) == 0
	validate := command(c, v1alpha1.AnnotationValidate)

	return rotation.Credential{
		Name: c.Name, ClientID: c.Spec.ClientID, AuthorizationServer: c.Spec.AuthorizationServer, AuthMethod: c.Spec.TokenEndpointAuthMethod, Mode: c.Spec.Mode,
		CreationPolicy: c.Spec.SecretRef.CreationPolicy, DeletionPolicy: c.Spec.DeletionPolicy,
		Suspended: c.Spec.Suspend, Deleting: !c.DeletionTimestamp.IsZero(), HasFinalizer: controllerutil.ContainsFinalizer(c, v1alpha1.Finalizer),
		FirstSight:    first,
		Confirmations: int(c.Spec.Validation.Confirmations), Interval: interval,
		StaleAfter: c.Spec.Validation.StaleAfter.OrDefault(3 * interval),
		Jitter:     jitter(string(c.UID)),
		Adopts:     c.Spec.Rotation.OnInvalidClient == v1alpha1.OnInvalidClientAdopt,
		Policy: rotation.Policy{
			Spacing:        r.ConfirmationSpacing,
			OverlapMinimum: c.Spec.Rotation.Overlap.Minimum.OrDefault(time.Hour), OverlapMaximum: c.Spec.Rotation.Overlap.Maximum.OrDefault(0),
			Retire: c.Spec.Rotation.Retire, DeleteAfter: c.Spec.Rotation.DeleteAfter.OrDefault(168 * time.Hour),
			PerDay: int(c.Spec.Rotation.Limits.PerDay), MaxAttempts: int(c.Spec.Rotation.Limits.Attempts),
			MaxAge: c.Spec.Rotation.MaxAge.OrDefault(0), Window: windowOf(c.Spec.Rotation, r.Clock.Now()),
			ReplaceInactive: c.Spec.Rotation.OnSlotsFull == v1alpha1.OnSlotsFullReplaceInactive,
			Restarts:        c.Spec.Consumers.Restart == v1alpha1.RestartAuto || c.Spec.Consumers.Restart == v1alpha1.RestartListed,
		},
		Commands: rotation.Commands{
			Rotate: command(c, v1alpha1.AnnotationRotate), Resume: command(c, v1alpha1.AnnotationResume),
			Revoke: command(c, v1alpha1.AnnotationRevoke), Rollback: command(c, v1alpha1.AnnotationRollback),
			ReleaseSecret: command(c, v1alpha1.AnnotationReleaseSecret),
		},
		Handled:  rotation.Commands{Rotate: handled.Rotate, Resume: handled.Resume, Revoke: handled.Revoke, Rollback: handled.Rollback, ReleaseSecret: handled.ReleaseSecret},
		Validate: !first && validate != "" && validate != handled.Validate && validate != kept.validated,
	}
}

// maxCommand bounds a command's value as the status does.
const maxCommand = 256

// command is the value of a command annotation.
func command(c *v1alpha1.OktaClientCredential, name string) string {
	value := c.Annotations[name]

	return value[:min(len(value), maxCommand)]
}

// jitter spreads objects evenly over [0,1), each always at the same place.
func jitter(uid string) float64 {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(uid))

	return float64(sum.Sum32()) / (1 << 32)
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

// windowOf says how the rotation windows stand.
func windowOf(spec v1alpha1.RotationSpec, now time.Time) rotation.Window {
	if spec.MaxAge.OrDefault(0) == 0 || len(spec.Windows) == 0 {
		return rotation.Window{}
	}
	given := make([]windows.Window, 0, len(spec.Windows))
	for _, w := range spec.Windows {
		given = append(given, windows.Window{Type: windows.Type(w.Type), Schedule: w.Schedule, Duration: w.Duration.OrDefault(0), TimeZone: w.TimeZone})
	}
	plan, err := windows.Parse(given)
	if err != nil {
		return rotation.Window{Problem: err.Error()}
	}
	open, next := plan.Open(now)
	if open {
		return rotation.Window{}
	}

	return rotation.Window{Closed: true, Opens: next}
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
			Immutable: secret.Immutable != nil && *secret.Immutable, HasKey: has, Value: redact.NewValue(string(value)),
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
