package tokencheck

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

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
		Ambiguous:   found.known.is(flagAmbiguous),
		RequestID:   requestID(response.Header),
		Probe:       r.probe,
		Means:       firstOf(found.known.means, meaning(found.verdict)),
		Fix:         firstOf(found.known.fix, advice(found.verdict)),
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

func firstOf(text, otherwise string) string {
	if text != "" {
		return text
	}
	return otherwise
}

// detail tells what was answered where, in one sentence that ends with the addition, if there is one. Where it would be too
// long, Okta's words are cut, not ours.
func (h heard) detail(addition string) string {
	said := fmt.Sprintf("At %s Okta answered %d", h.path, h.answer.Status)
	if h.answer.Code != "" {
		said += " " + h.answer.Code
	}
	if addition != "" {
		addition = ", " + addition
	}
	words := h.answer.Description
	if words == "" {
		return bound(said+addition+".", maxDetail)
	}
	const quotes = `: "".`
	words = bound(words, max(maxDetail-len(said)-len(addition)-len(quotes), len(ellipsis)))
	end := "."
	if addition == "" && strings.HasSuffix(words, ".") {
		end = ""
	}
	return bound(said+`: "`+words+`"`+addition+end, maxDetail)
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

const ellipsis = "…"

// bound cuts a text at a number of bytes, at the border of a character.
func bound(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit-len(ellipsis)], "") + ellipsis
}

// delayed is an error of a Limiter that sent nothing.
type delayed interface {
	error
	Delay() time.Duration
}

// held is the answer where the limiter let nothing out.
func held(err error, probe string) Answer {
	if wait, ok := errors.AsType[delayed](err); ok {
		return Answer{
			Verdict: Throttled, Probe: probe, RetryAfter: wait.Delay(), Means: meaning(Throttled),
			Fix:    "Wait: the check is repeated by itself; if this stays so, raise rateLimit.maxCapacityPercent of the connection.",
			Detail: "Nothing was asked, because the share of Okta's rate limit that the operator may use is spent.",
		}
	}
	return Answer{
		Verdict: Unreachable, Probe: probe, Means: meaning(Unreachable), Fix: advice(Throttled),
		Detail: "Nothing was asked, because the operator gave up waiting for its turn.",
	}
}

// unsent is the answer where the request itself is wrong. The reason names no value.
func unsent(verdict Verdict, reason, fix string) Answer {
	return Answer{
		Verdict: verdict, Detail: bound("Nothing was asked, because "+reason+".", maxDetail),
		Means: "The request cannot be made with these values.", Fix: firstOf(fix, "Correct the credential or its Secret."),
	}
}

func unreachable(err error, probe, path string) Answer {
	return Answer{
		Verdict: Unreachable, Probe: probe, Means: meaning(Unreachable), Fix: advice(Unreachable),
		Detail: bound("No answer from "+path+": "+string(egress.FailureOf(err))+".", maxDetail),
	}
}
