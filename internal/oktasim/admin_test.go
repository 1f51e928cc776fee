package oktasim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// newAdminFixture is an org with an SSWS token of a role.
func newAdminFixture(t *testing.T, options Options, role Role) *fixture {
	t.Helper()
	f := newFixture(t, options)
	f.org.AddAPIToken(redact.NewValue(adminToken), role)
	return f
}

func secretsPath(appID string) string { return "/api/v1/apps/" + appID + "/credentials/secrets" }

// cause is the first cause of an error of the admin API.
func (r reply) cause() string {
	var body errorBody
	if json.Unmarshal([]byte(r.body), &body) != nil || len(body.Causes) == 0 {
		return ""
	}
	return body.Causes[0].Summary
}

func TestSecretRules(t *testing.T) {
	body := func(value string) string { return `{"client_secret":"` + value + `"}` }
	for name, test := range map[string]struct {
		app    App
		taken  int
		body   string
		status int
		cause  string
	}{
		"a given value is taken":             {body: body(otherValue), status: 201},
		"a value is generated":               {status: 201},
		"one may be made INACTIVE":           {body: `{"status":"INACTIVE"}`, status: 201},
		"a third is refused":                 {taken: 2, body: body(otherValue), status: 400, cause: causeTwoSecrets},
		"13 characters are too few":          {body: body(strings.Repeat("a", 13)), status: 400, cause: "client_secret: 'client_secret' must be at least '14' characters long."},
		"101 characters are too many":        {body: body(strings.Repeat("a", 101)), status: 400, cause: "client_secret: 'client_secret' can't be more than '100' characters long."},
		"only printable ASCII":               {body: body("ä" + otherValue), status: 400, cause: "client_secret: ''client_secret'' must only contain printable ASCII: [x20-x7E]+"},
		"a JWT secret needs 32 characters":   {app: App{TokenEndpointAuthMethod: MethodClientSecretJWT}, body: body(strings.Repeat("a", 31)), status: 400, cause: "client_secret: 'client_secret' must be at least '32' characters long when 'token_endpoint_auth_method' is 'client_secret_jwt'."},
		"private_key_jwt takes no secret":    {app: App{TokenEndpointAuthMethod: MethodPrivateKeyJWT}, status: 400, cause: "'client_secret' can't be used when 'token_endpoint_auth_method' is 'private_key_jwt'."},
		"a status that there is not":         {body: `{"status":"DELETED"}`, status: 400, cause: "status: The value must be one of: ACTIVE, INACTIVE."},
		"an INACTIVE one counts towards two": {taken: 1, body: body(otherValue), status: 201},
	} {
		t.Run(name, func(t *testing.T) {
			f := newAdminFixture(t, Options{}, Role{})
			added := f.org.AddApp(test.app)
			for range test.taken {
				f.org.AddSecret(added.ID, redact.Value{}, Active)
			}
			got := f.manage(http.MethodPost, secretsPath(added.ID), test.body)
			if got.status != test.status || got.cause() != test.cause {
				t.Errorf("got %d %q, want %d %q", got.status, got.cause(), test.status, test.cause)
			}
		})
	}
}

func TestSameValueTwice(t *testing.T) {
	for refused, status := range map[bool]int{false: 201, true: 400} {
		f := newAdminFixture(t, Options{Unknowns: Unknowns{RefuseSameValue: refused}}, Role{})
		added, _ := f.webApp(App{})
		if got := f.manage(http.MethodPost, secretsPath(added.ID), `{"client_secret":"`+goodValue+`"}`); got.status != status {
			t.Errorf("RefuseSameValue %v: got %d, want %d", refused, got.status, status)
		}
	}
}

func TestLifeOfASecret(t *testing.T) {
	f := newAdminFixture(t, Options{}, Role{})
	added, first := f.webApp(App{})
	path := secretsPath(added.ID) + "/" + first
	var got []string
	step := func(method, path string) {
		answer := f.manage(method, path, "")
		got = append(got, fmt.Sprint(answer.status, " ", answer.field("status"), answer.cause()))
	}
	step(http.MethodDelete, path)
	step(http.MethodPost, path+"/lifecycle/deactivate")
	step(http.MethodPost, secretsPath(added.ID))
	step(http.MethodPost, path+"/lifecycle/deactivate")
	step(http.MethodPost, path+"/lifecycle/activate")
	step(http.MethodPost, path+"/lifecycle/deactivate")
	step(http.MethodGet, path)
	step(http.MethodDelete, path)
	step(http.MethodGet, path)
	want := []string{
		"400 " + causeDeleteActive, "400 " + causeOnlyActive, "201 ACTIVE", "200 INACTIVE", "200 ACTIVE", "200 INACTIVE",
		"200 INACTIVE", "204 ", "404 ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var events []string
	for _, e := range f.org.Events() {
		if strings.HasPrefix(e.Type, "app.oauth2.credentials.lifecycle.") && e.ActorID != AdminID {
			events = append(events, strings.TrimPrefix(e.Type, "app.oauth2.credentials.lifecycle."))
		}
	}
	if diff := cmp.Diff([]string{"create", "deactivate", "activate", "deactivate", "delete"}, events); diff != "" {
		t.Errorf("events of the API's caller (-want +got):\n%s", diff)
	}
}

func TestGeneratedSecretLooksLikeOktas(t *testing.T) {
	f := newAdminFixture(t, Options{}, Role{})
	added := f.org.AddApp(App{})
	got := f.manage(http.MethodPost, secretsPath(added.ID), "")
	value := got.field("client_secret")
	if len(value) != 64 || strings.Trim(value, secretAlphabet) != "" {
		t.Errorf("got a value of %d characters", len(value))
	}
	if hash := redact.NewValue(value).Hash(); got.field("secret_hash") != hash {
		t.Errorf("secret_hash is %q, want %q", got.field("secret_hash"), hash)
	}
}

func TestHowValuesAreShown(t *testing.T) {
	for name, test := range map[string]struct {
		unknowns Unknowns
		role     Role
		want     string
	}{
		"in clear":                             {want: goodValue},
		"masked for all":                       {unknowns: Unknowns{Values: ValueMasked}, want: "***good"},
		"left out for all":                     {unknowns: Unknowns{Values: ValueOmitted}},
		"masked without the permission":        {role: Role{HideSecrets: true}, want: "***good"},
		"left out without the permission":      {role: Role{HideSecrets: true}, unknowns: Unknowns{HiddenValues: ValueOmitted}},
		"shown in spite of the permission":     {role: Role{HideSecrets: true}, unknowns: Unknowns{HiddenValues: ValueClear}, want: goodValue},
		"in clear to who has it, masked never": {unknowns: Unknowns{HiddenValues: ValueOmitted}, want: goodValue},
	} {
		t.Run(name, func(t *testing.T) {
			f := newAdminFixture(t, Options{Unknowns: test.unknowns}, test.role)
			added, id := f.webApp(App{})
			if got := f.manage(http.MethodGet, secretsPath(added.ID)+"/"+id, ""); got.field("client_secret") != test.want {
				t.Errorf("got %q, want %q", got.field("client_secret"), test.want)
			}
		})
	}
}

func TestWhoMayCallTheAdminAPI(t *testing.T) {
	key := newSigner(t, "k1")
	for name, test := range map[string]struct {
		role   Role
		scopes []string
		wait   time.Duration
		method string
		header func(*fixture) http.Header
		status int
		code   string
		scope  bool
	}{
		"a granted scope":          {scopes: []string{"okta.apps.read"}, status: 200},
		"a scope that is missing":  {scopes: []string{"okta.logs.read"}, status: 403, code: "E0000006", scope: true},
		"managing needs manage":    {scopes: []string{"okta.apps.read"}, method: http.MethodPost, status: 403, code: "E0000006", scope: true},
		"reading needs read":       {scopes: []string{"okta.apps.manage"}, status: 403, code: "E0000006", scope: true},
		"no role":                  {scopes: []string{"okta.apps.read"}, role: Role{None: true}, status: 403, code: "E0000006"},
		"a role that only reads":   {scopes: []string{"okta.apps.manage"}, role: Role{ReadOnly: true}, method: http.MethodPost, status: 403, code: "E0000006"},
		"an app out of its reach":  {scopes: []string{"okta.apps.read"}, role: Role{Apps: []string{"0oaother"}}, status: 403, code: "E0000006"},
		"no credential":            {header: func(*fixture) http.Header { return nil }, status: 403, code: "E0000005"},
		"an SSWS token nobody has": {header: func(*fixture) http.Header { return http.Header{"Authorization": {"SSWS x"}} }, status: 401, code: "E0000011"},
		"a bearer nobody has":      {header: func(*fixture) http.Header { return http.Header{"Authorization": {"Bearer x"}} }, status: 401, code: "E0000011"},
		"an expired token":         {scopes: []string{"okta.apps.read"}, wait: accessTokenLifetime, status: 401, code: "E0000011"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Options{})
			f.org.AddServiceApp("0oaservice", key.keys(), test.scopes, test.role)
			added, _ := f.webApp(App{})
			if test.header == nil {
				test.header = func(f *fixture) http.Header { return f.bearer(key) }
			}
			header := test.header(f)
			f.clock.Step(test.wait)
			got := f.send(fallback(test.method, func() string { return http.MethodGet }), secretsPath(added.ID), "", "", header)
			if got.status != test.status || got.field("errorCode") != test.code {
				t.Errorf("got %d %q, want %d %q", got.status, got.field("errorCode"), test.status, test.code)
			}
			if named := strings.Contains(got.header.Get("WWW-Authenticate"), `error="insufficient_scope"`); named != test.scope {
				t.Errorf("WWW-Authenticate names a missing scope: %v", named)
			}
		})
	}
}

// bearer mints an admin token with all the scopes that the service app has.
func (f *fixture) bearer(key signer) http.Header {
	f.t.Helper()
	minted := f.mint(key.sign(f.t, f.url+"/oauth2/v1/token", "0oaservice", nil), "okta.apps.read okta.apps.manage okta.logs.read")
	if minted.status != 200 {
		f.t.Fatalf("mint: %d %s", minted.status, minted.text())
	}
	return http.Header{"Authorization": {"Bearer " + minted.field("access_token")}}
}

func TestListOfApps(t *testing.T) {
	f := newAdminFixture(t, Options{}, Role{Apps: []string{"0oa1", "0oa2", "0oa3"}})
	for i := range 4 {
		f.org.AddApp(App{ID: fmt.Sprintf("0oa%d", i+1), ClientID: fmt.Sprintf("client%d", i+1), Label: fmt.Sprintf("Shop %d", i+1)})
	}
	_ = f.org.ChangeApp("0oa2", func(a *App) { a.Status = Inactive })
	list := func(path string) (ids []string, next string) {
		answer := f.manage(http.MethodGet, path, "")
		var apps []struct{ ID string }
		if err := json.Unmarshal([]byte(answer.body), &apps); err != nil {
			t.Fatal(err)
		}
		for _, a := range apps {
			ids = append(ids, a.ID)
		}
		return ids, nextLink(answer.header, f.url)
	}
	for query, want := range map[string][]string{
		"":                               {"0oa1", "0oa2", "0oa3"},
		"?q=shop+3":                      {"0oa3"},
		"?q=client2":                     {"0oa2"},
		"?q=nothing":                     nil,
		"?filter=status+eq+%22ACTIVE%22": {"0oa1", "0oa3"},
		"?filter=id+eq+%220oa4%22":       nil,
		"?filter=id+eq+%220oa1%22+or+id+eq+%220oa2%22": {"0oa1", "0oa2"},
	} {
		if got, _ := list("/api/v1/apps" + query); !cmp.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
	first, next := list("/api/v1/apps?limit=2")
	second, last := list(next)
	if !cmp.Equal(append(first, second...), []string{"0oa1", "0oa2", "0oa3"}) || last != "" {
		t.Errorf("pages %v, %v, then %q", first, second, last)
	}
}

// nextLink is the path of the next page.
func nextLink(header http.Header, base string) string {
	for _, value := range header.Values("Link") {
		if target, found := strings.CutSuffix(value, `>; rel="next"`); found {
			return strings.TrimPrefix(strings.TrimPrefix(target, "<"), base)
		}
	}
	return ""
}

func TestCreatedAppShowsItsSecretOnce(t *testing.T) {
	f := newAdminFixture(t, Options{}, Role{})
	created := f.manage(http.MethodPost, "/api/v1/apps", `{"label":"Shop","signOnMode":"OPENID_CONNECT","credentials":{"oauthClient":`+
		`{"client_id":"shop","token_endpoint_auth_method":"client_secret_post"}},"settings":{"oauthClient":{"application_type":"web"}}}`)
	id := created.field("id")
	got := f.manage(http.MethodGet, "/api/v1/apps/"+id, "")
	if created.status != 200 || !strings.Contains(created.body, `"client_secret":`) || strings.Contains(got.body, `"client_secret":`) {
		t.Errorf("created %d %s\ngot %d %s", created.status, created.body, got.status, got.body)
	}
	if n := len(f.org.Secrets(id)); n != 1 {
		t.Errorf("%d secrets", n)
	}
	for _, step := range []struct {
		method, path string
		status       int
	}{
		{http.MethodDelete, "/api/v1/apps/" + id, 403},
		{http.MethodPost, "/api/v1/apps/" + id + "/lifecycle/deactivate", 200},
		{http.MethodDelete, "/api/v1/apps/" + id, 204},
		{http.MethodGet, "/api/v1/apps/" + id, 404},
	} {
		if answer := f.manage(step.method, step.path, ""); answer.status != step.status {
			t.Errorf("%s %s: %d, want %d", step.method, step.path, answer.status, step.status)
		}
	}
}

func TestReplaceSecretDropsTheOldOneAtOnce(t *testing.T) {
	f := newFixture(t, Options{})
	added, _ := f.webApp(App{})
	made, err := f.org.ReplaceSecret(added.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.org.Secrets(added.ID); len(got) != 1 || got[0].ID != made.ID {
		t.Errorf("secrets %v", got)
	}
	if got := f.check("/oauth2/v1/token", added.ClientID, goodValue); got.text() != textWrongSecret {
		t.Errorf("old secret: %q", got.text())
	}
}
