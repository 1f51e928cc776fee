package oktasim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const (
	goodValue  = "goodgoodgoodgoodgoodgoodgoodgoodgoodgood"
	otherValue = "otherotherotherotherotherotherotherother"
	adminToken = "00adminadminadminadmin"
)

// fixture is an org that listens, with a clock that stands still.
type fixture struct {
	t      *testing.T
	org    *Org
	clock  *clocktesting.FakeClock
	url    string
	client *http.Client
	// seen are answers that were held against Okta's description, by route and kind; the longest of each.
	seen map[string]reply
}

func newFixture(t *testing.T, options Options) *fixture {
	t.Helper()
	clock := clocktesting.NewFakeClock(start)
	options.Clock = clock
	org := New(options)
	server, err := org.Start("")
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(func() { transport.CloseIdleConnections(); _ = server.Close() })
	client := &http.Client{Transport: transport, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	return &fixture{t: t, org: org, clock: clock, url: server.URL, client: client}
}

// webApp adds a web app with one ACTIVE secret of goodValue.
func (f *fixture) webApp(description App) (App, string) {
	f.t.Helper()
	added := f.org.AddApp(description)
	return added, f.org.AddSecret(added.ID, redact.NewValue(goodValue), Active)
}

// reply is an answer, read whole.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) field(name string) string {
	var fields map[string]any
	if json.Unmarshal([]byte(r.body), &fields) != nil {
		return ""
	}
	text, _ := fields[name].(string)
	return text
}

func (f *fixture) send(method, path, contentType, body string, header http.Header) reply {
	f.t.Helper()
	r, err := http.NewRequestWithContext(f.t.Context(), method, f.url+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	maps.Copy(r.Header, header)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	answer, err := f.client.Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	got := reply{status: answer.StatusCode, header: answer.Header, body: string(text)}
	f.obeys(r, got)
	return got
}

// manage calls the admin API with the SSWS token.
func (f *fixture) manage(method, path, body string) reply {
	f.t.Helper()
	contentType := ""
	if body != "" {
		contentType = "application/json"
	}
	return f.send(method, path, contentType, body, http.Header{"Authorization": {"SSWS " + adminToken}})
}

func (f *fixture) post(path string, form url.Values, header http.Header) reply {
	f.t.Helper()
	return f.send(http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode(), header)
}

func basic(id, secret string) http.Header {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(id, secret)
	return r.Header
}

// check asks a token endpoint with a made-up code.
func (f *fixture) check(path, id, secret string) reply {
	f.t.Helper()
	return f.post(path, url.Values{
		"grant_type": {"authorization_code"}, "code": {"made-up"}, "redirect_uri": {"https://app.example.com/callback"},
		"code_verifier": {strings.Repeat("v", 43)},
	}, basic(id, secret))
}

// signer is a service app's key pair.
type signer struct {
	private *ecdsa.PrivateKey
	kid     string
}

func newSigner(t *testing.T, kid string) signer {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer{private: private, kid: kid}
}

func (s signer) keys() jose.JSONWebKeySet {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &s.private.PublicKey, KeyID: s.kid, Algorithm: "ES256", Use: "sig"}}}
}

// sign makes an assertion; change may spoil the claims of a good one.
func (s signer) sign(t *testing.T, audience, clientID string, change func(*jwt.Claims)) string {
	t.Helper()
	made, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: s.private}, (&jose.SignerOptions{}).WithHeader("kid", s.kid))
	if err != nil {
		t.Fatal(err)
	}
	claims := jwt.Claims{
		Issuer: clientID, Subject: clientID, Audience: jwt.Audience{audience}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(start), Expiry: jwt.NewNumericDate(start.Add(5 * time.Minute)),
	}
	if change != nil {
		change(&claims)
	}
	text, err := jwt.Signed(made).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (f *fixture) mint(assertion, scope string) reply {
	f.t.Helper()
	return f.post("/oauth2/v1/token", url.Values{
		"grant_type": {"client_credentials"}, "scope": {scope}, "client_assertion_type": {assertionType}, "client_assertion": {assertion},
	}, nil)
}
