package diagnose

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/oktacred/okta-credential-operator/internal/egress"
)

// maxDocument bounds a public document, in bytes; Okta's have some thousand.
const maxDocument = 256 << 10

// Web is the way to Okta from the machine of the person who asks.
type Web struct {
	// CABundle is PEM; when set, it replaces the system's roots.
	CABundle []byte
	// Proxy is used for every request; nil means none.
	Proxy *url.URL
}

// Public is what an org's public documents say. They need no credential and count against no rate limit.
type Public struct {
	// Skipped says why none was read; empty when they were.
	Skipped string
	// Org is the org that is asked.
	Org Organization
	// IssuerOrg is the org at the host of the applications' issuer, where that is another host than the org's.
	IssuerOrg *Organization
	// Server is the discovery document of the authorization server.
	Server Discovery
}

// Organization is /.well-known/okta-organization.
type Organization struct {
	Host string
	// ID is 00o…; empty when Problem says why it is not known.
	ID string
	// Engine is "Identity Engine", "Classic Engine" or empty.
	Engine string
	// Problem completes "the org's public metadata cannot be read: …".
	Problem string
}

// Discovery is /.well-known/openid-configuration of an authorization server.
type Discovery struct {
	URL string
	// Status is the HTTP status, 0 when there was no answer.
	Status                       int
	Issuer, Authorization, Token string
	AuthMethods                  []string
	// NotBought: the org has no custom authorization servers at all (API Access Management).
	NotBought bool
	Problem   string
}

// Read reads the public documents about a client.
func (w Web) Read(ctx context.Context, client Client) Public {
	public := Public{Org: w.organization(ctx, client.OrgURL), Server: w.discovery(ctx, client)}
	if parsed, err := url.Parse(client.Issuer); err == nil && parsed.Scheme == "https" && parsed.Host != "" {
		if other := "https://" + strings.ToLower(parsed.Host); other != client.OrgURL {
			public.IssuerOrg = new(w.organization(ctx, other))
		}
	}
	return public
}

func (w Web) organization(ctx context.Context, orgURL string) Organization {
	found := Organization{Host: strings.TrimPrefix(orgURL, "https://")}
	document := w.get(ctx, orgURL, "/.well-known/okta-organization")
	if document.problem != "" {
		found.Problem = document.problem
		return found
	}
	var said struct {
		ID       string `json:"id"`
		Pipeline string `json:"pipeline"`
	}
	if document.status != http.StatusOK || json.Unmarshal(document.body, &said) != nil || !strings.HasPrefix(said.ID, "00o") {
		found.Problem = fmt.Sprintf("the answer (%d) is not that of an Okta org", document.status)
		return found
	}
	found.ID = said.ID
	found.Engine = map[string]string{"idx": "Identity Engine", "v1": "Classic Engine"}[said.Pipeline]
	return found
}

func (w Web) discovery(ctx context.Context, client Client) Discovery {
	const wellKnown = "/.well-known/openid-configuration"
	path := wellKnown
	if client.AuthorizationServer != "" {
		path = "/oauth2/" + url.PathEscape(client.AuthorizationServer) + wellKnown
	}
	found := Discovery{URL: client.OrgURL + path}
	document := w.get(ctx, client.OrgURL, path)
	if document.problem != "" {
		found.Problem = document.problem
		return found
	}
	found.Status = document.status
	var said struct {
		Issuer        string   `json:"issuer"`
		Authorization string   `json:"authorization_endpoint"`
		Token         string   `json:"token_endpoint"`
		AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`
		ErrorCode     string   `json:"errorCode"`
	}
	if json.Unmarshal(document.body, &said) != nil && document.status == http.StatusOK {
		found.Problem = "the answer is no discovery document"
		return found
	}
	found.NotBought = said.ErrorCode == "E0000015"
	if document.status == http.StatusOK && (said.Issuer == "" || said.Token == "") {
		found.Problem = "the answer is no discovery document"
	}
	found.Issuer, found.Authorization, found.Token, found.AuthMethods = said.Issuer, said.Authorization, said.Token, said.AuthMethods
	return found
}

// document is an answer that was read to its end.
type document struct {
	status int
	// body is empty unless the answer is JSON.
	body    []byte
	problem string
}

func (w Web) get(ctx context.Context, orgURL, path string) document {
	client, err := w.client(orgURL)
	if err != nil {
		return document{problem: err.Error()}
	}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, orgURL+path, http.NoBody)
	if err != nil {
		return document{problem: "the address is no URL"}
	}
	request.Header.Set("Accept", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return document{problem: string(egress.FailureOf(err))}
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxDocument))
	if err != nil {
		return document{problem: string(egress.FailureOf(err))}
	}
	media, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		body = nil
	}
	return document{status: response.StatusCode, body: body}
}

// client may reach this org alone. A person's own machine may reach private addresses.
func (w Web) client(orgURL string) (*http.Client, error) {
	return egress.New(egress.Options{
		AllowedHost: strings.TrimPrefix(orgURL, "https://"), CABundle: w.CABundle, Proxy: w.Proxy, AllowPrivateAddresses: true,
	})
}
