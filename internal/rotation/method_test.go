package rotation_test

import (
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// ambiguous is Okta's text that may mean another authentication method.
func ambiguous(o *rotation.Observation) {
	answered(v1alpha1.VerdictUnrecognized, 0)(o)
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
	later := wait(working, string(v1alpha1.VerdictUnrecognized), at.Add(4*time.Second))
	decide(t, map[string]decision{
		"an ambiguous answer asks the application":   {given: []given{ambiguous}, want: rotation.Look{At: rotation.LookApplication}},
		"an application with post is sent post":      {given: []given{ambiguous, authenticates("client_secret_post")}, want: learnt(v1alpha1.AuthMethodPost)},
		"an application with basic is asked once":    {given: []given{ambiguous, authenticates("client_secret_basic")}, want: learnt(v1alpha1.AuthMethodBasic)},
		"one whose method is known is not asked":     {given: []given{ambiguous, knownMethod("ClientSecretBasic")}, want: later},
		"one with another method teaches nothing":    {given: []given{ambiguous, authenticates("private_key_jwt")}, want: later},
		"a method of the spec is not questioned":     {given: []given{ambiguous, func(o *rotation.Observation) { o.Credential.AuthMethod = v1alpha1.AuthMethodPost }}, want: later},
		"an unusable connection is not asked":        {given: []given{ambiguous, unusable}, want: later},
		"an admin API that failed is asked later":    {given: []given{ambiguous, func(o *rotation.Observation) { o.Retry.At = at.Add(time.Minute) }}, want: later},
		"a clear answer does not ask for the method": {given: []given{answered(v1alpha1.VerdictAccepted, 0)}, want: wait(rotation.Settled, "Accepted", at.Add(-10*time.Second).Add(10*time.Minute))},
	})
}
