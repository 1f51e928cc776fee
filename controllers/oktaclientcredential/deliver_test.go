package oktaclientcredential

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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

// TestWhenTheSecretWasWritten: by the later of two clocks, since pods are dated by the API server's.
func TestWhenTheSecretWasWritten(t *testing.T) {
	t.Parallel()
	noted := time.Date(2026, 11, 23, 12, 0, 0, 500, time.UTC)
	writtenAt := func(at time.Time) *corev1.Secret {
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{ManagedFields: []metav1.ManagedFieldsEntry{
			{Manager: v1alpha1.FieldManager, Time: new(metav1.NewTime(at))},
		}}}
	}
	for name, test := range map[string]struct {
		target *corev1.Secret
		want   time.Time
	}{
		"the Secret is not there":              {nil, noted},
		"the Secret does not tell":             {&corev1.Secret{}, noted},
		"the operator's clock is not behind":   {writtenAt(noted.Add(-time.Second)), noted},
		"the operator's clock is a bit behind": {writtenAt(noted.Add(5 * time.Second)), noted.Add(5 * time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := &scene{target: test.target, now: noted.Add(time.Hour)}
			seen.Journal.Record.Current = &rotation.Held{Since: noted}
			if got := seen.written(); !got.Equal(test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// TestWhatHaltsRotationsStaysInSight while a retirement waits for pods, perhaps for ever.
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
		"it is suspended": {halt, rotation.Wait{Reason: v1alpha1.ReasonSuspended}, rotation.Wait{Reason: v1alpha1.ReasonSuspended}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := &scene{}
			seen.Journal.Record.Halt = test.halt
			if diff := cmp.Diff(test.want, seen.withHalt(test.wait)); diff != "" {
				t.Errorf("shown otherwise (-want +got):\n%s", diff)
			}
		})
	}
}
