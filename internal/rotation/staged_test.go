package rotation_test

import (
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// The steps of a rotation, from wherever a crash left it.
func TestUnfinished(t *testing.T) {
	t.Parallel()
	list := rotation.Look{At: rotation.LookSecrets}
	ours, stranger := active("ocs2", "new"), active("ocs3", "x")
	refusedFor := func(d time.Duration) given {
		return func(o *rotation.Observation) { o.Journal.Record.Staged.RefusedSince = at.Add(-d) }
	}
	pasted := func(verdict v1alpha1.Verdict) given {
		return func(o *rotation.Observation) {
			o.Target.Value, o.Target.Version = value("pasted"), "8"
			answered(verdict, 0)(o)
		}
	}
	withdraw := func(failed bool, id string) func(rotation.Record) rotation.Record {
		return func(r rotation.Record) rotation.Record { return r.Withdraw(at, failed, id) }
	}
	created := func(o *rotation.Observation) { o.JustCreated = "ocs2" }
	confirmed := func(o *rotation.Observation) { o.Check.Rejections = 2 }
	byCommand := func(o *rotation.Observation) { o.Journal.Record.Staged.Cause = rotation.CauseCommand }
	decide(t, map[string]decision{
		"it pauses in mode Observe":                                  {given: []given{staged, mode(v1alpha1.ModeObserve)}, want: wait(blocked, v1alpha1.ReasonObserving, at.Add(9*time.Minute+50*time.Second))},
		"while it pauses the Secret is checked":                      {given: []given{staged, mode(v1alpha1.ModeObserve), func(o *rotation.Observation) { o.Check = nil }}, want: rotation.Look{At: rotation.LookTarget}},
		"the finalizer comes before Okta is changed":                 {given: []given{staged, func(o *rotation.Observation) { o.Credential.DeletionPolicy = v1alpha1.DeletionRetire }}, want: rotation.AddFinalizer{}},
		"just staged with room: create":                              {given: []given{staged, justStaged(time.Second)}, want: rotation.CreateSecret{Value: value("new")}},
		"just staged without room: look":                             {given: []given{staged, justStaged(time.Second), func(o *rotation.Observation) { o.Journal.Record.Staged.IDsBefore = []string{"ocs1", "ocs3"} }}, want: list},
		"staged a moment ago: look again":                            {given: []given{staged, justStaged(10 * time.Second)}, want: list},
		"just staged, but the admin credential cannot be used: look": {given: []given{staged, justStaged(time.Second), unusable}, want: list},
		"just staged, and a creation that was not sent waits for its time": {
			given: []given{staged, justStaged(time.Second), func(o *rotation.Observation) {
				o.Retry = rotation.Retry{At: at.Add(3 * time.Second), Reason: v1alpha1.ReasonThrottled}
			}},
			want: wait(working, v1alpha1.ReasonThrottled, at.Add(3*time.Second)),
		},
		"just staged, and an admin Secret that is gone is waited for": {
			given: []given{staged, justStaged(time.Second), func(o *rotation.Observation) {
				o.Retry = rotation.Retry{At: at.Add(5 * time.Second), Reason: v1alpha1.ReasonAdminSecretMissing, NeedsPerson: true}
			}},
			want: wait(blocked, v1alpha1.ReasonAdminSecretMissing, at.Add(5*time.Second)),
		},
		"else it is looked up": {given: []given{staged}, want: list},
		"a look-up waits for the admin API": {given: []given{staged, func(o *rotation.Observation) {
			o.Retry = rotation.Retry{At: at.Add(time.Minute), Reason: "OktaUnavailable"}
		}}, want: wait(working, "OktaUnavailable", at.Add(time.Minute))},
		"a failed look-up waits":                                 {given: []given{staged, lists(), func(o *rotation.Observation) { o.Okta.Problem = "OktaUnavailable" }}, want: wait(working, "OktaUnavailable", at.Add(time.Minute))},
		"not there: create":                                      {given: []given{staged, lists(stranger)}, want: rotation.CreateSecret{Value: value("new")}},
		"there and ACTIVE: test it":                              {given: []given{staged, lists(ours)}, want: rotation.Look{At: rotation.LookStaged}},
		"there twice: drop the newer":                            {given: []given{staged, lists(ours, active("ocs4", "new"))}, want: rotation.DeactivateSecret{ID: "ocs4"}},
		"there but INACTIVE: somebody does not want it":          {given: []given{staged, lists(inactive("ocs2", "new"))}, want: record(withdraw(true, "ocs2"), staged)},
		"Okta refused to create it":                              {given: []given{staged, lists(stranger), func(o *rotation.Observation) { o.CreateRefused = "no" }}, want: record(withdraw(true, ""), staged)},
		"no room any more":                                       {given: []given{staged, lists(stranger, active("ocs4", "y"))}, want: record(withdraw(false, ""), staged)},
		"room is made of the INACTIVE one that the Secret holds": {given: []given{staged, lists(inactive("ocs1", "old"), stranger)}, want: rotation.DeleteSecret{ID: "ocs1"}},
		"room is made of a released one, deactivated first": {
			given: []given{staged, lists(stranger, active("ocs4", "y")), func(o *rotation.Observation) { o.Journal.Record.Released = "ocs4" }},
			want:  rotation.DeactivateSecret{ID: "ocs4"},
		},
		"a released one that is the last ACTIVE one stays": {
			given: []given{staged, lists(inactive("ocs3", "x"), active("ocs4", "y")), func(o *rotation.Observation) { o.Journal.Record.Released = "ocs4" }},
			want:  record(withdraw(false, ""), staged, func(o *rotation.Observation) { o.Journal.Record.Released = "ocs4" }),
		},
		"a released one that the Secret may hold stays, where values are masked (I2)": {
			given: []given{
				staged, func(o *rotation.Observation) {
					o.Journal.Record.Staged.Cause, o.Journal.Record.Released = rotation.CauseCommand, "ocs4"
					o.Journal.Record.Staged.IDsBefore = []string{"ocs3", "ocs4"}
				},
				answered(v1alpha1.VerdictAccepted, 0), lists(masked(stranger), masked(active("ocs4", "old"))),
			},
			want: record(withdraw(false, ""), staged, func(o *rotation.Observation) {
				o.Journal.Record.Staged.Cause, o.Journal.Record.Released = rotation.CauseCommand, "ocs4"
			}),
		},
		"a new id where values are masked is tested": {given: []given{staged, lists(masked(stranger))}, want: rotation.Look{At: rotation.LookStaged}},
		"a new id is ours when it was listed after the value was accepted": {
			given: []given{staged, lists(masked(ours)), tested(v1alpha1.VerdictAccepted)},
			want: record(func(r rotation.Record) rotation.Record {
				return r.Promote(rotation.Promotion{TargetVersion: "7", ID: "ocs2", Replaces: r.Staged.Replaces, Previous: &rotation.Held{Value: value("old"), ID: "ocs1"}})
			}, staged),
		},
		"a new id may be a stranger's when it was listed before (I4)": {
			given: []given{staged, lists(masked(ours)), tested(v1alpha1.VerdictAccepted), func(o *rotation.Observation) { o.StagedCheck.Fresh = true }},
			want:  wait(working, v1alpha1.ReasonRotating, at.Add(time.Second)),
		},
		"a new id whose value is refused for long is not ours": {
			given: []given{staged, lists(masked(stranger)), tested(v1alpha1.VerdictSecretRejected), refusedFor(3 * time.Minute)},
			want:  record(func(r rotation.Record) rotation.Record { return r.Disown([]string{"ocs3"}) }, staged),
		},
		"a new value that cannot be tested waits":                 {given: []given{staged, created, tested(v1alpha1.VerdictUnreachable)}, want: wait(working, v1alpha1.ReasonRotating, at.Add(2*time.Second))},
		"a first refusal is noted":                                {given: []given{staged, created, tested(v1alpha1.VerdictSecretRejected)}, want: record(func(r rotation.Record) rotation.Record { return r.Refuse(at) }, staged)},
		"a refusal has patience":                                  {given: []given{staged, created, tested(v1alpha1.VerdictSecretRejected), refusedFor(time.Minute)}, want: wait(working, v1alpha1.ReasonNewSecretRefused, at.Add(2*time.Second))},
		"a refusal for good ends the rotation":                    {given: []given{staged, created, tested(v1alpha1.VerdictSecretRejected), refusedFor(2 * time.Minute)}, want: record(withdraw(true, "ocs2"), staged, refusedFor(2*time.Minute))},
		"an immutable Secret is not promoted over":                {given: []given{staged, created, tested(v1alpha1.VerdictAccepted), immutable}, want: wait(blocked, v1alpha1.ReasonSecretImmutable, time.Time{})},
		"somebody healed it":                                      {given: []given{staged, created, pasted(v1alpha1.VerdictAccepted)}, want: record(withdraw(false, "ocs2"), staged)},
		"somebody may have healed it":                             {given: []given{staged, created, pasted(v1alpha1.VerdictForbidden)}, want: wait(working, v1alpha1.ReasonRotating, at.Add(9*time.Minute+50*time.Second))},
		"somebody did not heal it: what is replaced is looked up": {given: []given{staged, created, tested(v1alpha1.VerdictAccepted), pasted(v1alpha1.VerdictSecretRejected), confirmed}, want: list},
		"that it did not is confirmed first (I5)":                 {given: []given{staged, created, tested(v1alpha1.VerdictAccepted), pasted(v1alpha1.VerdictSecretRejected)}, want: wait(working, v1alpha1.ReasonRotating, at.Add(5*time.Second))},
		"what Okta lists as ACTIVE is not replaced (I5)": {
			given: []given{staged, created, tested(v1alpha1.VerdictAccepted), pasted(v1alpha1.VerdictSecretRejected), confirmed, lists(active("ocs3", "pasted"), ours)},
			want:  record(withdraw(false, "ocs2"), staged),
		},
		"but by a person's command": {
			given: []given{staged, byCommand, created, tested(v1alpha1.VerdictAccepted), pasted(v1alpha1.VerdictSecretRejected), confirmed, lists(active("ocs3", "pasted"), ours)},
			want: record(func(r rotation.Record) rotation.Record {
				return r.Promote(rotation.Promotion{
					TargetVersion: "8", ID: "ocs2",
					Replaces: rotation.Replaced{Hash: value("pasted").Hash(), ID: "ocs3"}, Previous: &rotation.Held{Value: value("pasted"), ID: "ocs3"},
				})
			}, staged, byCommand),
		},
	})
	decide(t, map[string]decision{
		"write": {given: []given{promoting}, want: rotation.WriteTarget{Value: value("new"), Version: "7"}},
		"an old intent is not written untested (I2)": {given: []given{promoting, func(o *rotation.Observation) { o.StagedCheck = nil }}, want: rotation.Look{At: rotation.LookStaged}},
		"written: finish": {
			given: []given{promoting, func(o *rotation.Observation) { o.Target.Value = value("new") }},
			want:  record(func(r rotation.Record) rotation.Record { return r.Finish(at) }, promoting),
		},
		"an immutable Secret cannot be written": {given: []given{promoting, immutable}, want: wait(blocked, v1alpha1.ReasonSecretImmutable, time.Time{})},
		"touched: the intent is renewed": {
			given: []given{promoting, func(o *rotation.Observation) { o.Target.Version = "8" }},
			want: record(func(r rotation.Record) rotation.Record {
				p := *r.Promoting
				p.TargetVersion = "8"

				return r.Promote(p)
			}, promoting),
		},
		"deleted: it is created": {
			given: []given{promoting, func(o *rotation.Observation) { o.Target = rotation.Target{} }},
			want:  record(func(r rotation.Record) rotation.Record { return r.Promote(rotation.Promotion{ID: "ocs2"}) }, promoting),
		},
		"changed: is the new value good?": {given: []given{promoting, pasted(v1alpha1.VerdictAccepted), func(o *rotation.Observation) { o.Check = nil }}, want: rotation.Look{At: rotation.LookTarget}},
		"changed to a good value": {
			given: []given{promoting, pasted(v1alpha1.VerdictAccepted)},
			want: record(func(r rotation.Record) rotation.Record {
				return r.Withdraw(at, false, "ocs2").Accept(value("pasted"), at)
			}, promoting),
		},
		"changed to a bad value": {
			given: []given{promoting, pasted(v1alpha1.VerdictSecretRejected), confirmed},
			want: record(func(r rotation.Record) rotation.Record {
				return r.Promote(rotation.Promotion{TargetVersion: "8", ID: "ocs2", Replaces: rotation.Replaced{Hash: value("pasted").Hash()}})
			}, promoting),
		},
		"changed to one that Okta rejected once":                 {given: []given{promoting, pasted(v1alpha1.VerdictSecretRejected)}, want: wait(working, v1alpha1.ReasonRotating, at.Add(5*time.Second))},
		"changed, and a policy of the org says nothing about it": {given: []given{promoting, pasted(v1alpha1.VerdictForbidden)}, want: wait(working, v1alpha1.ReasonRotating, at.Add(9*time.Minute+50*time.Second))},
	})
}
