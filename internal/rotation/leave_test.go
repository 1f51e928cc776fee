package rotation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

func TestWhatADeletedCredentialLeavesBehindIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given   []given
		created string
		want    []string
	}{
		"nothing":                               {},
		"a superseded one":                      {given: []given{superseded(0)}, want: []string{"ocs1"}},
		"an original that is INACTIVE":          {given: []given{superseded(0), retired(func(r *rotation.Retired) { r.DeactivatedAt = at })}},
		"one of ours that is INACTIVE":          {given: []given{superseded(0), retired(func(r *rotation.Retired) { r.DeactivatedAt, r.Made = at, true })}, want: []string{"ocs1"}},
		"one that Okta does not list any more":  {given: []given{superseded(0), retired(func(r *rotation.Retired) { r.UnlistedSince = at })}},
		"one of ours without an id":             {given: []given{superseded(0), retired(func(r *rotation.Retired) { r.ID, r.Made = "", true })}, want: []string{"id unknown"}},
		"a staged one":                          {given: []given{staged}, want: []string{"about 2026-", "id unknown"}},
		"a staged one that was just created":    {given: []given{staged}, created: "ocs7", want: []string{"ocs7"}},
		"a staged one that is about to be used": {given: []given{promoting}, want: []string{"ocs2"}},
		"one that Okta had before":              {given: []given{staged, func(o *rotation.Observation) { o.Journal.Record.Staged.Adopted = true }}},
		"the one of a Secret that goes too":     {given: []given{owned, superseded(0)}, want: []string{"ocs1", "ocs2"}},
		"a journal that cannot be read":         {given: []given{func(o *rotation.Observation) { o.Journal.Unreadable = "it is cut off" }}, want: []string{"cannot be read"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := healthy(c.given...).Journal.LeftBehind(c.created)
			if (got == "") != (len(c.want) == 0) {
				t.Errorf("LeftBehind() = %q", got)
			}
			for _, part := range c.want {
				if !strings.Contains(got, part) {
					t.Errorf("LeftBehind() = %q, which does not say %q", got, part)
				}
			}
		})
	}
}

func owned(o *rotation.Observation) { o.Journal.Record.Owned = true }

// TestWhoseSecretIsMadeUnderOwnerIsNoted, since the credential that says so is gone when it is asked for.
func TestWhoseSecretIsMadeUnderOwnerIsNoted(t *testing.T) {
	t.Parallel()
	finished := func(o *rotation.Observation) {
		promoting(o)
		o.Target.Value = value("new")
	}
	goes := func(o *rotation.Observation) { o.Target.Owned = true }
	for name, c := range map[string]struct {
		given []given
		want  bool
	}{
		"at the end of a rotation":      {[]given{finished, goes}, true},
		"by an operator that is newer":  {[]given{goes}, true},
		"not where the Secret stays":    {[]given{finished}, false},
		"nor where nothing is written":  {[]given{goes, mode(v1alpha1.ModeObserve)}, false},
		"nor again where it was before": {[]given{goes, owned}, false},
	} {
		write, _ := rotation.Decide(at, healthy(c.given...)).(rotation.WriteJournal)
		if write.Record.Owned != c.want {
			t.Errorf("%s: noted as owned: %t", name, write.Record.Owned)
		}
	}
}

func retired(change func(*rotation.Retired)) given {
	return func(o *rotation.Observation) { change(&o.Journal.Record.Retired[0]) }
}

func TestAJournalIsHeldWhileSomethingAtOktaDependsOnIt(t *testing.T) {
	t.Parallel()
	keeps := func(o *rotation.Observation) { o.Credential.Policy.Retire = "Retain" }
	for name, c := range map[string]struct {
		given []given
		want  bool
	}{
		"nothing does":                                        {},
		"a staged secret does":                                {given: []given{staged}, want: true},
		"a superseded one does":                               {given: []given{superseded(0)}, want: true},
		"not where an original is kept by the policy":         {given: []given{superseded(0), keeps}},
		"one of ours does, to be named":                       {given: []given{superseded(0), keeps, retired(func(r *rotation.Retired) { r.Made = true })}, want: true},
		"one that waits for a person does":                    {given: []given{superseded(0), retired(func(r *rotation.Retired) { r.Kept = true })}, want: true},
		"not once Okta has lost it":                           {given: []given{superseded(0), retired(func(r *rotation.Retired) { r.Kept, r.UnlistedSince = true, at.Add(-time.Hour) })}},
		"nor where the leader retires them":                   {given: []given{superseded(0), leader("ocs2")}},
		"a deletion needs it to the end":                      {given: []given{deleting("Retire")}, want: true},
		"the one of a Secret that goes too does, to be named": {given: []given{owned, func(o *rotation.Observation) { o.Journal.Record.Current.Made = true }}, want: true},
		"not where it is another's":                           {given: []given{owned}},
		"nor one that Okta has not listed a while":            {given: []given{superseded(0), retired(func(r *rotation.Retired) { r.UnlistedSince = at.Add(-time.Hour) })}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := healthy(c.given...)
			if got := o.Holds(o.Journal.Record); got != c.want {
				t.Errorf("Holds() = %t, want %t", got, c.want)
			}
		})
	}
}
