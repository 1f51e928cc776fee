package oktasim

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// TestSwitches asks the same question with a switch off and on. The rest of the switches have tests of their own.
func TestSwitches(t *testing.T) {
	wrong := func(f *fixture, a App) reply { return f.check("/oauth2/default/v1/token", a.ClientID, otherValue) }
	for name, test := range map[string]struct {
		app     App
		on      Unknowns
		arrange func(*fixture, App)
		ask     func(*fixture, App) reply
		offText string
		onText  string
	}{
		"NetworkFirst": {
			app: App{OutsideNetworkZone: true}, on: Unknowns{NetworkFirst: true}, ask: wrong, offText: textWrongSecret,
			onText: "The request is made from outside the client's permitted network zones.",
		},
		"PolicyFirst": {
			app: App{NoPolicy: true}, on: Unknowns{PolicyFirst: true}, ask: wrong, offText: textWrongSecret,
			onText: "Policy evaluation failed for this request, please check the policy configurations.",
		},
		"DPoPFirst": {
			app: App{DPoPBound: true}, on: Unknowns{DPoPFirst: true}, ask: wrong, offText: textWrongSecret,
			onText: "The DPoP proof JWT header is missing.",
		},
		"PKCEFirst": {
			app: App{PKCERequired: true}, on: Unknowns{PKCEFirst: true}, offText: textWrongSecret,
			onText: "PKCE code verifier is required by the application.",
			ask: func(f *fixture, a App) reply {
				form := url.Values{"grant_type": {"authorization_code"}, "code": {"x"}}
				return f.post("/oauth2/v1/token", form, basic(a.ClientID, otherValue))
			},
		},
		"DeletedApp": {
			on: Unknowns{DeletedApp: RefuseAsAmbiguous}, arrange: func(f *fixture, a App) { _ = f.org.DeleteApp(a.ID) },
			ask: wrong, offText: textUnknownClient, onText: textAmbiguous,
		},
		"InactiveApp": {
			on: Unknowns{InactiveApp: RefuseAsAmbiguous}, ask: wrong, offText: textUnknownClient, onText: textAmbiguous,
			arrange: func(f *fixture, a App) { _ = f.org.ChangeApp(a.ID, func(a *App) { a.Status = Inactive }) },
		},
		"HiddenApp not found": {
			on:      Unknowns{HiddenApp: HiddenNotFound},
			ask:     func(f *fixture, a App) reply { return f.manage(http.MethodGet, secretsPath(a.ID), "") },
			offText: errForbidden().summary, onText: "Not found: Resource not found: 0oaweb (OAuth2AppInstance)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for on, want := range map[bool]string{false: test.offText, true: test.onText} {
				f := newAdminFixture(t, Options{}, Role{Apps: []string{"0oaother"}})
				f.org.AddAuthorizationServer(AuthorizationServer{ID: "default"})
				test.app.ID = "0oaweb"
				added, _ := f.webApp(test.app)
				if on {
					f.org.SetUnknowns(test.on)
				}
				if test.arrange != nil {
					test.arrange(f, added)
				}
				if got := test.ask(f, added); got.text() != want {
					t.Errorf("switch %v: got %d %q, want %q", on, got.status, got.text(), want)
				}
			}
		})
	}
}

func TestSwitchesThatChangeMoreThanAText(t *testing.T) {
	f := newAdminFixture(t, Options{}, Role{Apps: []string{"0oaother"}})
	key := newSigner(t, "k1")
	f.org.AddServiceApp("0oaservice", key.keys(), []string{"okta.apps.manage"}, Role{})
	added, _ := f.webApp(App{ID: "0oaweb"})

	f.org.SetUnknowns(Unknowns{UnknownClient400: true})
	if got := f.check("/oauth2/v1/token", "nobody", "x"); got.status != 400 || got.text() != textUnknownClient {
		t.Errorf("UnknownClient400: %d %s", got.status, got.body)
	}
	f.org.SetUnknowns(Unknowns{HiddenApp: HiddenEmpty})
	if got := f.manage(http.MethodGet, secretsPath(added.ID), ""); got.status != 200 || got.body != "[]" {
		t.Errorf("HiddenEmpty: %d %s", got.status, got.body)
	}
	f.org.SetUnknowns(Unknowns{UnknownServer: ServerNotFoundHTML})
	if got := f.check("/oauth2/nowhere/v1/token", added.ClientID, "x"); got.status != 404 || !strings.Contains(got.body, "<html>") {
		t.Errorf("ServerNotFoundHTML: %d %s", got.status, got.body)
	}
	f.org.SetUnknowns(Unknowns{ForeignHash: true})
	if hash := f.org.Secrets(added.ID)[0].Hash; hash == redact.NewValue(goodValue).Hash() {
		t.Error("ForeignHash: the hash is still that of the value")
	}
	f.org.SetUnknowns(Unknowns{ManageReads: true})
	if got := f.send(http.MethodGet, secretsPath(added.ID), "", "", f.bearer(key)); got.status != 200 {
		t.Errorf("ManageReads: %d", got.status)
	}
	f.org.SetUnknowns(Unknowns{RefusePartialScopes: true})
	if got := f.mint(key.sign(t, f.url+"/oauth2/v1/token", "0oaservice", nil), "okta.apps.read okta.apps.manage"); got.field("error") != "consent_required" {
		t.Errorf("RefusePartialScopes: %d %s", got.status, got.text())
	}
}

func TestFailedAuthenticationsMakeEvents(t *testing.T) {
	for per, want := range map[int]int{0: 6, 3: 2} {
		f := newFixture(t, Options{Unknowns: Unknowns{FailuresPerEvent: per}})
		added, _ := f.webApp(App{})
		for range 3 {
			f.check("/oauth2/v1/token", added.ClientID, otherValue)
			f.post("/oauth2/v1/revoke", url.Values{"token": {"t"}}, basic(added.ClientID, otherValue))
		}
		got := 0
		for _, e := range f.org.Events() {
			if e.Type == "app.oauth2.invalid_client_credentials" {
				got++
			}
		}
		if got != want {
			t.Errorf("one event each %d failures: got %d of 6, want %d", per, got, want)
		}
	}
}

func TestOrgWithoutAPIAccessManagement(t *testing.T) {
	f := newFixture(t, Options{NoAPIAccessManagement: true})
	f.org.AddAuthorizationServer(AuthorizationServer{ID: "default"})
	added, _ := f.webApp(App{})
	if got := f.check("/oauth2/default/v1/token", added.ClientID, goodValue); got.status != 401 || got.field("errorCode") != "E0000015" {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestClientSecretJWT(t *testing.T) {
	short := strings.Repeat("s", 20)
	for name, test := range map[string]struct {
		method, stored, signedWith, want string
		inactive                         bool
	}{
		"signed with the secret":         {stored: goodValue, signedWith: goodValue, want: invalidCode},
		"signed with another":            {stored: goodValue, signedWith: otherValue, want: textAssertionSigned},
		"a secret too short for a JWT":   {method: MethodBasic, stored: short, signedWith: goodValue, want: textAssertionShort},
		"no secret that is ACTIVE":       {stored: goodValue, signedWith: goodValue, inactive: true, want: textAssertionNoSecret},
		"an app with another method":     {method: MethodPost, stored: goodValue, signedWith: goodValue, want: textAmbiguous},
		"an app that signs with its key": {method: MethodPrivateKeyJWT, stored: "", signedWith: goodValue, want: textAssertionAlg},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Options{})
			added := f.org.AddApp(App{TokenEndpointAuthMethod: fallback(test.method, func() string { return MethodClientSecretJWT })})
			status := Active
			if test.inactive {
				status = Inactive
			}
			if test.stored != "" {
				f.org.AddSecret(added.ID, redact.NewValue(test.stored), status)
			}
			if test.method == MethodBasic {
				_ = f.org.ChangeApp(added.ID, func(a *App) { a.TokenEndpointAuthMethod = MethodClientSecretJWT })
			}
			signed, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(test.signedWith)}, nil)
			if err != nil {
				t.Fatal(err)
			}
			assertion, err := jwt.Signed(signed).Claims(jwt.Claims{
				Issuer: added.ClientID, Subject: added.ClientID, Audience: jwt.Audience{f.url + "/oauth2/v1/token"},
				Expiry: jwt.NewNumericDate(start.Add(time.Minute)),
			}).Serialize()
			if err != nil {
				t.Fatal(err)
			}
			got := f.post("/oauth2/v1/token", url.Values{
				"grant_type": {"authorization_code"}, "code": {"x"}, "client_assertion_type": {assertionType}, "client_assertion": {assertion},
			}, nil)
			if got.text() != test.want {
				t.Errorf("got %d %q, want %q", got.status, got.text(), test.want)
			}
		})
	}
}
