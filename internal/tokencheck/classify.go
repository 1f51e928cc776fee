package tokencheck

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"strings"
)

// reply is an answer that was read to its end, on its way to a finding.
type reply struct {
	probe string
	// method is how the client authenticated.
	method Method
	// custom says that a custom authorization server was asked.
	custom      bool
	status      int
	contentType string
	body        []byte
}

// finding is what a reply proves.
type finding struct {
	verdict Verdict
	// then is what has to be asked before it proves more.
	then followUp
	// known is the entry of the catalogue that matched; its zero value when none did.
	known entry
	// code is the error of the reply if it is one that Okta publishes.
	code string
	// reason is used where there is no code to tell people about.
	reason string
	// minted says that Okta gave a token, which nobody has read.
	minted bool
}

// replyBody is everything that a reply of /token can hold and that we look at, in both shapes of errors.
type replyBody struct {
	Error            string  `json:"error"`
	ErrorDescription string  `json:"error_description"`
	ErrorCode        string  `json:"errorCode"`
	ErrorSummary     string  `json:"errorSummary"`
	AccessToken      present `json:"access_token"`
	TokenType        string  `json:"token_type"`
}

// present notes that there is a value, and never reads it.
type present bool

// UnmarshalJSON implements json.Unmarshaler.
func (p *present) UnmarshalJSON(value []byte) error {
	*p = len(value) > len(`""`) && value[0] == '"'
	return nil
}

// classify is pure and total: each reply has one finding, and only an entry of the catalogue can make it SecretRejected.
func classify(r reply) finding {
	switch {
	case r.status == http.StatusTooManyRequests:
		return finding{verdict: Throttled, reason: "too many requests"}
	case r.status >= 500:
		return finding{verdict: Unreachable, reason: "the server failed"}
	case r.status < 200 || r.status >= 300 && r.status < 400:
		return finding{verdict: Unreachable, reason: "that is no answer of a token endpoint"}
	case r.status == http.StatusOK && r.probe == ProbeRevoke && len(bytes.TrimSpace(r.body)) == 0 && !r.isPage():
		return finding{verdict: Accepted, then: askRandom, reason: "which a revocation gets only after the client was authenticated"}
	case r.status == http.StatusNotFound && r.custom && !r.isJSON():
		// Perhaps Okta's page for a server that is not there; its body is not known (facts), so it is called nothing else.
		return finding{verdict: Unrecognized, reason: "and no JSON: perhaps there is no such authorization server"}
	case !r.isJSON():
		return finding{verdict: Unreachable, reason: "and no JSON, so something else than Okta answered"}
	}
	var body replyBody
	if err := json.Unmarshal(r.body, &body); err != nil {
		return finding{verdict: Unrecognized, reason: "with JSON that cannot be read"}
	}
	if r.status < 300 {
		return classifySuccess(r, body)
	}
	return classifyError(r, body)
}

// classifySuccess takes a token for the proof that it is; any other 2xx proves nothing.
func classifySuccess(r reply, body replyBody) finding {
	if r.status == http.StatusOK && r.probe != ProbeRevoke && bool(body.AccessToken) && body.TokenType != "" && body.Error == "" {
		return finding{verdict: Accepted, minted: true, reason: "with a token, which was dropped unread"}
	}
	return finding{verdict: Unrecognized, reason: "which is no answer to this request that Okta documents"}
}

func classifyError(r reply, body replyBody) finding {
	code, text := body.Error, body.ErrorDescription
	if code == "" {
		code, text = body.ErrorCode, body.ErrorSummary
	}
	found := finding{verdict: Unrecognized, code: publishedCode(code), reason: "with an error that the operator does not know"}
	if body.Error != "" && body.ErrorCode != "" {
		// Okta writes one shape or the other; an answer with both is none of Okta's.
		return found
	}
	known, ok := find(r, code, text)
	if !ok {
		return found
	}
	found.verdict, found.then = known.verdict, known.then
	if known.cause != anyText {
		found.known, found.reason = known, ""
	}
	if known.verdict == Accepted && r.probe == ProbeRevoke {
		// It answers a grant, and /revoke was asked for none.
		found.verdict = Unrecognized
	}
	return found
}

func (r reply) isJSON() bool {
	media, _, err := mime.ParseMediaType(r.contentType)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

// isPage says whether the reply calls itself something else than JSON or nothing.
func (r reply) isPage() bool { return r.contentType != "" && !r.isJSON() }
