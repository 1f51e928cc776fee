package oktasim

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"testing"
	"time"
)

func TestCertificates(t *testing.T) {
	for name, test := range map[string]struct {
		options TLSOptions
		trust   bool
		fails   bool
	}{
		"a client that trusts the authority": {trust: true},
		"a client that does not":             {fails: true},
		"a certificate of another name":      {options: TLSOptions{Names: []string{"other.example.com"}}, trust: true, fails: true},
		"a certificate that has expired":     {options: TLSOptions{NotAfter: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}, trust: true, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			server, err := New(Options{}).StartTLS("", test.options)
			if err != nil {
				t.Fatal(err)
			}
			pool := x509.NewCertPool()
			if test.trust {
				pool.AppendCertsFromPEM(server.CA)
			}
			transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
			t.Cleanup(func() { transport.CloseIdleConnections(); _ = server.Close() })
			if err := fetch(t, transport, server.URL+"/.well-known/okta-organization"); (err != nil) != test.fails {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestResetOverHTTP2(t *testing.T) {
	org := New(Options{})
	server, err := org.StartTLS("", TLSOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(server.CA)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	t.Cleanup(func() { transport.CloseIdleConnections(); _ = server.Close() })
	org.Fault(Fault{Route: RouteOrgMetadata, Kind: FaultResetAfter, Times: 1})
	first := fetch(t, transport, server.URL+"/.well-known/okta-organization")
	second := fetch(t, transport, server.URL+"/.well-known/okta-organization")
	if first == nil || second != nil {
		t.Errorf("under the fault %v, after it %v", first, second)
	}
}

func fetch(t *testing.T, transport http.RoundTripper, url string) error {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}
