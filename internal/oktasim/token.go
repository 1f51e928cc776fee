package oktasim

import (
	"net/http"
	"slices"
	"strings"
)

// AuthorizationServer is a custom authorization server.
type AuthorizationServer struct {
	// ID is "default" or "aus…".
	ID string `json:"id"`
	// Scopes are its own scopes, beside openid and the like.
	Scopes []string `json:"scopes,omitempty"`
	// DefaultScopes are given when a request names none.
	DefaultScopes []string `json:"defaultScopes,omitempty"`
}

// AddAuthorizationServer adds a custom authorization server, or replaces the one with its id.
func (o *Org) AddAuthorizationServer(server AuthorizationServer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.world.servers[server.ID] = server
}

const serverParameter = "authorizationServerId"

// server is the custom server of a path; the org server has an empty one.
func (o *Org) server(c *call) (AuthorizationServer, *response) {
	id := c.request.PathValue(serverParameter)
	if id == "" {
		return AuthorizationServer{}, nil
	}
	if o.options.NoAPIAccessManagement {
		return AuthorizationServer{}, new(o.refuse(errFeatureMissing()))
	}
	if found, ok := o.world.servers[id]; ok {
		return found, nil
	}
	switch o.options.Unknowns.UnknownServer {
	case ServerInvalidRequest:
		return AuthorizationServer{}, new(o.refuseOAuth(c, oauth400("invalid_request", "The authorization server id is invalid.")))
	case ServerNotFoundHTML:
		page := []byte("<html><head><title>404 Not Found</title></head><body><h1>Page not found</h1></body></html>\n")
		return AuthorizationServer{}, &response{
			status: http.StatusNotFound, header: http.Header{"Content-Type": {"text/html"}}, body: page,
		}
	default:
		return AuthorizationServer{}, new(o.refuse(errNotFound(id, "AuthorizationServer")))
	}
}

// gate is a check that Okta makes before or after it looks at the secret.
type gate struct {
	first bool
	check func(*call, *app, AuthorizationServer) *oauthError
}

func (o *Org) gates() []gate {
	u := o.options.Unknowns
	return []gate{
		{first: true, check: o.checkOrgClientCredentials},
		{first: u.NetworkFirst, check: o.checkNetwork},
		{first: u.GrantFirst, check: o.checkGrant},
		{first: u.PKCEFirst, check: o.checkPKCE},
		{first: u.DPoPFirst, check: o.checkDPoP},
		{first: u.PolicyFirst, check: o.checkPolicy},
	}
}

// token answers both token endpoints.
func (o *Org) token(c *call) response {
	server, gone := o.server(c)
	if gone != nil {
		return *gone
	}
	client, refused := o.authenticate(c, server, o.gates())
	if refused != nil {
		o.logTokenFailure(c, server, client, refused)
		return o.refuseOAuth(c, refused)
	}
	answer, refused := o.grant(c, client, server)
	if refused != nil {
		o.logTokenFailure(c, server, client, refused)
		return o.refuseOAuth(c, refused)
	}
	return answer
}

// authenticate identifies the client, proves its credentials, and passes the gates on either side of that.
func (o *Org) authenticate(c *call, server AuthorizationServer, gates []gate) (*app, *oauthError) {
	client, given, refused := o.identify(c)
	if refused != nil {
		return nil, refused
	}
	if refused := passGates(gates, true, c, client, server); refused != nil {
		return client, refused
	}
	if refused := o.prove(c, client, given); refused != nil {
		return client, refused
	}
	return client, passGates(gates, false, c, client, server)
}

func passGates(gates []gate, first bool, c *call, client *app, server AuthorizationServer) *oauthError {
	for _, g := range gates {
		if g.first != first {
			continue
		}
		if refused := g.check(c, client, server); refused != nil {
			return refused
		}
	}
	return nil
}

// checkOrgClientCredentials: at the org server client_credentials is for service apps with private_key_jwt, never a secret.
func (o *Org) checkOrgClientCredentials(c *call, client *app, server AuthorizationServer) *oauthError {
	if c.form.Get("grant_type") != "client_credentials" || server.ID != "" {
		return nil
	}
	if client.Type != TypeService {
		return invalidClient(textOrgNeedsService)
	}
	if client.TokenEndpointAuthMethod != MethodPrivateKeyJWT {
		return invalidClient(textOrgNeedsKey)
	}
	return nil
}

func (o *Org) checkNetwork(_ *call, client *app, _ AuthorizationServer) *oauthError {
	if !client.OutsideNetworkZone {
		return nil
	}
	return &oauthError{
		status: http.StatusForbidden, code: "access_denied",
		description: "The request is made from outside the client's permitted network zones.",
	}
}

var knownGrants = []string{
	"authorization_code", "client_credentials", "refresh_token", "password", "implicit", "interaction_code",
	"urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:token-exchange",
}

func (o *Org) checkGrant(c *call, client *app, _ AuthorizationServer) *oauthError {
	grant := c.form.Get("grant_type")
	configured := "Configured grant types: [" + strings.Join(client.GrantTypes, ", ") + "]."
	switch {
	case grant == "":
		return oauth400("invalid_request", "The token request must specify a 'grant_type'. Valid values: ["+strings.Join(knownGrants, ", ")+"]")
	case !slices.Contains(knownGrants, grant):
		return oauth400("unsupported_grant_type", "The authorization grant type is not supported by the authorization server. "+configured)
	case !slices.Contains(client.GrantTypes, grant):
		return oauth400("unauthorized_client", "The client is not authorized to use the provided grant type. "+configured)
	default:
		return nil
	}
}

func (o *Org) checkPKCE(c *call, client *app, _ AuthorizationServer) *oauthError {
	if !client.PKCERequired || c.form.Get("grant_type") != "authorization_code" || c.form.Get("code_verifier") != "" {
		return nil
	}
	return oauth400("invalid_request", "PKCE code verifier is required by the application.")
}

func (o *Org) checkDPoP(c *call, client *app, _ AuthorizationServer) *oauthError {
	if !client.DPoPBound || c.request.Header.Get("DPoP") != "" {
		return nil
	}
	return oauth400("invalid_dpop_proof", "The DPoP proof JWT header is missing.")
}

func (o *Org) checkPolicy(_ *call, client *app, server AuthorizationServer) *oauthError {
	if server.ID == "" || !client.NoPolicy {
		return nil
	}
	return &oauthError{
		status: http.StatusUnauthorized, code: "access_denied",
		description: "Policy evaluation failed for this request, please check the policy configurations.",
	}
}

// revoke answers both revocation endpoints: a token that is not there is a success.
func (o *Org) revoke(c *call) response {
	client, server, answer := o.withToken(c)
	if answer != nil {
		return *answer
	}
	token := c.form.Get("token")
	if held, known := o.world.tokens[token]; known && held.clientID == client.ClientID && held.server == server.ID {
		delete(o.world.tokens, token)
	}
	return newResponse(http.StatusOK, nil)
}

// introspect answers both introspection endpoints.
func (o *Org) introspect(c *call) response {
	_, server, answer := o.withToken(c)
	if answer != nil {
		return *answer
	}
	token, known := o.world.tokens[c.form.Get("token")]
	if !known || token.server != server.ID || !o.clock.Now().Before(token.expires) {
		return newResponse(http.StatusOK, map[string]any{"active": false})
	}
	return newResponse(http.StatusOK, map[string]any{
		"active": true, "client_id": token.clientID, "scope": strings.Join(token.scopes, " "),
		"exp": token.expires.Unix(), "token_type": "Bearer", "sub": token.clientID, "iss": issuer(c.base, server.ID),
	})
}

// withToken authenticates the client of a request that must carry a token.
func (o *Org) withToken(c *call) (*app, AuthorizationServer, *response) {
	server, gone := o.server(c)
	if gone != nil {
		return nil, server, gone
	}
	gates := []gate{{first: o.options.Unknowns.NetworkFirst, check: o.checkNetwork}}
	client, refused := o.authenticate(c, server, gates)
	if refused == nil && c.form.Get("token") == "" {
		refused = oauth400("invalid_request", "The 'token' parameter is required.")
	}
	if refused != nil {
		o.countFailure(c, client, refused)
		return nil, server, new(o.refuseOAuth(c, refused))
	}
	return client, server, nil
}
