package okta

import (
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"github.com/oktacred/okta-credential-operator/internal/egress"
)

// errorBody is both shapes in which Okta writes errors: that of the management API, and that of OAuth.
type errorBody struct {
	ErrorCode    string `json:"errorCode"`
	ErrorSummary string `json:"errorSummary"`
	ErrorCauses  []struct {
		ErrorSummary string `json:"errorSummary"`
	} `json:"errorCauses"`
	OAuthError       string `json:"error"`
	OAuthDescription string `json:"error_description"`
}

// text is the most telling sentence of the body.
func (b errorBody) text() string {
	if len(b.ErrorCauses) > 0 && b.ErrorCauses[0].ErrorSummary != "" {
		return b.ErrorCauses[0].ErrorSummary
	}
	if b.OAuthDescription != "" {
		return b.OAuthDescription
	}
	return b.ErrorSummary
}

// code is the OAuth error or the errorCode; /token uses both shapes.
func (b errorBody) code() string {
	if b.OAuthError != "" {
		return b.OAuthError
	}
	return b.ErrorCode
}

// classify returns nil for a 2xx, else the error that the answer means.
func classify(request call, reply answer) error {
	if reply.status >= 200 && reply.status < 300 {
		return nil
	}
	failure := &Error{Operation: request.operation, Status: reply.status, RequestID: requestID(reply.header)}
	switch {
	case reply.status == http.StatusTooManyRequests:
		failure.Kind, failure.Summary = KindThrottled, "too many requests"
		failure.RetryAfter = egress.PauseAfter(reply.header)
		return failure
	case reply.status >= 500 || reply.status < 400 || reply.status == http.StatusRequestTimeout:
		failure.Kind, failure.Summary = KindUnknown, "the server failed"
		return failure
	}
	body, ok := parseError(reply)
	if !ok {
		// Something between us and Okta answers like this; whether Okta saw the request, nobody knows.
		failure.Kind, failure.Summary = KindUnknown, "the answer is not in Okta's format"
		failure.Fix = "check what sits between the operator and Okta"
		return failure
	}
	if request.oauth {
		refuseToken(failure, body)
		return failure
	}
	refuse(failure, request, reply, body)
	return failure
}

// unreadable is the error of a 2xx whose body is not what Okta documents: for a write, it was carried out.
func unreadable(request call, reply answer) *Error {
	return &Error{
		Operation: request.operation, Kind: KindUnknown, Status: reply.status, RequestID: requestID(reply.header),
		Summary: "the answer cannot be read",
	}
}

func parseError(reply answer) (body errorBody, ok bool) {
	if !isJSON(reply.header) || json.Unmarshal(reply.body, &body) != nil {
		return errorBody{}, false
	}
	return body, body.code() != ""
}

func isJSON(header http.Header) bool {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

// refuse fills in what a 4xx of the management API means.
func refuse(failure *Error, request call, reply answer, body errorBody) {
	failure.Kind = KindInvalidRequest
	failure.Code = publishedCode(body.ErrorCode)
	failure.Summary = summaries[body.ErrorCode]
	for _, known := range refusals {
		if strings.Contains(normalize(body.text()), known.contains) {
			failure.Kind, failure.Summary, failure.Fix = known.kind, known.summary, known.fix
			return
		}
	}
	switch reply.status {
	case http.StatusUnauthorized:
		failure.Kind = KindUnauthenticated
		failure.Fix = "check that the admin credential belongs to this org and was not revoked"
	case http.StatusForbidden:
		forbid(failure, request, reply)
	case http.StatusNotFound:
		failure.Kind = KindNotFound
		failure.Fix = "check the id, and that the admin role's resource set holds the application"
	}
	if failure.Summary == "" && !request.confidential {
		failure.Summary = sanitize(body.text())
	}
}

// forbid tells a missing scope, which Okta names in www-authenticate, from a missing permission of the role.
func forbid(failure *Error, request call, reply answer) {
	if strings.Contains(reply.header.Get("WWW-Authenticate"), "insufficient_scope") {
		failure.Kind, failure.Summary = KindMissingScope, "the access token lacks a scope"
		failure.Fix = "grant " + request.scope + " to the service app, under Okta API Scopes"
		return
	}
	failure.Kind = KindForbidden
	failure.Fix = "give the admin role " + request.scope + " on the application"
}

// refuseToken fills in what a 4xx of the token endpoint means for the admin credential.
func refuseToken(failure *Error, body errorBody) {
	failure.Kind = KindAdminCredentialRejected
	failure.Code = publishedCode(body.code())
	failure.Fix = "check the service app of the connection in the Admin Console"
	text := normalize(body.text())
	for _, known := range tokenRefusals {
		if known.code == body.code() && strings.HasPrefix(text, normalize(known.prefix)) {
			failure.Cause, failure.Summary, failure.Fix = known.cause, known.prefix, known.fix
			if known.kind != KindNone {
				failure.Kind = known.kind
			}
			return
		}
	}
}

func requestID(header http.Header) string {
	id := header.Get("X-Okta-Request-Id")
	if len(id) > 64 {
		return ""
	}
	return sanitize(id)
}

// normalize makes texts comparable: Okta's published ones and its answers differ in case, quotes and apostrophes.
func normalize(text string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		switch r {
		case '\'', '"', '`', '‘', '’', '“', '”':
			return -1
		default:
			return r
		}
	}, text))
}

// sanitize makes a stranger's text fit for a condition: printable ASCII, 200 bytes.
func sanitize(text string) string {
	const maxSummary = 200
	return truncate(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, text), maxSummary)
}
