package oktaclientcredential

import (
	"context"
	"errors"
	"regexp"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

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
	case rotation.LookCleaned:
		return r.lookCleaned(ctx, seen)
	case rotation.LookTenants:
		return r.lookAtTenants(ctx, seen)
	case rotation.LookApplication:
		return r.lookAtOkta(ctx, seen, true)
	case rotation.LookSecrets:
		return r.lookAtOkta(ctx, seen, false)
	case rotation.LookConsumers:
		return r.lookAtConsumers(ctx, seen)
	case rotation.LookPods:
		return r.lookAtPods(ctx, seen)
	default:
		return errors.New("look at " + string(at) + ": not known")
	}
}

// questions about this credential. An error says why the org cannot be asked.
func (r *Reconciler) questions(seen *scene) (questions, error) {
	checker, err := r.Directory.Checker(seen.connection)

	return questions{
		clock: r.Clock, checker: checker, applicationID: seen.applicationID(), specClientID: seen.credential.Spec.ClientID,
		request: tokencheck.Request{
			OrgURL: seen.connection.Spec.OrgURL, AuthorizationServer: seen.credential.Spec.AuthorizationServer,
			ClientID: seen.ClientID(), Method: seen.method(),
		},
	}, err
}

// ask asks the org about one value.
func (r *Reconciler) ask(ctx context.Context, seen *scene, value redact.Value, question func(*tokencheck.Checker, context.Context, tokencheck.Request) tokencheck.Answer) (*rotation.Check, error) {
	about, err := r.questions(seen)
	var check *rotation.Check
	if err != nil {
		check = about.checkOf(tokencheck.Answer{Verdict: v1alpha1.VerdictUnreachable, Means: "The org was not asked.", Detail: err.Error()})
	} else {
		check = about.aboutSecret(ctx, value, question)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	seen.now = r.Clock.Now()
	check.At = seen.now
	checksTotal.WithLabelValues(string(check.Verdict)).Inc()

	return check, nil
}

// method that is used for the client: of the spec, else what the application was found to use, else basic.
func (s *scene) method() tokencheck.Method {
	chosen := s.credential.Spec.TokenEndpointAuthMethod
	if kept := s.Journal.Record.AuthMethod; chosen == v1alpha1.AuthMethodAuto && kept != "" {
		chosen = v1alpha1.TokenEndpointAuthMethod(kept)
	}
	switch chosen {
	case v1alpha1.AuthMethodPost:
		return tokencheck.ClientSecretPost
	case v1alpha1.AuthMethodSecretJWT:
		return tokencheck.ClientSecretJWT
	default:
		return tokencheck.ClientSecretBasic
	}
}

func (r *Reconciler) lookAtTarget(ctx context.Context, seen *scene) error {
	check, err := r.ask(ctx, seen, seen.Target.Value, (*tokencheck.Checker).Check)
	if err != nil {
		return err
	}
	r.fleet.answered(seen.connection.UID, seen.credential.UID, suspicion(*check), rejectedSince(seen.credential.Status.Verdict).Time, seen.inTurn())
	seen.memory.answered(*check, r.ConfirmationSpacing)
	if seen.Credential.Validate && isRefusal(*check) {
		seen.memory.validated = command(seen.credential, v1alpha1.AnnotationValidate)
		seen.Credential.Validate = false
	}
	// What the System Log told of was looked at: a decision to wait rests on that, so that the next hint ends it.
	seen.Credential.Hinted = false
	fresh := *seen.memory.check
	seen.Check = &fresh

	return nil
}

// inTurn says whether a check of what worked is made for no other reason than that its interval is over.
func (s *scene) inTurn() bool {
	last := s.memory.check

	return last != nil && last.Verdict == v1alpha1.VerdictAccepted && !s.Credential.Hinted && !s.Credential.Validate &&
		!s.now.Before(rotation.NextCheck(s.Credential, *last))
}

// suspicion is the verdict that counts for the brake: Okta's ambiguous text may reject as many secrets as the clear one.
func suspicion(check rotation.Check) v1alpha1.Verdict {
	if check.RejectsSecret() {
		return v1alpha1.VerdictSecretRejected
	}

	return check.Verdict
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
		r.tell(seen, rotation.Telling{Reason: v1alpha1.ReasonSecretVerified, Message: "Okta's token endpoint accepts the client secret that the Secret gets next."})
	}
	seen.memory.staged, seen.memory.stagedKey = check, staged.Hash()
	if check.Verdict == v1alpha1.VerdictAccepted {
		seen.memory.verified, seen.memory.verifiedKey = check, r.checkKey(seen, staged)
	}
	fresh := *check
	seen.StagedCheck = &fresh

	return nil
}

// lookCleaned asks about the next clean form of a value that Okta rejects.
func (r *Reconciler) lookCleaned(ctx context.Context, seen *scene) error {
	forms := seen.CleanForms()
	if len(seen.Cleaned) >= len(forms) {
		return errors.New("look at the next clean form of the value: there is none")
	}
	check, err := r.ask(ctx, seen, forms[len(seen.Cleaned)].Value, (*tokencheck.Checker).Check)
	if err != nil {
		return err
	}
	seen.Cleaned = append(seen.Cleaned, *check)

	return nil
}

// lookAtTenants asks for public metadata.
func (r *Reconciler) lookAtTenants(ctx context.Context, seen *scene) error {
	seen.Tenants = &rotation.TenantView{}
	about, err := r.questions(seen)
	if err != nil {
		return nil //nolint:nilerr // an org that cannot be asked says nothing; the check has said so
	}
	metadata, err := r.Directory.Metadata(seen.connection)
	if err != nil {
		return nil //nolint:nilerr // as above
	}
	seen.Tenants = about.aboutTenants(ctx, metadata, seen.Target.Issuer, func(ctx context.Context, host string) (okta.Organization, error) {
		return r.Directory.OrganizationAt(ctx, seen.connection, host)
	})
	seen.now = r.Clock.Now()
	seen.memory.tenants = seen.Tenants

	return ctx.Err()
}

// oktaID is how Okta makes the ids of its applications; a client secret of Okta's is longer.
var oktaID = regexp.MustCompile(`^0oa[A-Za-z0-9]{17}$`)

// mayBeSecret says whether what stands for the application's id may be something else that somebody put under the wrong key: it
// comes from the Secret, and Okta neither accepted it ever nor just answered as it does only to a client that it knows. In the
// ambiguous text it does not say that the client is known, so the id has to look like one then.
func (s *scene) mayBeSecret() bool {
	record := s.Journal.Record
	proven := record.Current != nil || record.Staged != nil || len(record.Retired) > 0 // no rotation began before Okta was asked
	if s.Credential.ClientID != "" || s.credential.Spec.ApplicationID != "" || proven {
		return false
	}
	if s.Check == nil {
		return !s.Target.Value.IsEmpty() || !oktaID.MatchString(s.ClientID())
	}

	return !provesClient(s.Check.Verdict) && (!s.Check.Ambiguous || !oktaID.MatchString(s.ClientID()))
}

// provesClient says whether Okta gives an answer of this verdict only about a client that it knows.
func provesClient(verdict v1alpha1.Verdict) bool {
	switch verdict {
	case v1alpha1.VerdictAccepted, v1alpha1.VerdictSecretRejected, v1alpha1.VerdictPublicClient:
		return true
	default:
		return false
	}
}

// lookAtOkta asks the admin API.
func (r *Reconciler) lookAtOkta(ctx context.Context, seen *scene, application bool) error {
	if seen.mayBeSecret() && seen.Check == nil && !seen.Target.Value.IsEmpty() {
		if err := r.lookAtTarget(ctx, seen); err != nil {
			return err
		}
	}
	seen.Okta = &rotation.OktaView{}
	if seen.mayBeSecret() {
		seen.Okta.Problem, seen.Okta.Unasked = v1alpha1.ReasonApplicationNotFound, true
		seen.Okta.NeedsPerson = seen.Check != nil && isRefusal(*seen.Check)
		seen.Okta.Message = "The client id comes from the Secret alone, and Okta has not shown that it knows it, so the admin API was not asked for it: what stands there may be a secret under the wrong key."

		return nil
	}
	admin, err := r.Directory.Admin(ctx, seen.connection)
	if err == nil {
		var about questions
		if about, err = r.questions(seen); err == nil {
			seen.Okta, err = about.aboutApplication(ctx, admin, application)
		}
	}
	seen.now = r.Clock.Now()
	if ctxErr := ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	if err != nil {
		r.adminFailed(seen, err)
		seen.Okta.Problem, seen.Okta.Message, seen.Okta.NeedsPerson = seen.Retry.Reason, seen.Retry.Message, seen.Retry.NeedsPerson

		return nil
	}
	seen.memory.looked()
	if seen.UndoInVain(seen.now) {
		seen.memory.undoNotBefore = seen.now.Add(deliveryRecheck)
	}

	return nil
}

// adminFailed notes a failure of the admin API, with the time before which it is not asked again.
func (r *Reconciler) adminFailed(seen *scene, err error) {
	reason, needsPerson := adminReason(err)
	failed := "Okta's admin API did not do what is needed: "
	if reason == v1alpha1.ReasonApplicationMismatch {
		failed = "Okta's admin API shows that "
	}
	message := sentence(failed + err.Error() + ".")
	if reason == v1alpha1.ReasonThrottled {
		seen.memory.throttled(seen.now, message, okta.RetryAfter(err))
	} else {
		seen.memory.failed(seen.now, reason, message, okta.RetryAfter(err), needsPerson)
	}
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
	older, unready, err := consumers.PodsInDoubt(ctx, r.Live, seen.credential.Namespace, seen.credential.Spec.SecretRef.Name, seen.change(), seen.now)
	seen.Target.PodsOnOlder, seen.Target.PodsUnready, seen.Target.PodsProblem = &older, unready, ""
	if apierrors.IsForbidden(err) {
		seen.Target.PodsProblem = "the operator may not list the pods of this namespace, so it does not know which of them use the old one"

		return nil
	}

	return err
}

// deliveryRecheck is how often Okta is asked about a retirement that is held up while workloads are looked at every few seconds.
const deliveryRecheck = 5 * time.Minute

// retireLater notes when a retirement that was held up is looked at again, unless the journal says something new before.
func (m *memory) retireLater(now time.Time, wait rotation.Wait, journal string, delivering bool) {
	m.retireNotBefore, m.retireJournal = now.Add(rotation.RetireRecheck), journal
	switch {
	case wait.HoldsUp != "": // the room that is waited for is free when this retires
		m.retireNotBefore = now.Add(deliveryRecheck)
	case wait.Reason != v1alpha1.ReasonRetirementWaits || wait.Until.IsZero():
	case delivering:
		m.retireNotBefore = now.Add(deliveryRecheck)
	default:
		m.retireNotBefore = wait.Until
	}
}
