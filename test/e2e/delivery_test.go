//go:build e2e

package e2e

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/consumers"
)

// restarting has the operator restart what needs it, and lets nobody wait for long.
func restarting(spec *v1alpha1.OktaClientCredentialSpec) {
	spec.Consumers = v1alpha1.ConsumersSpec{Restart: v1alpha1.RestartAuto, WaitTimeout: "30s"}
	spec.Rotation.Overlap.Minimum = "20s"
}

// TestARotationReachesEveryWorkload: what has the secret in its environment is restarted once, what mounts it is not, neither
// fails at Okta, and the old secret works until both have the new one.
func TestARotationReachesEveryWorkload(t *testing.T) {
	t.Parallel()
	w := given(t, "0oae2edelivery000000")
	first := w.plantSecret()
	w.apply(w.secret(first), w.credential(restarting), w.deployment("by-env", byEnv), w.deployment("by-volume", byVolume))
	w.eventually("both workloads use the first secret", func() bool { return w.works("by-env", first) && w.works("by-volume", first) })
	w.eventually("the credential is Ready", w.isReady)
	old := w.atOkta(first)
	mounting, _ := w.ask("by-volume")

	rotated := time.Now()
	w.command(v1alpha1.AnnotationRotate)
	w.eventually("the Secret holds a new value", func() bool { return !w.value().Equal(first) })
	w.eventually("consumers are pending", w.is(v1alpha1.ConditionConsumersUpdated, metav1.ConditionFalse, v1alpha1.ReasonConsumersPending))
	second := w.value()
	w.eventually("the workload with the environment variable is restarted", func() bool { return w.replicaSets("by-env") == 2 })
	t.Logf("from rotate to restart: %.1f s", time.Since(rotated).Seconds())
	w.eventually("and uses the new secret", func() bool { return w.works("by-env", second) })
	t.Logf("from rotate to its new pod: %.1f s", time.Since(rotated).Seconds())
	w.eventually("all consumers are current", w.is(v1alpha1.ConditionConsumersUpdated, metav1.ConditionTrue, v1alpha1.ReasonConsumersCurrent))
	w.eventually("the old secret is deactivated", func() bool { return w.atOkta(first).Status == "INACTIVE" })
	retired := w.deactivated(old)
	t.Logf("from rotate to retirement: %.1f s", retired.Sub(rotated).Seconds())

	for _, name := range []string{"by-env", "by-volume"} {
		answer, _ := w.ask(name)
		if answer.Hash != second.Hash() || !answer.Since.Before(retired) {
			t.Errorf("%s uses the secret with hash %s since %s; the old one was retired at %s", name, answer.Hash, answer.Since, retired)
		}
		if refused := answer.Answers["401 invalid_client"]; refused > 0 {
			t.Errorf("%s was refused %d times: %v", name, refused, answer.Answers)
		}
		t.Logf("%s uses the new secret since %.1f s after rotate; answers: %v", name, answer.Since.Sub(rotated).Seconds(), answer.Answers)
	}
	if got := w.observed("by-env").Generation; got != 2 || w.replicaSets("by-env") != 2 {
		t.Errorf("by-env was changed %d times, want once", got-1)
	}
	if got, _ := w.ask("by-volume"); w.observed("by-volume").Generation != 1 || got.pod.UID != mounting.pod.UID || got.pod.Status.ContainerStatuses[0].RestartCount != 0 {
		t.Error("by-volume was changed or restarted")
	}
	if diff := cmp.Diff(map[string]string{"Deployment/by-env": "Env Current", "Deployment/by-volume": "Volume Current"}, w.states()); diff != "" {
		t.Errorf("status.consumers tells otherwise (-want +got):\n%s", diff)
	}
	w.describeTells([]string{v1alpha1.ReasonSecretPromoted, v1alpha1.ReasonWorkloadRestarted, v1alpha1.ReasonSecretDeactivated}, first, second)
	w.operatorWasNeverForbidden()
}

// TestAWorkloadThatFailsGetsTheOldSecretBack: and nothing rotates, not even what Okta rejects, until a person resumes. A paused
// workload, and one that opted out, are told of and never changed.
func TestAWorkloadThatFailsGetsTheOldSecretBack(t *testing.T) {
	t.Parallel()
	w := given(t, "0oae2eundoing0000000")
	first := w.plantSecret()
	w.apply(
		w.secret(first), w.credential(restarting),
		w.deployment("pinned", byEnv, knowsOnly(first)),
		w.deployment("opted-out", byEnv, annotated(consumers.AnnotationRestart, "false")),
		w.deployment("paused", byEnv),
	)
	w.eventually("all workloads use the first secret", func() bool {
		return w.works("pinned", first) && w.works("opted-out", first) && w.works("paused", first)
	})
	w.eventually("the credential is Ready", w.isReady)
	paused := w.observed("paused")
	paused.Spec.Paused = true
	if err := w.client.Update(t.Context(), paused); err != nil {
		t.Fatal(err)
	}

	rotated := time.Now()
	w.command(v1alpha1.AnnotationRotate)
	w.eventually("the Secret holds a new value", func() bool { return !w.value().Equal(first) })
	second := w.value()
	w.eventually("the workload is restarted, the others are not", func() bool {
		return cmp.Equal(w.states(), map[string]string{
			"Deployment/pinned": "Env Restarting", "Deployment/opted-out": "Env OptedOut", "Deployment/paused": "Env Paused",
		})
	})
	t.Logf("from rotate to restart: %.1f s", time.Since(rotated).Seconds())
	w.eventually("the Secret holds the old value again", func() bool { return w.value().Equal(first) })
	t.Logf("from rotate to undo: %.1f s", time.Since(rotated).Seconds())
	undone := w.is(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonUndone)
	w.eventually("that is said", undone)
	w.eventually("the workload uses the old secret", func() bool { return w.works("pinned", first) })
	t.Logf("from rotate to recovery: %.1f s", time.Since(rotated).Seconds())
	w.eventually("what waits for the others does not hide it", func() bool {
		return w.is(v1alpha1.ConditionConsumersUpdated, metav1.ConditionFalse, v1alpha1.ReasonConsumersBlocked)() && undone()
	})
	if got := w.atOkta(second).Status; got != "ACTIVE" {
		t.Errorf("Okta has the new secret %s; a workload may use it that was not seen to go back", got)
	}
	for _, name := range []string{"opted-out", "paused"} {
		if answer, one := w.ask(name); !one || answer.pod.Status.ContainerStatuses[0].RestartCount != 0 || w.replicaSets(name) != 1 || answer.Answers["401 invalid_client"] > 0 {
			t.Errorf("%s was restarted or refused: %v", name, answer.Answers)
		}
	}
	w.describeTells([]string{v1alpha1.ReasonWorkloadRestarted, v1alpha1.ReasonRotationUndone}, first, second)

	w.revoke(first)
	w.eventually("Okta rejects the secret, confirmed, and nothing rotates", func() bool {
		return w.is(v1alpha1.ConditionSecretValid, metav1.ConditionFalse, string(v1alpha1.VerdictSecretRejected))() && undone()
	})
	if !w.value().Equal(first) {
		t.Error("the Secret has another value before a person resumed")
	}
	w.command(v1alpha1.AnnotationResume)
	w.eventually("it heals when a person resumes", func() bool { return !w.value().Equal(first) && w.isReady() })
	w.operatorWasNeverForbidden()
}
