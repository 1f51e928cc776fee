package rotation_test

import (
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

const (
	settled = rotation.Settled
	working = rotation.Working
	blocked = rotation.Blocked
)

// What forbids every decision about the secret itself, in the order of its weight.
func TestStanding(t *testing.T) {
	t.Parallel()
	next := at.Add(9 * time.Minute)
	decide(t, map[string]decision{
		"a healthy credential waits for its next check": {want: wait(settled, "Accepted", next)},
		"a journal that cannot be read is not touched": {
			given: []given{func(o *rotation.Observation) { o.Journal.Unreadable = "broken" }},
			want:  wait(blocked, v1alpha1.ReasonJournalUnreadable, time.Time{}),
		},
		"a journal of another object is not used": {
			given: []given{func(o *rotation.Observation) { o.Journal.Record.Binding.CredentialUID = "other" }},
			want:  wait(blocked, v1alpha1.ReasonJournalForeign, time.Time{}),
		},
		"a connection that is not there is the problem, not the org of the journal": {
			given: []given{func(o *rotation.Observation) {
				o.Credential.Binding.Org, o.Connection.Problem, o.Connection.Message = "", v1alpha1.ReasonConnectionNotFound, "make it"
			}},
			want: wait(blocked, v1alpha1.ReasonConnectionNotFound, time.Time{}),
		},
		"a suspended credential is left alone": {
			given: []given{func(o *rotation.Observation) { o.Credential.Suspended, o.Check = true, nil }},
			want:  wait(settled, v1alpha1.ReasonSuspended, time.Time{}),
		},
		"a suspended connection leaves its credentials alone": {
			given: []given{func(o *rotation.Observation) { o.Connection.Suspended, o.Check = true, nil }},
			want:  wait(settled, v1alpha1.ReasonSuspended, time.Time{}),
		},
		"the younger of two credentials of one Secret does nothing": {
			given: []given{func(o *rotation.Observation) { o.Credential.ConflictsWith, o.Check = "older", nil }},
			want:  wait(blocked, v1alpha1.ReasonConflict, time.Time{}),
		},
		"a Secret without our label gets it first": {
			given: []given{func(o *rotation.Observation) { o.Target.Labelled, o.Check = false, nil }},
			want:  rotation.LabelTarget{Version: "7"},
		},
		"a Secret is not labelled in mode Observe": {
			given: []given{mode(v1alpha1.ModeObserve), func(o *rotation.Observation) { o.Target.Labelled = false }},
			want:  wait(settled, "Accepted", next),
		},
		"no client id anywhere needs a person": {
			given: []given{func(o *rotation.Observation) {
				o.Credential.ClientID, o.Journal.Record.ClientID, o.Target.ClientID = "", "", ""
			}},
			want: wait(blocked, v1alpha1.ReasonClientIDMissing, time.Time{}),
		},
		"another client id in the Secret is not followed": {
			given: []given{mode(v1alpha1.ModeObserve), func(o *rotation.Observation) { o.Target.ClientID, o.Target.Labelled = "0ob", false }},
			want:  wait(blocked, v1alpha1.ReasonClientIDMismatch, at.Add(20*time.Second)),
		},
		"neither client id nor Secret: the Secret is missing": {
			given: []given{missing, func(o *rotation.Observation) {
				o.Credential.ClientID, o.Journal = "", rotation.Journal{}
			}},
			want: wait(blocked, v1alpha1.ReasonSecretMissing, at.Add(20*time.Second)),
		},
	})
}

// How the journal is opened, and what commands do to it.
func TestCommands(t *testing.T) {
	t.Parallel()
	noJournal := func(o *rotation.Observation) { o.Journal, o.Credential.FirstSight = rotation.Journal{}, true }
	binding := healthy().Credential.Binding
	decide(t, map[string]decision{
		"the value is checked before the journal is opened": {
			given: []given{noJournal, func(o *rotation.Observation) { o.Check = nil }},
			want:  rotation.Look{At: rotation.LookTarget},
		},
		"commands that are there at first sight are acknowledged and not carried out": {
			given: []given{noJournal, command("now"), func(o *rotation.Observation) {
				o.Credential.Commands.Resume, o.Credential.Commands.ReleaseSecret = "x", "ocs9"
			}},
			want: rotation.WriteJournal{Record: rotation.Record{
				Binding: binding, ClientID: "0oa",
				Handled: rotation.Commands{Rotate: "now", Resume: "x", ReleaseSecret: "ocs9"}, Current: &rotation.Held{Value: value("old"), Since: at},
			}},
		},
		"a lost journal does not carry out commands again, and a rejected value is not current": {
			given: []given{noJournal, answered(v1alpha1.VerdictSecretRejected, 1), command("now"), func(o *rotation.Observation) {
				o.Credential.FirstSight, o.Credential.Handled = false, rotation.Commands{Rotate: "now"}
			}},
			want: rotation.WriteJournal{Record: rotation.Record{Binding: binding, ClientID: "0oa", Handled: rotation.Commands{Rotate: "now"}}},
		},
		"resume clears the counters": {
			given: []given{func(o *rotation.Observation) { o.Credential.Commands.Resume, o.Journal.Record.Attempts = "go", 5 }},
			want:  record(func(r rotation.Record) rotation.Record { return r.Resume("go", at, "") }),
		},
		"release notes the id": {
			given: []given{func(o *rotation.Observation) { o.Credential.Commands.ReleaseSecret = "ocs9" }},
			want:  record(func(r rotation.Record) rotation.Record { return r.Release("ocs9") }),
		},
		"rotate is refused in mode Repair": {
			given: []given{mode(v1alpha1.ModeRepair), command("now")},
			want:  record(func(r rotation.Record) rotation.Record { return r.AcknowledgeRotate("now") }),
		},
		"rotate asks Okta first": {given: []given{command("now")}, want: rotation.Look{At: rotation.LookApplication}},
		"rotate stages a value for a working one": {
			given: []given{command("now"), lists(active("ocs1", "old"))},
			want: rotation.StageSecret{
				Cause: rotation.CauseCommand, Command: "now", IDsBefore: []string{"ocs1"},
				Replaces: rotation.Replaced{Hash: value("old").Hash(), ID: "ocs1"},
			},
		},
		"rotate waits for a missing Secret that can be restored": {
			given: []given{command("now"), missing, func(o *rotation.Observation) { o.MissingSince = at.Add(-time.Minute) }},
			want:  rotation.WriteTarget{Value: value("old"), Create: true},
		},
		"a rotate command without room waits, and says so": {
			given: []given{command("now"), lists(active("ocs1", "old"), active("ocs3", "x"))},
			want:  wait(blocked, v1alpha1.ReasonSlotsFull, at.Add(9*time.Minute)),
		},
		"a rotate command without room does not hold up the check": {
			given: []given{command("now"), lists(active("ocs1", "old"), active("ocs3", "x")), func(o *rotation.Observation) { o.Check.At = at.Add(-time.Hour) }},
			want:  rotation.Look{At: rotation.LookTarget},
		},
		"a rotate command without room does not hold up the retirement that makes it": {
			given: []given{superseded(2 * time.Hour), command("now"), pods(), lists(active("ocs1", "old"), active("ocs2", "new"))},
			want:  rotation.DeactivateSecret{ID: "ocs1"},
		},
		"a rotate command without room is tried again when a retirement is due": {
			given: []given{superseded(55 * time.Minute), command("now"), lists(active("ocs1", "old"), active("ocs2", "new"))},
			want:  wait(blocked, v1alpha1.ReasonSlotsFull, at.Add(5*time.Minute)),
		},
		"one of two secrets with the current value is dropped to make room, the newer one": {
			given: []given{command("now"), superseded(0), func(o *rotation.Observation) { o.Journal.Record.Retired = nil }, lists(active("ocs2", "new"), active("ocs3", "new"))},
			want:  rotation.DeactivateSecret{ID: "ocs3"},
		},
		"of two secrets with the current value the INACTIVE one is dropped, though it is older": {
			given: []given{command("now"), superseded(0), func(o *rotation.Observation) { o.Journal.Record.Retired = nil }, lists(inactive("ocs2", "new"), active("ocs3", "new"))},
			want:  rotation.DeleteSecret{ID: "ocs2"},
		},
	})
}

// A Secret without a value, and one that a tool sets back.
func TestTarget(t *testing.T) {
	t.Parallel()
	never := func(o *rotation.Observation) { o.Journal.Record.Current = nil }
	create := func(o *rotation.Observation) { o.Credential.CreationPolicy = v1alpha1.CreationCreate }
	since := func(d time.Duration) given { return func(o *rotation.Observation) { o.MissingSince = at.Add(-d) } }
	soon := at.Add(20 * time.Second)
	first := []given{superseded(time.Minute), func(o *rotation.Observation) { o.Target.Value = value("old") }}
	noted := func(o *rotation.Observation) { o.Journal.Record = o.Journal.Record.Displace(at, value("old")) }
	back := append(first[:2:2], noted)
	contested := func(o *rotation.Observation) {
		o.Journal.Record.Halt = &rotation.Halt{Reason: v1alpha1.ReasonContested}
	}
	note := func(given ...given) rotation.Action {
		return record(func(r rotation.Record) rotation.Record { return r.Displace(at, value("old")) }, append(first[:2:2], given...)...)
	}
	with := func(more ...given) []given { return append(append([]given{}, back...), more...) }
	decide(t, map[string]decision{
		"a Secret to adopt is waited for":                    {given: []given{missing, never}, want: wait(blocked, v1alpha1.ReasonSecretMissing, soon)},
		"a Secret that vanished has a grace":                 {given: []given{missing, since(time.Second)}, want: wait(working, v1alpha1.ReasonSecretMissing, at.Add(14*time.Second))},
		"a Secret that vanished is restored":                 {given: []given{missing, since(15 * time.Second)}, want: rotation.WriteTarget{Value: value("old"), Create: true}},
		"in mode Observe nothing is restored":                {given: []given{missing, mode(v1alpha1.ModeObserve), since(time.Hour)}, want: wait(blocked, v1alpha1.ReasonSecretMissing, soon)},
		"a missing key is restored":                          {given: []given{since(time.Hour), func(o *rotation.Observation) { o.Target.HasKey, o.Target.Value = false, redact.Value{} }}, want: rotation.WriteTarget{Value: value("old"), Version: "7"}},
		"a missing key that never was needs a person":        {given: []given{never, func(o *rotation.Observation) { o.Target.HasKey, o.Target.Value = false, redact.Value{} }}, want: wait(blocked, v1alpha1.ReasonKeyMissing, time.Time{})},
		"an empty value that never was needs a person":       {given: []given{never, func(o *rotation.Observation) { o.Target.Value = redact.Value{} }}, want: wait(blocked, v1alpha1.ReasonValueEmpty, time.Time{})},
		"an immutable Secret cannot be restored":             {given: []given{since(time.Hour), immutable, func(o *rotation.Observation) { o.Target.Value = redact.Value{} }}, want: wait(blocked, v1alpha1.ReasonSecretImmutable, time.Time{})},
		"a Secret to create asks Okta first":                 {given: []given{missing, never, create}, want: rotation.Look{At: rotation.LookApplication}},
		"a Secret to create is not in mode Repair":           {given: []given{missing, never, create, mode(v1alpha1.ModeRepair)}, want: wait(blocked, v1alpha1.ReasonSecretMissing, soon)},
		"a Secret to create gets a new value":                {given: []given{missing, never, create, lists(active("ocs1", "x"))}, want: rotation.StageSecret{Cause: rotation.CauseCreated, IDsBefore: []string{"ocs1"}}},
		"a Secret to create without room is looked at again": {given: []given{missing, never, create, lists(active("ocs1", "x"), active("ocs2", "y")), func(o *rotation.Observation) { o.Check = nil }}, want: wait(blocked, v1alpha1.ReasonSlotsFull, at.Add(10*time.Minute))},

		"a retired value that came back is noted first (I2)":                             {given: first, want: note()},
		"also where Okta cannot be asked":                                                {given: append(first[:2:2], unusable), want: note()},
		"also where Okta says nothing about it":                                          {given: append(first[:2:2], answered(v1alpha1.VerdictUnreachable, 0)), want: note()},
		"also where nothing may be written":                                              {given: append(first[:2:2], immutable), want: note()},
		"also when the fight about it was given up, and the current one was there since": {given: append(first[:2:2], contested), want: note(contested)},
		"also when it is another one than the one that was noted": {
			given: append(first[:2:2], flipped(1, "6"), func(o *rotation.Observation) { o.Journal.Record.Current.Since = at.Add(-time.Second) }),
			want:  note(flipped(1, "6"), func(o *rotation.Observation) { o.Journal.Record.Current.Since = at.Add(-time.Second) }),
		},
		"a follower's pods are looked at again then": {given: append(first[:2:2], leader("ocs2")), want: record(func(r rotation.Record) rotation.Record {
			next := r.Displace(at, value("old"))
			next.Undelivered = true

			return next
		}, first...)},
		"but not in mode Observe":                                           {given: append(first[:2:2], mode(v1alpha1.ModeObserve)), want: wait(rotation.Settled, "Accepted", at.Add(9*time.Minute))},
		"a retired value that still works: is the current one ACTIVE?":      {given: back, want: rotation.Look{At: rotation.LookSecrets}},
		"a retired value that still works waits for an unusable connection": {given: with(unusable), want: wait(working, v1alpha1.ReasonConnectionUnusable, at.Add(9*time.Minute))},
		"a retired value that still works waits for the admin API": {
			given: with(func(o *rotation.Observation) {
				o.Retry = rotation.Retry{At: at.Add(time.Minute), Reason: "OktaUnavailable"}
			}),
			want: wait(working, "OktaUnavailable", at.Add(time.Minute)),
		},
		"a failed question about the current value is asked again": {
			given: with(func(o *rotation.Observation) { o.Okta = &rotation.OktaView{Problem: "OktaUnavailable", Message: "503"} }),
			want:  wait(working, "OktaUnavailable", at.Add(time.Minute)),
		},
		"a retired value counts again where the current one is dead (I2)": {
			given: with(lists(active("ocs1", "old"))),
			want:  record(func(r rotation.Record) rotation.Record { return r.Accept(value("old"), at) }, back...),
		},
		"a retired value that came back is counted": {
			given: with(lists(active("ocs1", "old"), active("ocs2", "new"))),
			want:  record(func(r rotation.Record) rotation.Record { return r.Flip(at, "7", value("old")) }, back...),
		},
		"the current secret is no room for another, though a retired one is in its place (I4)": {
			given: with(revoked, lists(active("ocs1", "old"), active("ocs2", "new"))),
			want:  record(func(r rotation.Record) rotation.Record { return r.Flip(at, "7", value("old")) }, back...),
		},
		"a retired value that came back is overwritten once it is counted": {
			given: with(answered(v1alpha1.VerdictSecretRejected, 1), flipped(1, "7")),
			want:  rotation.WriteTarget{Value: value("new"), Version: "7"},
		},
		"a pod that started while a retired value was there may use it (I2)": {
			given: []given{superseded(time.Minute), flipped(1, "6")},
			want:  record(func(r rotation.Record) rotation.Record { return r.Restore(at) }, superseded(time.Minute), flipped(1, "6")),
		},
		"a fight about the Secret is ended": {
			given: with(answered(v1alpha1.VerdictSecretRejected, 1), flipped(3, "6")),
			want:  record(givenIn("old"), append(with(answered(v1alpha1.VerdictSecretRejected, 1)), flipped(3, "6"))...),
		},
		"and stays ended until a person resumes": {
			given: with(answered(v1alpha1.VerdictSecretRejected, 1), flipped(3, "6"), func(o *rotation.Observation) {
				o.Journal.Record.FlipsSince = at.Add(-48 * time.Hour)
				o.Journal.Record.Halt = &rotation.Halt{Reason: v1alpha1.ReasonContested}
			}),
			want: wait(blocked, v1alpha1.ReasonContested, at.Add(5*time.Second)),
		},
		"nor is Okta asked what it lists, while it accepts the other value": {
			given: with(answered(v1alpha1.VerdictAccepted, 0), flipped(4, "7"), func(o *rotation.Observation) {
				o.Journal.Record.Halt = &rotation.Halt{Reason: v1alpha1.ReasonContested}
			}),
			want: wait(blocked, v1alpha1.ReasonContested, at.Add(9*time.Minute+50*time.Second)),
		},
		"and its workload is restarted where the operator does that": {
			given: []given{superseded(time.Minute), flipped(1, "6"), restarts},
			want: record(func(r rotation.Record) rotation.Record {
				next := r.Restore(at)
				next.Undelivered = true

				return next
			}, superseded(time.Minute), flipped(1, "6")),
		},
		"when the current value is back, pods may have the other one (I2)": {
			given: []given{superseded(time.Minute), flipped(4, "7"), func(o *rotation.Observation) {
				o.Journal.Record.Halt = &rotation.Halt{Reason: v1alpha1.ReasonContested}
			}},
			want: record(func(r rotation.Record) rotation.Record { return r.Restore(at) }, superseded(time.Minute), flipped(4, "7"), func(o *rotation.Observation) {
				o.Journal.Record.Halt = &rotation.Halt{Reason: v1alpha1.ReasonContested}
			}),
		},
		"a tool that writes once an hour fights too": {
			given: with(answered(v1alpha1.VerdictSecretRejected, 1), flipped(3, "6"), func(o *rotation.Observation) {
				o.Journal.Record.FlipsSince = at.Add(-3 * time.Hour)
			}),
			want: record(givenIn("old"), append(with(answered(v1alpha1.VerdictSecretRejected, 1)), flipped(3, "6"), func(o *rotation.Observation) {
				o.Journal.Record.FlipsSince = at.Add(-3 * time.Hour)
			})...),
		},
		"a retired value in an immutable Secret stays": {
			given: with(answered(v1alpha1.VerdictSecretRejected, 2), immutable),
			want:  wait(blocked, v1alpha1.ReasonSecretImmutable, at.Add(9*time.Minute+50*time.Second)),
		},
		"a retired value about which Okta says nothing stays": {given: with(answered(v1alpha1.VerdictUnreachable, 0), func(o *rotation.Observation) { o.Check.At = at }), want: wait(working, "Unreachable", at.Add(5*time.Second))},
	})
}

// flipped is a credential whose Secret was overwritten n times, last counted at this version.
func restarts(o *rotation.Observation) { o.Credential.Policy.Restarts = true }

func flipped(n int, version string) given {
	return func(o *rotation.Observation) {
		o.Journal.Record.Flips, o.Journal.Record.FlipsSince, o.Journal.Record.FlipVersion = n, at.Add(-30*time.Minute), version
	}
}
