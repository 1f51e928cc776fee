package oktaclientcredential

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// publishedError is a row of the verdict table: an error that Okta publishes, and what the table states about it.
type publishedError struct {
	code, name, text string
	status           int
	verdict          v1alpha1.Verdict
	// open says that the answer says nothing about the secret, and that something else is asked.
	open bool
	// ambiguous and jwtOnly are the table's flags.
	ambiguous, jwtOnly bool
}

// publishedErrors are the rows of the table that are Okta's own.
func publishedErrors(t *testing.T) []publishedError {
	t.Helper()
	table, err := os.ReadFile("../../internal/tokencheck/verdicts.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var published []publishedError
	for line := range strings.Lines(string(table)) {
		field := strings.Split(line, "\t")
		status, err := strconv.Atoi(field[1])
		if err != nil || field[2] == "*" || strings.HasPrefix(field[0], "E0000") {
			continue
		}
		published = append(published, publishedError{
			code: field[0], status: status, name: field[2], text: field[3], verdict: v1alpha1.Verdict(field[4]), open: field[5] != "",
			ambiguous: strings.Contains(field[6], "ambiguous"), jwtOnly: strings.Contains(field[6], "secret-jwt"),
		})
	}
	if len(published) != 476 {
		t.Fatalf("%d errors, want the 476 that Okta publishes", len(published))
	}

	return published
}

// answering is a way in which Okta gives an error.
type answering struct {
	method, server string
	oktaShape      bool
	// atTokenAlone has /revoke answer as it does.
	atTokenAlone bool
}

// stated is the verdict of the table. What is open there is told by /revoke, or stays open where that gives the same error.
func (a answering) stated(e publishedError, known listing) v1alpha1.Verdict {
	switch {
	case e.jwtOnly && a.method != oktasim.MethodClientSecretJWT, e.open && !a.atTokenAlone:
		return v1alpha1.VerdictUnrecognized
	case !e.open:
		return e.verdict
	case known == listedActive:
		return v1alpha1.VerdictAccepted
	default:
		return v1alpha1.VerdictSecretRejected
	}
}

// fault answers every request of a route with the error, in OAuth's shape of body or in Okta's.
func (e publishedError) fault(route string, oktaShape bool) oktasim.Fault {
	body := map[string]any{"error": e.code, "error_description": e.text}
	if oktaShape {
		body = map[string]any{"errorCode": e.code, "errorSummary": e.text, "errorLink": e.code, "errorId": "oae1", "errorCauses": []any{}}
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}

	return oktasim.Fault{Route: route, Kind: oktasim.FaultAnswer, Status: e.status, ContentType: "application/json", Body: string(encoded)}
}

// listing is what the admin API says of the stored value. The application is ACTIVE and authenticates as the check does.
type listing string

const (
	listedAbsent listing = "not among the listed secrets"
	listedActive listing = "listed as ACTIVE"
	listedMasked listing = "not to be told, since values are left out and hashes are salted"
)

func (l listing) arrange(w *world, method string) {
	unknowns := oktasim.Unknowns{}
	if l == listedMasked {
		unknowns.Values, unknowns.ForeignHash = oktasim.ValueOmitted, true
	}
	w.reset(unknowns, oktasim.App{TokenEndpointAuthMethod: method})
	w.credential.Spec.TokenEndpointAuthMethod = inSpec(method)
	if l != listedActive {
		w.store(wrongValue)
	}
}

// comesTo is what an error comes to: the verdict of the diagnosis, and whether a new secret is made.
func (a answering) comesTo(published publishedError, known listing) (verdict v1alpha1.Verdict, generates bool) {
	verdict = a.stated(published, known)
	rejects := verdict == v1alpha1.VerdictSecretRejected
	switch {
	case verdict == v1alpha1.VerdictClientUnknown:
		// The admin API has the client, so one of the two is wrong.
		return v1alpha1.VerdictUnrecognized, false
	case !rejects && !published.ambiguous:
		return verdict, false
	case known == listedActive:
		return v1alpha1.VerdictRejectedButActive, false
	case known == listedMasked && published.ambiguous:
		return v1alpha1.VerdictUnrecognized, false
	default:
		return v1alpha1.VerdictSecretRejected, true
	}
}

// inSpec is the method as spec.tokenEndpointAuthMethod writes it.
func inSpec(method string) v1alpha1.TokenEndpointAuthMethod {
	return map[string]v1alpha1.TokenEndpointAuthMethod{
		oktasim.MethodBasic: v1alpha1.AuthMethodBasic, oktasim.MethodPost: v1alpha1.AuthMethodPost, oktasim.MethodClientSecretJWT: v1alpha1.AuthMethodSecretJWT,
	}[method]
}

// methods are the ways to authenticate with a client secret.
func methods() []string {
	return []string{oktasim.MethodBasic, oktasim.MethodPost, oktasim.MethodClientSecretJWT}
}

// tally counts outcomes of parallel tests.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

func (c *tally) add(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[key]++
}

func (c *tally) log(t *testing.T) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(c.counts)) {
		t.Logf("%6d %s", c.counts[key], key)
	}
}

// TestEveryPublishedError has Okta answer each error that it publishes, at /token and at /revoke or at /token alone, in both
// shapes of body, to each way to authenticate, with an admin API that confirms a bad secret, contradicts it, or cannot tell:
// a new secret is made for the texts that mean a wrong one, and for none that is ACTIVE (I5).
func TestEveryPublishedError(t *testing.T) {
	errors := publishedErrors(t)
	for _, known := range []listing{listedAbsent, listedActive, listedMasked} {
		t.Run("stored value "+string(known), func(t *testing.T) {
			var outcomes tally
			t.Run("answered", func(t *testing.T) {
				for _, method := range methods() {
					for _, oktaShape := range []bool{false, true} {
						t.Run(fmt.Sprintf("%s, errorCode shape %t", method, oktaShape), func(t *testing.T) {
							t.Parallel()
							w := newWorld(t, "idx")
							for _, published := range errors {
								// Server and /revoke do not go with the shape: each is varied in one of the two.
								for _, a := range []answering{
									{method: method, oktaShape: oktaShape},
									{method: method, oktaShape: oktaShape, server: map[bool]string{true: "default"}[oktaShape], atTokenAlone: !oktaShape},
								} {
									outcomes.add(a.mustComeTo(w, published, known))
								}
							}
						})
					}
				}
			})
			outcomes.log(t)
		})
	}
}

// mustComeTo asks about one error, and returns verdict and action.
func (a answering) mustComeTo(w *world, published publishedError, known listing) string {
	known.arrange(w, a.method)
	w.credential.Spec.AuthorizationServer = a.server
	for _, route := range secretRoutes() {
		if !a.atTokenAlone || route == oktasim.RouteToken {
			w.org.Fault(published.fault(route, a.oktaShape))
		}
	}
	got := w.decide()
	if verdict, generates := a.comesTo(published, known); got.Verdict != verdict || got.generates() != generates {
		w.t.Errorf("%+v, %s %s: %s and %q, want %s and a new secret: %t", a, published.code, published.name, got.Verdict, got.Action, verdict, generates)
	}
	if answered := w.memory.check; answered.Verdict != a.stated(published, known) || answered.Ambiguous != published.ambiguous {
		w.t.Errorf("%+v, %s %s: the answer is %s (ambiguous %t), and the table states %s", a, published.code, published.name, answered.Verdict, answered.Ambiguous, a.stated(published, known))
	}
	action, _, _ := strings.Cut(got.Action, " ")

	return fmt.Sprintf("%-24s %s", got.Verdict, action)
}
