package oktasim

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

const seedFile = `
limits: off
propagation: {accept: 10s}
unknowns: {wrongSecret: Ambiguous}
authorizationServers:
- id: default
  scopes: [read]
apps:
- id: 0oaweb
  label: Shop
  tokenEndpointAuthMethod: client_secret_post
  secrets:
  - value: goodgoodgoodgoodgood
  - status: INACTIVE
serviceApps:
- clientID: 0oaservice
  keyID: k1
  scopes: [okta.apps.read]
  publicKey: |
`

func TestSeedFile(t *testing.T) {
	key := newSigner(t, "k1")
	der, err := x509.MarshalPKIXPublicKey(&key.private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.TrimSpace(string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
	seed, err := ParseSeed([]byte(seedFile + "    " + strings.ReplaceAll(text, "\n", "\n    ") + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	options, err := seed.Options()
	if err != nil {
		t.Fatal(err)
	}
	org := New(options)
	if err := org.Plant(seed); err != nil {
		t.Fatal(err)
	}
	if options.Propagation.Accept != 10*time.Second || options.Unknowns.WrongSecret != RefuseAsAmbiguous || options.Limits.Buckets != nil {
		t.Errorf("options %+v", options)
	}
	web, _ := org.App("0oaweb")
	secrets := org.Secrets("0oaweb")
	if web.TokenEndpointAuthMethod != MethodPost || len(secrets) != 2 || secrets[1].Status != Inactive ||
		!secrets[0].Value.Equal(redact.NewValue("goodgoodgoodgoodgood")) {
		t.Errorf("app %+v with secrets %+v", web, secrets)
	}
	service, _ := org.App("0oaservice")
	if public, ok := service.Keys[0].Key.(*ecdsa.PublicKey); !ok || !public.Equal(&key.private.PublicKey) {
		t.Errorf("the service app has another key")
	}
}

func TestSeedFilesThatAreWrong(t *testing.T) {
	for name, text := range map[string]string{
		"a misspelt field":       "app: []",
		"a service without key":  "serviceApps: [{clientID: x}]",
		"limits nobody knows":    "limits: few",
		"a secret too short":     "apps: [{label: x, secrets: [{value: short}]}]",
		"three secrets":          "apps: [{label: x, secrets: [{}, {}, {}]}]",
		"two apps of one id":     "apps: [{id: x}, {id: x}]",
		"a duration that is not": "propagation: {accept: soon}",
	} {
		t.Run(name, func(t *testing.T) {
			seed, err := ParseSeed([]byte(text))
			if err == nil {
				_, err = seed.Options()
			}
			if err == nil {
				err = New(Options{}).Plant(seed)
			}
			if err == nil || strings.Contains(err.Error(), "short") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// controlCall calls the control API of an org.
func controlCall(t *testing.T, handler http.Handler, method, path, body string) reply {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)))
	return reply{status: w.Code, body: w.Body.String()}
}

func TestControlBreaksASecret(t *testing.T) {
	f := newFixture(t, Options{})
	added, id := f.webApp(App{ID: "0oaweb"})
	handler := f.org.ControlHandler(nil)
	got := controlCall(t, handler, http.MethodPost, "/_sim/apps/0oaweb/secrets/active/revoke", "")
	left := f.org.Secrets(added.ID)
	if got.status != 200 || len(left) != 1 || left[0].ID == id {
		t.Errorf("got %d %s, left %v", got.status, got.body, left)
	}
	if answer := f.check("/oauth2/v1/token", added.ClientID, goodValue); answer.text() != textWrongSecret {
		t.Errorf("the revoked secret is answered %q", answer.text())
	}
	for _, path := range []string{"/_sim/apps/0oaweb/secrets/active/deactivate", "/_sim/apps/0oaweb/secrets/active/break", "/_sim/apps/nobody/delete"} {
		if refused := controlCall(t, handler, http.MethodPost, path, ""); refused.status != 400 || refused.field("error") == "" {
			t.Errorf("%s: got %d %s", path, refused.status, refused.body)
		}
	}
}

func TestControlMakesBadWeather(t *testing.T) {
	f := newFixture(t, Options{})
	added, _ := f.webApp(App{})
	handler := f.org.ControlHandler(nil)
	status := func() int { return f.check("/oauth2/v1/token", added.ClientID, goodValue).status }
	var got []int
	controlCall(t, handler, http.MethodPost, "/_sim/faults", `{"kind":"Status","status":503,"for":"1m"}`)
	got = append(got, status())
	f.clock.Step(time.Minute)
	got = append(got, status())
	controlCall(t, handler, http.MethodPost, "/_sim/faults", `{"kind":"HTML"}`)
	got = append(got, status())
	controlCall(t, handler, http.MethodDelete, "/_sim/faults", "")
	got = append(got, status())
	if diff := cmp.Diff([]int{503, 400, 502, 400}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, body := range []string{`{"kind":"Rain"}`, `{"kind":"Status"}`, `{"kind":"HTML","minutes":1}`, `{`} {
		if refused := controlCall(t, handler, http.MethodPost, "/_sim/faults", body); refused.status != 400 {
			t.Errorf("%s: got %d", body, refused.status)
		}
	}
}

func TestControlShowsWithoutValues(t *testing.T) {
	f := newFixture(t, Options{})
	f.webApp(App{ID: "0oaweb"})
	f.check("/oauth2/v1/token", "0oaweb", goodValue)
	handler := f.org.ControlHandler(nil)
	for path, want := range map[string]string{
		"/_sim/":                    "POST /_sim/reset",
		"/_sim/apps":                "0oaweb",
		"/_sim/apps/0oaweb":         "ACTIVE",
		"/_sim/requests":            RouteToken,
		"/_sim/requests/log":        RouteToken,
		"/_sim/events?type=app.oau": "app.oauth2.credentials.lifecycle.create",
	} {
		got := controlCall(t, handler, http.MethodGet, path, "")
		if got.status != 200 || !strings.Contains(got.body, want) || strings.Contains(got.body, goodValue) || !json.Valid([]byte(got.body)) {
			t.Errorf("%s: got %d %s", path, got.status, got.body)
		}
	}
}

func TestControlResets(t *testing.T) {
	org := New(Options{})
	seed := Seed{Bench: SeedBench{Apps: 2, Seed: "s"}}
	handler := org.ControlHandler(func() error { return org.Plant(seed) })
	org.AddApp(App{ID: "0oaelse"})
	controlCall(t, handler, http.MethodPut, "/_sim/propagation", `{"accept":"1s"}`)
	controlCall(t, handler, http.MethodPut, "/_sim/unknowns", `{"anyMethod":true}`)
	if got := controlCall(t, handler, http.MethodPost, "/_sim/reset", ""); got.status != 200 {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	var ids []string
	for _, a := range org.Apps() {
		ids = append(ids, a.ID)
	}
	if !cmp.Equal(ids, []string{"0oabench000001", "0oabench000002"}) {
		t.Errorf("apps %v", ids)
	}
	if value := org.Secrets(BenchClientID(2))[0].Value; !value.Equal(BenchSecret("s", 2)) || len(value.Reveal()) != 64 || value.Equal(BenchSecret("s", 1)) {
		t.Errorf("secret of the second bench app is not the one that follows from the seed")
	}
}

func TestControlChangesAnApp(t *testing.T) {
	f := newFixture(t, Options{})
	added, _ := f.webApp(App{ID: "0oaweb"})
	handler := f.org.ControlHandler(nil)
	var got []string
	for _, verb := range []string{"replace-secret", "deactivate", "activate", "delete", "deactivate"} {
		controlCall(t, handler, http.MethodPost, "/_sim/apps/0oaweb/"+verb, "")
		got = append(got, f.check("/oauth2/v1/token", added.ClientID, goodValue).text())
	}
	want := []string{textWrongSecret, textUnknownClient, textWrongSecret, textUnknownClient, textUnknownClient}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the old secret is told after each step (-want +got):\n%s", diff)
	}
}

func TestControlAddsASecret(t *testing.T) {
	f := newFixture(t, Options{})
	added := f.org.AddApp(App{ID: "0oaweb"})
	handler := f.org.ControlHandler(nil)
	got := controlCall(t, handler, http.MethodPost, "/_sim/apps/0oaweb/secrets", `{"value":"`+goodValue+`"}`)
	if got.status != 200 || strings.Contains(got.body, goodValue) || f.check("/oauth2/v1/token", added.ClientID, goodValue).text() != invalidCode {
		t.Errorf("got %d %s", got.status, got.body)
	}
}
