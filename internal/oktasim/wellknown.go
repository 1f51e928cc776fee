package oktasim

import (
	"net/http"
	"slices"
)

func (o *Org) orgMetadata(c *call) response {
	return newResponse(http.StatusOK, map[string]any{
		"id":       o.options.OrgID,
		"cell":     "op3",
		"pipeline": o.options.Pipeline,
		"_links":   map[string]any{"organization": map[string]any{"href": c.base}},
		"settings": map[string]any{"analyticsCollectionEnabled": false, "bugReportingEnabled": false, "omEnabled": false},
	})
}

func issuer(base, server string) string {
	if server == "" {
		return base
	}
	return base + "/oauth2/" + server
}

// serverMetadata answers the discovery documents of the org server and of custom servers.
func (o *Org) serverMetadata(c *call) response {
	server, gone := o.server(c)
	if gone != nil {
		return *gone
	}
	prefix := c.base + "/oauth2"
	if server.ID != "" {
		prefix = c.base + "/oauth2/" + server.ID
	}
	scopes := []string{"openid", "email", "profile", "address", "phone", "offline_access"}
	methods := []string{MethodBasic, MethodPost, MethodClientSecretJWT, MethodPrivateKeyJWT, MethodNone}
	return newResponse(http.StatusOK, map[string]any{
		"issuer":                 issuer(c.base, server.ID),
		"authorization_endpoint": prefix + "/v1/authorize",
		"token_endpoint":         prefix + "/v1/token",
		"userinfo_endpoint":      prefix + "/v1/userinfo",
		"registration_endpoint":  c.base + "/oauth2/v1/clients",
		"jwks_uri":               prefix + "/v1/keys",
		"introspection_endpoint": prefix + "/v1/introspect",
		"introspection_endpoint_auth_methods_supported": methods,
		"revocation_endpoint":                           prefix + "/v1/revoke",
		"revocation_endpoint_auth_methods_supported":    methods,
		"token_endpoint_auth_methods_supported":         methods,
		"response_types_supported":                      []string{"code", "token", "id_token", "code id_token"},
		"response_modes_supported":                      []string{"query", "fragment", "form_post", "okta_post_message"},
		"grant_types_supported":                         []string{"authorization_code", "refresh_token", "client_credentials"},
		"subject_types_supported":                       []string{"public"},
		"id_token_signing_alg_values_supported":         []string{"RS256"},
		"scopes_supported":                              slices.Concat(scopes, server.Scopes),
		"code_challenge_methods_supported":              []string{"S256"},
	})
}
