package connection

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/okta"
)

// observation is what was found of a connection.
type observation struct {
	generation    int64
	suspended     bool
	secretVersion string
	retryAfter    time.Duration
	org           okta.Organization
	issuer        string
	missingScopes []string
	// resumed is the new value of the resume annotation, and released says that it took a brake off.
	resumed    string
	released   bool
	now        time.Time
	reachable  finding
	authorized finding
}

// finding is a condition to be.
type finding struct {
	status  metav1.ConditionStatus
	reason  string
	message string
}

func (o observation) ready() bool {
	return o.reachable.status == metav1.ConditionTrue && o.authorized.status == metav1.ConditionTrue
}

func unknown(reason, message string) finding {
	return finding{metav1.ConditionUnknown, reason, message}
}

func failed(reason, message string) finding { return finding{metav1.ConditionFalse, reason, message} }

func works(message string) finding {
	return finding{metav1.ConditionTrue, v1alpha1.ReasonConnected, message}
}

// observe asks the org who it is and tries the admin credential. It changes nothing.
func (r *Reconciler) observe(ctx context.Context, c Connection) observation {
	seen := observation{now: r.clock.Now(), generation: c.Generation, secretVersion: r.directory.AdminVersion(ctx, c)}
	seen.release(c)
	notAsked := unknown(v1alpha1.ReasonNotChecked, "The org was not asked.")
	if c.Spec.Suspend {
		seen.suspended = true
		seen.reachable = unknown(v1alpha1.ReasonSuspended, "spec.suspend is true: nothing is asked of the org.")
		seen.authorized = seen.reachable

		return seen
	}
	if err := r.directory.PermitHost(c); err != nil {
		seen.reachable, seen.authorized = failed(v1alpha1.ReasonHostDenied, err.Error()), notAsked

		return seen
	}
	admin, err := r.directory.Admin(ctx, c)
	if err != nil {
		seen.reachable, seen.authorized = notAsked, failed(adminReason(err), sentence(err))

		return seen
	}
	seen.org, err = admin.Organization(ctx)
	if err != nil {
		seen.retryAfter = okta.RetryAfter(err)
		seen.reachable, seen.authorized = failed(orgReason(err), sentence(err)), notAsked

		return seen
	}
	if before := c.status.OrganizationID; before != "" && before != seen.org.ID {
		seen.reachable = failed(v1alpha1.ReasonOrganizationChanged, fmt.Sprintf(
			"The org that answers at orgURL is %s, and it was %s before. Its client secrets are another org's, so nothing is asked or sent there. If that is meant, make a new connection.", seen.org.ID, before))
		seen.authorized, seen.org.ID = notAsked, before

		return seen
	}
	seen.issuer = c.Spec.OrgURL
	seen.reachable = works("The org answers.")
	seen.authorized = r.authorize(ctx, admin, &seen)

	return seen
}

func (r *Reconciler) authorize(ctx context.Context, admin *okta.Client, seen *observation) finding {
	rights, err := admin.Authorize(ctx)
	seen.missingScopes = rights.MissingScopes
	seen.retryAfter = okta.RetryAfter(err)
	switch {
	case err != nil && okta.KindOf(err) != okta.KindMissingScope && okta.KindOf(err) != okta.KindForbidden:
		return failed(orgReason(err), sentence(err))
	case len(rights.MissingScopes) > 0:
		return failed(v1alpha1.ReasonScopeMissing, sentence(errors.Join(err, errors.New("grant the scopes in status.missingScopes to the service application, in Okta under its Okta API Scopes"))))
	case err != nil:
		return failed(v1alpha1.ReasonPermissionMissing, sentence(err))
	default:
		return works("Okta accepts the admin credential.")
	}
}

func adminReason(err error) string {
	if secret, ok := errors.AsType[*AdminSecretError](err); ok {
		return secret.Reason
	}

	return v1alpha1.ReasonOktaUnavailable
}

// orgReason is the reason for an error of the org.
func orgReason(err error) string {
	switch okta.KindOf(err) {
	case okta.KindThrottled:
		return v1alpha1.ReasonThrottled
	case okta.KindAdminCredentialRejected, okta.KindUnauthenticated:
		return v1alpha1.ReasonAdminCredentialRejected
	case okta.KindUnavailable, okta.KindUnknown:
		return v1alpha1.ReasonUnreachable
	default:
		return v1alpha1.ReasonUnrecognized
	}
}

// maxMessage bounds a condition's message.
const maxMessage = 500

// sentence writes an error as a condition's message.
func sentence(err error) string {
	text := err.Error()
	if len(text) > maxMessage {
		text = text[:maxMessage]
	}

	return text
}

// writeTo writes what was found to a status.
func (o observation) writeTo(status *v1alpha1.ConnectionStatus) {
	status.ObservedGeneration = o.generation
	status.MissingScopes = o.missingScopes
	if o.resumed != "" {
		status.HandledResume = o.resumed
	}
	if o.released {
		status.Brake = v1alpha1.BrakeStatus{ReleasedAt: metav1.NewTime(o.now)}
	}
	if o.org.ID != "" {
		status.OrganizationID, status.Engine, status.Issuer = o.org.ID, string(o.org.Engine), o.issuer
	}
	ready := o.authorized
	if o.reachable.status != metav1.ConditionTrue && (o.reachable.reason != v1alpha1.ReasonNotChecked || ready.status == metav1.ConditionTrue) {
		ready = o.reachable
	}
	if o.ready() {
		ready.message = "The org answers and accepts the admin credential."
	}
	for _, condition := range []struct {
		kind string
		finding
	}{{v1alpha1.ConditionReady, ready}, {v1alpha1.ConditionReachable, o.reachable}, {v1alpha1.ConditionAuthorized, o.authorized}} {
		meta.SetStatusCondition(&status.Conditions, metav1.Condition{
			Type: condition.kind, Status: condition.status, Reason: condition.reason, Message: condition.message, ObservedGeneration: o.generation,
		})
	}
}

// tell records an event when the reason of Ready changed, and when the brake was released.
func (r *Reconciler) tell(c Connection, seen observation, before, after []metav1.Condition) {
	if seen.released {
		r.recorder.Eventf(c.object, nil, corev1.EventTypeNormal, v1alpha1.ReasonBrakeReleased, "Release", "Rotations may start again, by the command resume.")
	}
	was, is := meta.FindStatusCondition(before, v1alpha1.ConditionReady), meta.FindStatusCondition(after, v1alpha1.ConditionReady)
	if was != nil && was.Reason == is.Reason {
		return
	}
	kind := corev1.EventTypeNormal
	if is.Status == metav1.ConditionFalse {
		kind = corev1.EventTypeWarning
	}
	r.recorder.Eventf(c.object, nil, kind, is.Reason, "CheckConnection", "%s", is.Message)
}
