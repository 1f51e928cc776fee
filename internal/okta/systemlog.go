package okta

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ScopeLogsRead is the OAuth scope that Okta documents for reading the System Log. It is not one of DefaultScopes: a Client
// for the log alone is best given this one alone, so that the token that is used most can do least.
const ScopeLogsRead = "okta.logs.read"

const (
	logsPath = "/api/v1/logs"
	// logPage is Okta's default. A page of 1000, which Okta allows, would not fit into the 1 MiB that an answer may have.
	logPage = 100
	// maxLogQuery bounds a position that Okta gives out; ours has some 800 bytes.
	maxLogQuery = 8 << 10
)

// logFilter asks for what says that a client secret or its application changed, and for clients that fail to authenticate.
// Single refused token requests are left out: an org has as many as its users have expired sessions.
var logFilter = strings.Join([]string{
	`eventType sw "` + secretLifecycle + `"`,
	`eventType sw "` + clientLifecycle + `"`,
	`eventType eq "application.lifecycle.update"`,
	`eventType eq "application.lifecycle.activate"`,
	`eventType eq "application.lifecycle.deactivate"`,
	`eventType eq "application.lifecycle.delete"`,
	`eventType eq "` + invalidCredentials + `"`,
}, " or ")

// LogPosition is where in the System Log a reader stands. The zero LogPosition is none.
type LogPosition struct {
	since time.Time
	// query is that of Okta's link to the next page.
	query string
}

// LogSince is the position at a moment, by Okta's clock, before which nothing is read. Okta documents that a reader who goes on
// by LogPage.Next from there gets events that come late too.
func LogSince(moment time.Time) LogPosition { return LogPosition{since: moment} }

// IsZero says whether there is no position.
func (p LogPosition) IsZero() bool { return p.since.IsZero() && p.query == "" }

// IsLink says whether the position was given out by Okta. Such a one can be refused when it is old; one by time can not.
func (p LogPosition) IsLink() bool { return p.query != "" }

// path is always that of the System Log, whatever a link says: only the query of a link is ever used.
func (p LogPosition) path() string {
	if p.IsLink() {
		return logsPath + "?" + p.query
	}
	query := url.Values{
		"since":     {p.since.UTC().Format("2006-01-02T15:04:05.000Z")},
		"filter":    {logFilter},
		"sortOrder": {"ASCENDING"},
		"limit":     {strconv.Itoa(logPage)},
	}
	return logsPath + "?" + query.Encode()
}

// LogPage is some of the System Log, oldest first as Okta sorts it.
type LogPage struct {
	Events []LogEvent
	// Next is where to go on, now or after a while; zero where Okta's answer has no link to a next page at this org.
	Next LogPosition
	// Full says that there is probably more to read now.
	Full bool
	// Unreadable counts events that were left out, because they lack what Okta documents.
	Unreadable int
}

// LogEvents reads a page of the System Log from a position on. Only what LogEvent holds is taken from the answer: what Okta
// logs of secrets, hashed or not, is dropped while it is parsed. Errors are of this package: MissingScope or Forbidden
// when the log may not be read, InvalidRequest or NotFound where Okta no longer knows a position.
func (c *Client) LogEvents(ctx context.Context, from LogPosition) (LogPage, error) {
	request := call{operation: "read the System Log", method: http.MethodGet, path: from.path(), scope: ScopeLogsRead, confidential: true}
	if from.IsZero() {
		return LogPage{}, &Error{Operation: request.operation, Kind: KindInvalidRequest, Summary: "nothing was sent, because there is no position to read from"}
	}
	reply, err := c.exchange(ctx, request)
	if err != nil {
		return LogPage{}, logError(err)
	}
	page, ok := parseLogPage(reply.body)
	if !isJSON(reply.header) || !ok {
		return LogPage{}, unreadable(request, reply)
	}
	page.Next = c.nextLogPage(reply.header)
	return page, nil
}

func parseLogPage(body []byte) (LogPage, bool) {
	var raw []json.RawMessage
	// null is no page: the reader would take it for a quiet log.
	if json.Unmarshal(body, &raw) != nil || raw == nil {
		return LogPage{}, false
	}
	page := LogPage{Full: len(raw) >= logPage}
	for _, one := range raw {
		event, ok := logEventOf(one)
		if !ok {
			page.Unreadable++
			continue
		}
		page.Events = append(page.Events, event)
	}
	return page, true
}

// logError mends the advice of errors that speak of applications.
func logError(err error) error {
	if refused, ok := errors.AsType[*Error](err); ok && refused.Kind == KindForbidden {
		refused.Fix = "give the admin role the right to read the System Log"
	}
	return err
}

var logLink = regexp.MustCompile(`<([^<>]*)>\s*;[^<>]*\brel="?next"?`)

// nextLogPage takes the query of the link to the next page, if the link leads to this org's System Log. A link elsewhere is
// as none: who follows one sends the admin's access token to wherever it says.
func (c *Client) nextLogPage(header http.Header) LogPosition {
	org, err := url.Parse(c.orgURL)
	if err != nil {
		return LogPosition{}
	}
	for _, links := range header.Values("Link") {
		for _, found := range logLink.FindAllStringSubmatch(links, -1) {
			link, err := url.Parse(found[1])
			if err == nil && link.Scheme == org.Scheme && strings.EqualFold(strings.TrimSuffix(link.Host, ":443"), org.Host) && link.User == nil &&
				link.EscapedPath() == logsPath && link.RawQuery != "" && len(link.RawQuery) <= maxLogQuery {
				return LogPosition{query: link.RawQuery}
			}
		}
	}
	return LogPosition{}
}
