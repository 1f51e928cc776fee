package okta

import (
	"encoding/json"
	"strings"
	"time"
)

// The families of event types that are read, from Okta's catalogue of event types.
const (
	secretLifecycle      = "app.oauth2.credentials.lifecycle."
	clientLifecycle      = "app.oauth2.client.lifecycle."
	applicationLifecycle = "application.lifecycle."
	invalidCredentials   = "app.oauth2.invalid_client_credentials"
)

// LogEvent is what the operator takes from an event of the System Log. Every text is what somebody else wrote: it is
// printable ASCII of bounded length here, and empty where Okta's was not or did not say.
type LogEvent struct {
	// UUID is Okta's id of the event; never empty.
	UUID string
	// Published is by Okta's clock.
	Published time.Time
	// Type is Okta's eventType; never empty.
	Type string
	// AppID and ClientID say which application it is about. A change of an application may tell the first alone, a failure to
	// authenticate the second alone.
	AppID, ClientID string
	// SecretID is the client secret ("ocs…") that was created, activated, deactivated or deleted.
	SecretID string
	// Result is SUCCESS, FAILURE and so on; Reason is Okta's word for why.
	Result, Reason string
	// IP and UserAgent are from where the request came. Who sends it chooses the UserAgent.
	IP, UserAgent string
	// ActorID is the person or application that did it.
	ActorID string
}

// IsChange says that a client secret, an OAuth client or an application changed.
func (e LogEvent) IsChange() bool {
	return strings.HasPrefix(e.Type, secretLifecycle) || strings.HasPrefix(e.Type, clientLifecycle) || strings.HasPrefix(e.Type, applicationLifecycle)
}

// IsFailedAuthentication says that several requests came for a client with wrong credentials. Okta logs one event for
// several of them and does not say how many.
func (e LogEvent) IsFailedAuthentication() bool { return e.Type == invalidCredentials }

// IsOwn says that the request came from an operator of this kind, this one or another: its checks fail too. It is read from the
// UserAgent, which others can forge, so it is good for leaving an event out and for nothing else.
func (e LogEvent) IsOwn() bool { return e.UserAgent == userAgent }

// logEventBody is the part of an event that is read. It must never get fields for debugData.clientSecret,
// detailEntry.clientsecret or other hashes of secrets.
type logEventBody struct {
	UUID      laxText   `json:"uuid"`
	Published time.Time `json:"published"`
	EventType laxText   `json:"eventType"`
	Outcome   struct {
		Result laxText `json:"result"`
		Reason laxText `json:"reason"`
	} `json:"outcome"`
	Actor struct {
		ID   laxText `json:"id"`
		Type laxText `json:"type"`
	} `json:"actor"`
	Client struct {
		IPAddress laxText `json:"ipAddress"`
		UserAgent struct {
			RawUserAgent laxText `json:"rawUserAgent"`
		} `json:"userAgent"`
	} `json:"client"`
	Target       []logTarget `json:"target"`
	DebugContext struct {
		DebugData struct {
			ClientID laxText `json:"clientId"`
		} `json:"debugData"`
	} `json:"debugContext"`
}

type logTarget struct {
	ID          laxText `json:"id"`
	Type        laxText `json:"type"`
	DetailEntry struct {
		ClientID laxText `json:"clientid"`
	} `json:"detailEntry"`
}

// laxText is a JSON string; anything else in its place reads as empty, since most of an event is not documented by type.
type laxText string

// UnmarshalJSON implements json.Unmarshaler.
func (l *laxText) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err == nil {
		*l = laxText(sanitize(text))
	}
	return nil
}

func logEventOf(raw []byte) (LogEvent, bool) {
	var body logEventBody
	if json.Unmarshal(raw, &body) != nil || body.UUID == "" || body.EventType == "" || body.Published.IsZero() {
		return LogEvent{}, false
	}
	event := LogEvent{
		UUID: string(body.UUID), Published: body.Published, Type: string(body.EventType),
		Result: string(body.Outcome.Result), Reason: string(body.Outcome.Reason),
		IP: string(body.Client.IPAddress), UserAgent: string(body.Client.UserAgent.RawUserAgent), ActorID: string(body.Actor.ID),
	}
	for _, target := range body.Target {
		event.about(target)
	}
	if event.ClientID == "" {
		event.ClientID = body.clientID(event)
	}
	return event, true
}

// about takes from a target what it says of the application.
func (e *LogEvent) about(target logTarget) {
	id := string(target.ID)
	switch {
	case strings.HasSuffix(string(target.Type), "ClientSecretEntity") || strings.HasPrefix(id, "ocs"):
		e.SecretID = id
	case target.Type == "AppInstance" || strings.HasPrefix(id, "0oa"):
		e.AppID = id
	}
	if client := string(target.DetailEntry.ClientID); client != "" {
		e.ClientID = client
	}
}

// clientID is what an event says of its client when no target does. In a change debugData can name the client of the admin
// who made it, so there it counts only when nothing else tells what was changed.
func (b logEventBody) clientID(event LogEvent) string {
	if event.IsChange() && event.AppID != "" {
		return ""
	}
	if client := string(b.DebugContext.DebugData.ClientID); client != "" {
		return client
	}
	if event.IsFailedAuthentication() && strings.HasSuffix(string(b.Actor.Type), "ClientApp") {
		return string(b.Actor.ID)
	}
	return ""
}
