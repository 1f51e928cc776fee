package oktaclientcredential

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/internal/consumers"
	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
	"github.com/oktacred/okta-credential-operator/internal/tokencheck"
)

// look adds a fact to what was observed. It changes nothing in the cluster or at Okta.
func (r *Reconciler) look(ctx context.Context, seen *scene, at rotation.Subject) error {
	switch at {
	case rotation.LookTarget:
		return r.lookAtTarget(ctx, seen)
	case rotation.LookSecond:
		return r.lookSecond(ctx, seen)
	case rotation.LookStaged:
		return r.lookAtStaged(ctx, seen)
	case rotation.LookApplication:
		return r.lookAtOkta(ctx, seen, true)
	case rotation.LookSecrets:
		return r.lookAtOkta(ctx, seen, false)
	case rotation.LookPods:
		return r.lookAtPods(ctx, seen)
	default:
		return errors.New("look at " + string(at) + ": not known")
	}
}

// ask asks the org about one value.
func (r *Reconciler) ask(ctx context.Context, seen *scene, value redact.Value, question func(*tokencheck.Checker, context.Context, tokencheck.Request) tokencheck.Answer) (*rotation.Check, error) {
	checker, err := r.Directory.Checker(seen.connection)
	answer := tokencheck.Answer{Verdict: v1alpha1.VerdictUnreachable}
	if err != nil {
		answer.Detail = "The org was not asked: " + err.Error()
	} else {
		answer = question(checker, ctx, tokencheck.Request{
			OrgURL: seen.connection.Spec.OrgURL, AuthorizationServer: seen.credential.Spec.AuthorizationServer,
			ClientID: seen.ClientID(), Secret: value, Method: seen.method(),
		})
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	seen.now = r.Clock.Now()
	checksTotal.WithLabelValues(string(answer.Verdict)).Inc()

	return &rotation.Check{
		Verdict: answer.Verdict, At: seen.now, Evidence: evidence(answer), Ambiguous: answer.Ambiguous, Fresh: true, Failures: 1, RetryAfter: answer.RetryAfter,
	}, nil
}

// evidence says first what an answer means and then what was answered.
func evidence(answer tokencheck.Answer) string {
	var means string
	switch answer.Verdict {
	case v1alpha1.VerdictAccepted:
		means = "Okta accepts the client secret. The check asks for no token; only a client that authenticated gets this answer: "
	case v1alpha1.VerdictSecretRejected:
		means = "Okta rejects the client secret. "
	case v1alpha1.VerdictClientUnknown:
		means = "This org has no client with this id, so no client secret would work: check clientID, and that the connection is to the right org. "
	case v1alpha1.VerdictForbidden:
		means = "A policy or network zone of the org refuses the client, whatever its secret: let the operator's address in, or ask who keeps the policy. "
	case v1alpha1.VerdictThrottled, v1alpha1.VerdictUnreachable:
		means = "Okta could not be asked, which says nothing about the client secret. "
	case v1alpha1.VerdictUnrecognized:
		means = "Okta's answer proves nothing about the client secret. "
	}

	return sentence(means + answer.Detail)
}

// method that is used for the client: of the spec, else what the application was found to use, else basic.
func (s *scene) method() tokencheck.Method {
	chosen := s.credential.Spec.TokenEndpointAuthMethod
	if kept := s.Journal.Record.AuthMethod; chosen == v1alpha1.AuthMethodAuto && kept != "" {
		chosen = v1alpha1.TokenEndpointAuthMethod(kept)
	}
	if chosen == v1alpha1.AuthMethodPost {
		return tokencheck.ClientSecretPost
	}

	return tokencheck.ClientSecretBasic
}

func (r *Reconciler) lookAtTarget(ctx context.Context, seen *scene) error {
	check, err := r.ask(ctx, seen, seen.Target.Value, (*tokencheck.Checker).Check)
	if err != nil {
		return err
	}
	seen.memory.answered(*check, r.ConfirmationSpacing)
	if seen.Credential.Validate && check.Verdict.Decides() {
		seen.memory.validated = command(seen.credential, v1alpha1.AnnotationValidate)
		seen.Credential.Validate = false
	}
	fresh := *seen.memory.check
	seen.Check = &fresh

	return nil
}

func (r *Reconciler) lookSecond(ctx context.Context, seen *scene) error {
	second, err := r.ask(ctx, seen, seen.Target.Value, (*tokencheck.Checker).SecondOpinion)
	seen.Second = second

	return err
}

func (r *Reconciler) lookAtStaged(ctx context.Context, seen *scene) error {
	staged := seen.Journal.Record.Staged.Value
	check, err := r.ask(ctx, seen, staged, (*tokencheck.Checker).Check)
	if err != nil {
		return err
	}
	if last := seen.memory.staged; last != nil && last.Verdict.Decides() == check.Verdict.Decides() {
		check.Failures = last.Failures + 1
	}
	if last := seen.memory.staged; check.Verdict == v1alpha1.VerdictAccepted && (last == nil || last.Verdict != v1alpha1.VerdictAccepted) {
		r.tell(seen, rotation.Telling{Reason: v1alpha1.ReasonSecretVerified, Message: "Okta's token endpoint accepts the new client secret."})
	}
	seen.memory.staged, seen.memory.stagedKey = check, staged.Hash()
	fresh := *check
	seen.StagedCheck = &fresh

	return nil
}

// lookAtOkta asks the admin API for the application's secrets, and for the application when that matters. Where the
// credential names the application itself, it is always asked whether that has the client which the connection allows: a
// tenant may write what it likes into the spec and into the journal, and must not reach another's secrets by it (I10).
func (r *Reconciler) lookAtOkta(ctx context.Context, seen *scene, application bool) error {
	view := &rotation.OktaView{}
	seen.Okta = view
	admin, err := r.Directory.Admin(ctx, seen.connection)
	if err == nil && (application || seen.applicationID() != seen.ClientID()) {
		var app okta.Application
		app, err = admin.Application(ctx, seen.applicationID())
		if err == nil && app.ClientID != seen.ClientID() {
			err = &mismatchError{application: seen.applicationID(), want: seen.ClientID()}
		} else {
			view.AppStatus, view.AppClientID, view.AppAuthMethod = string(app.Status), app.ClientID, app.TokenEndpointAuthMethod
		}
	}
	var secrets []okta.ClientSecret
	if err == nil {
		secrets, err = admin.ListSecrets(ctx, seen.applicationID())
	}
	seen.now = r.Clock.Now()
	if ctxErr := ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	if err != nil {
		r.adminFailed(seen, err)
		view.Problem, view.Message, view.NeedsPerson = seen.Retry.Reason, seen.Retry.Message, seen.Retry.NeedsPerson

		return nil
	}
	seen.memory.looked()
	for _, secret := range secrets {
		view.Secrets = append(view.Secrets, rotation.Listed{
			ID: secret.ID, Active: secret.Status == okta.SecretActive, Value: secret.Value, Hash: secret.Hash, Created: secret.Created,
		})
	}

	return nil
}

// mismatchError says that the application at Okta is another client's.
type mismatchError struct{ application, want string }

// Error says what to do.
func (e *mismatchError) Error() string {
	return fmt.Sprintf("the application %s has another client id than %q, which this credential keeps: make a new OktaClientCredential with the right applicationID", e.application, e.want)
}

// adminFailed notes a failure of the admin API, with the time before which it is not asked again.
func (r *Reconciler) adminFailed(seen *scene, err error) {
	reason, needsPerson := adminReason(err)
	seen.memory.failed(seen.now, reason, sentence("Okta's admin API did not do what is needed: "+err.Error()+"."), okta.RetryAfter(err), needsPerson)
	seen.Retry = seen.memory.retry
}

// adminReason is the reason for a failure of the admin API, and whether a person must mend it.
func adminReason(err error) (reason string, needsPerson bool) {
	if secret, ok := errors.AsType[*connection.AdminSecretError](err); ok {
		return secret.Reason, true
	}
	if _, mismatch := errors.AsType[*mismatchError](err); mismatch {
		return v1alpha1.ReasonApplicationMismatch, true
	}
	switch okta.KindOf(err) {
	case okta.KindNotFound:
		return v1alpha1.ReasonApplicationNotFound, true
	case okta.KindForbidden:
		return v1alpha1.ReasonPermissionMissing, true
	case okta.KindMissingScope:
		return v1alpha1.ReasonScopeMissing, true
	case okta.KindUnauthenticated, okta.KindAdminCredentialRejected:
		return v1alpha1.ReasonAdminCredentialRejected, true
	case okta.KindThrottled:
		return v1alpha1.ReasonThrottled, false
	default:
		return v1alpha1.ReasonOktaUnavailable, false
	}
}

func (r *Reconciler) lookAtPods(ctx context.Context, seen *scene) error {
	written := seen.now
	if current := seen.Journal.Record.Current; current != nil {
		written = current.Since
	}
	pods, err := consumers.PodsOnOlder(ctx, r.Live, seen.credential.Namespace, seen.credential.Spec.SecretRef.Name, written, seen.now)
	seen.Target.PodsOnOlder = &pods

	return err
}

// retireLater notes when a retirement that was held up is looked at again.
func (m *memory) retireLater(now time.Time, wait rotation.Wait) {
	m.retireNotBefore = now.Add(rotation.RetireRecheck)
	if wait.Reason == v1alpha1.ReasonRetirementWaits && !wait.Until.IsZero() {
		m.retireNotBefore = wait.Until
	}
}
