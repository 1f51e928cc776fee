package okta_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"go.uber.org/goleak"
	"k8s.io/utils/clock"

	"github.com/oktacred/okta-credential-operator/internal/egress"
	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

const (
	firstValue  = "FirstValueFirstValueFirstValueFirstValueFirstValueFirstValue0001"
	secondValue = "SecondValueSecondValueSecondValueSecondValueSecondValueSecon0002"
	apiToken    = "00ApiTokenApiTokenApiTokenApiTokenApiToken"
	serviceApp  = "0oaService"
	keyID       = "key-1"
)

// The SDK's cache has a goroutine that ends only when the garbage collector finds the cache (TestDroppedClientsLeaveNothing
// holds that it does); what else is left is a leak.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/patrickmn/go-cache.(*janitor).Run"))
}

// rsaKey is made once: it takes a while.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func pemOf(key any) redact.Value {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return redact.NewValue(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
}

func ecKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

// world is a simulated org with one application that has one secret, and both kinds of admin credential.
type world struct {
	org    *oktasim.Org
	app    oktasim.App
	secret string
	server *oktasim.Server
	clock  clock.Clock
	// timeout of the clients made from now on: a minute, which only an org that does not answer takes.
	timeout time.Duration
}

func given(t *testing.T, options oktasim.Options) *world {
	t.Helper()
	org := oktasim.New(options)
	server, err := org.StartTLS("", oktasim.TLSOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	w := &world{org: org, server: server, clock: options.Clock, app: org.AddApp(oktasim.App{Label: "Billing"}), timeout: time.Minute}
	w.secret = org.AddSecret(w.app.ID, redact.NewValue(firstValue), oktasim.Active)
	org.AddAPIToken(redact.NewValue(apiToken), oktasim.Role{})
	org.AddServiceApp(serviceApp, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: rsaKey().Public(), KeyID: keyID, Algorithm: "RS256", Use: "sig"},
	}}, okta.DefaultScopes, oktasim.Role{})
	return w
}

func withKey(key okta.PrivateKeyJWT) okta.Auth { return okta.Auth{PrivateKeyJWT: &key} }

func withToken() okta.Auth { return okta.Auth{APIToken: redact.NewValue(apiToken)} }

func goodKey() okta.PrivateKeyJWT {
	return okta.PrivateKeyJWT{ClientID: serviceApp, KeyID: keyID, PrivateKey: pemOf(rsaKey())}
}

func (w *world) client(t *testing.T, auth okta.Auth) *okta.Client {
	t.Helper()
	return w.clientWith(t, auth, okta.NewBudget(okta.BudgetOptions{MaxCapacityPercent: 100}))
}

func (w *world) clientWith(t *testing.T, auth okta.Auth, budget *okta.Budget) *okta.Client {
	t.Helper()
	through, err := egress.New(egress.Options{
		AllowedHost: strings.TrimPrefix(w.server.URL, "https://"), CABundle: w.server.CA, AllowPrivateAddresses: true,
		Timeout: w.timeout,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(through.CloseIdleConnections)
	client, err := okta.NewClient(okta.Config{OrgURL: w.server.URL, HTTPClient: through, Auth: auth, Budget: budget, Clock: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// mustConnect waits until a client has a connection to the org, so that a timeout cannot end what the org never got.
func (w *world) mustConnect(t *testing.T, client *okta.Client) {
	t.Helper()
	for deadline := time.After(time.Minute); ; {
		_, err := client.Application(t.Context(), w.app.ID)
		if err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatal(err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func otherKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
