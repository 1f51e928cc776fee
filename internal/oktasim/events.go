package oktasim

import (
	"fmt"
	"slices"
	"time"
)

// AdminID is the id of the person who does what the methods of Org do.
const AdminID = "00uadmin000000000001"

// keptEvents bounds the System Log.
const keptEvents = 50_000

// actor is who did something.
type actor struct {
	ID          string `json:"id"`
	Type        string `json:"type"`
	AlternateID string `json:"alternateId"`
	DisplayName string `json:"displayName"`
}

func admin() actor {
	return actor{ID: AdminID, Type: "User", AlternateID: "admin@example.com", DisplayName: "Ada Admin"}
}

// Event is an event of the System Log, as tests read it.
type Event struct {
	Sequence  int       `json:"sequence"`
	Published time.Time `json:"published"`
	Type      string    `json:"type"`
	// ActorID is AdminID, the client id of a service app, the user of an API token, or the client of a token request.
	ActorID string `json:"actorID"`
	// AppID and ClientID are the app that it is about.
	AppID    string `json:"appID,omitempty"`
	ClientID string `json:"clientID,omitempty"`
	SecretID string `json:"secretID,omitempty"`
	Result   string `json:"result"`
	Reason   string `json:"reason,omitempty"`

	id       string
	by       actor
	severity string
	label    string
	status   Status
	hash     string
	path     string
	address  string
	agent    string
}

// eventLog is the audit trail; sequence numbers go on when old events are dropped.
type eventLog struct {
	next   int
	events []*Event
}

// Events are the events so far, oldest first, at most 50,000; LogDelay does not hide them here.
func (o *Org) Events() []Event {
	o.mu.Lock()
	defer o.mu.Unlock()
	events := make([]Event, 0, len(o.audit.events))
	for _, e := range o.audit.events {
		events = append(events, *e)
	}
	return events
}

func (o *Org) log(e *Event) {
	o.audit.next++
	e.Sequence, e.Published = o.audit.next, o.now()
	e.id = fmt.Sprintf("%08x-0000-4000-8000-%012x", o.random.Uint32(), o.audit.next)
	e.ActorID = e.by.ID
	if e.Result == "" {
		e.Result = "SUCCESS"
	}
	if e.severity == "" {
		e.severity = "INFO"
	}
	if len(o.audit.events) >= keptEvents {
		o.audit.events = slices.Delete(o.audit.events, 0, keptEvents/2)
	}
	o.audit.events = append(o.audit.events, e)
}

func (o *Org) logApp(kind string, a *app, by actor) {
	o.log(&Event{Type: kind, by: by, AppID: a.ID, ClientID: a.ClientID, label: a.Label})
}

// logSecret records a change of a secret: kind is create, activate, deactivate or delete.
func (o *Org) logSecret(kind string, a *app, s *secret, by actor) {
	o.log(&Event{
		Type: "app.oauth2.credentials.lifecycle." + kind, by: by, AppID: a.ID, ClientID: a.ClientID, label: a.Label,
		SecretID: s.id, status: s.status, hash: o.hash(s.value),
	})
}

// logSecretRead records that secrets of an app were listed or got; Okta does so each time.
func (o *Org) logSecretRead(a *app, by actor) {
	o.log(&Event{Type: "app.oauth2.client.read_client_secret", by: by, AppID: a.ID, ClientID: a.ClientID, label: a.Label})
}

func tokenEvent(server AuthorizationServer) string {
	if server.ID == "" {
		return "app.oauth2.token.grant.access_token"
	}
	return "app.oauth2.as.token.grant.access_token"
}

func clientActor(client *app) actor {
	return actor{ID: client.ClientID, Type: "PublicClientApp", AlternateID: client.ClientID, DisplayName: client.Label}
}

func (o *Org) tokenEvent(c *call, client *app, kind string) *Event {
	e := &Event{
		Type: kind, by: clientActor(client), AppID: client.ID, ClientID: client.ClientID, label: client.Label,
		path: c.request.URL.Path, address: c.request.RemoteAddr, agent: c.request.UserAgent(),
	}
	given, refused := o.readCredentials(c)
	if refused == nil && given.secret != "" {
		e.hash = o.hash(given.secret)
		if o.options.Unknowns.TokenEventOtherHash {
			e.hash = otherHash(given.secret)
		}
	}
	return e
}

func (o *Org) logTokenGrant(c *call, server AuthorizationServer, client *app) {
	o.log(o.tokenEvent(c, client, tokenEvent(server)))
}

// logTokenFailure records a refused token request of a client that is known.
func (o *Org) logTokenFailure(c *call, server AuthorizationServer, client *app, refused *oauthError) {
	if client == nil {
		return
	}
	e := o.tokenEvent(c, client, tokenEvent(server))
	e.Result, e.Reason, e.severity = "FAILURE", refused.code, "WARN"
	o.log(e)
	o.countFailure(c, client, refused)
}

// countFailure makes an event of every so many failed authentications of a client.
func (o *Org) countFailure(c *call, client *app, refused *oauthError) {
	if client == nil || refused.code != "invalid_client" {
		return
	}
	o.world.failures[client.ClientID]++
	if o.world.failures[client.ClientID]%max(1, o.options.Unknowns.FailuresPerEvent) != 0 {
		return
	}
	e := o.tokenEvent(c, client, "app.oauth2.invalid_client_credentials")
	e.Result, e.Reason, e.severity = "FAILURE", refused.code, "WARN"
	o.log(e)
}

func (o *Org) logRateLimit(c *call, bucket Bucket) {
	o.log(&Event{
		Type: "system.org.rate_limit.violation", Result: "RATE_LIMIT", Reason: string(bucket), severity: "WARN",
		by: actor{ID: "system", Type: "SystemPrincipal", AlternateID: "system@okta.com", DisplayName: "Okta System"}, path: c.request.URL.Path,
	})
}
