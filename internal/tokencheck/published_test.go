package tokencheck

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// answering is a server that answers every request with the error that it is set to.
type answering struct {
	error atomic.Pointer[givenError]
	url   string
	ca    []byte
	// honest answers /revoke, and requests whose secret is not rightSecret, as an Okta does that looks at the secret first.
	honest atomic.Bool
}

// givenError is an error on the wire.
type givenError struct {
	status     int
	code, text string
	oktaShape  bool
}

func newAnswering(t *testing.T) *answering {
	t.Helper()
	a := &answering{}
	server := httptest.NewTLSServer(a)
	t.Cleanup(server.Close)
	a.url = server.URL
	a.ca = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return a
}

func (a *answering) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	given := *a.error.Load()
	if a.honest.Load() {
		isRevocation := r.URL.Path == "/oauth2/v1/revoke"
		switch {
		case !isRight(r):
			given = givenError{401, invalidClient, wrongSecretText, false}
		case isRevocation:
			return
		}
	}
	body := map[string]any{"error": given.code, "error_description": given.text}
	if given.oktaShape {
		body = map[string]any{"errorCode": given.code, "errorSummary": given.text, "errorLink": given.code, "errorId": "oae1", "errorCauses": []any{}}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(given.status)
	_ = json.NewEncoder(w).Encode(body)
}

// isRight says whether a request authenticates with rightSecret, by whichever method.
func isRight(r *http.Request) bool {
	if _, secret, ok := r.BasicAuth(); ok {
		return secret == rightSecret
	}
	if assertion := r.PostFormValue("client_assertion"); assertion != "" {
		return signedWith(assertion, rightSecret)
	}
	return r.PostFormValue("client_secret") == rightSecret
}

func signedWith(assertion, secret string) bool {
	token, err := jwt.ParseSigned(assertion, []jose.SignatureAlgorithm{jose.HS256})
	return err == nil && token.Claims([]byte(secret), &jwt.Claims{}) == nil
}

var allMethods = []Method{ClientSecretBasic, ClientSecretPost, ClientSecretJWT}

// statedVerdict is what the table states for a row with a status, told by other means than the code that reads it.
func statedVerdict(row entry, status int, method Method) Verdict {
	own := row.statuses[0]
	switch {
	case status == 429:
		return Throttled
	case status >= 500:
		return Unreachable
	case row.cause == "client_assertion_invalid_signature" && method != ClientSecretJWT:
		return Unrecognized
	case status == own, status == 400 && own == 401, status == 401 && row.code == "access_denied", status == 400 && row.code == "access_denied":
		return row.verdict
	default:
		return Unrecognized
	}
}

// TestEveryPublishedError asks about each error that Okta publishes, in both shapes, with four statuses, by three methods.
func TestEveryPublishedError(t *testing.T) {
	server := newAnswering(t)
	checker := newChecker(t, server.url, server.ca)
	asked, rejections := 0, 0
	for _, row := range published() {
		for _, status := range slices.Compact(slices.Sorted(slices.Values([]int{row.statuses[0], 400, 401, 500}))) {
			for _, oktaShape := range []bool{false, true} {
				for _, method := range allMethods {
					server.error.Store(&givenError{status, row.code, row.text, oktaShape})
					request := Request{OrgURL: server.url, ClientID: "0oa1", Secret: redact.NewValue(rightSecret), Method: method}
					want := statedVerdict(row, status, method)
					got := checker.ask(t.Context(), request, ProbeAuthorizationCode).answer
					second := checker.SecondOpinion(t.Context(), request)
					mustBe(t, row, status, method, got, want)
					if want == Accepted {
						want = Unrecognized
					}
					mustBe(t, row, status, method, second, want)
					asked += 2
					if got.Verdict == SecretRejected {
						rejections++
					}
				}
			}
		}
	}
	t.Logf("%d answers", asked)
	// invalid_client_secret by three methods, the signature by one; in two shapes, with 400 and 401.
	if rejections != 4*2*2 {
		t.Errorf("%d answers of /token mean a wrong secret, want 16", rejections)
	}
}

func mustBe(t *testing.T, row entry, status int, method Method, got Answer, want Verdict) {
	t.Helper()
	if got.Verdict != want || got.Ambiguous && !row.is(flagAmbiguous) || got.Means == "" || (got.Fix == "") != (want == Accepted) {
		t.Errorf("%s %s with %d by %s: %s (ambiguous %t), want %s: %s Fix: %q", row.code, row.cause, status, method, got.Verdict, got.Ambiguous, want, got.Detail, got.Fix)
	}
	if row.is(flagAmbiguous) && (status == 400 || status == 401) && !got.Ambiguous {
		t.Errorf("%s with %d by %s is not ambiguous", row.cause, status, method)
	}
}

// TestEveryPublishedErrorIsFollowedUp asks about each error an Okta that looks at the secret first: what says nothing about
// the secret is found out elsewhere, with the right secret and with a wrong one, and a second check costs one request.
func TestEveryPublishedErrorIsFollowedUp(t *testing.T) {
	server := newAnswering(t)
	server.honest.Store(true)
	for _, method := range allMethods {
		checker := newChecker(t, server.url, server.ca)
		counted := &counting{}
		checker.limiter = counted
		for i, row := range published() {
			server.error.Store(&givenError{row.statuses[0], row.code, row.text, i%2 == 0})
			request := Request{OrgURL: server.url, ClientID: fmt.Sprintf("0oa%d", i), Secret: redact.NewValue(rightSecret), Method: method}
			want := statedVerdict(row, row.statuses[0], method)
			if row.then != askNothing {
				want = Accepted
			}
			for _, times := range []string{"first", "second"} {
				before := counted.requests.Load()
				if got := checker.Check(t.Context(), request); got.Verdict != want {
					t.Errorf("the %s check by %s answered %s is %s, want %s: %s", times, method, row.cause, got.Verdict, want, got.Detail)
				}
				if cost := counted.requests.Load() - before; times == "second" && cost != 1 {
					t.Errorf("the second check by %s answered %s cost %d requests, want 1", method, row.cause, cost)
				}
			}
			request.Secret = redact.NewValue(wrongSecret)
			if got := checker.Check(t.Context(), request); got.Verdict != SecretRejected {
				t.Errorf("a wrong secret by %s where a right one is answered %s is %s", method, row.cause, got.Verdict)
			}
		}
	}
}

// TestWhereNothingDecidesTheAnswerSaysSo asks a server that answers everything alike.
func TestWhereNothingDecidesTheAnswerSaysSo(t *testing.T) {
	server := newAnswering(t)
	checker := newChecker(t, server.url, server.ca)
	for i, row := range published() {
		if row.then == askNothing {
			continue
		}
		server.error.Store(&givenError{row.statuses[0], row.code, row.text, false})
		request := Request{OrgURL: server.url, ClientID: fmt.Sprintf("0oa%d", i), Secret: redact.NewValue(rightSecret)}
		const says = "and neither /token nor /revoke tells a right secret of this client from a wrong one"
		got := checker.Check(t.Context(), request)
		if got.Verdict != Unrecognized || got.Probe != ProbeRevoke || got.Fix == "" {
			t.Errorf("%s is %s by %s", row.cause, got.Verdict, got.Probe)
		}
		if !strings.Contains(got.Detail, says) {
			t.Errorf("%s: %s", row.cause, got.Detail)
		}
	}
}
