package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// The defaults of Options. The whole timeout stays below the leader election's lease minus its renewal deadline, so that
// a leader that loses its lease has no request under way any more when the next one starts.
const (
	DefaultTimeout          = 8 * time.Second
	DefaultMaxResponseBytes = 1 << 20
	DefaultMaxConnsPerHost  = 8

	dialTimeout         = 4 * time.Second
	handshakeTimeout    = 5 * time.Second
	idleTimeout         = 90 * time.Second
	maxHeaderBytes      = 64 << 10
	pingAfter           = 15 * time.Second
	pingTimeout         = 5 * time.Second
	sessionsToRemember  = 4
	keepAliveIdlePeriod = 30 * time.Second
)

// Options says where a client may go and what it puts up with. AllowedHost is required.
type Options struct {
	// AllowedHost is the one host[:port] that may be called.
	AllowedHost string
	// CABundle is PEM; when set, it replaces the system's roots.
	CABundle []byte
	// Proxy is used for every request; nil means none, whatever the environment says. Its own address is not checked,
	// since whoever may name a proxy may name one in the cluster.
	Proxy *url.URL
	// AllowPrivateAddresses lets the host resolve to loopback, link-local and private addresses: for the demo and tests,
	// and for orgs behind a private link.
	AllowPrivateAddresses bool
	// Timeout bounds a request from dialling to the last byte of its answer; default 8 s.
	Timeout time.Duration
	// MaxResponseBytes bounds the body of an answer; default 1 MiB.
	MaxResponseBytes int64
	// MaxConnsPerHost bounds the connections to the host; default 8.
	MaxConnsPerHost int
}

// New makes a client for one host. Close it with its CloseIdleConnections when its org is no longer used. Errors name
// the option that is wrong.
func New(options Options) (*http.Client, error) {
	if options.AllowedHost == "" {
		return nil, errors.New("make an HTTP client: AllowedHost is empty")
	}
	options = withDefaults(options)
	roots, err := parseRoots(options.CABundle)
	if err != nil {
		return nil, fmt.Errorf("make an HTTP client for %q: %w", options.AllowedHost, err)
	}
	return &http.Client{
		Transport: &guard{
			next:     newTransport(options, roots),
			host:     canonicalHost(options.AllowedHost),
			private:  options.AllowPrivateAddresses,
			timeout:  options.Timeout,
			maxBytes: options.MaxResponseBytes,
		},
		// The guard has made an error of every redirect already; this is what holds should that ever change.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

func withDefaults(options Options) Options {
	if options.Timeout <= 0 {
		options.Timeout = DefaultTimeout
	}
	if options.MaxResponseBytes <= 0 {
		options.MaxResponseBytes = DefaultMaxResponseBytes
	}
	if options.MaxConnsPerHost <= 0 {
		options.MaxConnsPerHost = DefaultMaxConnsPerHost
	}
	return options
}

func parseRoots(bundle []byte) (*x509.CertPool, error) {
	if len(bundle) == 0 {
		return nil, nil
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(bundle) {
		return nil, errors.New("the CA bundle holds no PEM certificate")
	}
	return roots, nil
}

func newTransport(options Options, roots *x509.CertPool) *http.Transport {
	dialer := &net.Dialer{
		Timeout:         dialTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: keepAliveIdlePeriod},
	}
	if options.Proxy == nil && !options.AllowPrivateAddresses {
		// After DNS, on the address that is about to be dialled: a name that resolves differently the second time cannot pass.
		dialer.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
			return checkDialAddress(address)
		}
	}
	return &http.Transport{
		Proxy:                  proxyFunc(options.Proxy),
		DialContext:            dialer.DialContext,
		TLSClientConfig:        newTLSConfig(roots),
		TLSHandshakeTimeout:    handshakeTimeout,
		DisableCompression:     true,
		MaxIdleConns:           options.MaxConnsPerHost,
		MaxIdleConnsPerHost:    options.MaxConnsPerHost,
		MaxConnsPerHost:        options.MaxConnsPerHost,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ForceAttemptHTTP2:      true,
		// Without pings a connection that died silently fails every request until the kernel gives up on it.
		HTTP2: &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
	}
}

func newTLSConfig(roots *x509.CertPool) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		RootCAs:            roots,
		ClientSessionCache: tls.NewLRUClientSessionCache(sessionsToRemember),
	}
}

// proxyFunc must not fall back to http.ProxyFromEnvironment: a namespace could not tell where its secrets went.
func proxyFunc(proxy *url.URL) func(*http.Request) (*url.URL, error) {
	if proxy == nil {
		return nil
	}
	return http.ProxyURL(proxy)
}

// guard holds every request to one host and every answer to its bounds.
type guard struct {
	next     *http.Transport
	host     string
	private  bool
	timeout  time.Duration
	maxBytes int64
}

// RoundTrip implements http.RoundTripper. Unlike a plain one it makes an error of a redirect.
func (g *guard) RoundTrip(request *http.Request) (*http.Response, error) {
	if err := g.permit(request.URL); err != nil {
		closeBody(request)
		return nil, err
	}
	ctx, cancel := context.WithTimeout(request.Context(), g.timeout)
	response, err := g.next.RoundTrip(request.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	if isRedirect(response.StatusCode) {
		_ = response.Body.Close()
		cancel()
		return nil, &RedirectError{Status: response.StatusCode}
	}
	response.Body = &boundedBody{body: response.Body, cancel: cancel, left: g.maxBytes, limit: g.maxBytes}
	return response, nil
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the transport.
func (g *guard) CloseIdleConnections() { g.next.CloseIdleConnections() }

func (g *guard) permit(target *url.URL) error {
	host := canonicalHost(target.Host)
	if target.Scheme != "https" || target.User != nil || host != g.host {
		return &HostError{Host: target.Host, Allowed: g.host}
	}
	// A proxy dials for us, so a literal address never comes to the dialer's check.
	if address, err := netip.ParseAddr(strings.Trim(target.Hostname(), "[]")); err == nil && !g.private {
		return checkAddress(address)
	}
	return nil
}

func isRedirect(status int) bool {
	return status >= 300 && status < 400 && status != http.StatusNotModified
}

func closeBody(request *http.Request) {
	if request.Body != nil {
		_ = request.Body.Close()
	}
}

// canonicalHost is the host in lower case without the port that https implies anyway.
func canonicalHost(host string) string {
	return strings.TrimSuffix(strings.ToLower(host), ":443")
}
