package oktasim

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

const invalidCode = "The authorization code is invalid or has expired."

// text is what an error says, in either of Okta's shapes.
func (r reply) text() string { return r.field("error_description") + r.field("errorSummary") }

func TestCheckThatMintsNoToken(t *testing.T) {
	for name, test := range map[string]struct {
		app      App
		unknowns Unknowns
		path     string
		id       string
		secret   string
		arrange  func(*fixture, App, string)
		status   int
		code     string
		text     string
	}{
		"the right secret gets as far as the code":  {status: 400, code: "invalid_grant", text: invalidCode},
		"a wrong secret is named as such":           {secret: "wrong", status: 401, code: "invalid_client", text: textWrongSecret},
		"an unknown client gets the errorCode form": {id: "nobody", status: 401, code: "", text: textUnknownClient},
		"a wrong secret may get the ambiguous text": {secret: "wrong", unknowns: Unknowns{WrongSecret: RefuseAsAmbiguous}, status: 401, code: "invalid_client", text: textAmbiguous},
		"the wrong method gets the ambiguous text":  {app: App{TokenEndpointAuthMethod: MethodPost}, status: 401, code: "invalid_client", text: textAmbiguous},
		"the wrong method may be taken":             {app: App{TokenEndpointAuthMethod: MethodPost}, unknowns: Unknowns{AnyMethod: true}, status: 400, code: "invalid_grant", text: invalidCode},
		"a deactivated app looks like an unknown one": {
			arrange: func(f *fixture, a App, _ string) { _ = f.org.ChangeApp(a.ID, func(a *App) { a.Status = Inactive }) },
			status:  401, text: textUnknownClient,
		},
		"a deleted app looks like an unknown one": {
			arrange: func(f *fixture, a App, _ string) { _ = f.org.DeleteApp(a.ID) },
			status:  401, text: textUnknownClient,
		},
		"a revoked secret is wrong": {
			arrange: func(f *fixture, a App, id string) { _ = f.org.RevokeSecret(a.ID, id) },
			status:  401, code: "invalid_client", text: textWrongSecret,
		},
		"an INACTIVE secret may get another text than a wrong one": {
			unknowns: Unknowns{InactiveSecret: RefuseAsAmbiguous},
			arrange: func(f *fixture, a App, id string) {
				f.org.AddSecret(a.ID, redact.NewValue(otherValue), Active)
				_ = f.org.DeactivateSecret(a.ID, id)
			},
			status: 401, code: "invalid_client", text: textAmbiguous,
		},
		"a grant that is not enabled is refused after the secret": {
			app:    App{GrantTypes: []string{"refresh_token"}},
			status: 400, code: "unauthorized_client",
			text: "The client is not authorized to use the provided grant type. Configured grant types: [refresh_token].",
		},
		"a grant that is not enabled may be refused before the secret": {
			app: App{GrantTypes: []string{"refresh_token"}}, unknowns: Unknowns{GrantFirst: true}, secret: "wrong",
			status: 400, code: "unauthorized_client",
			text: "The client is not authorized to use the provided grant type. Configured grant types: [refresh_token].",
		},
		"a wrong secret comes before a grant that is not enabled": {
			app: App{GrantTypes: []string{"refresh_token"}}, secret: "wrong", status: 401, code: "invalid_client", text: textWrongSecret,
		},
		"a client outside of its network zone is denied": {
			app:    App{OutsideNetworkZone: true},
			status: 403, code: "access_denied", text: "The request is made from outside the client's permitted network zones.",
		},
		"an app that binds tokens wants a proof": {
			app:    App{DPoPBound: true},
			status: 400, code: "invalid_dpop_proof", text: "The DPoP proof JWT header is missing.",
		},
		"a custom server checks the same secret":       {path: "/oauth2/default/v1/token", status: 400, code: "invalid_grant", text: invalidCode},
		"a custom server may have no policy for it":    {app: App{NoPolicy: true}, path: "/oauth2/default/v1/token", status: 401, code: "access_denied", text: "Policy evaluation failed for this request, please check the policy configurations."},
		"a server that is not there is not found":      {path: "/oauth2/nowhere/v1/token", status: 404, text: "Not found: Resource not found: nowhere (AuthorizationServer)"},
		"a server that is not there may be called bad": {path: "/oauth2/nowhere/v1/token", unknowns: Unknowns{UnknownServer: ServerInvalidRequest}, status: 400, code: "invalid_request", text: "The authorization server id is invalid."},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Options{Unknowns: test.unknowns})
			f.org.AddAuthorizationServer(AuthorizationServer{ID: "default", Scopes: []string{"read"}})
			added, secretID := f.webApp(test.app)
			if test.arrange != nil {
				test.arrange(f, added, secretID)
			}
			path := fallback(test.path, func() string { return "/oauth2/v1/token" })
			id := fallback(test.id, func() string { return added.ClientID })
			secret := fallback(test.secret, func() string { return goodValue })
			got := f.check(path, id, secret)
			if got.status != test.status || got.field("error") != test.code || got.text() != test.text {
				t.Errorf("got %d %q %q\nwant %d %q %q", got.status, got.field("error"), got.text(), test.status, test.code, test.text)
			}
			if (got.status == 401) != (got.header.Get("WWW-Authenticate") != "") {
				t.Errorf("WWW-Authenticate is %q with status %d", got.header.Get("WWW-Authenticate"), got.status)
			}
		})
	}
}

func TestClientAuthenticationMethods(t *testing.T) {
	token := url.Values{"token": {"made-up"}}
	with := func(values url.Values) url.Values {
		values.Set("token", "made-up")
		return values
	}
	for name, test := range map[string]struct {
		app    App
		form   url.Values
		header func(App) http.Header
		status int
		text   string
	}{
		"basic is taken":                    {form: token, header: func(a App) http.Header { return basic(a.ClientID, goodValue) }, status: 200},
		"broken basic is named":             {form: token, header: func(App) http.Header { return http.Header{"Authorization": {"Basic !"}} }, status: 401, text: textBadBasic},
		"nothing at all is named":           {form: token, status: 401, text: textNoCredentials},
		"a client id alone is not enough":   {form: with(url.Values{"client_id": {"0oaclient"}}), status: 401, text: textAmbiguous},
		"post is taken":                     {app: App{TokenEndpointAuthMethod: MethodPost}, form: with(url.Values{"client_id": {"0oaclient"}, "client_secret": {goodValue}}), status: 200},
		"a public client needs no secret":   {app: App{TokenEndpointAuthMethod: MethodNone, Type: TypeBrowser}, form: with(url.Values{"client_id": {"0oaclient"}}), status: 200},
		"basic and post together are wrong": {form: with(url.Values{"client_id": {"0oaclient"}, "client_secret": {goodValue}}), header: func(a App) http.Header { return basic(a.ClientID, goodValue) }, status: 401, text: "Cannot supply multiple client credentials. Use one of the following: credentials in the Authorization header, credentials in the post body, or a client_assertion in the post body."},
		"revocation needs a token":          {form: url.Values{"x": {"y"}}, header: func(a App) http.Header { return basic(a.ClientID, goodValue) }, status: 400, text: "The 'token' parameter is required."},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Options{})
			test.app.ID = "0oaclient"
			added, _ := f.webApp(test.app)
			var header http.Header
			if test.header != nil {
				header = test.header(added)
			}
			if got := f.post("/oauth2/v1/revoke", test.form, header); got.status != test.status || got.text() != test.text {
				t.Errorf("got %d %q, want %d %q", got.status, got.text(), test.status, test.text)
			}
		})
	}
}

func TestIntrospectionTellsRightFromWrong(t *testing.T) {
	f := newFixture(t, Options{})
	added, _ := f.webApp(App{})
	right := f.post("/oauth2/v1/introspect", url.Values{"token": {"made-up"}}, basic(added.ClientID, goodValue))
	wrong := f.post("/oauth2/v1/introspect", url.Values{"token": {"made-up"}}, basic(added.ClientID, otherValue))
	if right.status != 200 || right.body != `{"active":false}` || wrong.status != 401 {
		t.Errorf("got %d %s and %d", right.status, right.body, wrong.status)
	}
}

func TestBasicFormDecoding(t *testing.T) {
	const odd = "odd%2Bodd+odd odd"
	for name, test := range map[string]struct {
		decode bool
		sent   string
		status int
	}{
		"taken as it is":           {sent: odd, status: 200},
		"encoded is another value": {sent: url.QueryEscape(odd), status: 401},
		"decoded":                  {decode: true, sent: url.QueryEscape(odd), status: 200},
		"not encoded is another":   {decode: true, sent: odd, status: 401},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Options{Unknowns: Unknowns{DecodeBasic: test.decode}})
			added := f.org.AddApp(App{})
			f.org.AddSecret(added.ID, redact.NewValue(odd), Active)
			if got := f.post("/oauth2/v1/revoke", url.Values{"token": {"t"}}, basic(added.ClientID, test.sent)); got.status != test.status {
				t.Errorf("got %d, want %d", got.status, test.status)
			}
		})
	}
}

func TestPropagation(t *testing.T) {
	f := newFixture(t, Options{Propagation: Propagation{Accept: 10 * time.Second, Refuse: 20 * time.Second}})
	added, oldID := f.webApp(App{})
	f.clock.Step(10 * time.Second)
	if err := f.org.RevokeSecret(added.ID, oldID); err != nil {
		t.Fatal(err)
	}
	stranger := f.org.Secrets(added.ID)[0].Value.Reveal()
	honoured := func() [2]bool {
		return [2]bool{
			f.check("/oauth2/v1/token", added.ClientID, goodValue).text() == invalidCode,
			f.check("/oauth2/v1/token", added.ClientID, stranger).text() == invalidCode,
		}
	}
	var got [][2]bool
	for range 3 {
		got = append(got, honoured())
		f.clock.Step(10 * time.Second)
	}
	want := [][2]bool{{true, false}, {true, true}, {false, true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("old and new secret honoured, each 10 s (-want +got):\n%s", diff)
	}
}

func TestAdminToken(t *testing.T) {
	key, stranger := newSigner(t, "k1"), newSigner(t, "k1")
	for name, test := range map[string]struct {
		signer signer
		change func(*jwt.Claims)
		scope  string
		status int
		text   string
	}{
		"a good assertion gets a token":       {scope: "okta.apps.read", status: 200},
		"a granted part of the scopes":        {scope: "okta.apps.read okta.users.manage", status: 200},
		"no granted scope at all":             {scope: "okta.users.manage", status: 400, text: "You are not allowed any of the requested scopes."},
		"no scope":                            {scope: "", status: 400, text: "No scopes were requested."},
		"another key of the same name":        {signer: stranger, scope: "okta.apps.read", status: 401, text: textAssertionSigned},
		"a key that is not registered":        {signer: newSigner(t, "k2"), scope: "okta.apps.read", status: 401, text: textAssertionKid},
		"another audience":                    {change: func(c *jwt.Claims) { c.Audience = jwt.Audience{"https://elsewhere.example.com"} }, scope: "okta.apps.read", status: 401, text: textAssertionAudience},
		"expired":                             {change: func(c *jwt.Claims) { c.Expiry = jwt.NewNumericDate(start) }, scope: "okta.apps.read", status: 401, text: textAssertionExpired},
		"no expiry":                           {change: func(c *jwt.Claims) { c.Expiry = nil }, scope: "okta.apps.read", status: 401, text: textAssertionNoExpiry},
		"an hour, on a clock a second fast":   {change: func(c *jwt.Claims) { c.Expiry = jwt.NewNumericDate(start.Add(time.Hour + time.Second)) }, scope: "okta.apps.read", status: 401, text: textAssertionTooLong},
		"issued in the future":                {change: func(c *jwt.Claims) { c.IssuedAt = jwt.NewNumericDate(start.Add(time.Second)) }, scope: "okta.apps.read", status: 401, text: textAssertionFuture},
		"a subject that is not the issuer":    {change: func(c *jwt.Claims) { c.Subject = "somebody" }, scope: "okta.apps.read", status: 401, text: textAssertionSubject},
		"an issuer that nobody knows":         {change: func(c *jwt.Claims) { c.Issuer, c.Subject = "nobody", "nobody" }, scope: "okta.apps.read", status: 401, text: textAssertionIssuer},
		"a scope that no org has is no scope": {scope: "made-up", status: 400, text: "One or more scopes are not configured for the authorization server resource."},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Options{})
			id := f.org.AddServiceApp("0oaservice", key.keys(), []string{"okta.apps.read", "okta.apps.manage"}, Role{})
			if test.signer.private == nil {
				test.signer = key
			}
			got := f.mint(test.signer.sign(t, f.url+"/oauth2/v1/token", id, test.change), test.scope)
			if got.status != test.status || got.text() != test.text {
				t.Errorf("got %d %q, want %d %q", got.status, got.text(), test.status, test.text)
			}
		})
	}
}

func TestAssertionIsUsedOnce(t *testing.T) {
	f, key := newFixture(t, Options{}), newSigner(t, "k1")
	id := f.org.AddServiceApp("", key.keys(), []string{"okta.apps.read"}, Role{})
	assertion := key.sign(t, f.url+"/oauth2/v1/token", id, nil)
	first, second := f.mint(assertion, "okta.apps.read"), f.mint(assertion, "okta.apps.read")
	if first.status != 200 || second.status != 401 || second.text() != textAssertionUsed {
		t.Errorf("got %d, then %d %q", first.status, second.status, second.text())
	}
}

func TestClientCredentialsAtTheOrgServerNeverTakeASecret(t *testing.T) {
	f := newFixture(t, Options{})
	service, _ := f.webApp(App{Type: TypeService, GrantTypes: []string{"client_credentials"}})
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"made-up"}}
	if got := f.post("/oauth2/v1/token", form, basic(service.ClientID, goodValue)); got.text() != textOrgNeedsKey {
		t.Errorf("got %d %q", got.status, got.text())
	}
	f.org.AddAuthorizationServer(AuthorizationServer{ID: "aus1", Scopes: []string{"read"}})
	if got := f.post("/oauth2/aus1/v1/token", form, basic(service.ClientID, goodValue)); got.status != 400 || got.field("error") != "invalid_scope" {
		t.Errorf("made-up scope: got %d %q", got.status, got.text())
	}
	form.Set("scope", "read")
	if got := f.post("/oauth2/aus1/v1/token", form, basic(service.ClientID, goodValue)); got.status != 200 || !strings.HasPrefix(got.field("access_token"), "eyJ") {
		t.Errorf("a scope of the server: got %d", got.status)
	}
}
