package situations

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// wire notes each request that an org gets: what for, about which client or application, and with which kind of secret.
type wire struct {
	mu    sync.Mutex
	calls []call
}

// call is one request.
type call struct {
	// kind is token, revoke, app, secrets, change or other.
	kind string
	// about is the client id or the application id.
	about  string
	secret string
	// assertion is the client's signed JWT.
	assertion string
}

// madeUp is what the operator calibrates with: a random secret, which says nothing of any client.
var madeUp = regexp.MustCompile(`^[A-Z2-7]{52}$`)

func (w *wire) over(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(rw, "cannot read", http.StatusBadRequest)

			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		heard := read(r, body)
		w.mu.Lock()
		w.calls = append(w.calls, heard)
		w.mu.Unlock()
		next.ServeHTTP(rw, r)
	})
}

func read(r *http.Request, body []byte) call {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case strings.HasSuffix(r.URL.Path, "/v1/token"):
		return readClient(call{kind: "token"}, r, body)
	case strings.HasSuffix(r.URL.Path, "/v1/revoke"):
		return readClient(call{kind: "revoke"}, r, body)
	case strings.HasPrefix(r.URL.Path, "/api/v1/apps/") && r.Method != http.MethodGet:
		return call{kind: "change", about: parts[3]}
	case strings.HasPrefix(r.URL.Path, "/api/v1/apps/") && len(parts) == 4:
		return call{kind: "app", about: parts[3]}
	case strings.HasPrefix(r.URL.Path, "/api/v1/apps/"):
		return call{kind: "secrets", about: parts[3]}
	default:
		return call{kind: "other"}
	}
}

// readClient reads the credentials of a client, in each of the ways to send them.
func readClient(c call, r *http.Request, body []byte) call {
	form, _ := url.ParseQuery(string(body))
	c.about, c.secret, c.assertion = form.Get("client_id"), form.Get("client_secret"), form.Get("client_assertion")
	if encoded, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Basic "); ok {
		plain, _ := base64.StdEncoding.DecodeString(encoded)
		c.about, c.secret, _ = strings.Cut(string(plain), ":")
	}
	if token, err := jwt.ParseSigned(c.assertion, []jose.SignatureAlgorithm{jose.HS256, jose.ES256}); err == nil {
		var claims jwt.Claims
		_ = token.UnsafeClaimsWithoutVerification(&claims)
		c.about = claims.Subject
	}

	return c
}

// isCalibration says whether the request has a made-up secret: none of the client's own.
func (c call) isCalibration(values []string) bool {
	if c.assertion == "" {
		return madeUp.MatchString(c.secret)
	}
	token, err := jwt.ParseSigned(c.assertion, []jose.SignatureAlgorithm{jose.HS256})

	return err == nil && !slices.ContainsFunc(values, func(value string) bool { return token.Claims([]byte(value), &jwt.Claims{}) == nil })
}

// kinds of requests, in the order of a report.
var kinds = []string{"token", "revoke", "app", "secrets", "change"}

// asked reports what was asked about a client and its application, such as "token 2, app 1", less the calibrations.
func (w *wire) asked(values []string, ids ...string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	counts := map[string]int{}
	for _, c := range w.calls {
		if slices.Contains(ids, c.about) && !c.isCalibration(values) {
			counts[c.kind]++
		}
	}
	var words []string
	for _, kind := range kinds {
		if counts[kind] > 0 {
			words = append(words, fmt.Sprintf("%s %d", kind, counts[kind]))
		}
	}

	return strings.Join(words, ", ")
}

// calibrations counts the requests with a made-up secret.
func (w *wire) calibrations() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, c := range w.calls {
		if madeUp.MatchString(c.secret) {
			n++
		}
	}

	return n
}

// callLog counts what the operator asks of the API server, by verb and path.
type callLog struct {
	mu     sync.Mutex
	counts map[string]int
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (l *callLog) over(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		l.mu.Lock()
		if l.counts == nil {
			l.counts = map[string]int{}
		}
		if r.Method == http.MethodGet {
			l.counts["read "+r.URL.Path]++
		} else {
			l.counts["write "+r.URL.Path]++
		}
		l.mu.Unlock()

		return next.RoundTrip(r)
	})
}

func (l *callLog) reads(path string) int { return l.count("read " + path) }

func (l *callLog) writes(path string) int { return l.count("write " + path) }

func (l *callLog) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.counts[what]
}
