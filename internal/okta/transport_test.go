package okta_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

func TestTransport(t *testing.T) {
	w := given(t, oktasim.Options{})
	const made = `{"label":"Made","signOnMode":"OPENID_CONNECT"}`
	for name, test := range map[string]struct {
		method, url, body string
		wantStatus        int
		wantErr           bool
	}{
		"a read is signed":                    {method: http.MethodGet, url: w.server.URL + "/api/v1/apps/" + w.app.ID, wantStatus: 200},
		"a body goes with its type":           {method: http.MethodPost, url: w.server.URL + "/api/v1/apps", body: made, wantStatus: 200},
		"a refusal is an answer, no error":    {method: http.MethodDelete, url: w.server.URL + "/api/v1/apps/" + w.app.ID, wantStatus: 403},
		"a query goes along":                  {method: http.MethodGet, url: w.server.URL + "/api/v1/apps?filter=x", wantStatus: 400},
		"another host never gets a signature": {method: http.MethodGet, url: "https://127.0.0.1:1/api/v1/apps", wantErr: true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, auth := range []okta.Auth{withToken(), withKey(goodKey())} {
				request, err := http.NewRequestWithContext(t.Context(), test.method, test.url, strings.NewReader(test.body))
				if err != nil {
					t.Fatal(err)
				}
				request.Header.Set("Content-Type", "application/json")
				answer, err := (&http.Client{Transport: w.client(t, auth).Transport()}).Do(request)
				if test.wantErr {
					if err == nil || !strings.Contains(err.Error(), "another host") {
						t.Fatalf("got %v, want a refusal for the host", err)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(answer.Body)
				_ = answer.Body.Close()
				if err != nil || len(body) == 0 || answer.StatusCode != test.wantStatus {
					t.Errorf("got %d with %d bytes (%v), want %d", answer.StatusCode, len(body), err, test.wantStatus)
				}
			}
		})
	}
}
