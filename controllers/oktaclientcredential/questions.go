package oktaclientcredential

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"k8s.io/utils/clock"

	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
	"github.com/oktacred/okta-credential-operator/internal/tokencheck"
)

// questions asks one org about one client, and answers in the terms of internal/rotation. It knows nothing of Kubernetes and
// remembers nothing.
type questions struct {
	clock   clock.PassiveClock
	checker *tokencheck.Checker
	// request is what the token endpoint is asked, but for the secret.
	request       tokencheck.Request
	applicationID string
	// specClientID is the client id for messages: empty where it comes from the Secret, whose key may be the wrong one.
	specClientID string
}

// aboutSecret asks the token endpoint, or the revocation endpoint, about one value.
func (q questions) aboutSecret(ctx context.Context, value redact.Value, ask func(*tokencheck.Checker, context.Context, tokencheck.Request) tokencheck.Answer) *rotation.Check {
	request := q.request
	request.Secret = value
	answer := ask(q.checker, ctx, request)

	return q.checkOf(answer)
}

func (q questions) checkOf(answer tokencheck.Answer) *rotation.Check {
	return &rotation.Check{
		Verdict: answer.Verdict, At: q.clock.Now(), Evidence: evidence(answer), Fix: answer.Fix, Status: answer.Status,
		Ambiguous: answer.Ambiguous, Fresh: true, Failures: 1, RetryAfter: answer.RetryAfter,
	}
}

// evidence says first what an answer means and then what was answered.
func evidence(answer tokencheck.Answer) string {
	return sentence(answer.Means + " " + answer.Detail)
}

// aboutApplication asks the admin API for the secrets of the application, and for the application when that matters. Where the
// credential names the application itself, it is always asked whether that has the client which the connection allows: a
// tenant may write what it likes into the spec and into the journal, and must not reach another's secrets by it (I10).
func (q questions) aboutApplication(ctx context.Context, admin *okta.Client, wanted bool) (*rotation.OktaView, error) {
	view := &rotation.OktaView{}
	if wanted || q.applicationID != q.request.ClientID {
		app, err := admin.Application(ctx, q.applicationID)
		switch {
		case err != nil:
			return view, err
		case app.ClientID != q.request.ClientID:
			return view, &mismatchError{application: q.applicationID, kept: q.specClientID}
		}
		view.AppStatus, view.AppClientID, view.AppType, view.AppAuthMethod =
			string(app.Status), app.ClientID, app.ApplicationType, app.TokenEndpointAuthMethod
	}
	secrets, err := admin.ListSecrets(ctx, q.applicationID)
	for _, secret := range secrets {
		view.Secrets = append(view.Secrets, rotation.Listed{
			ID: secret.ID, Active: secret.Status == okta.SecretActive, Value: secret.Value, Hash: secret.Hash, Created: secret.Created,
		})
	}

	return view, err
}

// mismatchError says that the application at Okta is another client's. A client id that comes from the Secret is not kept here:
// it may be a secret under the wrong key.
type mismatchError struct{ application, kept string }

// Error says what to do.
func (e *mismatchError) Error() string {
	if e.kept == "" {
		return fmt.Sprintf("the application %s has another client id than the Secret: look whether secretRef names the right keys, or make a new OktaClientCredential with the right applicationID", e.application)
	}

	return fmt.Sprintf("the application %s has another client id than %q, which this credential keeps: make a new OktaClientCredential with the right applicationID", e.application, e.kept)
}

// aboutTenants asks for public metadata: of the org, of the credential's authorization server, and of the host of the issuer
// that the applications use, when that is another one. What is not answered stays open.
func (q questions) aboutTenants(ctx context.Context, org *okta.Metadata, issuer string, organizationAt func(context.Context, string) (okta.Organization, error)) *rotation.TenantView {
	view := &rotation.TenantView{}
	if server := q.request.AuthorizationServer; server != "" {
		switch found, err := org.HasAuthorizationServer(ctx, server); {
		case err != nil:
		case found:
			view.Server = rotation.Exists
		default:
			view.Server = rotation.Missing
		}
	}
	theirs, err := url.Parse(strings.TrimSpace(issuer))
	if err != nil || theirs.Scheme != "https" || theirs.Host == "" || strings.EqualFold("https://"+theirs.Host, q.request.OrgURL) {
		return view
	}
	if ours, err := org.Organization(ctx); err == nil {
		view.OrgID = ours.ID
	}
	found, err := organizationAt(ctx, theirs.Host)
	if err != nil {
		view.IssuerProblem = err.Error()
	}
	view.IssuerOrgID = found.ID

	return view
}
