package tokencheck

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// proof is what a test looks at of an Answer.
type proof struct {
	Verdict   Verdict
	Cause     string
	Ambiguous bool
	Probe     string
}

// wrongSecretText is what Okta says to a wrong secret.
const wrongSecretText = "The client secret supplied for a confidential client is invalid."

func proofOf(a Answer) proof { return proof{a.Verdict, a.Cause, a.Ambiguous, a.Probe} }

func TestCheck(t *testing.T) {
	const code, revoke = ProbeAuthorizationCode, ProbeRevoke
	serviceApp := oktasim.App{Type: oktasim.TypeService, GrantTypes: []string{"client_credentials"}}
	for name, test := range map[string]struct {
		unknowns oktasim.Unknowns
		app      oktasim.App
		arrange  func(*world, *Request)
		want     proof
		// requests and again are how many requests the first check costs, and one that follows.
		requests, again int
	}{
		"the right secret is accepted after one calibration": {want: proof{Accepted, "invalid_authorization_code", false, code}, requests: 2, again: 1},
		"a wrong secret is rejected": {
			arrange: func(_ *world, r *Request) { r.Secret = redact.NewValue(wrongSecret) },
			want:    proof{SecretRejected, "invalid_client_secret", false, code}, requests: 1, again: 1,
		},
		"a revoked secret is rejected": {
			arrange: func(w *world, _ *Request) { _ = w.org.RevokeSecret(w.app.ID, w.secret) },
			want:    proof{SecretRejected, "invalid_client_secret", false, code}, requests: 1, again: 1,
		},
		"the ambiguous text is no rejection": {
			unknowns: oktasim.Unknowns{WrongSecret: oktasim.RefuseAsAmbiguous},
			arrange:  func(_ *world, r *Request) { r.Secret = redact.NewValue(wrongSecret) },
			want:     proof{Unrecognized, "invalid_client", true, code}, requests: 1, again: 1,
		},
		"the wrong method is no rejection": {
			app:  oktasim.App{TokenEndpointAuthMethod: oktasim.MethodPost},
			want: proof{Unrecognized, "invalid_client", true, code}, requests: 1, again: 1,
		},
		"the secret can go by post": {
			app:     oktasim.App{TokenEndpointAuthMethod: oktasim.MethodPost},
			arrange: func(_ *world, r *Request) { r.Method = ClientSecretPost },
			want:    proof{Accepted, "invalid_authorization_code", false, code}, requests: 2, again: 1,
		},
		"an unknown client is named as such": {
			arrange: func(_ *world, r *Request) { r.ClientID = "0oaNobody" },
			want:    proof{ClientUnknown, "invalid_client_id", false, code}, requests: 1, again: 1,
		},
		"an unknown client is named as such with status 400": {
			unknowns: oktasim.Unknowns{UnknownClient400: true},
			arrange:  func(_ *world, r *Request) { r.ClientID = "0oaNobody" },
			want:     proof{ClientUnknown, "invalid_client_id", false, code}, requests: 1, again: 1,
		},
		"a custom authorization server is asked at its own path": {
			arrange: func(_ *world, r *Request) { r.AuthorizationServer = "default" },
			want:    proof{Accepted, "invalid_authorization_code", false, code}, requests: 2, again: 1,
		},
		"an authorization server that is not there is named so": {
			arrange: func(_ *world, r *Request) { r.AuthorizationServer = "ausMissing" },
			want:    proof{WrongAuthorizationServer, "authorization_server_not_found", false, code}, requests: 1, again: 1,
		},
		"an authorization server that is not there is named so by invalid_request": {
			unknowns: oktasim.Unknowns{UnknownServer: oktasim.ServerInvalidRequest},
			arrange:  func(_ *world, r *Request) { r.AuthorizationServer = "ausMissing" },
			want:     proof{WrongAuthorizationServer, "invalid_authorization_server", false, code}, requests: 1, again: 1,
		},
		"an authorization server that is a page proves nothing": {
			unknowns: oktasim.Unknowns{UnknownServer: oktasim.ServerNotFoundHTML},
			arrange:  func(_ *world, r *Request) { r.AuthorizationServer = "ausMissing" },
			want:     proof{Unrecognized, "", false, code}, requests: 1, again: 1,
		},
		"a client that signs with its secret is accepted": {
			app: oktasim.App{TokenEndpointAuthMethod: oktasim.MethodClientSecretJWT}, arrange: bySecretJWT,
			want: proof{Accepted, "invalid_authorization_code", false, code}, requests: 2, again: 1,
		},
		"a client that signs with a wrong secret is rejected": {
			app: oktasim.App{TokenEndpointAuthMethod: oktasim.MethodClientSecretJWT},
			arrange: func(w *world, r *Request) {
				bySecretJWT(w, r)
				r.Secret = redact.NewValue(wrongSecret)
			},
			want: proof{SecretRejected, "client_assertion_invalid_signature", false, code}, requests: 1, again: 1,
		},
		"a signature at the endpoint for revocations names that": {
			app: oktasim.App{
				TokenEndpointAuthMethod: oktasim.MethodClientSecretJWT, Type: oktasim.TypeService, GrantTypes: []string{"client_credentials"},
			},
			unknowns: oktasim.Unknowns{GrantFirst: true}, arrange: bySecretJWT,
			want: proof{Accepted, "", false, revoke}, requests: 4, again: 1,
		},
		"a signature of a client that is not there names the issuer": {
			arrange: func(w *world, r *Request) {
				bySecretJWT(w, r)
				r.ClientID = "0oaNobody"
			},
			want: proof{ClientUnknown, "client_assertion_invalid_issuer", false, code}, requests: 1, again: 1,
		},
		"a secret that is too short to sign with is not sent": {
			arrange: func(w *world, r *Request) {
				bySecretJWT(w, r)
				r.Secret = redact.NewValue(wrongSecret[:31])
			},
			want: proof{MethodMismatch, "", false, ""},
		},
		"a private key is named where the client signs with its secret": {
			arrange: func(w *world, r *Request) {
				bySecretJWT(w, r)
				_ = w.org.ChangeApp(w.app.ID, func(a *oktasim.App) { a.TokenEndpointAuthMethod = oktasim.MethodPrivateKeyJWT })
			},
			want: proof{MethodMismatch, "client_assertion_invalid_signature_algorithm", false, code}, requests: 1, again: 1,
		},
		"a client outside of its network zone is forbidden": {
			app: oktasim.App{OutsideNetworkZone: true}, want: proof{Forbidden, "disallowed_network_zone", false, code}, requests: 1, again: 1,
		},
		"a service app is accepted after one calibration": {
			app: serviceApp, want: proof{Accepted, "unauthorized_client", false, code}, requests: 2, again: 1,
		},
		"a service app with a wrong secret is rejected": {
			app: serviceApp, arrange: func(_ *world, r *Request) { r.Secret = redact.NewValue(wrongSecret) },
			want: proof{SecretRejected, "invalid_client_secret", false, code}, requests: 1, again: 1,
		},
		"where the grant is looked at first, /revoke decides": {
			app: serviceApp, unknowns: oktasim.Unknowns{GrantFirst: true}, want: proof{Accepted, "", false, revoke}, requests: 4, again: 1,
		},
		"where the grant is looked at first, /revoke rejects": {
			app: serviceApp, unknowns: oktasim.Unknowns{GrantFirst: true},
			arrange: func(_ *world, r *Request) { r.Secret = redact.NewValue(wrongSecret) },
			want:    proof{SecretRejected, "invalid_client_secret", false, revoke}, requests: 3, again: 1,
		},
		"a client that must prove possession is accepted after one calibration": {
			app: oktasim.App{DPoPBound: true}, want: proof{Accepted, "invalid_dpop_proof_missing_header", false, code}, requests: 2, again: 1,
		},
		"an app that requires PKCE gets a verifier": {
			app: oktasim.App{PKCERequired: true}, want: proof{Accepted, "invalid_authorization_code", false, code}, requests: 2, again: 1,
		},
		"special characters work where Okta decodes Basic": {
			unknowns: oktasim.Unknowns{DecodeBasic: true}, arrange: useSpecialSecret,
			want: proof{Accepted, "invalid_authorization_code", false, code}, requests: 2, again: 1,
		},
		"special characters work where Okta does not, and that is remembered": {
			arrange: useSpecialSecret, want: proof{Accepted, "invalid_authorization_code", false, code}, requests: 3, again: 1,
		},
		"special characters of a service app work, and that is remembered": {
			app: serviceApp, arrange: useSpecialSecret,
			want: proof{Accepted, "unauthorized_client", false, code}, requests: 3, again: 1,
		},
		"special characters are tried both ways before they are called wrong": {
			arrange: func(_ *world, r *Request) { r.Secret = redact.NewValue(specialSecret) },
			want:    proof{SecretRejected, "invalid_client_secret", false, code}, requests: 2, again: 2,
		},
		"an empty secret is not sent": {
			arrange: func(_ *world, r *Request) { r.Secret = redact.Value{} }, want: proof{Unrecognized, "", false, ""},
		},
		"a server id that would leave the path is not sent": {
			arrange: func(_ *world, r *Request) { r.AuthorizationServer = "../../api" }, want: proof{Unrecognized, "", false, ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{Unknowns: test.unknowns}, test.app)
			request := w.request(rightSecret)
			if test.arrange != nil {
				test.arrange(w, &request)
			}
			for _, requests := range []int{test.requests, test.again} {
				before := w.sent()
				answer := w.checker.Check(t.Context(), request)
				if diff := cmp.Diff(test.want, proofOf(answer)); diff != "" {
					t.Errorf("Check (-want +got):\n%s%s", diff, answer.Detail)
				}
				if got := w.sent() - before; got != requests {
					t.Errorf("Check cost %d requests, want %d", got, requests)
				}
			}
		})
	}
}

func bySecretJWT(_ *world, r *Request) { r.Method = ClientSecretJWT }

func useSpecialSecret(w *world, r *Request) {
	w.org.AddSecret(w.app.ID, redact.NewValue(specialSecret), oktasim.Active)
	r.Secret = redact.NewValue(specialSecret)
}

func TestCheckReadsNoEvidenceOutOfFaults(t *testing.T) {
	for name, test := range map[string]struct {
		fault oktasim.Fault
		want  Verdict
	}{
		"429":                 {oktasim.Fault{Kind: oktasim.FaultStatus, Status: 429}, Throttled},
		"500":                 {oktasim.Fault{Kind: oktasim.FaultStatus, Status: 500}, Unreachable},
		"503":                 {oktasim.Fault{Kind: oktasim.FaultStatus, Status: 503}, Unreachable},
		"401 of another API":  {oktasim.Fault{Kind: oktasim.FaultStatus, Status: 401}, Unrecognized},
		"403 of another API":  {oktasim.Fault{Kind: oktasim.FaultStatus, Status: 403}, Unrecognized},
		"HTML with 502":       {oktasim.Fault{Kind: oktasim.FaultHTML}, Unreachable},
		"HTML with 200":       {oktasim.Fault{Kind: oktasim.FaultHTML, Status: 200}, Unreachable},
		"HTML with 401":       {oktasim.Fault{Kind: oktasim.FaultHTML, Status: 401}, Unreachable},
		"a reset before":      {oktasim.Fault{Kind: oktasim.FaultResetBefore}, Unreachable},
		"a reset after":       {oktasim.Fault{Kind: oktasim.FaultResetAfter}, Unreachable},
		"a redirect":          {oktasim.Fault{Kind: oktasim.FaultRedirect, Location: "https://169.254.169.254/"}, Unreachable},
		"a body that is cut":  {oktasim.Fault{Kind: oktasim.FaultTruncated}, Unreachable},
		"a body that drips":   {oktasim.Fault{Kind: oktasim.FaultDrip}, Unreachable},
		"no answer":           {oktasim.Fault{Kind: oktasim.FaultTimeout}, Unreachable},
		"JSON that is broken": {oktasim.Fault{Kind: oktasim.FaultMalformed}, Unrecognized},
		"JSON that is a word": {oktasim.Fault{Kind: oktasim.FaultWrongType}, Unrecognized},
		"a huge body":         {oktasim.Fault{Kind: oktasim.FaultHuge, Size: 4 << 20}, Unrecognized},
		"an unknown text": {
			oktasim.OAuthErrorFault("", 401, "invalid_client", "The client secret is fine, thank you."), Unrecognized,
		},
		"an unknown error":                 {oktasim.OAuthErrorFault("", 400, "teapot", "short and stout"), Unrecognized},
		"the wrong-secret text with a 200": {oktasim.OAuthErrorFault("", 200, "invalid_client", wrongSecretText), Unrecognized},
		"the wrong-secret text of another error": {
			oktasim.OAuthErrorFault("", 400, "invalid_request", wrongSecretText), Unrecognized,
		},
		"a temporary failure": {oktasim.OAuthErrorFault("", 400, "temporarily_unavailable", "try again"), Unreachable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := given(t, oktasim.Options{}, oktasim.App{})
			if endless := test.fault.Kind == oktasim.FaultTimeout || test.fault.Kind == oktasim.FaultDrip; endless {
				w.checker = newCheckerWithin(t, w.url, w.ca, time.Second)
			}
			w.org.Fault(test.fault)
			for _, ask := range []func(context.Context, Request) Answer{w.checker.Check, w.checker.SecondOpinion} {
				answer := ask(t.Context(), w.request(wrongSecret))
				if answer.Verdict != test.want {
					t.Errorf("%s, want %s: %s", answer.Verdict, test.want, answer.Detail)
				}
				if answer.Detail == "" || (answer.Verdict == Throttled) != (answer.RetryAfter > 0) {
					t.Errorf("detail %q, retry after %s", answer.Detail, answer.RetryAfter)
				}
			}
		})
	}
}

func TestSecondOpinion(t *testing.T) {
	for name, test := range map[string]struct {
		unknowns oktasim.Unknowns
		secret   string
		client   string
		want     proof
	}{
		"the right secret may revoke":      {secret: rightSecret, want: proof{Accepted, "", false, ProbeRevoke}},
		"a wrong secret is rejected":       {secret: wrongSecret, want: proof{SecretRejected, "invalid_client_secret", false, ProbeRevoke}},
		"an unknown client is named so":    {secret: rightSecret, client: "0oaNobody", want: proof{ClientUnknown, "invalid_client_id", false, ProbeRevoke}},
		"the ambiguous text stays unclear": {oktasim.Unknowns{WrongSecret: oktasim.RefuseAsAmbiguous}, wrongSecret, "", proof{Unrecognized, "invalid_client", true, ProbeRevoke}},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{Unknowns: test.unknowns}, oktasim.App{})
			request := w.request(test.secret)
			if test.client != "" {
				request.ClientID = test.client
			}
			if diff := cmp.Diff(test.want, proofOf(w.checker.SecondOpinion(t.Context(), request))); diff != "" {
				t.Errorf("SecondOpinion (-want +got):\n%s", diff)
			}
			if w.org.Count(oktasim.RouteRevoke) != 1 {
				t.Errorf("%d requests, want 1", w.org.Count(oktasim.RouteRevoke))
			}
		})
	}
}
