package egress_test

import (
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/egress"
)

// org is a TLS server and what is needed to trust it.
func org(t *testing.T, handler http.HandlerFunc) (server *httptest.Server, options egress.Options) {
	t.Helper()
	server = httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = true
	server.Config.ErrorLog = discardLog()
	server.StartTLS()
	t.Cleanup(server.Close)
	return server, egress.Options{
		AllowedHost:           strings.TrimPrefix(server.URL, "https://"),
		CABundle:              pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
		AllowPrivateAddresses: true,
	}
}

func client(t *testing.T, options egress.Options) *http.Client {
	t.Helper()
	made, err := egress.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(made.CloseIdleConnections)
	return made
}

// get reads the whole answer.
func get(t *testing.T, from *http.Client, target string) (string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := from.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func TestNewRefusesWrongOptions(t *testing.T) {
	if _, err := egress.New(egress.Options{}); err == nil {
		t.Error("a client for every host was made")
	}
	if _, err := egress.New(egress.Options{AllowedHost: "acme.okta.com", CABundle: []byte("no PEM")}); err == nil {
		t.Error("a CA bundle without a certificate was taken, which trusts nobody")
	}
}

func TestClientReachesItsHostOnly(t *testing.T) {
	var served atomic.Int32
	server, options := org(t, func(w http.ResponseWriter, _ *http.Request) {
		served.Add(1)
		_, _ = io.WriteString(w, "hello")
	})
	from := client(t, options)
	if body, err := get(t, from, server.URL); err != nil || body != "hello" {
		t.Fatalf("get from the org = %q, %v", body, err)
	}
	for name, target := range map[string]string{
		"another host": "https://evil.example/",
		"another port": "https://127.0.0.1:1/",
		"plain http":   strings.Replace(server.URL, "https", "http", 1),
		"userinfo":     strings.Replace(server.URL, "https://", "https://user:pw@", 1),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := get(t, from, target)
			if got := egress.FailureOf(err); got != egress.FailureHostNotAllowed {
				t.Errorf("FailureOf(%v) = %q", err, got)
			}
		})
	}
	if served.Load() != 1 {
		t.Errorf("the org saw %d requests, want 1", served.Load())
	}
}

func TestClientDialsNoPrivateAddress(t *testing.T) {
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	// localhost is a name, so only the check after DNS can see where it leads.
	for name, host := range map[string]string{"by name": "localhost:" + port, "by address": "127.0.0.1:" + port} {
		t.Run(name, func(t *testing.T) {
			_, err := get(t, client(t, egress.Options{AllowedHost: host}), "https://"+host)
			if got := egress.FailureOf(err); got != egress.FailureAddressNotAllowed {
				t.Errorf("FailureOf(%v) = %q", err, got)
			}
		})
	}
	if err := listener.SetDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if connection, err := listener.Accept(); err == nil {
		_ = connection.Close()
		t.Error("a connection was made")
	}
}

func TestClientBoundsAnswers(t *testing.T) {
	const limit = 1000
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	for name, test := range map[string]struct {
		serve http.HandlerFunc
		want  egress.Failure
	}{
		"a body of exactly the limit passes": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("x", limit))
		}, egress.FailureNone},
		"a longer body that says so": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1001")
			_, _ = io.WriteString(w, strings.Repeat("x", limit+1))
		}, egress.FailureTooLarge},
		"a longer body that does not say so": {func(w http.ResponseWriter, _ *http.Request) {
			for range limit + 1 {
				_, _ = io.WriteString(w, "x")
				_ = http.NewResponseController(w).Flush()
			}
		}, egress.FailureTooLarge},
		"a redirect": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://169.254.169.254/")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}, egress.FailureRedirected},
		"no answer": {func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-release:
			}
		}, egress.FailureTimeout},
		"an answer that does not end": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
			case <-release:
			}
		}, egress.FailureTimeout},
		"an answer that breaks off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "x")
			panic(http.ErrAbortHandler)
		}, egress.FailureInterrupted},
	} {
		t.Run(name, func(t *testing.T) {
			server, options := org(t, test.serve)
			options.MaxResponseBytes, options.Timeout = limit, time.Minute
			if test.want == egress.FailureTimeout {
				options.Timeout = 500 * time.Millisecond
			}
			body, err := get(t, client(t, options), server.URL)
			if got := egress.FailureOf(err); got != test.want {
				t.Errorf("FailureOf(%v) = %q, want %q", err, got, test.want)
			}
			if len(body) > limit {
				t.Errorf("%d bytes came through", len(body))
			}
		})
	}
}

func TestFailureOfConnecting(t *testing.T) {
	_, options := org(t, func(http.ResponseWriter, *http.Request) {})
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	closed := closedAddress(t)
	old, oldOptions := org(t, func(http.ResponseWriter, *http.Request) {})
	old.TLS.MaxVersion = tls.VersionTLS11

	untrusting, misnamed := options, options
	untrusting.CABundle = nil
	misnamed.AllowedHost = strings.Replace(options.AllowedHost, "127.0.0.1", "localhost", 1)
	for name, test := range map[string]struct {
		options egress.Options
		want    egress.Failure
	}{
		"nobody listens":               {egress.Options{AllowedHost: closed, AllowPrivateAddresses: true}, egress.FailureRefused},
		"the name does not resolve":    {egress.Options{AllowedHost: "no-such-host.invalid"}, egress.FailureUnresolved},
		"the authority is not trusted": {untrusting, egress.FailureCertificateUnknown},
		"the certificate is another's": {misnamed, egress.FailureCertificateName},
		"the server speaks no TLS": {
			egress.Options{AllowedHost: strings.TrimPrefix(plain.URL, "http://"), AllowPrivateAddresses: true}, egress.FailureTLS,
		},
		"the server speaks an old TLS": {oldOptions, egress.FailureTLS},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := get(t, client(t, test.options), "https://"+test.options.AllowedHost)
			if got := egress.FailureOf(err); got != test.want {
				t.Errorf("FailureOf(%v) = %q, want %q", err, got, test.want)
			}
		})
	}
}

func TestClientUsesTheGivenProxyAndNoOther(t *testing.T) {
	var tunnels atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tunnels.Add(1)
		tunnel(w, r)
	}))
	t.Cleanup(proxy.Close)
	proxyURL, _ := url.Parse(proxy.URL)
	server, options := org(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })

	t.Setenv("HTTPS_PROXY", proxy.URL)
	if _, err := get(t, client(t, options), server.URL); err != nil || tunnels.Load() != 0 {
		t.Errorf("without a proxy: %v, %d tunnels", err, tunnels.Load())
	}
	options.Proxy = proxyURL
	if _, err := get(t, client(t, options), server.URL); err != nil || tunnels.Load() != 1 {
		t.Errorf("with a proxy: %v, %d tunnels", err, tunnels.Load())
	}
	options.AllowPrivateAddresses = false
	if _, err := get(t, client(t, options), server.URL); egress.FailureOf(err) != egress.FailureAddressNotAllowed {
		t.Errorf("a literal private address went through the proxy: %v", err)
	}
}

// tunnel is the CONNECT of a proxy.
func tunnel(w http.ResponseWriter, r *http.Request) {
	upstream, err := net.Dial("tcp", r.Host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	w.WriteHeader(http.StatusOK)
	downstream, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = upstream.Close()
		return
	}
	go func() { _, _ = io.Copy(upstream, downstream); _ = upstream.Close() }()
	_, _ = io.Copy(downstream, upstream)
	_ = downstream.Close()
}

// closedAddress is one that nobody listens at.
func closedAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
