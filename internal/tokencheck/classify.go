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
	probe       string
	status      int
	contentType string
	body        []byte
}

// finding is what a reply proves.
type finding struct {
	verdict Verdict
	// known is the entry of the catalogue that matched; its zero value when none did.
	known entry
	// code is the error of the reply if it is one that Okta publishes.
	code string
	// reason is used where there is no code to tell people about.
	reason string
}

// replyBody is everything that a reply of /token can hold and that we look at, in both shapes of errors.
type replyBody struct {
	Error            string `json:"error"`
	ErrorDescription string `json:"error_description"`
	ErrorCode        string `json:"errorCode"`
	ErrorSummary     string `json:"errorSummary"`
	AccessToken      string `json:"access_token"`
	TokenType        string `json:"token_type"`
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
		return finding{verdict: Accepted, reason: "which a revocation gets only after the client was authenticated"}
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
	if r.status == http.StatusOK && r.probe != ProbeRevoke && body.AccessToken != "" && body.TokenType != "" && body.Error == "" {
		return finding{verdict: Accepted, reason: "with a token"}
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
	known, ok := find(r.status, code, text)
	if !ok || known.verdict == Accepted && r.probe == ProbeRevoke {
		return found
	}
	return finding{verdict: known.verdict, known: known, code: code}
}

func (r reply) isJSON() bool {
	media, _, err := mime.ParseMediaType(r.contentType)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

// isPage says whether the reply calls itself something else than JSON or nothing.
func (r reply) isPage() bool { return r.contentType != "" && !r.isJSON() }
