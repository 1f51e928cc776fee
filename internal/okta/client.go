package okta

import (
	"context"
	"errors"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

var errUnbuilt = errors.New("not built yet")

// Client calls the admin API of one org with one admin credential. It is safe for use by several goroutines.
type Client struct{}

// NewClient checks the admin credential's form (an error names what is wrong with the key) and calls nobody.
func NewClient(Config) (*Client, error) { return nil, errUnbuilt }

// Application reads an application by its id.
func (c *Client) Application(ctx context.Context, appID string) (Application, error) {
	return Application{}, errUnbuilt
}

// ListSecrets lists the client secrets of an application, oldest first. Okta logs every call: list only when needed.
func (c *Client) ListSecrets(ctx context.Context, appID string) ([]ClientSecret, error) {
	return nil, errUnbuilt
}

// CreateSecret adds a client secret with this value and returns what Okta made of it.
func (c *Client) CreateSecret(ctx context.Context, appID string, value redact.Value) (ClientSecret, error) {
	return ClientSecret{}, errUnbuilt
}

// ActivateSecret makes an INACTIVE secret ACTIVE.
func (c *Client) ActivateSecret(ctx context.Context, appID, secretID string) error { return errUnbuilt }

// DeactivateSecret makes an ACTIVE secret INACTIVE; Okta refuses it for the last ACTIVE one (OnlyActiveSecret).
func (c *Client) DeactivateSecret(ctx context.Context, appID, secretID string) error {
	return errUnbuilt
}

// DeleteSecret deletes an INACTIVE secret for good.
func (c *Client) DeleteSecret(ctx context.Context, appID, secretID string) error { return errUnbuilt }

// Organization asks the org what it is. It needs no credential.
func (c *Client) Organization(ctx context.Context) (Organization, error) {
	return Organization{}, errUnbuilt
}

// Authorize uses the admin credential in the cheapest way and says whether it works and what it lacks.
func (c *Client) Authorize(ctx context.Context) (Authorization, error) {
	return Authorization{}, errUnbuilt
}
