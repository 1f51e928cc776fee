package rotation_test

import (
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// undelivered has a finished rotation whose workloads are to be restarted.
func undelivered(o *rotation.Observation) {
	superseded(time.Minute)(o)
	o.Credential.Policy.Restarts, o.Journal.Record.Undelivered = true, true
}

func workloads(d rotation.Delivery) given {
	return func(o *rotation.Observation) { o.Consumers = &d }
}

// deadBefore has the superseded secret deactivated by somebody.
func deadBefore(o *rotation.Observation) {
	o.Journal.Held, o.Journal.Record.Retired[0].DeactivatedAt = false, at.Add(-time.Minute)
}

// unidentifiable has a superseded secret whose id nobody knows.
func unidentifiable(o *rotation.Observation) {
	o.Journal.Record.Previous.ID, o.Journal.Record.Retired[0].ID = "", ""
}

// TestDelivery: workloads are restarted one at a time, proven, and given the superseded secret back when they fail.
func TestDelivery(t *testing.T) {
	t.Parallel()
	poll := at.Add(10 * time.Second)
	both := lists(active("ocs1", "old"), active("ocs2", "new"))
	failing := workloads(rotation.Delivery{Failing: "Deployment/shop: its pods crash."})
	aged := func(o *rotation.Observation) {
		superseded(2 * time.Hour)(o)
		o.Credential.Policy.Restarts, o.Journal.Record.Undelivered = true, true
	}
	decide(t, map[string]decision{
		"the workloads are looked at":     {given: []given{undelivered}, want: rotation.Look{At: rotation.LookConsumers}},
		"not where nothing restarts":      {given: []given{undelivered, func(o *rotation.Observation) { o.Credential.Policy.Restarts = false }}, want: wait(rotation.Settled, "Accepted", at.Add(9*time.Minute))},
		"not while the Secret is refused": {given: []given{undelivered, answered(v1alpha1.VerdictSecretRejected, 1)}, want: rotationAt(at.Add(5*time.Second), wait(working, v1alpha1.ReasonRejectionUnconfirmed, at.Add(5*time.Second)))},
		"not before its time": {
			given: []given{undelivered, func(o *rotation.Observation) { o.DeliverNotBefore = at.Add(time.Minute) }},
			want:  wait(rotation.Settled, "Accepted", at.Add(time.Minute)),
		},
		"one is restarted":                  {given: []given{undelivered, workloads(rotation.Delivery{RestartDue: "Deployment/shop"})}, want: rotation.RestartWorkload{Name: "Deployment/shop"}},
		"its pods are waited for":           {given: []given{undelivered, workloads(rotation.Delivery{Pending: []string{"shop-0"}})}, want: wait(rotation.Settled, "Accepted", poll)},
		"new pods that are not ready too":   {given: []given{undelivered, workloads(rotation.Delivery{Waiting: "shop-1 is not ready yet", Moving: true})}, want: wait(rotation.Settled, "Accepted", poll)},
		"a person is waited for longer":     {given: []given{undelivered, workloads(rotation.Delivery{Blocked: "it is paused"})}, want: wait(rotation.Settled, "Accepted", at.Add(5*time.Minute))},
		"but not while another one gets on": {given: []given{undelivered, workloads(rotation.Delivery{Blocked: "it is paused", Moving: true})}, want: wait(rotation.Settled, "Accepted", poll)},
		"nor while another one fails": {
			given: []given{undelivered, halted, workloads(rotation.Delivery{Blocked: "it is paused", Failing: "Deployment/shop: its pods crash."})},
			want:  wait(blocked, v1alpha1.ReasonUndone, poll),
		},
		"all is done":                    {given: []given{undelivered, workloads(rotation.Delivery{Done: true})}, want: record(func(r rotation.Record) rotation.Record { return r.Deliver() }, undelivered)},
		"failing pods ask what Okta has": {given: []given{undelivered, failing}, want: rotation.Look{At: rotation.LookSecrets}},
		"a dead secret is not brought back, and that it is dead is noted": {
			given: []given{undelivered, failing, lists(inactive("ocs1", "old"), active("ocs2", "new"))},
			want: record(func(r rotation.Record) rotation.Record {
				return r.See(*healthy(lists(inactive("ocs1", "old"), active("ocs2", "new"))).Okta, at)
			}, undelivered),
		},
		"so that Okta is not asked again": {given: []given{undelivered, failing, deadBefore}, want: wait(rotation.Settled, "Accepted", poll)},
		"Okta does not tell whether it has it": {
			given: []given{undelivered, failing, unidentifiable, lists(rotation.Listed{ID: "ocs7", Active: true})},
			want:  wait(rotation.Settled, "Accepted", poll),
		},
		"nor is it asked again at once": {
			given: []given{undelivered, failing, func(o *rotation.Observation) { o.UndoNotBefore = at.Add(time.Minute) }},
			want:  wait(rotation.Settled, "Accepted", poll),
		},
		"others are restarted where nothing can be brought back": {
			given: []given{undelivered, halted, workloads(rotation.Delivery{Failing: "Deployment/shop: its pods crash.", RestartDue: "Deployment/blog"})},
			want:  rotation.RestartWorkload{Name: "Deployment/blog"},
		},
		"nor where it is dead": {
			given: []given{undelivered, deadBefore, workloads(rotation.Delivery{Failing: "Deployment/shop: its pods crash.", RestartDue: "Deployment/blog"})},
			want:  rotation.RestartWorkload{Name: "Deployment/blog"},
		},
		"but not while that may come": {
			given: []given{undelivered, workloads(rotation.Delivery{Failing: "Deployment/shop: its pods crash.", RestartDue: "Deployment/blog"}), func(o *rotation.Observation) { o.Retry.At = at.Add(time.Minute) }},
			want:  wait(rotation.Settled, "Accepted", poll),
		},
		"only once": {given: []given{undelivered, failing, both, halted}, want: wait(blocked, v1alpha1.ReasonUndone, poll)},
		"Okta is not asked about one that has to stay": {
			given: []given{aged, workloads(rotation.Delivery{Pending: []string{"shop-0"}})},
			want:  wait(rotation.Settled, v1alpha1.ReasonRetirementWaits, poll),
		},
		"which holds up no rotation by age": {
			given: []given{aged, workloads(rotation.Delivery{Pending: []string{"shop-0"}}), func(o *rotation.Observation) { o.Credential.Policy.MaxAge = time.Hour }},
			want:  rotation.Look{At: rotation.LookApplication},
		},
		"but about one that has to go": {
			given: []given{aged, compromised, workloads(rotation.Delivery{Pending: []string{"shop-0"}})},
			want:  rotation.Look{At: rotation.LookSecrets},
		},
		"which goes before anything is restarted": {
			given: []given{aged, compromised, both, workloads(rotation.Delivery{RestartDue: "Deployment/shop"})},
			want:  rotation.DeactivateSecret{ID: "ocs1"},
		},
		"or whose overlap ends": {
			given: []given{aged, workloads(rotation.Delivery{Pending: []string{"shop-0"}}), func(o *rotation.Observation) { o.Credential.Policy.OverlapMaximum = 2 * time.Hour }},
			want:  rotation.Look{At: rotation.LookSecrets},
		},
		"the superseded secret stays until it is proven": {
			given: []given{aged, both, workloads(rotation.Delivery{Pending: []string{"shop-0"}})},
			want:  wait(rotation.Settled, v1alpha1.ReasonRetirementWaits, poll),
		},
	})
	t.Run("failing pods get the superseded secret back", func(t *testing.T) {
		t.Parallel()
		write, ok := rotation.Decide(at, healthy(undelivered, failing, both)).(rotation.WriteJournal)
		if !ok || write.Record.Staged == nil || write.Record.Staged.Cause != rotation.CauseUndone || !write.Record.Staged.Value.Equal(value("old")) || write.Record.Halt == nil {
			t.Errorf("decided otherwise: %+v", rotation.Decide(at, healthy(undelivered, failing, both)))
		}
	})
}

func failedAt(when time.Time) given {
	return func(o *rotation.Observation) {
		o.Failures = append(o.Failures, rotation.Failure{At: when, From: "203.0.113.7, curl/8"})
	}
}

// TestAForgottenConsumer: a deactivated secret that somebody still uses is activated again, and stays until a person resumes.
func TestAForgottenConsumer(t *testing.T) {
	t.Parallel()
	deactivated := func(o *rotation.Observation) {
		superseded(2 * time.Hour)(o)
		o.Journal.Held = false
		o.Journal.Record.Retired[0].DeactivatedAt = at.Add(-time.Hour)
		o.RetireNotBefore = at.Add(time.Hour)
	}
	kept := func(o *rotation.Observation) {
		deactivated(o)
		halted(o)
		o.Journal.Held, o.Journal.Record.Retired[0].Kept = true, true
		o.RetireNotBefore = time.Time{}
	}
	activeAgain := func(o *rotation.Observation) {
		o.Journal.Record.Retired[0].DeactivatedAt = time.Time{}
	}
	next := at.Add(9 * time.Minute)
	byOthers := func(o *rotation.Observation) { o.Journal.Record.Retired[0].Ended = false }
	decide(t, map[string]decision{
		"what somebody else deactivated": {given: []given{deactivated, byOthers, failedAt(at.Add(-time.Minute))}, want: wait(rotation.Settled, "Accepted", next)},
		"one that failed before it too": {
			given: []given{deactivated, failedAt(at.Add(-121 * time.Minute)), failedAt(at.Add(-time.Minute))},
			want:  wait(rotation.Settled, "Accepted", next),
		},
		"a failure before it": {given: []given{deactivated, failedAt(at.Add(-2 * time.Hour))}, want: wait(rotation.Settled, "Accepted", next)},
		"it is activated":     {given: []given{kept, lists(inactive("ocs1", "old"), active("ocs2", "new"))}, want: rotation.ActivateSecret{ID: "ocs1"}},
		"that it is ACTIVE is noted": {
			given: []given{kept, lists(active("ocs1", "old"), active("ocs2", "new"))},
			want:  record(func(r rotation.Record) rotation.Record { r.Retired[0].DeactivatedAt = time.Time{}; return r }, kept),
		},
		"and stays":                {given: []given{kept, activeAgain, lists(active("ocs1", "old"), active("ocs2", "new"))}, want: wait(blocked, v1alpha1.ReasonUndone, next)},
		"a compromised one is not": {given: []given{deactivated, compromised, failedAt(at.Add(-time.Minute))}, want: wait(rotation.Settled, "Accepted", next)},
	})
	write, ok := rotation.Decide(at, healthy(deactivated, failedAt(at.Add(-time.Minute)))).(rotation.WriteJournal)
	if !ok || write.Record.Halt == nil || !write.Record.Retired[0].Kept {
		t.Errorf("a failure after it: %+v", rotation.Decide(at, healthy(deactivated, failedAt(at.Add(-time.Minute)))))
	}
	late, ok := rotation.Decide(at, healthy(deactivated, failedAt(at.Add(-61*time.Minute)), failedAt(at.Add(-time.Minute)))).(rotation.WriteJournal)
	if !ok || late.Record.Halt == nil {
		t.Error("who fails from the deactivation on, which is noted a moment later, is no chronic failure")
	}
	after := write.Record.Resume("go", at, "")
	if after.Retired[0].Kept || after.Halt != nil || !after.Retired[0].At.Equal(at) {
		t.Error("resume: it must be superseded from now on")
	}
	if after.Retired[0].Ended {
		t.Error("resume: whoever deactivates it next may not be the operator")
	}
}

// TestResumingRetiresWhatWasKept: when a person resumes, the secret that somebody still used is superseded from then on, and goes
// when its overlap is over.
func TestResumingRetiresWhatWasKept(t *testing.T) {
	t.Parallel()
	resumed := func(o *rotation.Observation) {
		superseded(3 * time.Hour)(o)
		o.Journal.Record.Retired[0].Kept, o.Journal.Record.Halt = true, &rotation.Halt{Reason: v1alpha1.ReasonUndone}
		o.Journal.Record = o.Journal.Record.Resume("go", at.Add(-2*time.Hour), "")
		o.Credential.Commands.Resume = "go"
	}
	both := lists(active("ocs1", "old"), active("ocs2", "new"))
	kept := func(o *rotation.Observation) { o.Journal.Record.Retired[0].Kept = true }
	soon := func(o *rotation.Observation) { o.Journal.Record.Retired[0].At = at.Add(-time.Minute) }
	ended := func(o *rotation.Observation) { o.Journal.Record.Retired[0].Ended = true }
	decide(t, map[string]decision{
		"while it is kept, it stays": {given: []given{resumed, kept, both, pods()}, want: wait(rotation.Settled, "Accepted", at.Add(9*time.Minute))},
		"its overlap begins anew":    {given: []given{resumed, soon}, want: wait(rotation.Settled, "Accepted", at.Add(9*time.Minute))},
		"then Okta is asked":         {given: []given{resumed}, want: rotation.Look{At: rotation.LookSecrets}},
		"what is about to be deactivated is noted": {
			given: []given{resumed, both, pods()},
			want:  record(func(r rotation.Record) rotation.Record { return r.End(value("old").Hash()) }, resumed),
		},
		"and it is deactivated": {given: []given{resumed, ended, both, pods()}, want: rotation.DeactivateSecret{ID: "ocs1"}},
	})
}
