package oktaclientcredential

import (
	"testing"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// TestWhatMayBeASecretUnderTheWrongKey is not sent to the admin API as an id. What a rotation proved before, or the form of an id
// where there is no other value to be checked, is enough.
func TestWhatMayBeASecretUnderTheWrongKey(t *testing.T) {
	t.Parallel()
	const id, secret = "0oaabcdefghijklmnopq", "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MGFiY2RlZmdoaWo"
	said := func(verdict v1alpha1.Verdict) func(*scene) {
		return func(s *scene) { s.Check = &rotation.Check{Verdict: verdict} }
	}
	empty := func(s *scene) { s.Target.Value = redact.Value{} }
	for name, c := range map[string]struct {
		clientID string
		changes  []func(*scene)
		want     bool
	}{
		"Okta does not know it":                 {id, []func(*scene){said(v1alpha1.VerdictClientUnknown)}, true},
		"Okta was not asked":                    {id, nil, true},
		"Okta rejects its secret":               {secret, []func(*scene){said(v1alpha1.VerdictSecretRejected)}, false},
		"a rotation is at work":                 {id, []func(*scene){func(s *scene) { s.Journal.Record.Staged = &rotation.Staged{} }}, false},
		"one was given up":                      {id, []func(*scene){func(s *scene) { s.Journal.Record.Retired = []rotation.Retired{{}} }}, false},
		"there is no value to be checked":       {id, []func(*scene){empty}, false},
		"nor an id beside it, by its form":      {secret, []func(*scene){empty}, true},
		"the spec has it, whatever Okta says":   {secret, []func(*scene){func(s *scene) { s.Credential.ClientID = "0oa1" }}, false},
		"it was accepted once, whatever is now": {id, []func(*scene){func(s *scene) { s.Journal.Record.Current = &rotation.Held{} }}, false},
	} {
		seen := &scene{credential: &v1alpha1.OktaClientCredential{}}
		seen.Target = rotation.Target{Found: true, ClientID: c.clientID, Value: redact.NewValue("value")}
		for _, change := range c.changes {
			change(seen)
		}
		if got := seen.mayBeSecret(); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
