package oktasim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// Role is what an admin credential may do.
type Role struct {
	// None is a credential without any admin role: every admin call is 403 E0000006.
	None bool `json:"none,omitempty"`
	// Apps is the resource set, by app id; empty means all apps.
	Apps []string `json:"apps,omitempty"`
	// ReadOnly lacks okta.apps.manage.
	ReadOnly bool `json:"readOnly,omitempty"`
	// HideSecrets lacks okta.apps.clientCredentials.read: values are not shown.
	HideSecrets bool `json:"hideSecrets,omitempty"`
}

func (r Role) sees(appID string) bool { return len(r.Apps) == 0 || slices.Contains(r.Apps, appID) }

// principal is who calls the admin API.
type principal struct {
	actor  actor
	role   Role
	scopes []string
	// byToken is an SSWS token: it has no scopes, the role decides alone.
	byToken bool
}

type apiToken struct {
	id   string
	role Role
}

type accessToken struct {
	clientID string
	scopes   []string
	expires  time.Time
	server   string
}

// accessTokenLifetime is what Okta gives to tokens of the org server.
const accessTokenLifetime = time.Hour

// AddServiceApp adds an API Services app that may mint admin tokens with private_key_jwt: its public keys, the okta.* scopes
// that it was granted, and its role. It returns the client id, generated when clientID is empty.
func (o *Org) AddServiceApp(clientID string, keys jose.JSONWebKeySet, scopes []string, role Role) string {
	added := o.AddApp(App{
		ID: clientID, Label: "Service app", Type: TypeService, GrantTypes: []string{"client_credentials"},
		TokenEndpointAuthMethod: MethodPrivateKeyJWT, Keys: keys.Keys, Scopes: scopes, Role: role,
	})
	return added.ClientID
}

// AddAPIToken adds an SSWS token with a role.
func (o *Org) AddAPIToken(token redact.Value, role Role) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.world.apiTokens[token.Reveal()] = apiToken{id: o.newID("00T"), role: role}
}

// RevokeAPIToken ends an SSWS token.
func (o *Org) RevokeAPIToken(token redact.Value) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.world.apiTokens, token.Reveal())
}

// RevokeAccessTokens ends every access token, as happens when an admin revokes them.
func (o *Org) RevokeAccessTokens() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.world.tokens)
}

// admin wraps the handlers of routes that need an admin with a scope.
func (o *Org) admin(scope string) func(handler) handler {
	return func(next handler) handler {
		return func(c *call) response {
			if answer := o.authorize(c, scope); answer != nil {
				return *answer
			}
			return next(c)
		}
	}
}

// authorize finds out who calls, and refuses who may not.
func (o *Org) authorize(c *call, scope string) *response {
	scheme, credential, _ := strings.Cut(c.request.Header.Get("Authorization"), " ")
	switch strings.ToLower(scheme) {
	case "ssws":
		token, known := o.world.apiTokens[credential]
		if !known {
			return new(o.refuse(errInvalidToken()))
		}
		c.caller = principal{
			role: token.role, byToken: true,
			actor: actor{ID: "00u" + token.id[3:], Type: "User", AlternateID: "operator@example.com", DisplayName: "Operator"},
		}
	case "bearer":
		if answer := o.authorizeBearer(c, credential, scope); answer != nil {
			return answer
		}
	default:
		return new(o.refuse(errInvalidSession()))
	}
	if c.caller.role.None || (c.caller.role.ReadOnly && scope == "okta.apps.manage") {
		return new(o.refuse(errForbidden()))
	}
	return nil
}

func (o *Org) authorizeBearer(c *call, credential, scope string) *response {
	token, known := o.world.tokens[credential]
	if !known || token.server != "" {
		return new(o.refuseBearer(c, errInvalidToken(), "invalid_token", "The access token is invalid.", scope))
	}
	if !o.clock.Now().Before(token.expires) {
		return new(o.refuseBearer(c, errInvalidToken(), "invalid_token", "The token has expired.", scope))
	}
	owner := o.world.clients[token.clientID]
	if owner == nil || owner.Status != Active {
		return new(o.refuse(errInvalidToken()))
	}
	if !o.granted(token.scopes, scope) {
		return new(o.refuseBearer(c, errForbidden(), "insufficient_scope",
			"The access token provided does not contain the required scopes.", scope))
	}
	c.client = token.clientID
	c.caller = principal{
		role: owner.Role, scopes: token.scopes,
		actor: actor{ID: token.clientID, Type: "PublicClientApp", AlternateID: token.clientID, DisplayName: owner.Label},
	}
	return nil
}

func (o *Org) granted(scopes []string, scope string) bool {
	if slices.Contains(scopes, scope) {
		return true
	}
	return o.options.Unknowns.ManageReads && scope == "okta.apps.read" && slices.Contains(scopes, "okta.apps.manage")
}

func (o *Org) refuseBearer(c *call, e *apiError, code, description, scope string) response {
	answer := o.refuse(e)
	challenge := fmt.Sprintf("Bearer authorization_uri=%q, realm=%q, scope=%q, error=%q, error_description=%q, resource=%q",
		c.base+"/oauth2/v1/authorize", c.base, scope, code, description, c.request.URL.Path)
	answer.header.Set("WWW-Authenticate", challenge)
	return answer
}

// appFor is the app that the path names, for a caller who may see it.
func (o *Org) appFor(c *call) (*app, *apiError) {
	id := c.request.PathValue("appId")
	found := o.world.apps[id]
	if found == nil {
		return nil, errNotFound(id, "OAuth2AppInstance")
	}
	if c.caller.role.sees(id) {
		return found, nil
	}
	if o.options.Unknowns.HiddenApp == HiddenNotFound {
		return nil, errNotFound(id, "OAuth2AppInstance")
	}
	return nil, errForbidden()
}
