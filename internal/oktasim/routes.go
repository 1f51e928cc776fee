package oktasim

import "net/http"

// Routes that the org answers, as method and pattern. Faults and counters name them.
const (
	RouteListApps         = "GET /api/v1/apps"
	RouteCreateApp        = "POST /api/v1/apps"
	RouteGetApp           = "GET /api/v1/apps/{appId}"
	RouteDeleteApp        = "DELETE /api/v1/apps/{appId}"
	RouteActivateApp      = "POST /api/v1/apps/{appId}/lifecycle/activate"
	RouteDeactivateApp    = "POST /api/v1/apps/{appId}/lifecycle/deactivate"
	RouteListSecrets      = "GET /api/v1/apps/{appId}/credentials/secrets"
	RouteCreateSecret     = "POST /api/v1/apps/{appId}/credentials/secrets"
	RouteGetSecret        = "GET /api/v1/apps/{appId}/credentials/secrets/{secretId}"
	RouteDeleteSecret     = "DELETE /api/v1/apps/{appId}/credentials/secrets/{secretId}"
	RouteActivateSecret   = "POST /api/v1/apps/{appId}/credentials/secrets/{secretId}/lifecycle/activate"
	RouteDeactivateSecret = "POST /api/v1/apps/{appId}/credentials/secrets/{secretId}/lifecycle/deactivate"
	RouteLogs             = "GET /api/v1/logs"

	RouteToken            = "POST /oauth2/v1/token"
	RouteRevoke           = "POST /oauth2/v1/revoke"
	RouteIntrospect       = "POST /oauth2/v1/introspect"
	RouteServerToken      = "POST /oauth2/{authorizationServerId}/v1/token"
	RouteServerRevoke     = "POST /oauth2/{authorizationServerId}/v1/revoke"
	RouteServerIntrospect = "POST /oauth2/{authorizationServerId}/v1/introspect"

	RouteOrgMetadata         = "GET /.well-known/okta-organization"
	RouteOpenIDMetadata      = "GET /.well-known/openid-configuration"
	RouteOAuthMetadata       = "GET /.well-known/oauth-authorization-server"
	RouteServerOpenID        = "GET /oauth2/{authorizationServerId}/.well-known/openid-configuration"
	RouteServerOAuthMetadata = "GET /oauth2/{authorizationServerId}/.well-known/oauth-authorization-server"

	// RouteOther is every request that matches no other route; Okta answers 404.
	RouteOther = "/"
)

// handler answers one call; the org's lock is held.
type handler func(*call) response

// handlers says who answers which route, and which OAuth scope an admin route needs ("" means that the route is public).
func (o *Org) handlers() map[string]handler {
	read, manage := o.admin("okta.apps.read"), o.admin("okta.apps.manage")
	return map[string]handler{
		RouteListApps:         read(o.listApps),
		RouteCreateApp:        manage(o.createApp),
		RouteGetApp:           read(o.getApp),
		RouteDeleteApp:        manage(o.deleteApp),
		RouteActivateApp:      manage(o.activateApp),
		RouteDeactivateApp:    manage(o.deactivateApp),
		RouteListSecrets:      read(o.listSecrets),
		RouteCreateSecret:     manage(o.createSecret),
		RouteGetSecret:        read(o.getSecret),
		RouteDeleteSecret:     manage(o.deleteSecret),
		RouteActivateSecret:   manage(o.activateSecret),
		RouteDeactivateSecret: manage(o.deactivateSecret),
		RouteLogs:             o.admin("okta.logs.read")(o.listEvents),

		RouteToken:            o.token,
		RouteServerToken:      o.token,
		RouteRevoke:           o.revoke,
		RouteServerRevoke:     o.revoke,
		RouteIntrospect:       o.introspect,
		RouteServerIntrospect: o.introspect,

		RouteOrgMetadata:         o.orgMetadata,
		RouteOpenIDMetadata:      o.serverMetadata,
		RouteOAuthMetadata:       o.serverMetadata,
		RouteServerOpenID:        o.serverMetadata,
		RouteServerOAuthMetadata: o.serverMetadata,

		RouteOther: o.notFound,
	}
}

func (o *Org) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for route, handle := range o.handlers() {
		mux.HandleFunc(route, func(w http.ResponseWriter, r *http.Request) { o.serve(w, r, route, handle) })
	}
	return mux
}

// Handler is the org as an http.Handler.
func (o *Org) Handler() http.Handler { return o.mux }

func (o *Org) notFound(c *call) response {
	return o.refuse(errNotFound(c.request.URL.Path, "Path"))
}
