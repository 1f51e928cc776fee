package oktasim

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	defaultLogPage = 100
	maxLogPage     = 1000
)

// listEvents is the System Log. A polling query (ascending, without until) always has a next link, which goes on where the
// page ended even when nothing is there yet.
func (o *Org) listEvents(c *call) response {
	query := c.request.URL.Query()
	match, err := parseFilter(query.Get("filter"))
	if err != nil {
		return o.refuse(errValidation("filter", "filter: "+err.Error()))
	}
	since, sinceErr := queryTime(query.Get("since"), o.clock.Now().Add(-7*24*time.Hour))
	until, untilErr := queryTime(query.Get("until"), o.clock.Now().Add(time.Second))
	after, afterErr := cursor(query.Get("after"))
	if sinceErr != nil || untilErr != nil || afterErr != nil {
		return o.refuse(errValidation("since", "since: The value is not a valid timestamp or cursor."))
	}
	events := slices.Clone(o.audit.events)
	descending := query.Get("sortOrder") == "DESCENDING"
	if descending {
		slices.Reverse(events)
	}
	size := pageSize(query.Get("limit"), defaultLogPage, maxLogPage)
	visible := o.clock.Now().Add(-o.options.LogDelay)
	page, last, more := []map[string]any{}, after, false
	for _, e := range events {
		if passed(e.Sequence, after, descending) || e.Published.Before(since) || !e.Published.Before(until) || e.Published.After(visible) || !match(e.attribute) {
			continue
		}
		if len(page) == size {
			more = true
			break
		}
		page, last = append(page, eventBody(e)), e.Sequence
	}
	answer := newResponse(http.StatusOK, page)
	next := ""
	if polling := !descending && query.Get("until") == ""; polling || more {
		next = "c" + strconv.Itoa(last)
	}
	setPageLinks(c, answer.header, next)
	return answer
}

// passed says whether an event was on an earlier page.
func passed(sequence, after int, descending bool) bool {
	if descending {
		return after > 0 && sequence >= after
	}
	return after > 0 && sequence <= after
}

func queryTime(text string, standard time.Time) (time.Time, error) {
	if text == "" {
		return standard, nil
	}
	return time.Parse(time.RFC3339, text)
}

// cursor reads what setPageLinks was given; 0 is the beginning.
func cursor(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	return strconv.Atoi(text[1:])
}

func (e *Event) attribute(name string) []string {
	switch name {
	case "eventType":
		return []string{e.Type}
	case "uuid":
		return []string{e.id}
	case "severity":
		return []string{e.severity}
	case "outcome.result":
		return []string{e.Result}
	case "actor.id":
		return []string{e.by.ID}
	case "target.id":
		return []string{e.AppID, e.SecretID}
	case "debugContext.debugData.clientId":
		return []string{e.ClientID}
	case "published":
		return []string{timestamp(e.Published)}
	default:
		return nil
	}
}

// eventBody is an event as the System Log shows it. Fields that would be null are left out.
func eventBody(e *Event) map[string]any {
	outcome := map[string]any{"result": e.Result}
	if e.Reason != "" {
		outcome["reason"] = e.Reason
	}
	body := map[string]any{
		"uuid": e.id, "published": timestamp(e.Published), "eventType": e.Type, "version": "0", "severity": e.severity,
		"displayMessage": e.Type, "outcome": outcome, "actor": e.by, "target": e.targets(),
		"client":       map[string]any{"ipAddress": e.ip(), "userAgent": map[string]any{"rawUserAgent": e.agent}},
		"transaction":  map[string]any{"type": "WEB", "id": "t" + e.id[:8], "detail": map[string]any{}},
		"debugContext": map[string]any{"debugData": e.debugData()},
	}
	return body
}

func (e *Event) ip() string {
	host, _, err := net.SplitHostPort(e.address)
	if err != nil {
		return "127.0.0.1"
	}
	return host
}

func (e *Event) targets() []map[string]any {
	targets := []map[string]any{}
	if e.AppID != "" {
		targets = append(targets, map[string]any{
			"id": e.AppID, "type": "AppInstance", "alternateId": e.label, "displayName": e.label,
		})
	}
	if e.SecretID != "" {
		targets = append(targets, map[string]any{
			"id": e.SecretID, "type": "OAuth2ClientSecretEntity", "alternateId": e.SecretID, "displayName": "Client secret",
			"detailEntry": map[string]any{"clientid": e.ClientID, "clientsecret": e.hash, "status": e.status},
		})
	}
	return targets
}

func (e *Event) debugData() map[string]any {
	data := map[string]any{}
	set := func(name, value string) {
		if value != "" {
			data[name] = value
		}
	}
	set("clientId", e.ClientID)
	set("requestUri", e.path)
	if e.SecretID == "" {
		set("clientSecret", e.hash)
	}
	return data
}
