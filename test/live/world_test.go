package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	apiToken   = "00LiveTokenLiveTokenLiveTokenLiveToken"
	serviceApp = "0oaLiveService"
	keyID      = "live-1"
)

// world is a simulated org that stands for the real one, and what a run there prints.
type world struct {
	org    *oktasim.Org
	server *oktasim.Server
	told   settings
	key    redact.Value
	out    bytes.Buffer

	mu      sync.Mutex
	secrets map[string]bool
}

func given(t *testing.T, options oktasim.Options) *world {
	t.Helper()
	w := &world{org: oktasim.New(options), secrets: map[string]bool{apiToken: true}}
	server, err := w.org.StartTLS("", oktasim.TLSOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	w.server = server
	w.org.AddAPIToken(redact.NewValue(apiToken), oktasim.Role{})
	key, public, err := oktasim.NewServiceKey(keyID)
	if err != nil {
		t.Fatal(err)
	}
	w.key = key
	w.org.AddServiceApp(serviceApp, public, okta.DefaultScopes, oktasim.Role{})
	w.told = settings{
		orgURL: server.URL, auth: okta.Auth{APIToken: redact.NewValue(apiToken)}, caBundle: server.CA, private: true,
		interval: 10 * time.Millisecond, patience: 10 * time.Second, settle: 10 * time.Millisecond,
	}
	w.on(func(oktasim.Call) {})
	return w
}

// on calls the hook at each request, and notes every secret that the org ever had.
func (w *world) on(hook func(oktasim.Call)) {
	w.org.OnCall(func(c oktasim.Call) {
		w.mu.Lock()
		for _, a := range w.org.Apps() {
			for _, s := range w.org.Secrets(a.ID) {
				w.secrets[s.Value.Reveal()] = true
			}
		}
		w.mu.Unlock()
		hook(c)
	})
}

func (w *world) run(ctx context.Context) int { return run(ctx, w.told, &w.out) }

// checkTraces holds that nothing of a run is left at the org and no secret in its output.
func (w *world) checkTraces(t *testing.T) {
	t.Helper()
	for _, a := range w.org.Apps() {
		if strings.HasPrefix(a.Label, labelPrefix) {
			t.Errorf("app %q is left", a.Label)
		}
	}
	for secret := range w.secrets {
		if strings.Contains(w.out.String(), secret) {
			t.Error("the output holds a secret")
		}
	}
	if t.Failed() {
		t.Log(w.out.String())
	}
}

func (w *world) checkPrinted(t *testing.T, wanted ...string) {
	t.Helper()
	for _, text := range wanted {
		if !strings.Contains(w.out.String(), text) {
			t.Errorf("the output does not say %q:\n%s", text, w.out.String())
		}
	}
}

// environment is that of a shell in which somebody set the variables for this org.
func (w *world) environment(t *testing.T, byKey bool) func(string) string {
	t.Helper()
	set := map[string]string{"OKTACRED_LIVE_ORG_URL": w.server.URL, "OKTACRED_LIVE_API_TOKEN": apiToken}
	if byKey {
		file := filepath.Join(t.TempDir(), "key.pem")
		if err := os.WriteFile(file, []byte(w.key.Reveal()), 0o600); err != nil {
			t.Fatal(err)
		}
		set = map[string]string{
			"OKTACRED_LIVE_ORG_URL": w.server.URL, "OKTACRED_LIVE_CLIENT_ID": serviceApp,
			"OKTACRED_LIVE_PRIVATE_KEY_FILE": file, "OKTACRED_LIVE_KEY_ID": keyID,
		}
	}
	return func(name string) string { return set[name] }
}

func (w *world) arguments(t *testing.T) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, w.server.CA, 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"-ca-file", file, "-allow-private-addresses", "-settle", "10ms"}
}
