package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// authenticated is what Okta says of a made-up code to a client that it knows by its secret.
const authenticated = "400 invalid_grant"

// application is a client of the org.
type application struct {
	endpoint, clientID, file, knows string
	client                          *http.Client

	mu     sync.Mutex
	hash   string         // of the client secret in use
	since  time.Time      // its first use
	last   string         // answer of the token endpoint
	served map[string]int // how often it answered what
}

// trusting is a client that trusts one certificate authority.
func trusting(ca string) (*http.Client, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(ca)) {
		return nil, errors.New("ORG_CA holds no certificate")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}

	return &http.Client{Transport: transport, Timeout: timeout}, nil
}

// secret that the application has now.
func (a *application) secret() (redact.Value, error) {
	if a.file == "" {
		return redact.NewValue(os.Getenv("CLIENT_SECRET")), nil
	}
	data, err := os.ReadFile(a.file)
	if err != nil {
		return redact.Value{}, fmt.Errorf("read client secret: %w", err)
	}

	return redact.NewValue(string(data)), nil
}

// work authenticates until the context ends.
func (a *application) work(ctx context.Context) error {
	tick := time.NewTicker(ask)
	defer tick.Stop()
	for {
		secret, err := a.secret()
		if err != nil {
			return err
		}
		a.note(secret, time.Now(), a.authenticate(ctx, secret))
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// note remembers an answer. A value is in use from before it is first sent.
func (a *application) note(secret redact.Value, now time.Time, answer string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if hash := secret.Hash(); hash != a.hash {
		a.hash, a.since = hash, now
	}
	a.last = answer
	a.served[answer]++
}

// authenticate sends a made-up code, and returns what the token endpoint answers: "401 invalid_client" or the like.
func (a *application) authenticate(ctx context.Context, secret redact.Value) string {
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {"made-up"}, "redirect_uri": {"https://shop.example.com/callback"},
		"client_id": {a.clientID}, "client_secret": {secret.Reveal()},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return "no request"
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := a.client.Do(request)
	if err != nil {
		return "no answer"
	}
	defer func() { _ = answer.Body.Close() }()
	var body struct {
		Error string `json:"error"`
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<16)).Decode(&body); err != nil {
		return fmt.Sprintf("%d", answer.StatusCode)
	}

	return fmt.Sprintf("%d %s", answer.StatusCode, body.Error)
}

// handler tells what the application does: /ready while the org authenticates it, and / in numbers.
func (a *application) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.last != authenticated {
			http.Error(w, a.last, http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		a.mu.Lock()
		told := map[string]any{"hash": a.hash, "since": a.since, "answers": maps.Clone(a.served)}
		a.mu.Unlock()
		_ = json.NewEncoder(w).Encode(told)
	})

	return mux
}
