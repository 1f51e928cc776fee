package rotation_test

import (
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// ambiguous is Okta's text that may mean another authentication method.
func ambiguous(o *rotation.Observation) {
	answered(v1alpha1.VerdictUnrecognized, 1)(o)
	o.Check.At, o.Check.Ambiguous = at.Add(-time.Second), true
}

func authenticates(method string) given {
	return func(o *rotation.Observation) {
		lists(active("ocs1", "old"))(o)
		o.Okta.AppAuthMethod = method
	}
}

func knownMethod(method string) given {
	return func(o *rotation.Observation) { o.Journal.Record.AuthMethod = method }
}

func TestAuthenticationMethod(t *testing.T) {
	learnt := func(method v1alpha1.TokenEndpointAuthMethod) rotation.Action {
		return record(func(r rotation.Record) rotation.Record { return r.UseMethod(string(method)) })
	}
	spacing := at.Add(14 * time.Second)
	confirmed := rotationAt(spacing, wait(working, v1alpha1.ReasonRejectionUnconfirmed, spacing))
	twice := func(o *rotation.Observation) { ambiguous(o); o.Check.Rejections, o.Check.Failures = 2, 2 }
	next := at.Add(-time.Second).Add(10 * time.Minute)
	set := func(method v1alpha1.TokenEndpointAuthMethod) given {
		return func(o *rotation.Observation) { o.Credential.AuthMethod = method }
	}
	decide(t, map[string]decision{
		"an ambiguous answer asks the application":    {given: []given{ambiguous}, want: rotation.Look{At: rotation.LookApplication}},
		"an application with post is sent post":       {given: []given{ambiguous, authenticates("client_secret_post")}, want: learnt(v1alpha1.AuthMethodPost)},
		"an application with a JWT is sent one":       {given: []given{ambiguous, authenticates("client_secret_jwt")}, want: learnt(v1alpha1.AuthMethodSecretJWT)},
		"an application with basic is asked once":     {given: []given{ambiguous, authenticates("client_secret_basic")}, want: learnt(v1alpha1.AuthMethodBasic)},
		"one whose method is known is confirmed":      {given: []given{ambiguous, knownMethod("ClientSecretBasic")}, want: confirmed},
		"one with another method teaches nothing":     {given: []given{ambiguous, authenticates("private_key_jwt")}, want: confirmed},
		"a method of the spec is not questioned":      {given: []given{ambiguous, set(v1alpha1.AuthMethodPost)}, want: confirmed},
		"an unusable connection is not asked":         {given: []given{ambiguous, unusable}, want: confirmed},
		"an admin API that failed is asked later":     {given: []given{ambiguous, func(o *rotation.Observation) { o.Retry.At = at.Add(time.Minute) }}, want: confirmed},
		"a clear answer does not ask for the method":  {given: []given{answered(v1alpha1.VerdictAccepted, 0)}, want: wait(rotation.Settled, "Accepted", at.Add(-10*time.Second).Add(10*time.Minute))},
		"confirmed, a wrong method of the spec":       {given: []given{twice, set(v1alpha1.AuthMethodPost), authenticates("client_secret_basic")}, want: wait(blocked, v1alpha1.ReasonMethodMismatch, next)},
		"a method that changed at Okta is learnt too": {given: []given{twice, knownMethod("ClientSecretBasic"), authenticates("client_secret_post")}, want: learnt(v1alpha1.AuthMethodPost)},
		"so it is where Okta rejects the secret":      {given: []given{rejected(active("ocs1", "old")), authenticates("client_secret_post")}, want: learnt(v1alpha1.AuthMethodPost)},
		"in mode Observe it is said":                  {given: []given{twice, mode(v1alpha1.ModeObserve), authenticates("client_secret_post")}, want: wait(blocked, v1alpha1.ReasonMethodMismatch, next)},
	})
}
