package oktaclientcredential

import (
	"testing"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// mainCase is a secret that Okta accepted, or never did, and that was deactivated or deleted there.
type mainCase struct {
	refusal              oktasim.ClientRefusal
	method, server       string
	isAuto               bool
	wasAccepted, deleted bool
}

func mainCases() []mainCase {
	cases := []mainCase{{}}
	cases = each(cases, []oktasim.ClientRefusal{oktasim.RefuseAsWrongSecret, oktasim.RefuseAsAmbiguous}, func(c *mainCase, r oktasim.ClientRefusal) { c.refusal = r })
	cases = each(cases, methods(), func(c *mainCase, m string) { c.method = m })
	cases = each(cases, []string{"", "default"}, func(c *mainCase, s string) { c.server = s })
	cases = each(cases, []bool{false, true}, func(c *mainCase, is bool) { c.isAuto = is })
	cases = each(cases, []bool{false, true}, func(c *mainCase, was bool) { c.wasAccepted = was })

	return each(cases, []bool{false, true}, func(c *mainCase, is bool) { c.deleted = is })
}

// each makes of every case one for every value.
func each[C, V any](cases []C, values []V, set func(*C, V)) []C {
	var all []C
	for _, c := range cases {
		for _, v := range values {
			set(&c, v)
			all = append(all, c)
		}
	}

	return all
}

// TestMainCaseHealsWithEveryWording has each text that Okta may refuse a deactivated or deleted secret with: a new secret is
// made, whichever engine, server and way to authenticate.
func TestMainCaseHealsWithEveryWording(t *testing.T) {
	for _, pipeline := range []string{"idx", "v1"} {
		t.Run(pipeline, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, pipeline)
			cases := mainCases()
			for _, c := range cases {
				c.arrange(w)
				if got := w.decide(); got.Action != "Generate SecretRejected" || got.Verdict != v1alpha1.VerdictSecretRejected {
					t.Errorf("%+v: %+v", c, got)
				}
			}
			t.Logf("%d cases", len(cases))
		})
	}
}

// TestUnknownClientIsNotHealed has Okta refuse a deactivated or deleted secret as if it did not know the client: that is no
// rejection of the secret (I5), and said to be unrecognized.
func TestUnknownClientIsNotHealed(t *testing.T) {
	w := newWorld(t, "idx")
	for _, c := range mainCases() {
		if c.method == oktasim.MethodClientSecretJWT {
			continue
		}
		c.refusal = oktasim.RefuseAsUnknownClient
		c.arrange(w)
		if got := w.decide(); got.Action != "Explain Unrecognized" || got.Verdict != v1alpha1.VerdictUnrecognized {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}

// TestSecondOpinion has /token refuse a value in the exact or in the ambiguous text, and /revoke answer each error that Okta
// publishes: a new secret is made where that refuses it too, or says nothing and Okta's list tells that it is not ACTIVE (I5).
func TestSecondOpinion(t *testing.T) {
	errors := publishedErrors(t)
	for _, known := range []listing{listedAbsent, listedActive, listedMasked} {
		t.Run("stored value "+string(known), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "idx")
			for _, published := range errors {
				for _, isAmbiguous := range []bool{false, true} {
					known.arrange(w, oktasim.MethodBasic)
					text := "The client secret supplied for a confidential client is invalid."
					if isAmbiguous {
						text = ambiguousText
					}
					w.org.Fault(oktasim.OAuthErrorFault(oktasim.RouteToken, 401, "invalid_client", text))
					w.org.Fault(published.fault(oktasim.RouteRevoke, false))
					if got := w.decide(); got.generates() != agrees(published, known, isAmbiguous) {
						t.Errorf("ambiguous at /token: %t, at /revoke %s %s: %s and %q", isAmbiguous, published.code, published.name, got.Verdict, got.Action)
					}
				}
			}
		})
	}
}

// agrees says whether an error of /revoke lets a refusal of /token start a rotation.
func agrees(second publishedError, known listing, isAmbiguous bool) bool {
	says := answering{method: oktasim.MethodBasic}.stated(second, known)
	refuses := says == v1alpha1.VerdictSecretRejected
	saysNothing := says == v1alpha1.VerdictUnrecognized
	switch {
	case known == listedActive:
		return false
	case isAmbiguous:
		return known == listedAbsent && (refuses || second.ambiguous)
	case known == listedMasked:
		return refuses
	default:
		return refuses || saysNothing
	}
}

const ambiguousText = "Client authentication failed. Either the client or the client credentials are invalid."

func (c mainCase) arrange(w *world) {
	w.t.Helper()
	w.reset(oktasim.Unknowns{WrongSecret: c.refusal, InactiveSecret: c.refusal}, oktasim.App{TokenEndpointAuthMethod: c.method})
	w.credential.Spec.AuthorizationServer = c.server
	if !c.isAuto {
		w.credential.Spec.TokenEndpointAuthMethod = inSpec(c.method)
	}
	if c.wasAccepted {
		w.mustWork()
	}
	w.replaceByAdmin(c.deleted)
	if c.method == oktasim.MethodClientSecretJWT && c.refusal == oktasim.RefuseAsAmbiguous {
		// The simulated org has no switch for how it refuses an assertion.
		for _, route := range secretRoutes() {
			w.org.Fault(oktasim.OAuthErrorFault(route, 401, "invalid_client", ambiguousText))
		}
	}
}
