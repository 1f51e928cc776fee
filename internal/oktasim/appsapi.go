package oktasim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	jose "github.com/go-jose/go-jose/v4"
)

// defaultAppsPage is how many apps a page has where the caller says nothing; Okta allows 200.
const (
	defaultAppsPage = 20
	maxAppsPage     = 200
)

func (o *Org) getApp(c *call) response {
	found, refused := o.appFor(c)
	if refused != nil {
		return o.refuse(refused)
	}
	return newResponse(http.StatusOK, o.appBody(c, found))
}

// appBody is an app as Okta shows it. Gets and lists never hold the client secret (none of 198 recordings does).
func (o *Org) appBody(c *call, a *app) map[string]any {
	self := c.base + "/api/v1/apps/" + a.ID
	lifecycle := "deactivate"
	if a.Status == Inactive {
		lifecycle = "activate"
	}
	return map[string]any{
		"id":          a.ID,
		"orn":         fmt.Sprintf("orn:okta:idp:%s:apps:oidc_client:%s", o.options.OrgID, a.ID),
		"name":        "oidc_client",
		"label":       a.Label,
		"status":      a.Status,
		"created":     timestamp(a.created),
		"lastUpdated": timestamp(a.updated),
		"features":    []string{},
		"signOnMode":  "OPENID_CONNECT",
		"visibility": map[string]any{
			"autoLaunch": false, "autoSubmitToolbar": false, "hide": map[string]bool{"iOS": true, "web": true},
		},
		"accessibility": map[string]any{"selfService": false},
		"credentials":   map[string]any{"oauthClient": a.oauthCredentials()},
		"settings":      map[string]any{"app": map[string]any{}, "oauthClient": a.oauthSettings()},
		"_links": map[string]any{
			"self":    link(self, http.MethodGet),
			lifecycle: link(self+"/lifecycle/"+lifecycle, http.MethodPost),
		},
	}
}

func (a *app) oauthCredentials() map[string]any {
	return map[string]any{
		"autoKeyRotation":            true,
		"client_id":                  a.ClientID,
		"token_endpoint_auth_method": a.TokenEndpointAuthMethod,
		"pkce_required":              a.PKCERequired,
	}
}

func (a *app) oauthSettings() map[string]any {
	settings := map[string]any{
		"application_type":         a.Type,
		"grant_types":              a.GrantTypes,
		"response_types":           responseTypes(a.Type),
		"consent_method":           "TRUSTED",
		"issuer_mode":              "DYNAMIC",
		"dpop_bound_access_tokens": a.DPoPBound,
		"network":                  map[string]any{"connection": "ANYWHERE"},
	}
	if len(a.RedirectURIs) > 0 {
		settings["redirect_uris"] = a.RedirectURIs
	}
	if len(a.Keys) > 0 {
		settings["jwks"] = jose.JSONWebKeySet{Keys: a.Keys}
	}
	return settings
}

func responseTypes(kind string) []string {
	if kind == TypeService {
		return []string{"token"}
	}
	return []string{"code"}
}

// link is a link relation with the method that it takes.
func link(href, method string) map[string]any {
	return map[string]any{"href": href, "hints": map[string]any{"allow": []string{method}}}
}

func (o *Org) listApps(c *call) response {
	query := c.request.URL.Query()
	match, err := parseFilter(query.Get("filter"))
	if err != nil {
		return o.refuse(errValidation("filter", "filter: "+err.Error()))
	}
	size := pageSize(query.Get("limit"), defaultAppsPage, maxAppsPage)
	page, next := []map[string]any{}, ""
	started := query.Get("after") == ""
	for _, id := range o.world.order {
		a := o.world.apps[id]
		if !started {
			started = id == query.Get("after")
			continue
		}
		if !c.caller.role.sees(id) || !o.found(a, query.Get("q")) || !match(a.attribute) {
			continue
		}
		if len(page) == size {
			next = fmt.Sprint(page[size-1]["id"])
			break
		}
		page = append(page, o.appBody(c, a))
	}
	answer := newResponse(http.StatusOK, page)
	setPageLinks(c, answer.header, next)
	return answer
}

// found is Okta's q: the start of a label or name; finding a client id by it was seen in the wild.
func (o *Org) found(a *app, q string) bool {
	q = strings.ToLower(q)
	return strings.HasPrefix(strings.ToLower(a.Label), q) || strings.HasPrefix("oidc_client", q) ||
		strings.EqualFold(a.ClientID, q)
}

func (a *app) attribute(name string) []string {
	switch name {
	case "id":
		return []string{a.ID}
	case "status":
		return []string{string(a.Status)}
	case "name":
		return []string{"oidc_client"}
	default:
		return nil
	}
}

func pageSize(text string, standard, most int) int {
	size, err := strconv.Atoi(text)
	if err != nil || size < 1 {
		return standard
	}
	return min(size, most)
}

// setPageLinks sets one link header a relation, as Okta does; next is the cursor of the next page, or empty.
func setPageLinks(c *call, header http.Header, next string) {
	self := *c.request.URL
	header.Add("Link", fmt.Sprintf("<%s>; rel=%q", c.base+self.RequestURI(), "self"))
	if next == "" {
		return
	}
	query := self.Query()
	query.Set("after", next)
	following := url.URL{Path: self.Path, RawQuery: query.Encode()}
	header.Add("Link", fmt.Sprintf("<%s>; rel=%q", c.base+following.RequestURI(), "next"))
}

// appRequest is the part of a request to create an app that the org understands.
type appRequest struct {
	Label       string `json:"label"`
	SignOnMode  string `json:"signOnMode"`
	Credentials struct {
		OAuthClient struct {
			ClientID     string `json:"client_id"`
			ClientSecret string `json:"client_secret"`
			Method       string `json:"token_endpoint_auth_method"`
			PKCE         bool   `json:"pkce_required"`
		} `json:"oauthClient"`
	} `json:"credentials"`
	Settings struct {
		OAuthClient struct {
			Type         string             `json:"application_type"`
			GrantTypes   []string           `json:"grant_types"`
			RedirectURIs []string           `json:"redirect_uris"`
			DPoP         bool               `json:"dpop_bound_access_tokens"`
			Keys         jose.JSONWebKeySet `json:"jwks"`
		} `json:"oauthClient"`
	} `json:"settings"`
}

// createApp makes an app with its first secret, which is in the answer: create is one of the two answers that show it.
func (o *Org) createApp(c *call) response {
	var asked appRequest
	if err := json.Unmarshal(c.body, &asked); err != nil {
		return o.refuse(&apiError{status: http.StatusBadRequest, code: "E0000003", summary: "The request body was not well-formed."})
	}
	if asked.Label == "" || asked.SignOnMode != "OPENID_CONNECT" {
		return o.refuse(errValidation("label", "label: The field cannot be left blank"))
	}
	credentials, settings := asked.Credentials.OAuthClient, asked.Settings.OAuthClient
	status := Active
	if c.request.URL.Query().Get("activate") == "false" {
		status = Inactive
	}
	added, refused := o.addApp(App{
		ClientID: credentials.ClientID, Label: asked.Label, Status: status, Type: settings.Type,
		TokenEndpointAuthMethod: credentials.Method, PKCERequired: credentials.PKCE, GrantTypes: settings.GrantTypes,
		RedirectURIs: settings.RedirectURIs, DPoPBound: settings.DPoP, Keys: settings.Keys.Keys,
	}, c.caller.actor)
	if refused != nil {
		return o.refuse(refused)
	}
	body := o.appBody(c, added)
	if added.takesSecret() {
		first, refused := o.makeSecret(added, credentials.ClientSecret, Active, c.caller.actor)
		if refused != nil {
			o.removeApp(added, c.caller.actor)
			return o.refuse(refused)
		}
		shown := added.oauthCredentials()
		shown["client_secret"] = first.value
		body["credentials"] = map[string]any{"oauthClient": shown}
	}
	return newResponse(http.StatusOK, body)
}

func (a *app) takesSecret() bool {
	return a.TokenEndpointAuthMethod != MethodPrivateKeyJWT && a.TokenEndpointAuthMethod != MethodNone
}

func (o *Org) deleteApp(c *call) response {
	found, refused := o.appFor(c)
	if refused != nil {
		return o.refuse(refused)
	}
	if found.Status == Active {
		return o.refuse(errForbidden())
	}
	o.removeApp(found, c.caller.actor)
	return newResponse(http.StatusNoContent, nil)
}

func (o *Org) activateApp(c *call) response { return o.changeAppStatus(c, Active) }

func (o *Org) deactivateApp(c *call) response { return o.changeAppStatus(c, Inactive) }

func (o *Org) changeAppStatus(c *call, status Status) response {
	found, refused := o.appFor(c)
	if refused != nil {
		return o.refuse(refused)
	}
	o.setAppStatus(found, status, c.caller.actor)
	return newResponse(http.StatusOK, struct{}{})
}
