package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/oktacred/okta-credential-operator/internal/egress"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

const (
	authorizationServer = "default"
	shopScope           = "orders.read"
)

// org is the simulated Okta org over TLS, with the operator's service app and one web app with one client secret.
type org struct {
	*oktasim.Org

	server     *oktasim.Server
	appID      string
	operatorID string
	// adminKey is the PEM private key of the operator's service app.
	adminKey   redact.Value
	publicKeys jose.JSONWebKeySet
	http       *http.Client
}

// startOrg makes the org. The ids are those of the samples, so that the samples fit it.
func startOrg(appID, operatorID string) (*org, error) {
	seed := make([]byte, 8)
	if _, err := rand.Read(seed); err != nil {
		return nil, fmt.Errorf("draw a seed: %w", err)
	}
	private, public, err := oktasim.NewServiceKey("demo")
	if err != nil {
		return nil, err
	}
	o := &org{
		Org:   oktasim.New(oktasim.Options{Seed: binary.NativeEndian.Uint64(seed)}),
		appID: appID, operatorID: operatorID,
		adminKey: private, publicKeys: public,
	}
	o.plant()
	server, err := o.StartTLS("", oktasim.TLSOptions{})
	if err != nil {
		return nil, fmt.Errorf("start the simulated org: %w", err)
	}
	o.server = server
	o.http, err = egress.New(egress.Options{
		AllowedHost: strings.TrimPrefix(server.URL, "https://"), CABundle: server.CA, AllowPrivateAddresses: true,
	})

	return o, err
}

// plant is what the org starts with: the shop and its client secret, and the operator's service app with the scopes and the
// role that the README names.
func (o *org) plant() {
	o.AddAuthorizationServer(oktasim.AuthorizationServer{ID: authorizationServer, Scopes: []string{shopScope}})
	o.AddApp(oktasim.App{ID: o.appID, Label: "Web shop", GrantTypes: []string{"authorization_code", "client_credentials"}})
	o.AddSecret(o.appID, redact.Value{}, oktasim.Active)
	o.AddServiceApp(o.operatorID, o.publicKeys,
		[]string{"okta.apps.read", "okta.apps.manage"}, oktasim.Role{Apps: []string{o.appID}})
}

func (o *org) firstValue() redact.Value { return o.Secrets(o.appID)[0].Value }

// name is who did something, as the audit log's readers know them.
func (o *org) name(actorID string) string {
	switch actorID {
	case oktasim.AdminID:
		return "Ada Admin"
	case o.operatorID:
		return "operator"
	case o.appID:
		return "Web shop"
	default:
		return actorID
	}
}

// fingerprint stands for a value that must not be shown: the start of its SHA-256, which is what Okta's secret_hash is made of.
func fingerprint(value redact.Value) string { return value.Hash()[:10] + "…" }

// tokenAnswer is Okta's answer to the application, without the token.
type tokenAnswer struct {
	at          time.Time
	status      int
	Error       string `json:"error"`
	Description string `json:"error_description"`
	TokenType   string `json:"token_type"`
	Scope       string `json:"scope"`
	ExpiresIn   int    `json:"expires_in"`
}

func (a tokenAnswer) accepted() bool { return a.status == http.StatusOK && a.TokenType != "" }

// String is the answer in one line.
func (a tokenAnswer) String() string {
	if a.accepted() {
		return fmt.Sprintf("%d, a %s token for %d s with scope %s", a.status, a.TokenType, a.ExpiresIn, a.Scope)
	}

	return fmt.Sprintf("%d %s: %q", a.status, a.Error, a.Description)
}

// askForToken authenticates as the application does, with client_secret_basic.
func (o *org) askForToken(ctx context.Context, value redact.Value) (tokenAnswer, error) {
	answer := tokenAnswer{at: time.Now()}
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {shopScope}}
	endpoint := o.server.URL + "/oauth2/" + authorizationServer + "/v1/token"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return answer, fmt.Errorf("ask for a token: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(url.QueryEscape(o.appID), url.QueryEscape(value.Reveal()))
	response, err := o.http.Do(request)
	if err != nil {
		return answer, fmt.Errorf("ask for a token: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	answer.status = response.StatusCode
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return answer, fmt.Errorf("read the answer of %s: %w", endpoint, err)
	}

	return answer, nil
}
