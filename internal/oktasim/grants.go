package oktasim

import (
	"net/http"
	"slices"
	"strings"
)

// grant gives what the authenticated client asks for. No user ever logs in to a simulated org: every code and every
// refresh token is one that Okta does not know.
func (o *Org) grant(c *call, client *app, server AuthorizationServer) (response, *oauthError) {
	switch c.form.Get("grant_type") {
	case "authorization_code":
		return response{}, codeRefusal(c)
	case "refresh_token":
		return response{}, refreshRefusal(c)
	case "client_credentials":
		return o.grantClientCredentials(c, client, server)
	default:
		return response{}, oauth400("invalid_grant", "Invalid grant")
	}
}

func codeRefusal(c *call) *oauthError {
	if c.form.Get("code") == "" {
		return oauth400("invalid_request", "The required parameter 'code' is missing.")
	}
	return oauth400("invalid_grant", "The authorization code is invalid or has expired.")
}

func refreshRefusal(c *call) *oauthError {
	if c.form.Get("refresh_token") == "" {
		return oauth400("invalid_request", "The required parameter 'refresh_token' is missing.")
	}
	return oauth400("invalid_grant", "The refresh token is invalid or expired.")
}

func (o *Org) grantClientCredentials(c *call, client *app, server AuthorizationServer) (response, *oauthError) {
	scopes, refused := o.scopesFor(strings.Fields(c.form.Get("scope")), client, server)
	if refused != nil {
		return response{}, refused
	}
	token := "eyJ" + o.randomText(secretAlphabet, 200)
	now := o.clock.Now()
	for old, held := range o.world.tokens {
		if !now.Before(held.expires) {
			delete(o.world.tokens, old)
		}
	}
	o.world.tokens[token] = accessToken{
		clientID: client.ClientID, scopes: scopes, expires: now.Add(accessTokenLifetime), server: server.ID,
	}
	o.logTokenGrant(c, server, client)
	return newResponse(http.StatusOK, map[string]any{
		"token_type": "Bearer", "expires_in": int(accessTokenLifetime.Seconds()),
		"access_token": token, "scope": strings.Join(scopes, " "),
	}), nil
}

func (o *Org) scopesFor(asked []string, client *app, server AuthorizationServer) ([]string, *oauthError) {
	if server.ID == "" {
		return o.orgScopes(asked, client)
	}
	if len(asked) == 0 {
		asked = server.DefaultScopes
	}
	if len(asked) == 0 {
		return nil, oauth400("invalid_scope",
			"The authorization server resource does not have any configured default scopes, 'scope' must be provided.")
	}
	for _, scope := range asked {
		if scope == "openid" {
			return nil, oauth400("invalid_scope", "Cannot request 'openid' scopes using client credentials.")
		}
		if !slices.Contains(server.Scopes, scope) && !slices.Contains(server.DefaultScopes, scope) {
			return nil, noSuchScope()
		}
	}
	return asked, nil
}

func noSuchScope() *oauthError {
	return oauth400("invalid_scope", "One or more scopes are not configured for the authorization server resource.")
}

// orgScopes gives the okta.* scopes that the app was granted.
func (o *Org) orgScopes(asked []string, client *app) ([]string, *oauthError) {
	if len(asked) == 0 {
		return nil, oauth400("invalid_scope", "No scopes were requested.")
	}
	given := []string{}
	for _, scope := range asked {
		if !strings.HasPrefix(scope, "okta.") {
			return nil, noSuchScope()
		}
		if slices.Contains(client.Scopes, scope) {
			given = append(given, scope)
		}
	}
	if len(given) == 0 || (len(given) < len(asked) && o.options.Unknowns.RefusePartialScopes) {
		return nil, oauth400("consent_required", "You are not allowed any of the requested scopes.")
	}
	return given, nil
}
