package tokencheck

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/oktacred/okta-credential-operator/internal/egress"
)

// maxDetail bounds Answer.Detail, in bytes: it goes into conditions and events.
const maxDetail = 300

// understand makes the answer of a reply.
func understand(response *http.Response, r reply, path string) heard {
	found := classify(r)
	answer := Answer{
		Verdict:     found.verdict,
		Status:      r.status,
		Code:        found.code,
		Description: found.known.text,
		Cause:       found.known.cause,
		Ambiguous:   found.known.ambiguous,
		RequestID:   requestID(response.Header),
		Probe:       r.probe,
	}
	if r.status == http.StatusTooManyRequests {
		answer.RetryAfter = egress.PauseAfter(response.Header)
	}
	if date, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		answer.ServerDate = date
	}
	made := heard{answer: answer, finding: found, path: path}
	made.answer.Detail = made.detail(found.reason)
	return made
}

// detail tells what was answered where, in one sentence that ends with the addition, if there is one.
func (h heard) detail(addition string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "At %s Okta answered %d", h.path, h.answer.Status)
	if h.answer.Code != "" {
		text.WriteString(" " + h.answer.Code)
	}
	if h.answer.Description != "" {
		text.WriteString(`: "` + h.answer.Description + `"`)
	}
	if addition != "" {
		text.WriteString(", " + addition)
	}
	if !strings.HasSuffix(text.String(), `."`) {
		text.WriteString(".")
	}
	return bound(text.String())
}

// requestID returns Okta's id of the request, if it looks like one.
func requestID(header http.Header) string {
	id := header.Get("X-Okta-Request-Id")
	isOdd := strings.IndexFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '@'
	}) >= 0
	if isOdd || len(id) > 48 {
		return ""
	}
	return id
}

// bound cuts a text at maxDetail bytes, at the border of a character.
func bound(text string) string {
	if len(text) <= maxDetail {
		return text
	}
	const ellipsis = "…"
	return strings.ToValidUTF8(text[:maxDetail-len(ellipsis)], "") + ellipsis
}
