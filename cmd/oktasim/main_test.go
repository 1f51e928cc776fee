package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// lines collects output and says when it holds something; a plain buffer would race with run.
type lines struct {
	printed chan string
}

func (l lines) Write(p []byte) (int, error) {
	l.printed <- string(p)
	return len(p), nil
}

func TestRunServesUntilStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	dir, out, ended := t.TempDir(), lines{printed: make(chan string, 100)}, make(chan error, 1)
	file := func(name string) string { return filepath.Join(dir, name) }
	go func() {
		ended <- run(ctx, []string{
			"--tls", "--ca-out", file("ca.pem"), "--info-out", file("info.json"), "--service-key-out", file("key.pem"),
			"--control-addr", "127.0.0.1:0", "--apps", "3",
		}, out)
	}()
	waitFor(t, out, ended, "Try")
	var reached info
	readJSON(t, file("info.json"), &reached)
	client := trusting(t, file("ca.pem"))
	for url, want := range map[string]int{
		reached.URL + "/.well-known/okta-organization":                   200,
		reached.ControlURL + "apps/0oabench000003":                       200,
		reached.URL + "/_sim/apps":                                       404,
		reached.ControlURL + "apps/" + serviceClientID:                   200,
		reached.URL + "/oauth2/default/.well-known/openid-configuration": 200,
	} {
		if got := status(t, client, url); got != want {
			t.Errorf("%s: got %d, want %d", url, got, want)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("run ended with %v", err)
	}
}

func TestRunRefusesWhatItCannotRead(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "seed.yaml")
	if err := os.WriteFile(bad, []byte("app: []"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--seed", bad}, {"--seed", bad + ".not"}, {"--limits", "few"}, {"extra"}, {"--addr", "nowhere:x"}} {
		if err := run(t.Context(), args, lines{printed: make(chan string, 100)}); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}

func waitFor(t *testing.T, out lines, ended chan error, text string) {
	t.Helper()
	for {
		select {
		case line := <-out.printed:
			if strings.Contains(line, text) {
				return
			}
		case err := <-ended:
			t.Fatalf("run ended early: %v", err)
		case <-time.After(30 * time.Second):
			t.Fatalf("%q was not printed", text)
		}
	}
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

func trusting(t *testing.T, caFile string) *http.Client {
	t.Helper()
	ca, err := os.ReadFile(caFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

func status(t *testing.T, client *http.Client, url string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	return answer.StatusCode
}

func TestExampleSeedIsGood(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	out, ended := lines{printed: make(chan string, 100)}, make(chan error, 1)
	go func() { ended <- run(ctx, []string{"--seed", "seed.example.yaml"}, out) }()
	waitFor(t, out, ended, "Order worker")
	stop()
	if err := <-ended; err != nil {
		t.Errorf("run ended with %v", err)
	}
}
