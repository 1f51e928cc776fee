package rotation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// What becomes of superseded secrets, and of a credential that goes.
func TestRetirement(t *testing.T) {
	t.Parallel()
	due := superseded(2 * time.Hour)
	both := lists(active("ocs1", "old"), active("ocs2", "new"))
	look := rotation.Look{At: rotation.LookSecrets}
	next := at.Add(9 * time.Minute)
	retire := deleting(v1alpha1.DeletionRetire)
	undeliveredYet := func(o *rotation.Observation) { o.Credential.Policy.Restarts, o.Journal.Record.Undelivered = true, true }
	twice := func(o *rotation.Observation) {
		o.Journal.Record.Current = &rotation.Held{Value: value("old"), ID: "ocs1", Made: true}
		o.Journal.Record = o.Journal.Record.Twin("ocs2", at.Add(-time.Minute))
		o.Journal.Held = true
	}
	inactiveOld := func(o *rotation.Observation) {
		o.Journal.Record.Retired[0].DeactivatedAt, o.Journal.Record.Retired[0].Made = at.Add(-200*time.Hour), true
	}
	stranger := lists(inactive("ocs1", "old"), active("ocs3", "x"))
	refusedOnce := func(o *rotation.Observation) { o.Refused = "ocs1" }
	needsPerson := func(o *rotation.Observation) {
		o.Retry = rotation.Retry{At: at.Add(time.Minute), Reason: v1alpha1.ReasonPermissionMissing, Message: "403", NeedsPerson: true}
	}
	decide(t, map[string]decision{
		"it waits for the overlap": {given: []given{superseded(55 * time.Minute)}, want: wait(settled, "Accepted", at.Add(5*time.Minute))},
		"after it Okta is asked":   {given: []given{due}, want: look},
		"what is about to be deactivated is noted first": {
			given: []given{due, both, pods(), func(o *rotation.Observation) { o.Journal.Record.Retired[0].Ended = false }},
			want:  record(func(r rotation.Record) rotation.Record { return r.End(value("old").Hash()) }, due, func(o *rotation.Observation) { o.Journal.Record.Retired[0].Ended = false }),
		},
		"mode Repair changes nothing at Okta": {
			given: []given{due, both, pods(), mode(v1alpha1.ModeRepair)},
			want:  wait(settled, "Accepted", next),
		},
		"but not again within the hour": {given: []given{due, func(o *rotation.Observation) { o.RetireNotBefore = at.Add(time.Minute) }}, want: wait(settled, "Accepted", at.Add(time.Minute))},
		"nor while the admin API fails": {given: []given{due, func(o *rotation.Observation) { o.Retry.At = at.Add(time.Minute) }}, want: wait(settled, "Accepted", at.Add(time.Minute))},
		"a compromised one goes before what is left of others": {
			given: []given{due, inactiveOld, func(o *rotation.Observation) {
				o.Journal.Record.Retired = append(o.Journal.Record.Retired, rotation.Retired{Hash: value("leaked").Hash(), ID: "ocs4", Promoted: true, Revoked: true, Ended: true, At: at})
			}, lists(inactive("ocs1", "old"), active("ocs2", "new"), active("ocs4", "leaked"))},
			want: rotation.DeactivateSecret{ID: "ocs4"},
		},
		"what Okta refuses to change holds up no healing": {
			given: []given{due, inactiveOld, stranger, refusedOnce, answered(v1alpha1.VerdictSecretRejected, 2)}, want: rotation.Look{At: rotation.LookSecond},
		},
		"which it would else, as what is left of a rotation": {
			given: []given{due, inactiveOld, stranger, answered(v1alpha1.VerdictSecretRejected, 2)}, want: rotation.DeleteSecret{ID: "ocs1"},
		},
		"what a person has to mend at Okta for it is said": {
			given: []given{due, needsPerson}, want: wait(blocked, v1alpha1.ReasonPermissionMissing, at.Add(time.Minute)),
		},
		"also where a rollback waits for that": {
			given: []given{superseded(time.Minute), needsPerson, func(o *rotation.Observation) { o.Credential.Commands.Rollback = "back" }},
			want:  wait(blocked, v1alpha1.ReasonPermissionMissing, at.Add(time.Minute)),
		},
		"and not while nothing is due":                      {given: []given{superseded(time.Minute), needsPerson}, want: wait(settled, "Accepted", next)},
		"nor with an unusable connection":                   {given: []given{due, unusable}, want: wait(settled, "Accepted", next)},
		"nor in mode Observe":                               {given: []given{due, mode(v1alpha1.ModeObserve)}, want: wait(settled, "Accepted", next)},
		"the journal is held first":                         {given: []given{due, func(o *rotation.Observation) { o.Journal.Held = false }}, want: record(unchanged, due)},
		"unless it goes already":                            {given: []given{due, func(o *rotation.Observation) { o.Journal.Held, o.Journal.Deleted = false, true }}, want: look},
		"and the credential under deletionPolicy Retire":    {given: []given{due, func(o *rotation.Observation) { o.Credential.DeletionPolicy = v1alpha1.DeletionRetire }}, want: rotation.AddFinalizer{}},
		"but not in mode Repair, which will retire nothing": {given: []given{due, mode(v1alpha1.ModeRepair), func(o *rotation.Observation) { o.Credential.DeletionPolicy = v1alpha1.DeletionRetire }}, want: wait(settled, "Accepted", next)},
		"a finalizer of another deletionPolicy goes":        {given: []given{superseded(0), func(o *rotation.Observation) { o.Credential.HasFinalizer = true }}, want: rotation.RemoveFinalizer{}},
		"a failed question is asked later":                  {given: []given{due, both, func(o *rotation.Observation) { o.Okta.Problem, o.Retry.At = "x", at.Add(time.Minute) }}, want: wait(settled, "Accepted", at.Add(time.Minute))},
		"nor while the token endpoint is out of reach": {given: []given{due, func(o *rotation.Observation) {
			o.Check.Verdict, o.Check.At, o.Check.Failures = v1alpha1.VerdictUnreachable, at, 1
		}}, want: wait(working, "Unreachable", at.Add(5*time.Second))},
		"then the pods are looked at":                          {given: []given{due, both}, want: rotation.Look{At: rotation.LookPods}},
		"a pod that needs it holds it up":                      {given: []given{due, both, pods("a", "b", "c", "d")}, want: wait(settled, v1alpha1.ReasonRetirementWaits, at.Add(5*time.Minute))},
		"a pod that is not ready with the new one holds it up": {given: []given{due, both, pods(), unready("a (CrashLoopBackOff)")}, want: wait(settled, v1alpha1.ReasonRetirementWaits, at.Add(5*time.Minute))},
		"pods that may not be listed hold it up": {given: []given{due, both, pods(), func(o *rotation.Observation) {
			o.Target.PodsProblem = "the operator may not list the pods of this namespace"
		}}, want: wait(settled, v1alpha1.ReasonRetirementWaits, at.Add(5*time.Minute))},
		"but not for ever where it is compromised":                  {given: []given{due, compromised, both, pods(), func(o *rotation.Observation) { o.Target.PodsProblem = "x" }}, want: rotation.DeactivateSecret{ID: "ocs1"}},
		"which a delivery that was proven has seen to already":      {given: []given{due, both, pods(), unready("a (CrashLoopBackOff)"), func(o *rotation.Observation) { o.Credential.Policy.Restarts = true }}, want: rotation.DeactivateSecret{ID: "ocs1"}},
		"nor does that, where there is a maximum":                   {given: []given{due, both, pods(), unready("a (CrashLoopBackOff)"), func(o *rotation.Observation) { o.Credential.Policy.OverlapMaximum = 2 * time.Hour }}, want: rotation.DeactivateSecret{ID: "ocs1"}},
		"nor when it is compromised":                                {given: []given{due, compromised, both, pods(), unready("a (CrashLoopBackOff)")}, want: rotation.DeactivateSecret{ID: "ocs1"}},
		"but not for ever where there is a maximum":                 {given: []given{due, both, pods("a"), func(o *rotation.Observation) { o.Credential.Policy.OverlapMaximum = 2 * time.Hour }}, want: rotation.DeactivateSecret{ID: "ocs1"}},
		"no pod needs it: deactivate":                               {given: []given{due, both, pods()}, want: rotation.DeactivateSecret{ID: "ocs1"}},
		"a secret that the Secret's own does not replace yet stays": {given: []given{due, lists(active("ocs1", "old"), inactive("ocs2", "new")), pods()}, want: wait(settled, "Accepted", next)},
		"one that the Secret holds stays": {given: []given{due, both, pods(), func(o *rotation.Observation) {
			o.Target.Value, o.Journal.Record.Current = value("old"), &rotation.Held{Value: value("old")}
		}}, want: wait(settled, "Accepted", next)},
		"an empty list is no proof that it is gone": {given: []given{due, lists()}, want: wait(settled, "Accepted", next)},
		"found INACTIVE: noted": {
			given: []given{due, lists(inactive("ocs1", "old"), active("ocs2", "new"))},
			want: record(func(r rotation.Record) rotation.Record {
				return r.See(*healthy(lists(inactive("ocs1", "old"), active("ocs2", "new"))).Okta, at)
			}, due),
		},
		"one of ours is deleted in the end": {
			given: []given{due, lists(inactive("ocs1", "old"), active("ocs2", "new")), func(o *rotation.Observation) {
				o.Journal.Record.Retired[0].Made, o.Journal.Record.Retired[0].DeactivatedAt = true, at.Add(-168*time.Hour)
			}},
			want: rotation.DeleteSecret{ID: "ocs1"},
		},
		"the current value twice, made by two operators: noted": {
			given: []given{func(o *rotation.Observation) { o.Twin = "ocs3" }},
			want:  record(func(r rotation.Record) rotation.Record { return r.Twin("ocs3", at) }),
		},
		"but not in mode Repair": {given: []given{mode(v1alpha1.ModeRepair), func(o *rotation.Observation) { o.Twin = "ocs3" }}, want: wait(settled, "Accepted", next)},
		"then Okta is asked":     {given: []given{twice}, want: look},
		"the one that is left is the current one": {
			given: []given{twice, lists(active("ocs2", "old"))},
			want: record(func(r rotation.Record) rotation.Record {
				current := *r.Current
				current.ID = "ocs2"
				r.Current, r.Retired = &current, nil

				return r
			}, twice),
		},
		"and that one goes, though the other is newer": {given: []given{twice, lists(active("ocs2", "old"), active("ocs1", "old"))}, want: rotation.DeactivateSecret{ID: "ocs2"}},
		"where values are masked by its id":            {given: []given{twice, lists(masked(active("ocs1", "salted")), masked(active("ocs2", "salted")))}, want: rotation.DeactivateSecret{ID: "ocs2"}},
		"the current value twice: drop the newer":      {given: []given{due, lists(active("ocs2", "new"), active("ocs3", "new"))}, want: rotation.DeactivateSecret{ID: "ocs3"}},
		"nothing left: the finalizer goes": {given: []given{func(o *rotation.Observation) {
			o.Credential.HasFinalizer, o.Credential.DeletionPolicy = true, v1alpha1.DeletionRetire
		}}, want: rotation.RemoveFinalizer{}},
		"nothing left: the journal is let go": {given: []given{func(o *rotation.Observation) { o.Journal.Held = true }}, want: record(unchanged)},
		"another working value is remembered, and ours retired": {
			given: []given{superseded(0), func(o *rotation.Observation) { o.Target.Value = value("theirs") }},
			want:  record(func(r rotation.Record) rotation.Record { return r.Accept(value("theirs"), at) }, superseded(0)),
		},

		"deletion under Retain goes at once":                                    {given: []given{due, deleting(v1alpha1.DeletionRetain)}, want: rotation.RemoveFinalizer{}},
		"deletion with a journal of an earlier release holds it first":          {given: []given{due, deleting(v1alpha1.DeletionRetain), func(o *rotation.Observation) { o.Journal.Held = false }}, want: record(unchanged, due)},
		"deletion in mode Observe too":                                          {given: []given{due, retire, mode(v1alpha1.ModeObserve)}, want: rotation.RemoveFinalizer{}},
		"deletion in mode Repair too":                                           {given: []given{due, retire, both, mode(v1alpha1.ModeRepair)}, want: rotation.RemoveFinalizer{}},
		"deletion with a foreign journal too":                                   {given: []given{due, retire, func(o *rotation.Observation) { o.Journal.Record.Binding.Org = "https://other" }}, want: rotation.RemoveFinalizer{}},
		"deletion without a finalizer is not ours":                              {given: []given{retire, func(o *rotation.Observation) { o.Credential.HasFinalizer = false }}, want: wait(settled, v1alpha1.ReasonDeleting, time.Time{})},
		"deletion with nothing to retire":                                       {given: []given{retire}, want: rotation.RemoveFinalizer{}},
		"deletion under Retire gives a rotation up":                             {given: []given{staged, retire}, want: record(func(r rotation.Record) rotation.Record { return r.Withdraw(at, false, "") }, staged)},
		"deletion under Retire finishes a promotion":                            {given: []given{promoting, retire}, want: rotation.WriteTarget{Value: value("new"), Version: "7"}},
		"deletion under Retire waits for the overlap":                           {given: []given{superseded(55 * time.Minute), retire}, want: wait(working, v1alpha1.ReasonDeleting, at.Add(5*time.Minute))},
		"deletion under Retire retires":                                         {given: []given{due, retire, both, pods()}, want: rotation.DeactivateSecret{ID: "ocs1"}},
		"deletion under Retire looks at workloads that were to get the new one": {given: []given{due, retire, both, undeliveredYet}, want: rotation.Look{At: rotation.LookConsumers}},
		"and restarts none":                                                     {given: []given{due, retire, both, undeliveredYet, workloads(rotation.Delivery{RestartDue: "Deployment/shop", Moving: true})}, want: wait(settled, v1alpha1.ReasonRetirementWaits, at.Add(5*time.Minute))},
		"and goes on when all have it":                                          {given: []given{due, retire, both, undeliveredYet, workloads(rotation.Delivery{Done: true})}, want: rotation.DeactivateSecret{ID: "ocs1"}},
		"or when they had it before":                                            {given: []given{due, retire, both, pods(), func(o *rotation.Observation) { o.Credential.Policy.Restarts = true }}, want: rotation.DeactivateSecret{ID: "ocs1"}},
		"deletion under Retire without a connection":                            {given: []given{due, retire, func(o *rotation.Observation) { o.Connection.Problem = "ConnectionNotFound" }}, want: wait(blocked, v1alpha1.ReasonDeleting, time.Time{})},
		"deletion under Retire with an unusable one":                            {given: []given{due, retire, unusable}, want: wait(blocked, v1alpha1.ReasonDeleting, time.Time{})},
		"deletion under Retire waits for the admin API": {given: []given{due, retire, func(o *rotation.Observation) {
			o.Retry = rotation.Retry{At: at.Add(time.Minute), Reason: "OktaUnavailable"}
		}}, want: wait(working, "OktaUnavailable", at.Add(time.Minute))},
		"deletion under Retire when the admin API fails":              {given: []given{due, retire, both, func(o *rotation.Observation) { o.Okta.Problem = "OktaUnavailable" }}, want: wait(working, "OktaUnavailable", at.Add(time.Minute))},
		"deletion under Retire of the last ACTIVE one needs a person": {given: []given{due, retire, lists(active("ocs1", "old"), inactive("ocs2", "new")), pods()}, want: wait(blocked, v1alpha1.ReasonDeleting, at.Add(time.Hour))},
	})
}

// TestWhatHoldsARetirementHasAName, and the message says how to go on.
func TestWhatHoldsARetirementHasAName(t *testing.T) {
	t.Parallel()
	due, both := superseded(2*time.Hour), lists(active("ocs1", "old"), active("ocs2", "new"))
	aged := func(o *rotation.Observation) {
		due(o)
		o.Credential.Policy.Restarts, o.Journal.Record.Undelivered = true, true
	}
	for name, test := range map[string]struct {
		given []given
		want  string
	}{
		"pods with the old one":                 {[]given{due, both, pods("a", "b", "c", "d"), unready("e (NotReady)")}, "because 4 pods may have started with it and may still use it: a, b, c, …. Restart them, or set rotation.overlap.maximum."},
		"pods with the new one":                 {[]given{due, both, pods(), unready("a (CrashLoopBackOff of container app)")}, "because 1 pods have the new one and are not ready: a (CrashLoopBackOff of container app). Mend or delete them, or set rotation.overlap.maximum."},
		"a workload that nobody can tell about": {[]given{aged, both, workloads(rotation.Delivery{Blocked: "Deployment/shop: its pods crash."})}, "Deployment/shop: its pods crash."},
		"a workload that has not started yet":   {[]given{aged, both, workloads(rotation.Delivery{Waiting: "Deployment/shop: it starts.", Moving: true})}, "Deployment/shop: it starts."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			held, ok := rotation.Decide(at, healthy(test.given...)).(rotation.Wait)
			if !ok || !strings.HasPrefix(held.Message, "The superseded secret ocs1 stays ACTIVE at Okta, ") || !strings.HasSuffix(held.Message, test.want) {
				t.Errorf("got %+v; want a wait that says %q", held, test.want)
			}
		})
	}
}

// The transitions that no decision shows whole.
func TestTransitions(t *testing.T) {
	t.Parallel()
	made := healthy(promoting, func(o *rotation.Observation) {
		o.Journal.Record.Current = &rotation.Held{Value: value("mine"), ID: "ocs5", Made: true}
	}).Journal.Record.Finish(at)
	if !made.IsRetired(value("mine")) || !made.IsRetired(value("old")) || made.IsRetired(value("new")) {
		t.Error("I1: a secret of ours that somebody replaced in the target is not retired when the target is promoted over")
	}
	full := rotation.Record{}
	for i := range 20 {
		full.Staged = &rotation.Staged{Value: redact.NewValue(string(rune('a' + i)))}
		full = full.Withdraw(at, true, "")
	}
	if len(full.Retired) != 16 || full.Attempts != 20 {
		t.Errorf("the journal is not bounded: %d retired, %d attempts", len(full.Retired), full.Attempts)
	}
}
