package oktasim

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// needContract skips a test that is about Okta's description where it is not at hand.
func needContract(t *testing.T) *contract {
	t.Helper()
	description, err := loadContract()
	if errors.Is(err, errNoDescription) {
		t.Skipf("skipped: %v; all else is tested without it", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return description
}

// tour calls every route for a success and for an error; f.send checks each answer, and f.seen keeps them.
func tour(t *testing.T) *fixture {
	t.Helper()
	f := newAdminFixture(t, Options{}, Role{})
	key := newSigner(t, "k1")
	f.org.AddServiceApp("0oaservice", key.keys(), []string{"okta.apps.read"}, Role{})
	f.org.AddAuthorizationServer(AuthorizationServer{ID: "default", Scopes: []string{"read"}})
	worker, _ := f.webApp(App{ID: "0oaworker", Type: TypeService, GrantTypes: []string{"client_credentials"}})
	tourAdmin(f)
	f.mint(key.sign(t, f.url+"/oauth2/v1/token", "0oaservice", nil), "okta.apps.read")
	f.check("/oauth2/v1/token", worker.ClientID, goodValue)
	f.check("/oauth2/v1/token", "nobody", goodValue)
	granted := f.post("/oauth2/default/v1/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"read"}}, basic(worker.ClientID, goodValue))
	for _, prefix := range []string{"/oauth2/v1/", "/oauth2/default/v1/"} {
		f.check(prefix+"token", worker.ClientID, otherValue)
		for _, endpoint := range []string{"introspect", "revoke"} {
			f.post(prefix+endpoint, url.Values{"token": {granted.field("access_token")}}, basic(worker.ClientID, goodValue))
			f.post(prefix+endpoint, url.Values{"token": {"made-up"}}, basic(worker.ClientID, otherValue))
		}
	}
	f.check("/oauth2/nowhere/v1/token", worker.ClientID, goodValue)
	for _, document := range []string{
		"/.well-known/okta-organization", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server",
		"/oauth2/default/.well-known/openid-configuration", "/oauth2/default/.well-known/oauth-authorization-server",
		"/oauth2/nowhere/.well-known/openid-configuration", "/oauth2/nowhere/.well-known/oauth-authorization-server",
	} {
		f.manage(http.MethodGet, document, "")
	}
	return f
}

func tourAdmin(f *fixture) {
	added, first := f.webApp(App{ID: "0oaweb"})
	second := f.org.AddSecret(added.ID, redact.NewValue(otherValue), Active)
	secrets, app := secretsPath(added.ID), "/api/v1/apps/"+added.ID
	secret := secrets + "/" + second
	for _, step := range []struct{ method, path, body string }{
		{http.MethodPost, "/api/v1/apps", `{"label":"Shop","signOnMode":"OPENID_CONNECT"}`},
		{http.MethodPost, "/api/v1/apps", `{}`},
		{http.MethodPost, "/api/v1/apps", `{`},
		{http.MethodGet, "/api/v1/apps", ""},
		{http.MethodGet, "/api/v1/apps?filter=x", ""},
		{http.MethodGet, app, ""},
		{http.MethodGet, secrets, ""},
		{http.MethodPost, secrets, ""},
		{http.MethodGet, secret, ""},
		{http.MethodDelete, secret, ""},
		{http.MethodPost, secret + "/lifecycle/deactivate", ""},
		{http.MethodPost, secrets + "/" + first + "/lifecycle/deactivate", ""},
		{http.MethodPost, secret + "/lifecycle/activate", ""},
		{http.MethodPost, secret + "/lifecycle/deactivate", ""},
		{http.MethodDelete, secret, ""},
		{http.MethodDelete, secret, ""},
		{http.MethodGet, secret, ""},
		{http.MethodPost, secret + "/lifecycle/activate", ""},
		{http.MethodPost, secrets, ""},
		{http.MethodDelete, app, ""},
		{http.MethodPost, app + "/lifecycle/deactivate", ""},
		{http.MethodPost, app + "/lifecycle/activate", ""},
		{http.MethodPost, app + "/lifecycle/deactivate", ""},
		{http.MethodGet, "/api/v1/logs", ""},
		{http.MethodGet, "/api/v1/logs?since=then", ""},
		{http.MethodDelete, app, ""},
		{http.MethodGet, app, ""},
		{http.MethodGet, secrets, ""},
		{http.MethodPost, app + "/lifecycle/deactivate", ""},
		{http.MethodPost, app + "/lifecycle/activate", ""},
	} {
		f.manage(step.method, step.path, step.body)
	}
}

// neverFails are routes that have no error of their own.
var neverFails = map[string]bool{RouteOrgMetadata: true, RouteOpenIDMetadata: true, RouteOAuthMetadata: true}

func TestEveryRouteObeysOktasDescription(t *testing.T) {
	needContract(t)
	f := tour(t)
	for route := range f.org.handlers() {
		if route == RouteOther {
			continue
		}
		if _, seen := f.seen[route+" success"]; !seen {
			t.Errorf("%s: no success was checked", route)
		}
		if _, seen := f.seen[route+" error"]; !seen && !neverFails[route] {
			t.Errorf("%s: no error was checked", route)
		}
	}
}

func TestDescribedRoutesAreTheOnesWeThinkOf(t *testing.T) {
	description := needContract(t)
	// Okta's description leaves out the OAuth metadata of the org server, which Okta serves.
	left := map[string]bool{RouteOAuthMetadata: true}
	for route := range New(Options{}).handlers() {
		if described := description.operation(route) != nil; route != RouteOther && described == left[route] {
			t.Errorf("%s: described: %v", route, described)
		}
	}
}

// TestContractSeesWrongBodies plants wrong bodies in every answer of the tour: each field of ours missing, and of another type.
func TestContractSeesWrongBodies(t *testing.T) {
	description := needContract(t)
	planted := 0
	for name, answer := range tour(t).seen {
		route := strings.TrimSuffix(strings.TrimSuffix(name, " success"), " error")
		for wrong, body := range wrongBodies(t, route, answer) {
			spoiled := answer
			spoiled.body = body
			planted++
			if description.check(route, spoiled) == nil {
				t.Errorf("%s: not seen: %s", name, wrong)
			}
		}
	}
	if planted < 300 {
		t.Errorf("only %d wrong bodies were planted", planted)
	}
}

// wrongBodies makes one body for each field and each way to get it wrong.
func wrongBodies(t *testing.T, route string, answer reply) map[string]string {
	t.Helper()
	fields := successFields[route]
	if answer.status >= 300 {
		fields = errorFields
		if answer.field("error") != "" {
			fields = oauthErrorFields
		}
	}
	wrong := map[string]string{"another body altogether": `{"wrong":true}`}
	for _, field := range fields {
		path, kind, _ := strings.Cut(field, ":")
		var other any = 42
		if kind == "number" {
			other = "42"
		}
		wrong[field+" missing"] = change(t, answer.body, path, nil)
		wrong[field+" of another type"] = change(t, answer.body, path, other)
	}
	return wrong
}

// change replaces the value at a path, in the first element of arrays; nil takes it away.
func change(t *testing.T, body, path string, value any) string {
	t.Helper()
	var root any
	if err := json.Unmarshal([]byte(body), &root); err != nil {
		t.Fatal(err)
	}
	at, names := root, strings.Split(path, ".")
	for i, name := range names {
		if name == "[]" {
			elements, _ := at.([]any)
			at = elements[0]
			continue
		}
		object, _ := at.(map[string]any)
		if i < len(names)-1 {
			at = object[name]
			continue
		}
		object[name] = value
		if value == nil {
			delete(object, name)
		}
	}
	changed, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return string(changed)
}
