package rotation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// What a rejection must pass before a value is made for it (I5).
func TestRejected(t *testing.T) {
	t.Parallel()
	next := at.Add(9*time.Minute + 50*time.Second)
	stage := rotation.StageSecret{Cause: rotation.CauseRejected, IDsBefore: []string{"ocs2"}, Replaces: rotation.Replaced{Hash: value("old").Hash()}}
	stageMasked := stage
	stageMasked.Replaces.Masked = true
	stranger := active("ocs2", "x")
	second := func(verdict v1alpha1.Verdict) given {
		return func(o *rotation.Observation) {
			answered(v1alpha1.VerdictSecretRejected, 2)(o)
			o.Second = &rotation.Check{Verdict: verdict, At: at}
			if o.Okta == nil {
				lists(stranger)(o)
			}
		}
	}
	app := func(change func(*rotation.OktaView)) []given {
		return []given{rejected(stranger), func(o *rotation.Observation) { change(o.Okta) }}
	}
	attempts := func(n int, age time.Duration) given {
		return func(o *rotation.Observation) {
			o.Journal.Record.Attempts, o.Journal.Record.LastFailure = n, at.Add(-age)
		}
	}
	decide(t, map[string]decision{
		"a first rejection is confirmed":                     {given: []given{answered(v1alpha1.VerdictSecretRejected, 1)}, want: rotationAt(at.Add(5*time.Second), wait(working, v1alpha1.ReasonRejectionUnconfirmed, at.Add(5*time.Second)))},
		"mode Repair says what it would do":                  {given: []given{rejected(stranger), mode(v1alpha1.ModeRepair)}, want: wait(blocked, v1alpha1.ReasonObserving, next)},
		"an immutable Secret is not rotated":                 {given: []given{rejected(stranger), immutable}, want: wait(blocked, v1alpha1.ReasonSecretImmutable, next)},
		"too many failed rotations halt":                     {given: []given{rejected(stranger), attempts(5, 24*time.Hour)}, want: wait(blocked, v1alpha1.ReasonHalted, next)},
		"a failed rotation waits, at most to the next check": {given: []given{rejected(stranger), attempts(1, 10*time.Second)}, want: rotationAt(at.Add(50*time.Second), wait(working, v1alpha1.ReasonBackoff, at.Add(50*time.Second)))},
		"the third rotation of a day is the last": {
			given: []given{rejected(stranger), func(o *rotation.Observation) {
				o.Journal.Record.Starts = []time.Time{at.Add(-25 * time.Hour), at.Add(-3 * time.Hour), at.Add(-2 * time.Hour), at.Add(-time.Hour)}
			}},
			want: rotationAt(at.Add(21*time.Hour), wait(blocked, v1alpha1.ReasonLimitReached, next)),
		},
		"rotations of the day before do not count": {
			given: []given{rejected(stranger), func(o *rotation.Observation) {
				o.Journal.Record.Starts = []time.Time{at.Add(-25 * time.Hour), at.Add(-24 * time.Hour), at.Add(-24 * time.Hour)}
			}},
			want: stage,
		},
		"an unusable connection is named": {given: []given{rejected(stranger), unusable}, want: wait(blocked, v1alpha1.ReasonConnectionUnusable, next)},
		"a failed admin API waits for a person": {
			given: []given{answered(v1alpha1.VerdictSecretRejected, 2), func(o *rotation.Observation) {
				o.Retry = rotation.Retry{At: at.Add(time.Minute), Reason: "PermissionMissing", Message: "403", NeedsPerson: true}
			}},
			want: wait(blocked, "PermissionMissing", at.Add(time.Minute)),
		},
		"the application is asked":                     {given: []given{answered(v1alpha1.VerdictSecretRejected, 2)}, want: rotation.Look{At: rotation.LookApplication}},
		"the revocation endpoint is asked":             {given: []given{answered(v1alpha1.VerdictSecretRejected, 2), lists(stranger)}, want: rotation.Look{At: rotation.LookSecond}},
		"it may accept the value":                      {given: []given{second(v1alpha1.VerdictAccepted)}, want: wait(blocked, v1alpha1.ReasonSecondOpinionDiffers, next)},
		"it may be throttled":                          {given: []given{second(v1alpha1.VerdictThrottled)}, want: wait(working, "Throttled", at.Add(time.Minute))},
		"it agrees":                                    {given: []given{second(v1alpha1.VerdictSecretRejected)}, want: stage},
		"a list without the application is not enough": {given: app(func(v *rotation.OktaView) { v.AppStatus, v.AppClientID = "", "" }), want: rotation.Look{At: rotation.LookApplication}},
		"the admin API fails and nobody said until when": {given: app(func(v *rotation.OktaView) {
			v.Problem, v.Message, v.NeedsPerson, v.RetryAfter = "PermissionMissing", "403", true, time.Hour
		}), want: wait(blocked, "PermissionMissing", at.Add(time.Hour))},
		"an application of another client id":   {given: app(func(v *rotation.OktaView) { v.AppClientID = "0ob" }), want: wait(blocked, v1alpha1.ReasonApplicationMismatch, next)},
		"an application that is not ACTIVE":     {given: app(func(v *rotation.OktaView) { v.AppStatus = "INACTIVE" }), want: wait(blocked, v1alpha1.ReasonApplicationInactive, next)},
		"an application without client secrets": {given: app(func(v *rotation.OktaView) { v.AppAuthMethod = "private_key_jwt" }), want: wait(blocked, v1alpha1.ReasonPrivateKeyRequired, next)},
		"an application that uses post: so do we": {
			given: app(func(v *rotation.OktaView) { v.AppAuthMethod = "client_secret_post" }),
			want:  record(func(r rotation.Record) rotation.Record { return r.UseMethod("ClientSecretPost") }),
		},
		"an application that uses post and was found to": {
			given: append(app(func(v *rotation.OktaView) { v.AppAuthMethod = "client_secret_post" }), func(o *rotation.Observation) { o.Journal.Record.AuthMethod = "ClientSecretPost" }),
			want:  stage,
		},
		"an application that uses post where the spec says basic": {
			given: append(app(func(v *rotation.OktaView) { v.AppAuthMethod = "client_secret_post" }), func(o *rotation.Observation) { o.Credential.AuthMethod = v1alpha1.AuthMethodBasic }),
			want:  wait(blocked, v1alpha1.ReasonMethodMismatch, next),
		},
		"a rejected value that is listed as ACTIVE is not replaced": {given: []given{rejected(active("ocs1", "old"))}, want: wait(blocked, v1alpha1.ReasonRejectedButActive, next)},
		"where values are masked the second opinion must be clear": {
			given: []given{rejected(masked(stranger)), second(v1alpha1.VerdictUnrecognized)},
			want:  wait(blocked, v1alpha1.ReasonUnrecognized, next),
		},
		"where values are masked a clear second opinion will do": {given: []given{rejected(masked(stranger))}, want: stageMasked},
		"a value that nothing proves to be this client's is not overwritten": {
			given: []given{rejected(stranger), func(o *rotation.Observation) { o.Target.ClientID, o.Journal.Record.Current = "", nil }},
			want:  wait(blocked, v1alpha1.ReasonOwnershipUnproven, next),
		},
		"a value that was accepted once is this client's": {given: []given{rejected(stranger), func(o *rotation.Observation) { o.Target.ClientID = "" }}, want: stage},
		"a value that Okta lists as INACTIVE is this client's": {
			given: []given{rejected(inactive("ocs2", "old")), func(o *rotation.Observation) { o.Target.ClientID, o.Journal.Record.Current = "", nil }},
			want:  rotation.StageSecret{Cause: rotation.CauseRejected, IDsBefore: []string{"ocs2"}, Replaces: rotation.Replaced{Hash: value("old").Hash(), ID: "ocs2", Inactive: true}},
		},
		"no room needs a person": {given: []given{rejected(active("ocs3", "y"), stranger)}, want: wait(blocked, v1alpha1.ReasonSlotsFull, next)},
		"no room beside the current secret: that it was overwritten is counted": {
			given: []given{superseded(0), typo, rejected(active("ocs2", "new"), stranger)},
			want:  record(func(r rotation.Record) rotation.Record { return r.Flip(at, "7", value("typo")) }, superseded(0)),
		},
		"no room beside the current secret: it is written back": {
			given: []given{superseded(0), typo, rejected(active("ocs2", "new"), stranger), flipped(1, "7")},
			want:  rotation.WriteTarget{Value: value("new"), Version: "7"},
		},
		"no room beside the current secret, overwritten again and again": {
			given: []given{superseded(0), typo, rejected(active("ocs2", "new"), stranger), flipped(3, "6")},
			want:  record(givenIn("typo"), superseded(0), flipped(3, "6")),
		},
		"what is left of a failed rotation makes room before the next": {
			given: []given{rejected(active("ocs3", "y"), stranger), func(o *rotation.Observation) {
				o.Journal.Held = true
				o.Journal.Record.Retired = []rotation.Retired{{Hash: value("y").Hash(), ID: "ocs3", Made: true, At: at.Add(-time.Hour)}}
			}},
			want: rotation.DeactivateSecret{ID: "ocs3"},
		},
		"old evidence is renewed":          {given: []given{rejected(stranger), func(o *rotation.Observation) { o.Check.At = at.Add(-5 * time.Minute) }}, want: rotation.Look{At: rotation.LookTarget}},
		"a value is made":                  {given: []given{rejected(stranger)}, want: stage},
		"an unknown client needs a person": {given: []given{answered(v1alpha1.VerdictClientUnknown, 0), unusable}, want: wait(blocked, "ClientUnknown", next)},
		"a throttled check comes again":    {given: []given{answered(v1alpha1.VerdictThrottled, 0), func(o *rotation.Observation) { o.Check.RetryAfter = time.Minute }}, want: wait(working, "Throttled", at.Add(50*time.Second))},
	})
}

// typo is a value that somebody put over the current one.
func typo(o *rotation.Observation) { o.Target.Value = value("typo") }

// TestACommandNamesTheToolThatItWritesOver: nobody was asked before, so the event says who may write back.
func TestACommandNamesTheToolThatItWritesOver(t *testing.T) {
	t.Parallel()
	const kept = "External Secrets (ExternalSecret web-shop)"
	agreed := func(o *rotation.Observation) { o.Journal.Record.Consented = "External Secrets" }
	revoke := func(o *rotation.Observation) { o.Credential.Commands.Revoke = "now" }
	rollback := func(o *rotation.Observation) { o.Credential.Commands.Rollback = "now" }
	ours := func(o *rotation.Observation) { o.Journal.Record.Current.Made = true }
	both := lists(active("ocs1", "old"), active("ocs2", "new"))
	one := lists(active("ocs1", "old"))
	byHand := func(o *rotation.Observation) { o.Journal.Record.Current.Made = false }
	for name, test := range map[string]struct {
		given []given
		names bool
	}{
		"rotate":                                 {[]given{command("now"), one, managedBy(kept)}, true},
		"revoke":                                 {[]given{revoke, one, managedBy(kept)}, true},
		"rollback":                               {[]given{superseded(2 * time.Hour), byHand, rollback, both, managedBy(kept)}, true},
		"nobody else keeps the Secret":           {[]given{command("now"), one}, false},
		"a person has agreed already":            {[]given{command("now"), one, managedBy(kept), agreed}, false},
		"the value there is the operator's own":  {[]given{command("now"), one, managedBy(kept), ours}, false},
		"by age, which waits for an agreement":   {[]given{old, managedBy(kept), agreed}, false},
		"a healing, which waits for one as well": {[]given{rejected(inactive("ocs1", "old")), managedBy(kept), agreed}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var told []rotation.Telling
			action := rotation.Decide(at, healthy(test.given...))
			if stages, ok := action.(rotation.StageSecret); ok {
				told = stages.Tell
			}
			if writes, ok := action.(rotation.WriteJournal); ok {
				told = writes.Tell
			}
			if len(told) == 0 {
				t.Fatalf("no start: %#v", action)
			}
			names := strings.Contains(told[0].Message, "kept by "+kept+", which may write its own client secret back")
			if told[0].Reason != v1alpha1.ReasonRotationStarted || names != test.names {
				t.Errorf("%+v", told)
			}
		})
	}
}
