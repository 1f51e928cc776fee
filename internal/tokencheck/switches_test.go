package tokencheck

import (
	"fmt"
	"strings"
	"testing"

	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// bits reads the bits of a number as switches.
func bits(n int) (a, b, c, d, e bool) { return n&1 != 0, n&2 != 0, n&4 != 0, n&8 != 0, n&16 != 0 }

// kinds are all applications that differ in what Okta may look at before or after the secret.
func kinds() []oktasim.App {
	var all []oktasim.App
	for n := range 32 {
		app := oktasim.App{}
		var isService bool
		app.DPoPBound, app.PKCERequired, app.OutsideNetworkZone, app.NoPolicy, isService = bits(n)
		if isService {
			app.Type, app.GrantTypes = oktasim.TypeService, []string{"client_credentials"}
		}
		all = append(all, app)
	}
	return all
}

// TestWhateverOktaLooksAtFirst has every order in which Okta may look at proof of possession, PKCE, grant, policy, network
// zone and secret, for every kind of application, at both kinds of server: what is not the secret's fault is not blamed on it.
func TestWhateverOktaLooksAtFirst(t *testing.T) {
	for n := range 32 {
		u := oktasim.Unknowns{}
		u.DPoPFirst, u.PKCEFirst, u.GrantFirst, u.PolicyFirst, u.NetworkFirst = bits(n)
		t.Run(fmt.Sprintf("DPoP %t, PKCE %t, grant %t, policy %t, network %t first", u.DPoPFirst, u.PKCEFirst, u.GrantFirst, u.PolicyFirst, u.NetworkFirst), func(t *testing.T) {
			t.Parallel()
			w := given(t, oktasim.Options{Unknowns: u}, oktasim.App{})
			for _, app := range kinds() {
				app = w.org.AddApp(app)
				w.org.AddSecret(app.ID, redact.NewValue(rightSecret), oktasim.Active)
				for _, server := range []string{"", "default"} {
					request := Request{OrgURL: w.url, AuthorizationServer: server, ClientID: app.ClientID, Secret: redact.NewValue(rightSecret)}
					mustSettle(t, w, u, app, request)
				}
			}
			for _, event := range w.org.Events() {
				if strings.HasSuffix(event.Type, "token.grant.access_token") && event.Result == "SUCCESS" {
					t.Fatalf("a token was minted: %+v", event)
				}
			}
		})
	}
}

// mustSettle asks about the right secret and about a wrong one, twice each.
func mustSettle(t *testing.T, w *world, u oktasim.Unknowns, app oktasim.App, request Request) {
	t.Helper()
	for secret, wanted := range map[string]Verdict{rightSecret: Accepted, wrongSecret: SecretRejected} {
		request.Secret = redact.NewValue(secret)
		if app.OutsideNetworkZone && (secret == rightSecret || u.NetworkFirst) {
			wanted = Forbidden
		}
		first := w.checker.Check(t.Context(), request)
		before := w.sent()
		second := w.checker.Check(t.Context(), request)
		mayBeDenied := app.NoPolicy && request.AuthorizationServer != "" || app.OutsideNetworkZone
		for _, got := range []Answer{first, second} {
			if got.Verdict != wanted && (got.Verdict != Forbidden || !mayBeDenied) {
				t.Errorf("%+v at %q: %s, want %s: %s", app, request.AuthorizationServer, got.Verdict, wanted, got.Detail)
			}
		}
		if first.Verdict != second.Verdict || w.sent()-before != 1 {
			t.Errorf("%+v at %q: %s, then %s for %d requests", app, request.AuthorizationServer, first.Verdict, second.Verdict, w.sent()-before)
		}
	}
}

// TestWhateverOktaSays has every way that nobody knows in which Okta may refuse: a right secret is never rejected, and a wrong
// one is never accepted.
func TestWhateverOktaSays(t *testing.T) {
	refusals := []oktasim.ClientRefusal{oktasim.RefuseAsWrongSecret, oktasim.RefuseAsAmbiguous, oktasim.RefuseAsUnknownClient}
	want := map[oktasim.ClientRefusal]proof{
		oktasim.RefuseAsWrongSecret:   {SecretRejected, "invalid_client_secret", false, ProbeAuthorizationCode},
		oktasim.RefuseAsAmbiguous:     {Unrecognized, "invalid_client", true, ProbeAuthorizationCode},
		oktasim.RefuseAsUnknownClient: {ClientUnknown, "invalid_client_id", false, ProbeAuthorizationCode},
	}
	for _, refusal := range refusals {
		for n := range 8 {
			decode, any400, anyMethod, _, _ := bits(n)
			u := oktasim.Unknowns{
				WrongSecret: refusal, InactiveSecret: refusal, InactiveApp: refusal, DeletedApp: refusal,
				DecodeBasic: decode, UnknownClient400: any400, AnyMethod: anyMethod,
			}
			t.Run(fmt.Sprintf("%s, %d", refusal, n), func(t *testing.T) {
				t.Parallel()
				w := given(t, oktasim.Options{Unknowns: u}, oktasim.App{})
				ask := func(about, secret string, want proof) {
					t.Helper()
					if got := proofOf(w.checker.Check(t.Context(), w.request(secret))); got != want {
						t.Errorf("%s: %+v, want %+v", about, got, want)
					}
				}
				ask("the right secret", rightSecret, proof{Accepted, "invalid_authorization_code", false, ProbeAuthorizationCode})
				ask("a wrong secret", wrongSecret, want[refusal])
				_ = w.org.RevokeSecret(w.app.ID, w.secret)
				ask("a revoked secret", rightSecret, want[refusal])
				_ = w.org.ChangeApp(w.app.ID, func(a *oktasim.App) { a.Status = oktasim.Inactive })
				ask("an inactive app", rightSecret, want[refusal])
				_ = w.org.DeleteApp(w.app.ID)
				ask("a deleted app", rightSecret, want[refusal])
			})
		}
	}
}
