package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/oktacred/okta-credential-operator/internal/egress"
	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/tokencheck"
)

const (
	// labelPrefix begins the label of every app that a run makes.
	labelPrefix = "oktacred-live-"
	// redirectURI is the second mark of our apps: a label alone could be somebody else's.
	redirectURI = "https://localhost/oktacred-live"
)

// app is an app that this run made, with the secret that Okta gave it.
type app struct {
	id, clientID string
	method       tokencheck.Method
	secret       redact.Value
}

func (a app) question(secret redact.Value) tokencheck.Request {
	return tokencheck.Request{ClientID: a.clientID, Secret: secret, Method: a.method, RedirectURI: redirectURI}
}

// wireApp is the part of an app that is read and written here.
type wireApp struct {
	ID          string `json:"id,omitempty"`
	Name        string `json:"name"`
	Label       string `json:"label"`
	Status      string `json:"status,omitempty"`
	SignOnMode  string `json:"signOnMode"`
	Credentials struct {
		OAuthClient wireClient `json:"oauthClient"`
	} `json:"credentials"`
	Settings struct {
		OAuthClient wireSettings `json:"oauthClient"`
	} `json:"settings"`
}

type wireClient struct {
	ClientID     string `json:"client_id,omitempty"`
	ClientSecret string `json:"client_secret,omitempty"`
	Method       string `json:"token_endpoint_auth_method"`
	PKCERequired bool   `json:"pkce_required"`
}

type wireSettings struct {
	ApplicationType string   `json:"application_type"`
	GrantTypes      []string `json:"grant_types"`
	ResponseTypes   []string `json:"response_types"`
	RedirectURIs    []string `json:"redirect_uris"`
	DPoP            bool     `json:"dpop_bound_access_tokens"`
}

// createApp makes a web app that nobody is assigned to.
func (o *org) createApp(ctx context.Context, label string, method tokencheck.Method) (app, error) {
	wish := wireApp{Name: "oidc_client", Label: label, SignOnMode: "OPENID_CONNECT"}
	wish.Credentials.OAuthClient.Method = string(method)
	wish.Settings.OAuthClient = wireSettings{
		ApplicationType: "web", GrantTypes: []string{"authorization_code"}, ResponseTypes: []string{"code"}, RedirectURIs: []string{redirectURI},
	}
	var made wireApp
	if err := o.manage(ctx, http.MethodPost, "/api/v1/apps", wish, &made); err != nil {
		return app{}, fmt.Errorf("make an app: %w", err)
	}
	client := made.Credentials.OAuthClient
	o.seen.hide(redact.NewValue(client.ClientSecret))
	o.seen.name(made.ID, "{app}")
	if made.ID == "" || client.ClientID == "" || client.ClientSecret == "" {
		return app{}, errors.New("make an app: the answer lacks its id, client id or secret")
	}
	return app{id: made.ID, clientID: client.ClientID, method: method, secret: redact.NewValue(client.ClientSecret)}, nil
}

func (o *org) deactivateApp(ctx context.Context, id string) error {
	return o.manage(ctx, http.MethodPost, "/api/v1/apps/"+id+"/lifecycle/deactivate", nil, nil)
}

func (o *org) deleteApp(ctx context.Context, id string) error {
	return o.manage(ctx, http.MethodDelete, "/api/v1/apps/"+id, nil, nil)
}

// removeApp removes an app whatever its state; one that is gone is fine.
func (o *org) removeApp(ctx context.Context, id string) error {
	if err := o.deactivateApp(ctx, id); isGone(err) {
		return nil
	}
	if err := o.deleteApp(ctx, id); err != nil && !isGone(err) {
		return fmt.Errorf("remove app %q, please remove it by hand: %w", id, err)
	}
	return nil
}

// removeAppsLabelled removes the known apps, and those of ours whose label begins so: Okta may have made one and the answer
// got lost, and its search may not find yet what was just made.
func (o *org) removeAppsLabelled(ctx context.Context, prefix string, known []string) error {
	var errs []error
	for _, id := range known {
		errs = append(errs, o.removeApp(ctx, id))
	}
	var found []wireApp
	if err := o.manage(ctx, http.MethodGet, "/api/v1/apps?limit=100&q="+url.QueryEscape(prefix), nil, &found); err != nil {
		return errors.Join(append(errs, fmt.Errorf("list apps that begin with %q: %w", prefix, err))...)
	}
	for _, left := range found {
		switch {
		case !strings.HasPrefix(left.Label, prefix) || slices.Contains(known, left.ID):
		case !slices.Contains(left.Settings.OAuthClient.RedirectURIs, redirectURI):
			_, _ = fmt.Fprintf(o.out, "An app is labelled %q but does not redirect to %s: it is left alone.\n", left.Label, redirectURI)
		default:
			_, _ = fmt.Fprintf(o.out, "Removing %q.\n", left.Label)
			o.seen.name(left.ID, "{app}")
			errs = append(errs, o.removeApp(ctx, left.ID))
		}
	}
	return errors.Join(errs...)
}

// refusedError is an answer of the admin API that is no success.
type refusedError struct {
	answer answer
}

// Error names the answer as it was printed.
func (e *refusedError) Error() string { return "Okta answered " + e.answer.String() }

func isGone(err error) bool {
	refused, ok := errors.AsType[*refusedError](err)
	return ok && refused.answer.status == http.StatusNotFound
}

// manage sends a request about apps, which the operator's own client has no business to send.
func (o *org) manage(ctx context.Context, method, path string, body, into any) error {
	encoded := []byte(nil)
	if body != nil {
		var err error
		if encoded, err = json.Marshal(body); err != nil {
			return fmt.Errorf("encode the request: %w", err)
		}
	}
	return o.patiently(ctx, func() error { return o.manageOnce(ctx, method, path, encoded, into) })
}

func (o *org) manageOnce(ctx context.Context, method, path string, body []byte, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, o.orgURL+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("build the request: %w", err)
	}
	if len(body) > 0 {
		request.Header.Set("Content-Type", "application/json")
	}
	mark := o.seen.mark()
	response, err := o.signed.Do(request)
	if err != nil {
		return withoutURL(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode == http.StatusTooManyRequests {
		return &okta.ThrottledError{Bucket: route(path), RetryAfter: egress.PauseAfter(response.Header)}
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		answers := o.seen.since(mark)
		return &refusedError{answer: answers[len(answers)-1]}
	}
	if into == nil {
		return nil
	}
	// The decoder's error could quote the body, which holds the client secret.
	if json.NewDecoder(response.Body).Decode(into) != nil {
		return errors.New("the answer cannot be read")
	}
	return nil
}

// withoutURL leaves the transport's error, which says what was tried as well.
func withoutURL(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}
