package diagnose

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
	"github.com/oktacred/okta-credential-operator/internal/tokencheck"
)

// Attempt is one question to the token endpoint.
type Attempt struct {
	Method v1alpha1.TokenEndpointAuthMethod
	// Removed is what was taken away from the value, in words; empty for the value as it is.
	Removed string
	Answer  tokencheck.Answer
	// Form is how the last Basic header of this attempt was written.
	Form headerForm
}

// Asked is everything that the token endpoint was asked.
type Asked struct {
	Attempts []Attempt
	// Skipped says why it was not asked; empty when it was.
	Skipped string
}

// maxCleaned bounds how many cleaned values are asked about, the likeliest first.
const maxCleaned = 8

// methodNames are the methods as Okta and RFC 7591 name them.
var methodNames = map[v1alpha1.TokenEndpointAuthMethod]tokencheck.Method{
	v1alpha1.AuthMethodAuto:      "client_secret_basic",
	v1alpha1.AuthMethodBasic:     "client_secret_basic",
	v1alpha1.AuthMethodPost:      "client_secret_post",
	v1alpha1.AuthMethodSecretJWT: "client_secret_jwt",
}

// Ask asks the token endpoint about the stored secret: as it is, and where Okta refuses that, also cleaned and in the other
// ways to send it. It mints no token. Each refusal can be an event in the org's System Log, so it ends with the first
// acceptance, and where a refusal says nothing about the secret it asks no further.
func (w Web) Ask(ctx context.Context, client Client, secret redact.Value) (Asked, error) {
	httpClient, err := w.client(client.OrgURL)
	if err != nil {
		return Asked{}, err
	}
	defer httpClient.CloseIdleConnections()
	seen := &formRecorder{next: httpClient.Transport, client: client, secret: secret}
	httpClient.Transport = seen
	checker := tokencheck.New(httpClient, unlimited{}, nil)
	ask := func(method v1alpha1.TokenEndpointAuthMethod, secret redact.Value, removed string) Attempt {
		seen.start(secret)
		answer := checker.Check(ctx, tokencheck.Request{
			OrgURL: client.OrgURL, AuthorizationServer: client.AuthorizationServer, ClientID: client.ID, Secret: secret,
			Method: methodNames[method],
		})
		return Attempt{Method: method, Removed: removed, Answer: answer, Form: seen.form}
	}
	return Asked{Attempts: attempts(client, secret, ask)}, nil
}

// attempts asks until Okta accepts or there is nothing left to try.
func attempts(
	client Client, secret redact.Value, ask func(v1alpha1.TokenEndpointAuthMethod, redact.Value, string) Attempt,
) []Attempt {
	method := client.usedMethod()
	tried := []Attempt{ask(method, secret, "")}
	if !refusesSecret(tried[0].Answer) {
		return tried
	}
	cleanings := rotation.Cleanings(secret, client.ID)
	for _, clean := range cleanings[:min(len(cleanings), maxCleaned)] {
		tried = append(tried, ask(method, clean.Value, clean.Removed))
		if tried[len(tried)-1].accepted() {
			return tried
		}
	}
	if !tried[0].Answer.Ambiguous {
		// Okta's other text says that it looked at the secret, so the way it was sent is right.
		return tried
	}
	for _, other := range []v1alpha1.TokenEndpointAuthMethod{v1alpha1.AuthMethodBasic, v1alpha1.AuthMethodPost, v1alpha1.AuthMethodSecretJWT} {
		if other == method {
			continue
		}
		tried = append(tried, ask(other, secret, ""))
		if tried[len(tried)-1].accepted() {
			return tried
		}
	}
	return tried
}

func (a Attempt) accepted() bool { return a.Answer.Verdict == tokencheck.Accepted }

// refusesSecret says whether an answer is about the secret or may be.
func refusesSecret(answer tokencheck.Answer) bool {
	return answer.Verdict == tokencheck.SecretRejected || answer.Ambiguous
}

// accepted is the attempt that Okta accepted.
func (a Asked) accepted() (Attempt, bool) {
	for _, attempt := range a.Attempts {
		if attempt.accepted() {
			return attempt, true
		}
	}
	return Attempt{}, false
}

// verdict sums the attempts up; ok is false when there were none.
func (a Asked) verdict() (verdict Verdict, ok bool) {
	if len(a.Attempts) == 0 {
		return Verdict{}, false
	}
	first := a.Attempts[0]
	verdict = Verdict{Name: first.Answer.Verdict, Evidence: first.Answer.Detail, Source: SourceNow}
	accepted, found := a.accepted()
	switch {
	case found && accepted.Removed != "":
		verdict.Name = v1alpha1.VerdictSecretMalformed
		verdict.Evidence += " It is stored with " + accepted.Removed + ", and Okta accepts it when that is mended."
	case found && accepted.Method != first.Method:
		verdict.Name = v1alpha1.VerdictMethodMismatch
		verdict.Evidence += " By " + string(methodNames[accepted.Method]) + " Okta accepts it."
	}
	verdict.Fix = cmp.Or(fixFor(verdict.Name), first.Answer.Fix)
	return verdict, true
}

// ambiguous says whether Okta answered that the client or its credentials are wrong, and nothing told which.
func (a Asked) ambiguous() bool {
	_, found := a.accepted()
	return len(a.Attempts) > 0 && a.Attempts[0].Answer.Ambiguous && !found
}

// methods are those that Okta gave an answer to, in the order they were tried.
func (a Asked) methods() []string {
	var names []string
	for _, attempt := range a.Attempts {
		if name := string(methodNames[attempt.Method]); attempt.Answer.Status != 0 && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// unlimited lets every request out: a person's few questions need no budget.
type unlimited struct{}

// Acquire implements tokencheck.Limiter.
func (unlimited) Acquire(context.Context, string) (func(*http.Response), error) {
	return func(*http.Response) {}, nil
}
