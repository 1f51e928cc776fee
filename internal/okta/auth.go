package okta

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"k8s.io/utils/clock"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

const (
	tokenPath = "/oauth2/v1/token"
	// assertionLife is short: Okta refuses assertions that live an hour as soon as our clock is a little fast.
	assertionLife = 5 * time.Minute
	// assertionBackdate forgives a clock of ours that is a little fast ("must be issued before the current time").
	assertionBackdate = 30 * time.Second
	// renewBefore is how long before its end an access token is no longer used: longer than any request takes.
	renewBefore = 30 * time.Second
	// rejectionHolds keeps callers that waited for one mint from sending a rejected credential again, one after the other.
	rejectionHolds = 5 * time.Second
)

// DefaultScopes is what the operator needs: reading applications, and managing their secrets.
var DefaultScopes = []string{scopeAppsRead, scopeAppsManage}

const (
	scopeAppsRead   = "okta.apps.read"
	scopeAppsManage = "okta.apps.manage"
)

// apiToken authenticates with an SSWS token.
type apiToken struct {
	token redact.Value
}

// newAPIToken refuses what cannot be a header, because the transport's error would quote it.
func newAPIToken(token redact.Value) (apiToken, error) {
	if strings.IndexFunc(token.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) >= 0 {
		return apiToken{}, errors.New("read the API token: it has spaces, line breaks or characters that are not ASCII; store the bare token")
	}
	return apiToken{token: token}, nil
}

func (a apiToken) header(context.Context) (string, error) { return "SSWS " + a.token.Reveal(), nil }

func (apiToken) renew(context.Context, string) bool { return false }

// tokenSource authenticates with access tokens that it mints with a private key. One goroutine mints, others wait for it.
type tokenSource struct {
	client   *Client
	clientID string
	scopes   []string
	signer   assertionSigner
	clock    clock.Clock

	// turn holds the one permission to look at or change what is below.
	turn     chan struct{}
	token    redact.Value
	granted  []string
	expires  time.Time
	rejected error
	retryAt  time.Time
}

func newTokenSource(client *Client, config PrivateKeyJWT, passive clock.Clock, random io.Reader) (*tokenSource, error) {
	if config.ClientID == "" {
		return nil, errors.New("read the admin credential: the client id of the service app is empty")
	}
	signer, err := newAssertionSigner(config, random)
	if err != nil {
		return nil, fmt.Errorf("read the private key of service app %q: %w", config.ClientID, err)
	}
	scopes := config.Scopes
	if len(scopes) == 0 {
		scopes = DefaultScopes
	}
	source := &tokenSource{
		client: client, clientID: config.ClientID, scopes: scopes, signer: signer, clock: passive, turn: make(chan struct{}, 1),
	}
	source.turn <- struct{}{}
	return source, nil
}

// header returns the cached token, or mints one.
func (s *tokenSource) header(ctx context.Context) (string, error) {
	if err := s.enter(ctx); err != nil {
		return "", err
	}
	defer s.leave()
	if err := s.ensure(ctx); err != nil {
		return "", err
	}
	return "Bearer " + s.token.Reveal(), nil
}

// scopesGranted returns what the cached token may do, minting one first if need be.
func (s *tokenSource) scopesGranted(ctx context.Context) ([]string, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	if err := s.ensure(ctx); err != nil {
		return nil, err
	}
	return s.granted, nil
}

// renew forgets the token that was refused, unless another goroutine has replaced it already.
func (s *tokenSource) renew(ctx context.Context, refused string) bool {
	if err := s.enter(ctx); err != nil {
		return false
	}
	defer s.leave()
	if "Bearer "+s.token.Reveal() == refused {
		s.token = redact.Value{}
	}
	return true
}

func (s *tokenSource) enter(ctx context.Context) error {
	select {
	case <-s.turn:
		return nil
	case <-ctx.Done():
		return &Error{
			Operation: s.operation(), Kind: KindUnavailable, Summary: "nothing was sent, because the operator gave up waiting for its turn",
			canceled: contextCause(ctx.Err()),
		}
	}
}

func (s *tokenSource) leave() { s.turn <- struct{}{} }

func (s *tokenSource) operation() string {
	return fmt.Sprintf("get an access token for service app %q", s.clientID)
}

func (s *tokenSource) ensure(ctx context.Context) error {
	now := s.clock.Now()
	if !s.token.IsEmpty() && now.Before(s.expires) {
		return nil
	}
	if s.rejected != nil && now.Before(s.retryAt) {
		return s.rejected
	}
	err := s.mint(ctx, now)
	s.rejected = nil
	if kind := KindOf(err); kind == KindAdminCredentialRejected || kind == KindMissingScope {
		s.rejected, s.retryAt = err, now.Add(rejectionHolds)
	}
	return err
}

// mint trades a fresh assertion for an access token.
func (s *tokenSource) mint(ctx context.Context, now time.Time) error {
	assertion, err := s.signer.sign(s.clientID, s.client.orgURL+tokenPath, now)
	if err != nil {
		return fmt.Errorf("%s: %w", s.operation(), err)
	}
	form := url.Values{
		"grant_type":            {"client_credentials"},
		"scope":                 {strings.Join(s.scopes, " ")},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion":      {assertion.Reveal()},
	}
	request := call{
		operation: s.operation(), method: http.MethodPost, path: tokenPath, body: []byte(form.Encode()),
		contentType: "application/x-www-form-urlencoded", confidential: true, oauth: true,
	}
	reply, err := s.client.send(ctx, request, "")
	if err != nil {
		return err
	}
	if err := classify(request, reply); err != nil {
		return err
	}
	return s.keep(request, reply, now)
}

// keep takes the token out of Okta's answer.
func (s *tokenSource) keep(request call, reply answer, now time.Time) error {
	var minted struct {
		TokenType   string `json:"token_type"`
		ExpiresIn   int64  `json:"expires_in"`
		AccessToken string `json:"access_token"`
		Scope       string `json:"scope"`
	}
	if err := json.Unmarshal(reply.body, &minted); err != nil || minted.AccessToken == "" {
		return unreadable(request, reply)
	}
	if !strings.EqualFold(minted.TokenType, "Bearer") {
		return &Error{
			Operation: request.operation, Kind: KindAdminCredentialRejected, Cause: CauseTokenUnacceptable, Status: reply.status,
			Summary: "the access token is not of type Bearer", Fix: "turn off DPoP in the service app's settings",
		}
	}
	life := time.Duration(max(0, min(minted.ExpiresIn, 24*60*60))) * time.Second
	s.token, s.granted = redact.NewValue(minted.AccessToken), strings.Fields(minted.Scope)
	// A token that lives shorter than renewBefore is used for this request and minted anew for the next.
	s.expires = now.Add(life - renewBefore)
	return nil
}
