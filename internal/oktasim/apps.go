package oktasim

import (
	"fmt"
	"slices"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// Status is the status of an app or of a secret.
type Status string

// The statuses that apps and secrets share.
const (
	Active   Status = "ACTIVE"
	Inactive Status = "INACTIVE"
)

// Token endpoint authentication methods, as Okta names them.
const (
	MethodBasic           = "client_secret_basic"
	MethodPost            = "client_secret_post"
	MethodClientSecretJWT = "client_secret_jwt"
	MethodPrivateKeyJWT   = "private_key_jwt"
	MethodNone            = "none"
)

// Application types, as Okta names them.
const (
	TypeWeb     = "web"
	TypeNative  = "native"
	TypeBrowser = "browser"
	TypeService = "service"
)

// App describes an OpenID Connect application. The zero value is an ACTIVE web app with client_secret_basic and the
// authorization_code grant, without a secret.
type App struct {
	// ID is the app id; generated when empty.
	ID string `json:"id,omitempty"`
	// ClientID is the client id; the app id when empty, as at Okta unless somebody chose a custom one.
	ClientID                string   `json:"clientID,omitempty"`
	Label                   string   `json:"label,omitempty"`
	Status                  Status   `json:"status,omitempty"`
	Type                    string   `json:"type,omitempty"`
	TokenEndpointAuthMethod string   `json:"tokenEndpointAuthMethod,omitempty"`
	GrantTypes              []string `json:"grantTypes,omitempty"`
	RedirectURIs            []string `json:"redirectURIs,omitempty"`
	PKCERequired            bool     `json:"pkceRequired,omitempty"`
	// DPoPBound refuses token requests without a DPoP proof, as new API Services apps do by default. A proof that is sent is not
	// verified, and tokens are Bearer tokens all the same.
	DPoPBound bool              `json:"dpopBound,omitempty"`
	Keys      []jose.JSONWebKey `json:"keys,omitempty"`
	// Scopes are the okta.* scopes that the app was granted.
	Scopes []string `json:"scopes,omitempty"`
	// Role is the admin role of a service app.
	Role Role `json:"role,omitzero"`
	// OutsideNetworkZone refuses the client as coming from outside of its permitted network zones.
	OutsideNetworkZone bool `json:"outsideNetworkZone,omitempty"`
	// NoPolicy lets no access policy of a custom authorization server match the client.
	NoPolicy bool `json:"noPolicy,omitempty"`
}

// app is an App at work.
type app struct {
	App
	created, updated time.Time
	secrets          []*secret
	// gone are deleted secrets that /token still honours for a while.
	gone []*secret
}

// AddApp adds an app as an admin at Okta does, and returns it with what was left out filled in. Adding an id or client id
// twice is a mistake of the caller and panics.
func (o *Org) AddApp(description App) App {
	added, err := o.CreateApp(description)
	if err != nil {
		panic("oktasim: add app: " + err.Error())
	}
	return added
}

// CreateApp is AddApp for callers who want Okta's refusal as an error.
func (o *Org) CreateApp(description App) (App, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	added, refused := o.addApp(description, admin())
	if refused != nil {
		return App{}, refused
	}
	return added.App, nil
}

// Apps are copies of all apps, service apps too, in the order of their creation.
func (o *Org) Apps() []App {
	o.mu.Lock()
	defer o.mu.Unlock()
	apps := make([]App, 0, len(o.world.order))
	for _, id := range o.world.order {
		apps = append(apps, o.world.apps[id].App)
	}
	return apps
}

func (o *Org) addApp(d App, by actor) (*app, *apiError) {
	d = o.withDefaults(d)
	if o.world.apps[d.ID] != nil || o.world.clients[d.ClientID] != nil {
		return nil, errValidation("client_id", fmt.Sprintf("client_id: An app with client id %q already exists.", d.ClientID))
	}
	added := &app{App: d, created: o.now(), updated: o.now()}
	o.world.apps[d.ID], o.world.clients[d.ClientID] = added, added
	o.world.order = append(o.world.order, d.ID)
	o.logApp("application.lifecycle.create", added, by)
	return added, nil
}

func (o *Org) withDefaults(d App) App {
	d.ID = fallback(d.ID, func() string { return o.newID("0oa") })
	d.ClientID = fallback(d.ClientID, func() string { return d.ID })
	d.Label = fallback(d.Label, func() string { return "App " + d.ClientID })
	d.Status = Status(fallback(string(d.Status), func() string { return string(Active) }))
	d.Type = fallback(d.Type, func() string { return TypeWeb })
	d.TokenEndpointAuthMethod = fallback(d.TokenEndpointAuthMethod, func() string { return MethodBasic })
	if d.GrantTypes == nil {
		d.GrantTypes = []string{"authorization_code"}
	}
	if d.RedirectURIs == nil && slices.Contains(d.GrantTypes, "authorization_code") {
		d.RedirectURIs = []string{"https://app.example.com/callback"}
	}
	return d
}

func fallback(value string, otherwise func() string) string {
	if value != "" {
		return value
	}
	return otherwise()
}

// App is a copy of an app by app id.
func (o *Org) App(id string) (App, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	found := o.world.apps[id]
	if found == nil {
		return App{}, false
	}
	return found.App, true
}

// ChangeApp changes an app as an admin at Okta does: another authentication method, a status, a network zone. Ids stay.
func (o *Org) ChangeApp(id string, change func(*App)) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	found := o.world.apps[id]
	if found == nil {
		return errNotFound(id, "OAuth2AppInstance")
	}
	changed := found.App
	change(&changed)
	changed.ID, changed.ClientID = found.ID, found.ClientID
	found.App, found.updated = changed, o.now()
	o.logApp("application.lifecycle.update", found, admin())
	return nil
}

// DeleteApp deletes an app as an admin at Okta does, whatever its status.
func (o *Org) DeleteApp(id string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	found := o.world.apps[id]
	if found == nil {
		return errNotFound(id, "OAuth2AppInstance")
	}
	o.removeApp(found, admin())
	return nil
}

func (o *Org) removeApp(a *app, by actor) {
	delete(o.world.apps, a.ID)
	delete(o.world.clients, a.ClientID)
	o.world.deleted[a.ClientID] = true
	o.world.order = slices.DeleteFunc(o.world.order, func(id string) bool { return id == a.ID })
	o.logApp("application.lifecycle.delete", a, by)
}

func (o *Org) setAppStatus(a *app, status Status, by actor) {
	if a.Status == status {
		return
	}
	a.Status, a.updated = status, o.now()
	event := "application.lifecycle.activate"
	if status == Inactive {
		event = "application.lifecycle.deactivate"
	}
	o.logApp(event, a, by)
}
