//go:build e2e

package e2e

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// What local.d installs. The token is that of local.d/seed.yaml.
const (
	orgNamespace = "okta-e2e"
	orgURL       = "https://oktasim.okta-e2e.svc"
	adminToken   = "00e2eTokenThatOpensNothingElse"
)

// plantSecret gives the app at Okta its first client secret, as an admin does, and waits until the token endpoint knows it.
func (w *world) plantSecret() redact.Value {
	w.t.Helper()
	value := rand.Text() + rand.Text()
	body, err := json.Marshal(map[string]string{"value": value})
	if err != nil {
		w.t.Fatal(err)
	}
	w.control(http.MethodPost, "_sim/apps/"+w.clientID+"/secrets", string(body))

	secret := redact.NewValue(value)
	w.eventually("the token endpoint knows the first secret", func() bool { return w.askToken(secret) == "400 invalid_grant" })

	return secret
}

// revoke lets an admin at Okta revoke a secret.
func (w *world) revoke(value redact.Value) {
	w.t.Helper()
	w.control(http.MethodPost, "_sim/apps/"+w.clientID+"/secrets/"+w.atOkta(value).ID+"/revoke", "")
}

// secretAtOkta is a client secret as an admin sees it.
type secretAtOkta struct {
	ID, Status, Hash string
}

// atOkta is what the org has of a secret; nothing when it has none with this value.
func (w *world) atOkta(value redact.Value) secretAtOkta {
	w.t.Helper()
	var app struct{ Secrets []secretAtOkta }
	if err := json.Unmarshal(w.control(http.MethodGet, "_sim/apps/"+w.clientID, ""), &app); err != nil {
		w.t.Fatalf("read the app: %v", err)
	}
	for _, secret := range app.Secrets {
		if secret.Hash == value.Hash() {
			return secret
		}
	}

	return secretAtOkta{}
}

// deactivated is when the org says that a secret was deactivated; zero when it never was.
func (w *world) deactivated(secret secretAtOkta) (last time.Time) {
	w.t.Helper()
	var trail []struct {
		Type, SecretID string
		Published      time.Time
	}
	if err := json.Unmarshal(w.control(http.MethodGet, "_sim/events", ""), &trail); err != nil {
		w.t.Fatalf("read the audit trail: %v", err)
	}
	for _, event := range trail {
		if event.Type == "app.oauth2.credentials.lifecycle.deactivate" && event.SecretID == secret.ID {
			last = event.Published
		}
	}

	return last
}

// control speaks to the org's control API.
func (w *world) control(method, path, body string) []byte {
	w.t.Helper()
	answer, err := w.askControl(w.t.Context(), method, path, body)
	if err != nil {
		w.t.Fatal(err)
	}

	return answer
}

// askControl sends a request to the control API. All requests to the org go through the API server's proxy for Services, so
// that the test needs no more of a cluster than its kubeconfig.
func (c cluster) askControl(ctx context.Context, method, path, body string) ([]byte, error) {
	request := c.clientset.CoreV1().RESTClient().Verb(method).Namespace(orgNamespace).Resource("services").
		Name("http:oktasim:control").SubResource("proxy").Suffix(path).SetHeader("Content-Type", "application/json").Body([]byte(body))
	answer, err := request.DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s %s at the org's control API: %w", method, path, err)
	}

	return answer, nil
}

// askToken sends a client secret with a made-up code to the token endpoint, and returns "400 invalid_grant" or the like.
func (w *world) askToken(value redact.Value) string {
	w.t.Helper()
	form := "grant_type=authorization_code&code=made-up&redirect_uri=https://shop.example.com/callback" +
		"&client_id=" + w.clientID + "&client_secret=" + value.Reveal()
	status := 0
	result := w.clientset.CoreV1().RESTClient().Post().Namespace(orgNamespace).Resource("services").
		Name("https:oktasim:https").SubResource("proxy").Suffix("oauth2/v1/token").
		SetHeader("Content-Type", "application/x-www-form-urlencoded").Body([]byte(form)).Do(w.t.Context()).StatusCode(&status)
	body, _ := result.Raw() // its error is made of the status
	var answer struct {
		Error string `json:"error"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		w.t.Fatalf("read the answer of the token endpoint, status %d: %v", status, err)
	}

	return fmt.Sprintf("%d %s", status, answer.Error)
}
