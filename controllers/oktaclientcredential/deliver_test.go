package oktaclientcredential

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/consumers"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// TestWhatIsReportedOfWorkloads: one that a person must see to does not hide that others get on.
func TestWhatIsReportedOfWorkloads(t *testing.T) {
	t.Parallel()
	shop := consumers.Reference{Kind: "Deployment", Name: "shop"}
	blog := consumers.Reference{Kind: "Deployment", Name: "blog"}
	paused := consumers.Status{Reference: blog, State: consumers.StatePaused, Message: "It is paused."}
	for name, test := range map[string]struct {
		statuses []consumers.Status
		want     rotation.Delivery
	}{
		"no workloads": {nil, rotation.Delivery{Done: true}},
		"one is current": {
			[]consumers.Status{{Reference: shop, State: consumers.StateCurrent}}, rotation.Delivery{Done: true},
		},
		"one is paused": {
			[]consumers.Status{paused}, rotation.Delivery{Blocked: "Deployment/blog: It is paused."},
		},
		"one is paused, another is restarted": {
			[]consumers.Status{paused, {Reference: shop, State: consumers.StateRestarting, Pending: []string{"shop-0"}}},
			rotation.Delivery{Blocked: "Deployment/blog: It is paused.", Moving: true, Pending: []string{"shop-0"}},
		},
		"one is paused, another's restart is due": {
			[]consumers.Status{paused, {Reference: shop, State: consumers.StatePending, RestartDue: true}},
			rotation.Delivery{Blocked: "Deployment/blog: It is paused.", Moving: true, RestartDue: "Deployment/shop"},
		},
		"one fails that was well before": {
			[]consumers.Status{{Reference: shop, State: consumers.StateFailing, Blamed: true, Message: "It crashes."}},
			rotation.Delivery{Failing: "Deployment/shop: It crashes."},
		},
		"one fails, and nobody knows how it was before": {
			[]consumers.Status{{Reference: shop, State: consumers.StateFailing, Message: "It crashes."}},
			rotation.Delivery{Blocked: "Deployment/shop: It crashes."},
		},
		"one has just new pods, and not all are ready": {
			[]consumers.Status{{Reference: shop, State: consumers.StateRestarting, Message: "It starts."}},
			rotation.Delivery{Waiting: "Deployment/shop: It starts.", Moving: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(&test.want, deliveryOf(test.statuses)); diff != "" {
				t.Errorf("reported otherwise (-want +got):\n%s", diff)
			}
		})
	}
}

// TestARefusedRestartKeepsNoOtherFromBeingMade, is told as what a person must see to, and tried again in its time.
func TestARefusedRestartKeepsNoOtherFromBeingMade(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	due := func(name string) consumers.Status {
		return consumers.Status{Reference: consumers.Reference{Kind: "Deployment", Name: name}, State: consumers.StatePending, RestartDue: true, Pending: []string{name + "-0"}}
	}
	var kept memory
	kept.refuseRestart("Deployment/gone", refusal{until: at.Add(-3 * refusedRestart)})
	kept.refuseRestart("Deployment/shop", refusal{until: at.Add(refusedRestart), why: "It is refused."})
	if _, still := kept.refusedRestarts["Deployment/gone"]; still || len(kept.refusedRestarts) != 1 {
		t.Errorf("remembers %v", kept.refusedRestarts)
	}
	for name, test := range map[string]struct {
		after time.Duration
		want  rotation.Delivery
	}{
		"a moment later":     {time.Second, rotation.Delivery{Blocked: "Deployment/shop: It is refused.", RestartDue: "Deployment/blog", Moving: true}},
		"five minutes after": {refusedRestart, rotation.Delivery{RestartDue: "Deployment/shop", Moving: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			statuses := []consumers.Status{due("shop"), due("blog")}
			kept.refusedRestarts.heed(statuses, at.Add(test.after))
			test.want.Pending = []string{"shop-0", "blog-0"}
			if diff := cmp.Diff(&test.want, deliveryOf(statuses)); diff != "" {
				t.Errorf("reported otherwise (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWhatIsSaidOfWorkloads: nothing is claimed that nobody looked at, and what is waited for has a name.
func TestWhatIsSaidOfWorkloads(t *testing.T) {
	t.Parallel()
	looked := func(s *scene) { s.memory.consumers = &v1alpha1.ConsumersStatus{} }
	looks := func(d rotation.Delivery) func(*scene) {
		return func(s *scene) { s.Journal.Record.Undelivered, s.Consumers = true, &d }
	}
	for name, test := range map[string]struct {
		given  func(*scene)
		status metav1.ConditionStatus
		reason string
		says   string
	}{
		"the value never changed":             {func(*scene) {}, metav1.ConditionTrue, v1alpha1.ReasonConsumersCurrent, "No change of the Secret's value waits"},
		"it changed, and they were looked at": {looked, metav1.ConditionTrue, v1alpha1.ReasonConsumersCurrent, "After the last change"},
		"they were looked at before the operator's last start": {
			func(s *scene) { s.credential.Status.Consumers.Total = 1 }, metav1.ConditionTrue, v1alpha1.ReasonConsumersCurrent, "After the last change",
		},
		"it changed, and they were not looked at": {
			func(s *scene) { s.Journal.Record.Undelivered = true }, metav1.ConditionUnknown, v1alpha1.ReasonNotChecked, "not looked at yet",
		},
		"a pod has the old value": {looks(rotation.Delivery{Pending: []string{"shop-0"}, Moving: true}), metav1.ConditionFalse, v1alpha1.ReasonConsumersPending, "1 pods may still use an older value: shop-0"},
		"a new pod is not ready":  {looks(rotation.Delivery{Waiting: "Deployment/shop: It starts.", Moving: true}), metav1.ConditionFalse, v1alpha1.ReasonConsumersPending, "Deployment/shop: It starts."},
		"nor will it be":          {looks(rotation.Delivery{Blocked: "Deployment/shop: It crashes."}), metav1.ConditionFalse, v1alpha1.ReasonConsumersBlocked, "It crashes."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := &scene{credential: &v1alpha1.OktaClientCredential{}, memory: &memory{}}
			test.given(seen)
			got := consumersUpdated(seen)
			if got.Status != test.status || got.Reason != test.reason || !strings.Contains(got.Message, test.says) {
				t.Errorf("got %s, %s, %q; want %s, %s, %q", got.Status, got.Reason, got.Message, test.status, test.reason, test.says)
			}
		})
	}
}

// TestWhenTheSecretWasWritten: by the clock that dates pods where the operator wrote the value, whatever its own clock says; what
// has to pass since is counted from the later of the two.
func TestWhenTheSecretWasWritten(t *testing.T) {
	t.Parallel()
	noted := time.Date(2026, 11, 23, 12, 0, 0, 500, time.UTC)
	behind, ahead := noted.Add(5*time.Second), noted.Add(-time.Minute)
	writtenAt := func(at time.Time, fields string) *corev1.Secret {
		entry := func(manager string, at time.Time, fields string) metav1.ManagedFieldsEntry {
			return metav1.ManagedFieldsEntry{Manager: manager, Time: new(metav1.NewTime(at)), FieldsV1: metav1.NewFieldsV1(fields)}
		}

		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{ManagedFields: []metav1.ManagedFieldsEntry{
			entry("kubectl", at.Add(time.Hour), `{"f:data":{"f:client_secret":{}}}`),
			entry(v1alpha1.FieldManager, at, fields),
			entry(labelManager, at.Add(time.Hour), `{"f:metadata":{}}`),
		}}}
	}
	const ours, others = `{"f:data":{".":{},"f:client_secret":{}}}`, `{"f:metadata":{"f:labels":{"f:client_secret":{}}}}`
	for name, test := range map[string]struct {
		target         *corev1.Secret
		written, noted time.Time
	}{
		"the Secret is not there":                        {nil, noted, noted},
		"the Secret does not tell":                       {&corev1.Secret{}, noted, noted},
		"the operator's clock is ahead":                  {writtenAt(ahead, ours), ahead, noted},
		"the operator's clock is a bit behind":           {writtenAt(behind, ours), behind, behind},
		"somebody else wrote the value":                  {writtenAt(ahead, others), noted, noted},
		"somebody else did, and the operator wrote then": {writtenAt(behind, others), behind, behind},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := &scene{target: test.target, now: noted.Add(time.Hour), credential: &v1alpha1.OktaClientCredential{}}
			seen.credential.Spec.SecretRef.ClientSecretKey = "client_secret"
			seen.Journal.Record.Current = &rotation.Held{Since: noted}
			if written, counted := seen.written(); !written.Equal(test.written) || !counted.Equal(test.noted) {
				t.Errorf("got %s and %s, want %s and %s", written, counted, test.written, test.noted)
			}
		})
	}
}

// TestTheFingerprintOfAChange stays the same over restarts and upgrades; a value that was away and is back is another change.
func TestTheFingerprintOfAChange(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	of := func(record rotation.Record) string {
		seen := &scene{credential: &v1alpha1.OktaClientCredential{ObjectMeta: metav1.ObjectMeta{UID: "uid"}}}
		seen.Journal.Record = record

		return seen.change().Fingerprint
	}
	record := rotation.Record{Current: &rotation.Held{ID: "ocs1", Since: since}}
	first := of(record)
	if want := consumers.Fingerprint("uid", "ocs1"); first != want {
		t.Errorf("got %s, want %s, as former releases have it: an upgrade would restart everything", first, want)
	}
	restored := record.Restore(since.Add(time.Hour))
	if of(restored) == first || of(restored) == of(record.Restore(since.Add(2*time.Hour))) {
		t.Error("the restart for a value that came back would change nothing")
	}
	if got := of(restored.Accept(restored.Current.Value, since)); got != of(restored) {
		t.Error("a check changed it")
	}
}

// TestARefusedRestartIsToldOnce, however often it is tried, until it is refused for another reason or after a while.
func TestARefusedRestartIsToldOnce(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	var kept memory
	for _, step := range []struct {
		after time.Duration
		why   string
		news  bool
	}{
		{0, "Forbidden", true},
		{refusedRestart + time.Second, "Forbidden", false},
		{3 * refusedRestart, "Forbidden", false},
		{4 * refusedRestart, "Invalid", true},
		{12 * refusedRestart, "Invalid", true},
	} {
		if got := kept.refuseRestart("Deployment/shop", refusal{until: at.Add(step.after).Add(refusedRestart), why: step.why}); got != step.news {
			t.Errorf("after %s, %s: news %v, want %v", step.after, step.why, got, step.news)
		}
	}
}

// TestWhatHoldsUpOneRestart alone is put off, so that the others get on.
func TestWhatHoldsUpOneRestart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"nothing":                    {nil, false},
		"no right":                   {apierrors.NewForbidden(schema.GroupResource{}, "shop", errors.New("no")), true},
		"a webhook that is down":     {apierrors.NewInternalError(errors.New("failed calling webhook")), true},
		"somebody changed it":        {apierrors.NewConflict(schema.GroupResource{}, "shop", errors.New("no")), false},
		"no API server":              {errors.New("connection refused"), false},
		"an API server that is full": {apierrors.NewTooManyRequests("later", 1), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := isRefusedRestart(test.err); got != test.want {
				t.Errorf("is put off: %v", got)
			}
		})
	}
}

// TestAKindWithALongNameFitsIntoTheStatus, which could not be written otherwise.
func TestAKindWithALongNameFitsIntoTheStatus(t *testing.T) {
	t.Parallel()
	kind := "StatefulSet." + strings.Repeat("group.", 12) + "example.com"
	got := statusesOf([]consumers.Status{{Reference: consumers.Reference{Kind: kind, Name: "db"}}}).Workloads[0].Kind
	if len(got) > 64 || !strings.HasPrefix(got, "StatefulSet.group.") {
		t.Errorf("got %q", got)
	}
}

// TestWorkloadsThatCannotBeLookedAt hold up nothing else, and neither do pods that may not be.
func TestWorkloadsThatCannotBeLookedAt(t *testing.T) {
	t.Parallel()
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New("no"))
	for name, test := range map[string]struct {
		err       error
		says      string
		moving    bool
		podsBreak bool
	}{
		"no right":                {forbidden, "may not list workloads", false, false},
		"a conversion that fails": {errors.New("conversion webhook is down"), "conversion webhook is down", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &Reconciler{Options: Options{Clock: clocktesting.NewFakeClock(time.Now()), Live: refusing{err: test.err}}}
			seen := &scene{credential: &v1alpha1.OktaClientCredential{}, memory: &memory{}}
			if err := r.lookAtConsumers(t.Context(), seen); err != nil || !strings.Contains(seen.Consumers.Blocked, test.says) || seen.Consumers.Moving != test.moving || seen.Consumers.Done {
				t.Errorf("workloads: error %v, %+v", err, seen.Consumers)
			}
			if err := r.lookAtPods(t.Context(), seen); (err != nil) != test.podsBreak || (seen.Target.PodsProblem == "") != test.podsBreak || seen.Target.PodsOnOlder == nil {
				t.Errorf("pods: error %v, %+v", err, seen.Target)
			}
		})
	}
}

// refusing is an API server that lists nothing.
type refusing struct {
	client.Client
	err error
}

func (r refusing) List(context.Context, client.ObjectList, ...client.ListOption) error { return r.err }

// TestALeaderWaitsForPodsThatNobodyLookedAt: a follower whose Secret has moved says so before it knows which pods have.
func TestALeaderWaitsForPodsThatNobodyLookedAt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		given func(*scene)
		want  int32
	}{
		"nothing restarts, and nobody looked": {func(*scene) {}, 1},
		"one pod has the former secret":       {func(s *scene) { s.Target.PodsOnOlder, s.Target.PodsUnready = &[]string{"shop-0"}, []string{"shop-1"} }, 2},
		"the last look was before the change": {func(s *scene) {
			s.Credential.Policy.Restarts, s.memory.consumers = true, &v1alpha1.ConsumersStatus{Total: 3, Updated: 3}
		}, 1},
		"after a restart nobody knows":            {func(s *scene) { s.Credential.Policy.Restarts = true }, 1},
		"in mode Observe, and nobody looked":      {func(s *scene) { s.Credential.Policy.Restarts, s.Credential.Mode = true, v1alpha1.ModeObserve }, 1},
		"in mode Observe every pod was seen":      {func(s *scene) { s.Credential.Mode, s.Target.PodsOnOlder = v1alpha1.ModeObserve, &[]string{} }, 0},
		"another value is in the Secret":          {func(s *scene) { s.Journal.Record.Undelivered, s.Journal.Record.FlipVersion = false, "7" }, 1},
		"it is suspended, and nobody knows":       {func(s *scene) { s.Journal, s.Credential.Leader = rotation.Journal{}, nil }, 5},
		"it follows nobody":                       {func(s *scene) { s.Credential.Leader = nil }, 0},
		"every pod was seen with the present one": {func(s *scene) { s.Journal.Record.Undelivered = false }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := &scene{credential: &v1alpha1.OktaClientCredential{}, memory: &memory{}}
			seen.Credential.Leader, seen.Credential.Mode = &rotation.Peer{Name: "shop/elder"}, v1alpha1.ModeRotate
			seen.Journal.Found, seen.Journal.Record.Undelivered = true, true
			test.given(seen)
			var status v1alpha1.OktaClientCredentialStatus
			if !seen.Journal.Found {
				status.Consumers.Total, status.Consumers.Pending = 5, 5
			}
			fillStatus(&status, seen, rotation.Wait{})
			if status.Consumers.Pending != test.want || status.Consumers.Total < test.want {
				t.Errorf("status has %+v, want %d pending", status.Consumers, test.want)
			}
		})
	}
}

// TestOktaIsNotAskedAboutARetirementAtEachLookAtWorkloads: every list of secrets is audited there.
func TestOktaIsNotAskedAboutARetirementAtEachLookAtWorkloads(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	waits := rotation.Wait{Reason: v1alpha1.ReasonRetirementWaits, Until: now.Add(10 * time.Second)}
	for name, test := range map[string]struct {
		wait       rotation.Wait
		delivering bool
		want       time.Duration
	}{
		"workloads get the new value":   {waits, true, 5 * time.Minute},
		"pods are waited for":           {waits, false, 10 * time.Second},
		"a rotation waits for its room": {rotation.Wait{Reason: v1alpha1.ReasonSlotsFull, HoldsUp: rotation.CauseScheduled, Until: waits.Until}, false, 5 * time.Minute},
		"nothing says for what":         {rotation.Wait{Reason: "Accepted", Until: waits.Until}, false, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var kept memory
			kept.retireLater(now, test.wait, "1", test.delivering)
			if got := kept.retireNotBefore.Sub(now); got != test.want {
				t.Errorf("looks again after %s, want %s", got, test.want)
			}
		})
	}
}

// TestWhyARotationByAgeWaitsIsKnownUntilTheNextCheck: workloads are looked at every few seconds, and Okta is not asked each time.
func TestWhyARotationByAgeWaitsIsKnownUntilTheNextCheck(t *testing.T) {
	t.Parallel()
	kept := memory{check: &rotation.Check{At: time.Unix(1000, 0)}}
	kept.holdsUp(rotation.Wait{Reason: v1alpha1.ReasonSlotsFull}, "1")
	if kept.overdueKey != kept.overdueNow("1") {
		t.Error("it is not known in the same circumstances")
	}
	if kept.overdueKey == kept.overdueNow("2") {
		t.Error("another journal is no other circumstance")
	}
	kept.check = &rotation.Check{At: time.Unix(1600, 0)}
	if kept.overdueKey == kept.overdueNow("1") {
		t.Error("another check is no other circumstance")
	}
}

// TestWhatHaltsRotationsStaysInSight while a retirement waits for pods, or Okta for its share, perhaps for ever.
func TestWhatHaltsRotationsStaysInSight(t *testing.T) {
	t.Parallel()
	halt := &rotation.Halt{Reason: v1alpha1.ReasonUndone, Message: "Workloads failed."}
	waits := rotation.Wait{Reason: v1alpha1.ReasonRetirementWaits, Message: "Pods use it."}
	for name, test := range map[string]struct {
		halt       *rotation.Halt
		wait, want rotation.Wait
	}{
		"nothing halts": {nil, waits, waits},
		"a retirement waits": {
			halt, waits, rotation.Wait{State: rotation.Blocked, Reason: v1alpha1.ReasonUndone, Message: "Workloads failed."},
		},
		"Okta is out of reach": {
			halt, rotation.Wait{State: rotation.Working, Reason: v1alpha1.ReasonUnreachable}, rotation.Wait{State: rotation.Blocked, Reason: v1alpha1.ReasonUndone, Message: "Workloads failed."},
		},
		"others of the connection are at work": {
			halt, rotation.Wait{State: rotation.Working, Reason: v1alpha1.ReasonPaced}, rotation.Wait{State: rotation.Blocked, Reason: v1alpha1.ReasonUndone, Message: "Workloads failed."},
		},
		"what it brings back is on its way": {halt, rotation.Wait{State: rotation.Working, Reason: v1alpha1.ReasonRepairing}, rotation.Wait{State: rotation.Working, Reason: v1alpha1.ReasonRepairing}},
		"it is suspended":                   {halt, rotation.Wait{Reason: v1alpha1.ReasonSuspended}, rotation.Wait{Reason: v1alpha1.ReasonSuspended}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := &scene{}
			seen.Credential.Policy.MaxAttempts = 1
			seen.Journal.Record.Halt = test.halt
			if diff := cmp.Diff(test.want, seen.withHalt(test.wait)); diff != "" {
				t.Errorf("shown otherwise (-want +got):\n%s", diff)
			}
		})
	}
}
