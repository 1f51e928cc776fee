package oktaclientcredential

import (
	"hash/fnv"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
	"github.com/oktacred/okta-credential-operator/internal/windows"
)

func (r *Reconciler) credentialFacts(c *v1alpha1.OktaClientCredential, kept *memory) rotation.Credential {
	interval := intervalOf(c)
	handled := c.Status.HandledCommands
	first := c.Status.ObservedGeneration == 0 && len(c.Status.Conditions) == 0
	validate := command(c, v1alpha1.AnnotationValidate)

	return rotation.Credential{
		Namespace: c.Namespace, Name: c.Name,
		ClientID: c.Spec.ClientID, AuthorizationServer: c.Spec.AuthorizationServer, AuthMethod: c.Spec.TokenEndpointAuthMethod, Mode: c.Spec.Mode,
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

func intervalOf(c *v1alpha1.OktaClientCredential) time.Duration {
	return c.Spec.Validation.Interval.OrDefault(10 * time.Minute)
}

// command is the value of a command annotation.
func command(c *v1alpha1.OktaClientCredential, name string) string {
	return v1alpha1.CommandValue(c.Annotations, name)
}

// jitter spreads objects evenly over [0,1), each always at the same place.
func jitter(uid string) float64 {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(uid))

	return float64(sum.Sum32()) / (1 << 32)
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
	if plan.Open(now) {
		return rotation.Window{}
	}
	opens, _ := plan.Opens(now) // zero where it never does

	return rotation.Window{Closed: true, Opens: opens}
}
