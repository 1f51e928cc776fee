package okta

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/oktacred/okta-credential-operator/internal/egress"
)

// Metadata reads what an org says about itself to everybody. It has no credential, and none of its requests counts against a
// rate limit of Okta's.
type Metadata struct{ client *Client }

// NewMetadata checks the URL of the org and calls nobody. The budget bounds how many requests are under way at once.
func NewMetadata(orgURL string, httpClient *http.Client, budget *Budget) (*Metadata, error) {
	org, err := egress.ParseOrgURL(orgURL)
	if err != nil {
		return nil, err
	}
	if httpClient == nil || budget == nil {
		return nil, errors.New("make a reader of an org's metadata: an HTTP client and a budget are required")
	}

	return &Metadata{client: &Client{orgURL: org.String(), http: httpClient, budget: budget}}, nil
}

// Organization asks the org what it is.
func (m *Metadata) Organization(ctx context.Context) (Organization, error) {
	return m.client.Organization(ctx)
}

// HasAuthorizationServer asks for the discovery document of a custom authorization server, by its id or "default". Okta answers
// 404 for one that is not there; any other failure is an error and proves nothing.
func (m *Metadata) HasAuthorizationServer(ctx context.Context, server string) (bool, error) {
	request := call{
		operation: fmt.Sprintf("read the metadata of authorization server %q", server), method: http.MethodGet,
		path: "/oauth2/" + url.PathEscape(server) + "/.well-known/oauth-authorization-server",
	}
	reply, err := m.client.send(ctx, request, "")
	if err != nil {
		return false, err
	}
	switch {
	case reply.status == http.StatusNotFound:
		return false, nil
	case reply.status == http.StatusOK && isJSON(reply.header):
		return true, nil
	}
	if err := classify(request, reply); err != nil {
		return false, err
	}

	return false, unreadable(request, reply)
}
