package consumers

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// health of a pod, as far as it can speak against a new value.
type health struct {
	ready bool
	// unready is since when it is not, by the API server's clock where the pod never was, else by its node's. One that is
	// ready until it goes is not from then on.
	unready time.Time
	// reason and container say what is wrong with it, in Kubernetes' words.
	reason, container string
	// ran says that the application itself ran and failed. One whose image is missing or that has no node says nothing
	// about a secret.
	ran bool
	// restarts of the container that restarted most.
	restarts int32
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
	h := health{unready: pod.CreationTimestamp.Time, reason: pending}
	for _, condition := range pod.Status.Conditions {
		if condition.Type != corev1.PodReady {
			continue
		}
		h.ready = condition.Status == corev1.ConditionTrue
		if condition.LastTransitionTime.After(h.unready) {
			h.unready = condition.LastTransitionTime.Time
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
			h.unready = pod.DeletionTimestamp.Time
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
