package tokencheck

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// FuzzClassify holds what must never break: no reply becomes SecretRejected but one that says, as Okta's published error,
// that the secret is wrong.
func FuzzClassify(f *testing.F) {
	for _, known := range catalogue {
		text, _ := json.Marshal(known.text)
		for _, shape := range []string{`{"error":%q,"error_description":%s}`, `{"errorCode":%q,"errorSummary":%s}`} {
			f.Add(false, known.statuses[0], "application/json", fmt.Appendf(nil, shape, known.code, text))
		}
	}
	f.Add(true, 200, "", []byte(nil))
	f.Add(true, 200, "text/html", []byte("<html>The client secret supplied for a confidential client is invalid."))
	f.Add(false, 200, "application/json;charset=UTF-8", []byte(`{"access_token":"x","token_type":"Bearer"}`))
	f.Add(false, 401, "application/json", []byte(`{"ERROR":"invalid_client","error_description":["x"]}`))
	f.Add(false, 401, "application/problem+json", []byte(`{"error":"invalid_client","errorCode":"invalid_client","error_description":""}`))
	f.Fuzz(func(t *testing.T, revoke bool, status int, contentType string, body []byte) {
		r := reply{probe: ProbeAuthorizationCode, status: status, contentType: contentType, body: body}
		if revoke {
			r.probe = ProbeRevoke
		}
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
		case ClientUnknown, Forbidden, Throttled, Unreachable, Unrecognized:
		default:
			t.Fatalf("the verdict %q is not one of the set", found.verdict)
		}
	})
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
	if !strings.Contains(said, "the client secret supplied for a confidential client is invalid") {
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
	for _, known := range catalogue {
		made := heard{answer: Answer{Status: 401, Code: known.code, Description: known.text}, path: "/oauth2/" + strings.Repeat("x", 100) + "/v1/token"}
		if detail := made.detail("which it does not say here to a secret that is wrong"); len(detail) > maxDetail {
			t.Errorf("%d bytes: %s", len(detail), detail)
		}
	}
}

// TestCatalogueIsOktas compares with the catalogue that Okta publishes, where a copy lies beside the checkout.
func TestCatalogueIsOktas(t *testing.T) {
	for _, known := range catalogue {
		if known.source == "" || len(known.statuses) == 0 || known.conditional && known.verdict != Unrecognized {
			t.Errorf("the entry %s is incomplete or contradicts itself", known.cause)
		}
	}
	published, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "okta", "oauth-errors.tsv"))
	if err != nil {
		t.Skip("Okta's published OAuth error catalogue is not beside the checkout")
	}
	lines := strings.Split(string(published), "\n")
	for _, known := range catalogue {
		if known.text == "" || strings.HasPrefix(known.code, "E0") {
			continue
		}
		if !isPublished(lines, known) {
			t.Errorf("Okta publishes no %s %s that begins with %q", known.code, known.cause, known.text)
		}
	}
}

func isPublished(lines []string, known entry) bool {
	for _, line := range lines {
		fields := strings.Split(line, "\t")
		if len(fields) == 4 && fields[0] == known.code && fields[2] == known.cause && strings.HasPrefix(normalize(fields[3]), normalize(known.text)) {
			return true
		}
	}
	return false
}

func TestRepliesThatProveNothing(t *testing.T) {
	const wrong = "The client secret supplied for a confidential client is invalid."
	for name, test := range map[string]struct {
		reply reply
		want  Verdict
	}{
		"both shapes of error in one body": {
			reply{ProbeAuthorizationCode, 401, "application/json", []byte(`{"error":"invalid_client","errorCode":"invalid_client","error_description":"` + wrong + `"}`)},
			Unrecognized,
		},
		"the wrong-secret text with a 403": {
			reply{ProbeAuthorizationCode, 403, "application/json", []byte(`{"error":"invalid_client","error_description":"` + wrong + `"}`)}, Unrecognized,
		},
		"an empty page for a revocation": {reply{ProbeRevoke, 200, "text/html", nil}, Unreachable},
		"a page for a revocation":        {reply{ProbeRevoke, 200, "", []byte("<html>")}, Unreachable},
		"an empty 200 at /token":         {reply{ProbeAuthorizationCode, 200, "", nil}, Unreachable},
		"invalid_grant at /revoke":       {reply{ProbeRevoke, 400, "application/json", []byte(`{"error":"invalid_grant"}`)}, Unrecognized},
		"a token beside an error": {
			reply{ProbeAuthorizationCode, 200, "application/json", []byte(`{"access_token":"x","token_type":"Bearer","error":"x"}`)}, Unrecognized,
		},
		"two JSON values": {
			reply{ProbeAuthorizationCode, 401, "application/json", []byte(`{"error":"invalid_client","error_description":"` + wrong + `"}{}`)}, Unrecognized,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := classify(test.reply).verdict; got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}
