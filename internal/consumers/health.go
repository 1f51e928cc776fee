package consumers

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// health of a pod, as far as it can speak against a new value.
type health struct {
	ready bool
	// since is when it got ready, or stopped to be: by the API server's clock where the pod never was, else by its node's. One
	// that is ready until it goes is not from then on.
	since time.Time
	// reason and container say what is wrong with it, in Kubernetes' words.
	reason, container string
	// ran says that the application itself ran and failed. One whose image is missing or that has no node says nothing
	// about a secret.
	ran bool
	// restarts of the container that restarted most.
	restarts int32
	// first is when the container that is wrong was started first, by its node's clock; where that is not known, since it was
	// restarted more than once, or none is wrong, when the kubelet took the pod. A pod may wait for a node and for its image.
	first time.Time
}

// Reasons of a pod that is not ready, besides those that a kubelet gives for a container.
const (
	crashLoop   = "CrashLoopBackOff"
	notReady    = "NotReady"
	terminated  = "Terminated"
	terminating = "Terminating"
	pending     = "Pending"
)

func healthOf(pod *corev1.Pod) health {
	h := health{since: pod.CreationTimestamp.Time, reason: pending}
	if taken := pod.Status.StartTime; taken != nil {
		h.first = taken.Time
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Type != corev1.PodReady {
			continue
		}
		h.ready = condition.Status == corev1.ConditionTrue
		if condition.LastTransitionTime.After(h.since) {
			h.since = condition.LastTransitionTime.Time
		}
	}
	statuses := slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses)
	for i := range statuses {
		h.restarts = max(h.restarts, statuses[i].RestartCount)
		h.add(&statuses[i])
	}
	if pod.DeletionTimestamp != nil {
		h.reason, h.container, h.ran = terminating, "", false
		if h.ready {
			h.since = pod.DeletionTimestamp.Time
		}
	}

	return h
}

// add takes what a container says. The one that cannot start comes first, since nothing else matters then; then the first.
func (h *health) add(status *corev1.ContainerStatus) {
	reason, ran := wrong(status)
	if reason == "" || h.container != "" && (ran || !h.ran) {
		return
	}
	h.reason, h.container, h.ran = reason, status.Name, ran
	if first := firstStart(status); first.After(h.first) {
		h.first = first
	}
}

// firstStart of a container, by its node's clock, while its status still tells: it has the present run and the one before.
func firstStart(status *corev1.ContainerStatus) time.Time {
	run := status.State
	if status.RestartCount == 1 {
		run = status.LastTerminationState
	}
	switch {
	case status.RestartCount > 1:
		return time.Time{}
	case run.Running != nil:
		return run.Running.StartedAt.Time
	case run.Terminated != nil:
		return run.Terminated.StartedAt.Time
	default:
		return time.Time{}
	}
}

// wrong says what is wrong with a container, and whether its program ran.
func wrong(status *corev1.ContainerStatus) (reason string, ran bool) {
	switch {
	case status.Ready || status.State.Terminated != nil && status.State.Terminated.ExitCode == 0:
		return "", true
	case status.State.Running != nil:
		return notReady, true
	case status.State.Terminated != nil:
		return terminated, true
	case status.State.Waiting == nil:
		return "", false
	}
	switch waits := status.State.Waiting.Reason; waits {
	case "", "ContainerCreating", "PodInitializing":
		return "", false
	default:
		return waits, waits == crashLoop
	}
}

// crashing says whether the pod has crashed again and again since it was made, and not just lately. A kubelet waits five
// minutes at most between two starts, so one that never stays up starts more often than every ten.
func (p Pod) crashing(now time.Time) bool {
	const slowest, atLeast = 10 * time.Minute, 2

	return p.health.reason == crashLoop && int(p.health.restarts) >= max(atLeast, int(now.Sub(p.Created)/slowest))
}
