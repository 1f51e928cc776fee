package okta

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
)

const organizationPath = "/.well-known/okta-organization"

// Organization asks the org what it is. It needs no credential and counts against no rate limit.
func (c *Client) Organization(ctx context.Context) (Organization, error) {
	request := call{operation: "read the org's metadata", method: http.MethodGet, path: organizationPath}
	reply, err := c.send(ctx, request, "")
	if err != nil {
		return Organization{}, err
	}
	if err := classify(request, reply); err != nil {
		return Organization{}, err
	}
	var said struct {
		ID       string `json:"id"`
		Pipeline string `json:"pipeline"`
		Links    struct {
			Organization struct {
				Href string `json:"href"`
			} `json:"organization"`
		} `json:"_links"`
	}
	if !isJSON(reply.header) || json.Unmarshal(reply.body, &said) != nil || said.ID == "" {
		return Organization{}, unreadable(request, reply)
	}
	return Organization{ID: said.ID, Engine: engineOf(said.Pipeline), Href: said.Links.Organization.Href}, nil
}

func engineOf(pipeline string) Engine {
	switch pipeline {
	case "idx":
		return EngineIdentity
	case "v1":
		return EngineClassic
	default:
		return ""
	}
}

// Authorize uses the admin credential in the cheapest way: it mints an access token, if it has none, and asks for one
// application. What is missing is in the Authorization, also beside an error of kind MissingScope or Forbidden; a nil error
// with nothing missing means that the credential works, as far as it can be told without writing.
func (c *Client) Authorize(ctx context.Context) (Authorization, error) {
	authorization, err := c.authorizeScopes(ctx)
	if err != nil || slices.Contains(authorization.MissingScopes, scopeAppsRead) {
		return authorization, err
	}
	request := call{operation: "list one app", method: http.MethodGet, path: "/api/v1/apps?limit=1", scope: scopeAppsRead}
	_, err = c.exchange(ctx, request)
	if KindOf(err) == KindMissingScope {
		authorization.MissingScopes = append(authorization.MissingScopes, scopeAppsRead)
	}
	if KindOf(err) == KindForbidden {
		authorization.MissingPermissions = append(authorization.MissingPermissions, scopeAppsRead)
	}
	return authorization, err
}

// authorizeScopes compares what was granted with what was asked for.
func (c *Client) authorizeScopes(ctx context.Context) (Authorization, error) {
	source, ok := c.auth.(*tokenSource)
	if !ok {
		return Authorization{}, nil
	}
	granted, err := source.scopesGranted(ctx)
	if KindOf(err) == KindMissingScope {
		return Authorization{MissingScopes: slices.Clone(source.scopes)}, err
	}
	if err != nil {
		return Authorization{}, err
	}
	authorization := Authorization{GrantedScopes: slices.Clone(granted)}
	for _, scope := range source.scopes {
		if !slices.Contains(granted, scope) {
			authorization.MissingScopes = append(authorization.MissingScopes, scope)
		}
	}
	return authorization, nil
}
