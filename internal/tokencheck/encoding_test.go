package tokencheck

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// special are values whose two encodings differ, or that a careless one would cut.
var special = map[string]string{
	"a colon":           "secret:with:colons-0123456789-abcdef",
	"a plus":            "secret+with+pluses-0123456789-abcdef",
	"a slash":           "secret/with/slashes-0123456789-abcdef",
	"an equals sign":    "secret=with=equals-0123456789-abcdef==",
	"a percent sign":    "secret%with%percents-0123456789-abc%",
	"an ampersand":      "secret&with&ampersands-0123456789-abcdef",
	"a space":           "secret with spaces 0123456789 abcdef",
	"a percent code":    "secret%2Bwith%41code-0123456789-abcdef",
	"nothing special":   "secretWithNothing-0123456789_abcdef",
	"all of them":       `:+/=%& "'<>?#[]@!$()*,;~^|\{}-0123-abcdef`,
	"not even ASCII":    "sécrèt-ß-密码-0123456789-abcdef",
	"a line at the end": "secretWithALine-0123456789-abcdef\n",
}

func TestSpecialCharacters(t *testing.T) {
	for _, decodes := range []bool{false, true} {
		for name, secret := range special {
			for _, method := range allMethods {
				t.Run(fmt.Sprintf("%s, Okta decodes Basic %t, %s", name, decodes, method), func(t *testing.T) {
					t.Parallel()
					w := basicWorld(t, decodes, secret, "0oa1")
					right := Request{OrgURL: w.url, ClientID: "0oa1", Secret: redact.NewValue(secret), Method: method}
					wrong := right
					wrong.Secret = redact.NewValue(strings.ToUpper(secret))
					for _, round := range []string{"first", "second"} {
						if got := w.checker.Check(t.Context(), wrong); got.Verdict != SecretRejected {
							t.Errorf("the wrong secret is %s the %s time: %s", got.Verdict, round, got.Detail)
						}
						if got := w.checker.Check(t.Context(), right); got.Verdict != Accepted {
							t.Errorf("the right secret is %s the %s time: %s", got.Verdict, round, got.Detail)
						}
					}
				})
			}
		}
	}
}

// TestSpecialCharactersAtOkta is the same against the simulated org, with values that Okta takes.
func TestSpecialCharactersAtOkta(t *testing.T) {
	for _, decodes := range []bool{false, true} {
		for name, secret := range special {
			if strings.IndexFunc(secret, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
				continue
			}
			t.Run(fmt.Sprintf("%s, Okta decodes Basic %t", name, decodes), func(t *testing.T) {
				t.Parallel()
				w := given(t, oktasim.Options{Unknowns: oktasim.Unknowns{DecodeBasic: decodes}}, oktasim.App{})
				if got := w.checker.Check(t.Context(), w.request(secret)); got.Verdict != SecretRejected {
					t.Errorf("before Okta has it, the secret is %s: %s", got.Verdict, got.Detail)
				}
				w.org.AddSecret(w.app.ID, redact.NewValue(secret), oktasim.Active)
				if got := w.checker.Check(t.Context(), w.request(secret)); got.Verdict != Accepted {
					t.Errorf("once Okta has it, the secret is %s: %s", got.Verdict, got.Detail)
				}
			})
		}
	}
}

func TestSpecialClientIDs(t *testing.T) {
	for _, decodes := range []bool{false, true} {
		for _, id := range []string{"my app", "my+app", "my/app=1", "50%app", "a&b", "größe"} {
			t.Run(fmt.Sprintf("%s, Okta decodes Basic %t", id, decodes), func(t *testing.T) {
				t.Parallel()
				w := basicWorld(t, decodes, rightSecret, id)
				for secret, want := range map[string]Verdict{rightSecret: Accepted, wrongSecret: SecretRejected} {
					request := Request{OrgURL: w.url, ClientID: id, Secret: redact.NewValue(secret)}
					if got := w.checker.Check(t.Context(), request); got.Verdict != want {
						t.Errorf("%s, want %s: %s", got.Verdict, want, got.Detail)
					}
					request.ClientID = id + " 2"
					if got := w.checker.Check(t.Context(), request); got.Verdict != ClientUnknown {
						t.Errorf("another client is %s, want ClientUnknown: %s", got.Verdict, got.Detail)
					}
				}
			})
		}
	}
}

// TestAHeaderThatIsChangedIsNoWrongSecret has something between us and Okta that spoils each Authorization header.
func TestAHeaderThatIsChangedIsNoWrongSecret(t *testing.T) {
	server := newAnswering(t)
	server.error.Store(&givenError{401, invalidClient, "Found Authentication header but was not valid client credentials.", false})
	for name, secret := range special {
		got := newChecker(t, server.url, server.ca).Check(t.Context(), Request{OrgURL: server.url, ClientID: "0oa1", Secret: redact.NewValue(secret)})
		if got.Verdict != MethodMismatch || !strings.Contains(got.Fix, "proxy") {
			t.Errorf("%s: %s, fix %q", name, got.Verdict, got.Fix)
		}
	}
}

// basicWorld is a server that has one client with one secret, of whatever characters.
func basicWorld(t *testing.T, decodes bool, secret, clientID string) *world {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refusal := refuse(r, decodes, secret, clientID)
		if refusal == "" && strings.HasSuffix(r.URL.Path, "/revoke") {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		body := map[string]string{"error": invalidClient, "error_description": refusal}
		status := http.StatusUnauthorized
		if refusal == "" {
			body = map[string]string{"error": "invalid_grant", "error_description": "The authorization code is invalid or has expired."}
			status = http.StatusBadRequest
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}))
	t.Cleanup(server.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return &world{url: server.URL, checker: newChecker(t, server.URL, ca)}
}

// refuse is what Okta says to the credentials of a request; nothing when they are right.
func refuse(r *http.Request, decodes bool, secret, clientID string) string {
	if r.PostFormValue("client_assertion") != "" {
		if !signedWith(r.PostFormValue("client_assertion"), secret) {
			return "The client_assertion signature is invalid."
		}
		return ""
	}
	gotID, gotSecret := r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	if header, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Basic "); ok {
		pair, _ := base64.StdEncoding.DecodeString(header)
		gotID, gotSecret, _ = strings.Cut(string(pair), ":")
		if decodes {
			var idErr, secretErr error
			gotID, idErr = url.QueryUnescape(gotID)
			gotSecret, secretErr = url.QueryUnescape(gotSecret)
			if idErr != nil || secretErr != nil {
				return "Found Authentication header but was not valid client credentials."
			}
		}
	}
	switch {
	case gotID != clientID:
		return "Invalid value for 'client_id' parameter."
	case gotSecret != secret:
		return wrongSecretText
	default:
		return ""
	}
}
