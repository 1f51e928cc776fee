package tokencheck

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/oktacred/okta-credential-operator/internal/egress"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

const (
	rightSecret   = "RightSecretRightSecretRightSecretRightSecretRightSecretRight0001"
	wrongSecret   = "WrongSecretWrongSecretWrongSecretWrongSecretWrongSecretWrong0002"
	specialSecret = "Special secret: 100% + more/less & 'quotes' \"too\" = 14-100 chars"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// unlimited is a Limiter that lets everything out.
type unlimited struct{}

func (unlimited) Acquire(context.Context, string) (func(*http.Response), error) {
	return func(*http.Response) {}, nil
}

// world is a simulated org with one application, and a Checker of it.
type world struct {
	org     *oktasim.Org
	app     oktasim.App
	secret  string // Okta's id of rightSecret
	checker *Checker
	url     string
	ca      []byte
}

// given sets a world up. The application has rightSecret and another ACTIVE one.
func given(t testing.TB, options oktasim.Options, app oktasim.App) *world {
	t.Helper()
	org := oktasim.New(options)
	org.AddAuthorizationServer(oktasim.AuthorizationServer{ID: "default"})
	server, err := org.StartTLS("", oktasim.TLSOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	w := &world{org: org, app: org.AddApp(app), url: server.URL, ca: server.CA}
	w.secret = org.AddSecret(w.app.ID, redact.NewValue(rightSecret), oktasim.Active)
	w.checker = newChecker(t, server.URL, server.CA)
	return w
}

// newChecker makes one that waits a minute for an answer, which only an org that does not answer takes.
func newChecker(t testing.TB, orgURL string, ca []byte) *Checker {
	t.Helper()

	return newCheckerWithin(t, orgURL, ca, time.Minute)
}

func newCheckerWithin(t testing.TB, orgURL string, ca []byte, timeout time.Duration) *Checker {
	t.Helper()
	client, err := egress.New(egress.Options{
		AllowedHost: strings.TrimPrefix(orgURL, "https://"), CABundle: ca, AllowPrivateAddresses: true, Timeout: timeout,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return New(client, unlimited{}, nil)
}

func (w *world) request(secret string) Request {
	return Request{OrgURL: w.url, ClientID: w.app.ClientID, Secret: redact.NewValue(secret)}
}

// sent is how many requests the org has had at /token and /revoke.
func (w *world) sent() int {
	return w.org.Count(oktasim.RouteToken) + w.org.Count(oktasim.RouteRevoke) +
		w.org.Count(oktasim.RouteServerToken) + w.org.Count(oktasim.RouteServerRevoke)
}

// counting is a Limiter that lets everything out and counts.
type counting struct{ requests atomic.Int64 }

func (c *counting) Acquire(context.Context, string) (func(*http.Response), error) {
	c.requests.Add(1)
	return func(*http.Response) {}, nil
}
