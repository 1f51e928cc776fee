package tokencheck

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	testclock "k8s.io/utils/clock/testing"

	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

func TestManyChecksShareOneCalibration(t *testing.T) {
	const checks = 40
	w := given(t, oktasim.Options{}, oktasim.App{Type: oktasim.TypeService, GrantTypes: []string{"client_credentials"}})
	var all sync.WaitGroup
	for range checks {
		all.Go(func() {
			if answer := w.checker.Check(t.Context(), w.request(rightSecret)); answer.Verdict != Accepted {
				t.Errorf("%s: %s", answer.Verdict, answer.Detail)
			}
		})
	}
	all.Wait()
	if got := w.sent(); got != checks+1 {
		t.Errorf("%d requests for %d checks, want one more", got, checks)
	}
}

func TestACalibrationThatFailsIsAskedAgain(t *testing.T) {
	w := given(t, oktasim.Options{}, oktasim.App{Type: oktasim.TypeService, GrantTypes: []string{"client_credentials"}})
	w.org.Fault(oktasim.Fault{Route: oktasim.RouteToken, After: 1, Times: 1, Kind: oktasim.FaultStatus, Status: 503})
	for _, want := range []string{ProbeRevoke, ProbeAuthorizationCode} {
		if answer := w.checker.Check(t.Context(), w.request(rightSecret)); answer.Verdict != Accepted || answer.Probe != want {
			t.Errorf("%s by %s, want Accepted by %s", answer.Verdict, answer.Probe, want)
		}
	}
}

// spent is a Limiter whose share is used up.
type spent struct{ error }

func (spent) Delay() time.Duration { return 7 * time.Second }

func (s spent) Acquire(context.Context, string) (func(*http.Response), error) { return nil, s }

func TestNothingIsSentWithoutABudget(t *testing.T) {
	w := given(t, oktasim.Options{}, oktasim.App{})
	w.checker.limiter = spent{context.Canceled}
	answer := w.checker.Check(t.Context(), w.request(rightSecret))
	if answer.Verdict != Throttled || answer.RetryAfter != 7*time.Second || w.sent() != 0 {
		t.Errorf("%s after %s, %d requests", answer.Verdict, answer.RetryAfter, w.sent())
	}
}

// TestCustomServersAreAskedForClientCredentials has a service app where Okta looks at the grant first: only its own grant says
// something at /token.
func TestCustomServersAreAskedForClientCredentials(t *testing.T) {
	service := oktasim.App{Type: oktasim.TypeService, GrantTypes: []string{"client_credentials"}}
	for name, test := range map[string]struct {
		server, secret string
		want           proof
		requests       int
	}{
		"the right secret":                {"default", rightSecret, proof{Accepted, "no_matching_scope", false, ProbeClientCredentials}, 4},
		"a wrong secret":                  {"default", wrongSecret, proof{SecretRejected, "invalid_client_secret", false, ProbeClientCredentials}, 3},
		"the right one at the org server": {"", rightSecret, proof{Accepted, "", false, ProbeRevoke}, 4},
		"a wrong one at the org server":   {"", wrongSecret, proof{SecretRejected, "invalid_client_secret", false, ProbeRevoke}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{Unknowns: oktasim.Unknowns{GrantFirst: true}}, service)
			request := w.request(test.secret)
			request.AuthorizationServer = test.server
			for _, requests := range []int{test.requests, 1} {
				before := w.sent()
				answer := w.checker.Check(t.Context(), request)
				if diff := cmp.Diff(test.want, proofOf(answer)); diff != "" || w.sent()-before != requests {
					t.Errorf("%d requests, want %d (-want +got):\n%s%s", w.sent()-before, requests, diff, answer.Detail)
				}
			}
		})
	}
}

// TestATokenIsProofAndIsNotAskedForAgain has a server that gives a token for a scope that nobody configured.
func TestATokenIsProofAndIsNotAskedForAgain(t *testing.T) {
	w := given(t, oktasim.Options{Unknowns: oktasim.Unknowns{GrantFirst: true}}, oktasim.App{
		Type: oktasim.TypeService, GrantTypes: []string{"client_credentials"},
	})
	w.org.AddAuthorizationServer(oktasim.AuthorizationServer{ID: "default", Scopes: []string{madeUpScope}})
	request := w.request(rightSecret)
	request.AuthorizationServer = "default"
	for _, want := range []string{ProbeClientCredentials, ProbeRevoke} {
		answer := w.checker.Check(t.Context(), request)
		if answer.Verdict != Accepted || answer.Probe != want {
			t.Errorf("%s by %s, want Accepted by %s: %s", answer.Verdict, answer.Probe, want, answer.Detail)
		}
		if printed := fmt.Sprintf("%+v", answer); strings.Contains(printed, "eyJ") {
			t.Errorf("the answer holds a token: %s", printed)
		}
	}
}

// TestADocumentedAnswerStandsWithoutItsCalibration has an org that answers the check and then nothing more.
func TestADocumentedAnswerStandsWithoutItsCalibration(t *testing.T) {
	for name, fault := range map[string]oktasim.Fault{
		"throttled":   {After: 1, Kind: oktasim.FaultStatus, Status: 429},
		"unreachable": {After: 1, Kind: oktasim.FaultStatus, Status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{}, oktasim.App{})
			w.org.Fault(fault)
			if answer := w.checker.Check(t.Context(), w.request(rightSecret)); answer.Verdict != Accepted {
				t.Errorf("%s: %s", answer.Verdict, answer.Detail)
			}
			w.org.ClearFaults()
			before := w.sent()
			if w.checker.Check(t.Context(), w.request(rightSecret)); w.sent()-before != 2 {
				t.Errorf("%d requests, want 2: the calibration that failed is asked again", w.sent()-before)
			}
		})
	}
}

// TestACalibrationHoldsForAWeek counts the requests of a month of checks, one a day.
func TestACalibrationHoldsForAWeek(t *testing.T) {
	const days = 28
	for name, test := range map[string]struct {
		unknowns oktasim.Unknowns
		want     int
	}{
		"where /token decides": {oktasim.Unknowns{}, days + 4},
		// Each week the code and the revocation, and a random secret for both: 3 requests more than the check.
		"where /revoke decides": {oktasim.Unknowns{GrantFirst: true}, days + 4*3},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{Unknowns: test.unknowns}, oktasim.App{Type: oktasim.TypeService, GrantTypes: []string{"client_credentials"}})
			fake := testclock.NewFakePassiveClock(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
			w.checker.clock, w.checker.memory = fake, newMemory(fake)
			for range days {
				if answer := w.checker.Check(t.Context(), w.request(rightSecret)); answer.Verdict != Accepted {
					t.Errorf("%s: %s", answer.Verdict, answer.Detail)
				}
				fake.SetTime(fake.Now().Add(24 * time.Hour))
			}
			if got := w.sent(); got != test.want {
				t.Errorf("%d requests in %d days, want %d", got, days, test.want)
			}
		})
	}
}

// TestAClientWhoseSecretNobodyLooksAtProvesNothing has a client whose secret is never looked at, before others: nothing is said
// about it, and the others are not touched by that.
func TestAClientWhoseSecretNobodyLooksAtProvesNothing(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		w.Header().Set("Content-Type", "application/json")
		if id != "0oaPublic" && secret != rightSecret {
			w.WriteHeader(http.StatusUnauthorized)
			_ = json.NewEncoder(w).Encode(map[string]string{"error": invalidClient, "error_description": wrongSecretText})
			return
		}
		if r.URL.Path == "/oauth2/v1/revoke" {
			w.Header().Del("Content-Type")
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_grant","error_description":"The authorization code is invalid or has expired."}`))
	}))
	t.Cleanup(server.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	checker := newChecker(t, server.URL, ca)
	for range 2 {
		got := checker.Check(t.Context(), Request{OrgURL: server.URL, ClientID: "0oaPublic", Secret: redact.NewValue(rightSecret)})
		if got.Verdict != Unrecognized || got.Means != meaning(Unrecognized) || got.Fix == "" || !strings.Contains(got.Detail, "neither /token nor /revoke") {
			t.Errorf("%s: %s %s", got.Verdict, got.Means, got.Detail)
		}
	}
	counted := &counting{}
	checker.limiter = counted
	for _, id := range []string{"0oa1", "0oa2"} {
		for _, requests := range []int64{2, 1} {
			before := counted.requests.Load()
			got := checker.Check(t.Context(), Request{OrgURL: server.URL, ClientID: id, Secret: redact.NewValue(rightSecret)})
			if got.Verdict != Accepted || counted.requests.Load()-before != requests {
				t.Errorf("%s is %s for %d requests, want %d: %s", id, got.Verdict, counted.requests.Load()-before, requests, got.Detail)
			}
		}
	}
}
