package okta_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

func keyOf(clientID string) okta.PrivateKeyJWT {
	key := goodKey()
	key.ClientID = clientID
	return key
}

func (w *world) addService(clientID string, scopes []string, role oktasim.Role) {
	w.org.AddServiceApp(clientID, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: rsaKey().Public(), KeyID: keyID, Algorithm: "RS256", Use: "sig"},
	}}, scopes, role)
}

func TestRejectedAdminCredentialsSayWhy(t *testing.T) {
	for name, test := range map[string]struct {
		key    func(*okta.PrivateKeyJWT)
		behind time.Duration
		fault  oktasim.Fault
		want   okta.CredentialCause
		fix    string
	}{
		"a clock that is behind": {behind: -time.Hour, want: okta.CauseClockSkew, fix: "clock"},
		"a clock that is ahead":  {behind: time.Hour, want: okta.CauseClockSkew, fix: "clock"},
		"another key":            {key: func(k *okta.PrivateKeyJWT) { k.PrivateKey = pemOf(otherKey(t)) }, want: okta.CauseSignature, fix: "public half"},
		"another kid":            {key: func(k *okta.PrivateKeyJWT) { k.KeyID = "key-2" }, want: okta.CauseKeyID, fix: "keyID"},
		"a client that Okta does not know": {
			key: func(k *okta.PrivateKeyJWT) { k.ClientID = "0oaNobody" }, want: okta.CauseClientUnknown, fix: "client id",
		},
		"DPoP": {
			fault: oktasim.OAuthErrorFault(oktasim.RouteToken, 400, "invalid_dpop_proof", "The DPoP proof JWT header is missing."),
			want:  okta.CauseDPoPRequired, fix: "DPoP",
		},
		"a text that nobody knows": {
			fault: oktasim.OAuthErrorFault(oktasim.RouteToken, 401, "invalid_client", "Surprise."), want: okta.CauseUnknown, fix: "service app",
		},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Now()
			w := given(t, oktasim.Options{Clock: clocktesting.NewFakeClock(now)})
			w.clock = clocktesting.NewFakeClock(now.Add(test.behind))
			if test.fault.Kind != "" {
				w.org.Fault(test.fault)
			}
			key := goodKey()
			if test.key != nil {
				test.key(&key)
			}
			client := w.client(t, withKey(key))
			_, err := client.ListSecrets(t.Context(), w.app.ID)
			failure, ok := errors.AsType[*okta.Error](err)
			if !ok || failure.Kind != okta.KindAdminCredentialRejected || failure.Cause != test.want {
				t.Fatalf("cause %q, want %q: %v", failure.Cause, test.want, err)
			}
			if !strings.Contains(failure.Fix, test.fix) || strings.Contains(err.Error(), "Surprise") {
				t.Errorf("%q does not say %q, or says what Okta does not publish", err, test.fix)
			}
			if _, again := client.ListSecrets(t.Context(), w.app.ID); again == nil || again.Error() != err.Error() {
				t.Errorf("the second time: %v", again)
			}
			if got := w.org.Count(oktasim.RouteToken); got != 1 {
				t.Errorf("the rejected credential was sent %d times within seconds", got)
			}
		})
	}
}

func TestMissingScopesAndPermissionsAreToldApart(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.addService("0oaReadOnly", []string{"okta.apps.read"}, oktasim.Role{})
	_, err := w.client(t, withKey(keyOf("0oaReadOnly"))).CreateSecret(t.Context(), w.app.ID, redact.NewValue(secondValue))
	wantKind(t, err, okta.KindMissingScope)
	if !strings.Contains(err.Error(), "okta.apps.manage") {
		t.Errorf("%q does not name the scope", err)
	}
	w.addService("0oaNoRole", okta.DefaultScopes, oktasim.Role{ReadOnly: true})
	_, err = w.client(t, withKey(keyOf("0oaNoRole"))).CreateSecret(t.Context(), w.app.ID, redact.NewValue(secondValue))
	wantKind(t, err, okta.KindForbidden)
}

func TestKeysOfEveryKind(t *testing.T) {
	w := given(t, oktasim.Options{})
	ec := ecKey()
	w.org.AddServiceApp("0oaEC", jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: ec.Public(), KeyID: "ec", Algorithm: "ES256", Use: "sig"}}},
		okta.DefaultScopes, oktasim.Role{})
	web, err := jose.JSONWebKey{Key: ec, KeyID: "ec"}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]okta.PrivateKeyJWT{
		"PEM with EC":       {ClientID: "0oaEC", KeyID: "ec", PrivateKey: pemOf(ec)},
		"JWK with EC":       {ClientID: "0oaEC", PrivateKey: redact.NewValue(string(web))},
		"PEM with RSA":      goodKey(),
		"PEM among newline": {ClientID: serviceApp, KeyID: keyID, PrivateKey: redact.NewValue("\n\n" + pemOf(rsaKey()).Reveal() + "\n")},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.client(t, withKey(key)).ListSecrets(t.Context(), w.app.ID)
			wantKind(t, err, okta.KindNone)
		})
	}
}

func TestCredentialsThatCannotWorkAreRefusedAtOnce(t *testing.T) {
	public, err := jose.JSONWebKey{Key: rsaKey().Public()}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	key := func(text string) okta.Auth {
		return withKey(okta.PrivateKeyJWT{ClientID: "0oa1", PrivateKey: redact.NewValue(text)})
	}
	for name, test := range map[string]struct {
		auth okta.Auth
		want string
	}{
		"nothing":              {okta.Auth{}, "set a private key or an API token"},
		"both":                 {okta.Auth{PrivateKeyJWT: &okta.PrivateKeyJWT{}, APIToken: redact.NewValue("x")}, "not both"},
		"no client id":         {withKey(okta.PrivateKeyJWT{PrivateKey: pemOf(rsaKey())}), "client id"},
		"a token with newline": {okta.Auth{APIToken: redact.NewValue("CANARY\n")}, "line breaks"},
		"a key of no format":   {key("CANARY"), "neither PEM"},
		"a damaged PEM":        {key("-----BEGIN PRIVATE KEY-----\nQ0FOQVJZ\n-----END PRIVATE KEY-----"), "cannot be read"},
		"an encrypted PEM":     {key("-----BEGIN ENCRYPTED PRIVATE KEY-----\nQ0FOQVJZ\n-----END ENCRYPTED PRIVATE KEY-----"), "passphrase"},
		"a public PEM":         {key("-----BEGIN PUBLIC KEY-----\nQ0FOQVJZ\n-----END PUBLIC KEY-----"), "public key"},
		"a public JWK":         {key(string(public)), "public key"},
		"a broken JWK":         {key(`{"kty":"CANARY"}`), "JWK cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := okta.NewClient(okta.Config{
				OrgURL: "https://acme.okta.com", HTTPClient: &http.Client{}, Budget: okta.NewBudget(okta.BudgetOptions{}), Auth: test.auth,
			})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("NewClient: %v, want an error with %q", err, test.want)
			}
			if strings.Contains(err.Error(), "CANARY") || strings.Contains(err.Error(), "Q0FO") {
				t.Errorf("the error shows the credential: %v", err)
			}
		})
	}
}
