package tokencheck

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// FuzzClassify holds what must never break: no reply becomes SecretRejected but one that says, as Okta's published error,
// that the secret is wrong.
func FuzzClassify(f *testing.F) {
	for _, known := range readTable(verdictsTSV) {
		if known.verdict == Unrecognized {
			continue
		}
		text, _ := json.Marshal(known.text)
		for _, shape := range []string{`{"error":%q,"error_description":%s}`, `{"errorCode":%q,"errorSummary":%s}`} {
			f.Add(uint8(0), known.statuses[0], "application/json", fmt.Appendf(nil, shape, known.code, text))
		}
	}
	f.Add(uint8(1), 200, "", []byte(nil))
	f.Add(uint8(1), 200, "text/html", []byte("<html>The client secret supplied for a confidential client is invalid."))
	f.Add(uint8(6), 200, "application/json;charset=UTF-8", []byte(`{"access_token":"x","token_type":"Bearer"}`))
	f.Add(uint8(6), 401, "application/json", []byte(`{"ERROR":"invalid_client","error_description":["x"]}`))
	f.Add(uint8(6), 401, "application/problem+json", []byte(`{"error":"invalid_client","errorCode":"invalid_client","error_description":""}`))
	f.Fuzz(func(t *testing.T, kind uint8, status int, contentType string, body []byte) {
		r := replyOf(kind)
		r.status, r.contentType, r.body = status, contentType, body
		found := classify(r)
		if found.code != publishedCode(found.code) {
			t.Fatalf("the code %q is none of Okta's", found.code)
		}
		switch found.verdict {
		case SecretRejected:
			mustSayThatTheSecretIsWrong(t, r)
		case Accepted:
			if status != 200 && status != 400 {
				t.Fatalf("accepted with status %d", status)
			}
		case Throttled:
			if status != 429 && status != 400 {
				t.Fatalf("throttled with status %d", status)
			}
		case ClientUnknown, Forbidden, Unreachable, Unrecognized, MethodMismatch, WrongAuthorizationServer, PublicClient, PrivateKeyRequired:
		default:
			t.Fatalf("the verdict %q is not one of the set", found.verdict)
		}
	})
}

// replyOf makes a reply to one of the 18 kinds of request, without its status and body.
func replyOf(kind uint8) reply {
	probes := []string{ProbeAuthorizationCode, ProbeRevoke, ProbeClientCredentials}
	methods := []Method{ClientSecretBasic, ClientSecretPost, ClientSecretJWT}
	return reply{probe: probes[kind%3], method: methods[kind/3%3], custom: kind/9%2 == 1}
}

// mustSayThatTheSecretIsWrong reads the reply by other means than classify does.
func mustSayThatTheSecretIsWrong(t *testing.T, r reply) {
	t.Helper()
	var words map[string]any
	if err := json.NewDecoder(bytes.NewReader(r.body)).Decode(&words); err != nil {
		t.Fatalf("rejected by a body that is no JSON object: %v", err)
	}
	said := strings.ToLower(fmt.Sprint(words))
	isRefusal := r.status == http.StatusUnauthorized || r.status == http.StatusBadRequest
	if !isRefusal || !strings.Contains(said, "invalid_client") || !strings.Contains(r.contentType, "json") &&
		!strings.Contains(strings.ToLower(r.contentType), "json") {
		t.Fatalf("rejected by status %d, type %q, body %q", r.status, r.contentType, r.body)
	}
	for _, quote := range []string{"'", `"`, "`", "‘", "’", "“", "”"} {
		said = strings.ReplaceAll(said, quote, "")
	}
	bySecretJWT := r.method == ClientSecretJWT && strings.Contains(said, "the client_assertion signature is invalid")
	if !bySecretJWT && !strings.Contains(strings.Join(strings.Fields(said), " "), "the client secret supplied for a confidential client is invalid") {
		t.Fatalf("rejected without the text: %q", r.body)
	}
}

func TestTextsMatchWhateverTheirCaseAndQuotes(t *testing.T) {
	for name, body := range map[string]string{
		"as published":      `{"error":"invalid_client","error_description":"Invalid value for 'client_id' parameter."}`,
		"double quotes":     `{"error":"invalid_client","error_description":"Invalid value for \"client_id\" parameter."}`,
		"typographic ones":  `{"error":"invalid_client","error_description":"Invalid value for ‘client_id’ parameter."}`,
		"another case":      `{"error":"invalid_client","error_description":"INVALID VALUE FOR CLIENT_ID PARAMETER."}`,
		"more at the end":   `{"error":"invalid_client","error_description":"Invalid value for 'client_id' parameter. See the docs."}`,
		"the errorCode one": `{"errorCode":"invalid_client","errorSummary":"Invalid value for 'client_id' parameter.","errorLink":"invalid_client","errorId":"oae","errorCauses":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			found := classify(reply{probe: ProbeAuthorizationCode, status: 401, contentType: "application/json", body: []byte(body)})
			if found.verdict != ClientUnknown {
				t.Errorf("%s, want ClientUnknown", found.verdict)
			}
		})
	}
}

// TestAnswersHoldNoSecret asks a server that puts the whole request into every place of its answer.
func TestAnswersHoldNoSecret(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, secret, _ := r.BasicAuth()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Okta-Request-Id", secret)
		w.WriteHeader(http.StatusUnauthorized)
		echo := map[string]string{"error": secret, "error_description": "The client secret " + secret + " is invalid."}
		_ = json.NewEncoder(w).Encode(echo)
	}))
	t.Cleanup(server.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	answer := newChecker(t, server.URL, ca).Check(t.Context(), Request{
		OrgURL: server.URL, ClientID: "0oa1", Secret: redact.NewValue(rightSecret),
	})
	printed := fmt.Sprintf("%+v", answer)
	for i := range len(rightSecret) - 12 {
		if strings.Contains(printed, rightSecret[i:i+12]) {
			t.Fatalf("the answer shows a part of the secret: %s", printed)
		}
	}
	if answer.Verdict != Unrecognized {
		t.Errorf("%s, want Unrecognized", answer.Verdict)
	}
}

func TestDetailIsBoundedAndPlain(t *testing.T) {
	for _, known := range readTable(verdictsTSV) {
		made := heard{
			answer: Answer{Status: 401, Code: known.code, Description: known.text, Verdict: known.verdict},
			path:   "/oauth2/" + strings.Repeat("x", 100) + "/v1/token",
		}
		for _, w := range []weight{proven, undecided, unknown} {
			if detail := made.as(w).Detail; len(detail) > maxDetail || detail == "" {
				t.Errorf("%d bytes: %s", len(detail), detail)
			}
		}
	}
}

func TestDetailSaysWhatWasAnswered(t *testing.T) {
	h := heard{answer: Answer{Status: 401, Code: invalidClient, Description: wrongSecretText}, path: "/oauth2/v1/token"}
	const said = `At /oauth2/v1/token Okta answered 401 invalid_client: "The client secret supplied for a confidential client is invalid."`
	for addition, want := range map[string]string{"": said, "and so on": said + ", and so on."} {
		if got := h.detail(addition); got != want {
			t.Errorf("detail:\n%s\nwant:\n%s", got, want)
		}
	}
}

func TestRepliesThatProveNothing(t *testing.T) {
	const wrong = "The client secret supplied for a confidential client is invalid."
	for name, test := range map[string]struct {
		reply reply
		want  Verdict
	}{
		"both shapes of error in one body": {
			reply{probe: ProbeAuthorizationCode, status: 401, contentType: "application/json", body: []byte(`{"error":"invalid_client","errorCode":"invalid_client","error_description":"` + wrong + `"}`)},
			Unrecognized,
		},
		"the wrong-secret text with a 403": {
			reply{probe: ProbeAuthorizationCode, status: 403, contentType: "application/json", body: []byte(`{"error":"invalid_client","error_description":"` + wrong + `"}`)}, Unrecognized,
		},
		"the signature text to a secret that was not signed with": {
			reply{probe: ProbeAuthorizationCode, method: ClientSecretBasic, status: 401, contentType: "application/json", body: []byte(`{"error":"invalid_client","error_description":"The client_assertion signature is invalid."}`)},
			Unrecognized,
		},
		"the wrong-secret text that goes on": {
			reply{probe: ProbeAuthorizationCode, status: 401, contentType: "application/json", body: []byte(`{"error":"invalid_client","error_description":"The client secret supplied for a confidential client is invalid because the client is locked."}`)},
			Unrecognized,
		},
		"the code that Okta has for what is not there, at the org server": {
			reply{probe: ProbeAuthorizationCode, status: 404, contentType: "application/json", body: []byte(`{"errorCode":"E0000007","errorSummary":"Not found: Resource not found: x (y)"}`)},
			Unrecognized,
		},
		"a page that is not there at the org server": {reply{probe: ProbeAuthorizationCode, status: 404, contentType: "text/html", body: []byte("<html>")}, Unreachable},
		"a page that is not there at a custom one":   {reply{probe: ProbeAuthorizationCode, custom: true, status: 404, contentType: "text/html", body: []byte("<html>")}, Unrecognized},
		"an empty page for a revocation":             {reply{probe: ProbeRevoke, status: 200, contentType: "text/html", body: nil}, Unreachable},
		"a page for a revocation":                    {reply{probe: ProbeRevoke, status: 200, contentType: "", body: []byte("<html>")}, Unreachable},
		"an empty 200 at /token":                     {reply{probe: ProbeAuthorizationCode, status: 200, contentType: "", body: nil}, Unreachable},
		"invalid_grant at /revoke":                   {reply{probe: ProbeRevoke, status: 400, contentType: "application/json", body: []byte(`{"error":"invalid_grant"}`)}, Unrecognized},
		"a token beside an error": {
			reply{probe: ProbeAuthorizationCode, status: 200, contentType: "application/json", body: []byte(`{"access_token":"x","token_type":"Bearer","error":"x"}`)}, Unrecognized,
		},
		"two JSON values": {
			reply{probe: ProbeAuthorizationCode, status: 401, contentType: "application/json", body: []byte(`{"error":"invalid_client","error_description":"` + wrong + `"}{}`)}, Unrecognized,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := classify(test.reply).verdict; got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}
