package consumers

import (
	"context"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// rolloutHashLabel is on the pods of an Argo Rollout, as pod-template-hash is on those of a Deployment.
const rolloutHashLabel = "rollouts-pod-template-hash"

// Pod uses the Secret, or belongs to a listed workload. It holds just what is needed to tell whether it has the new value.
type Pod struct {
	Name string
	// Owner is the workload that it belongs to; Pod and its own name when nothing owns it.
	Owner Reference
	// Created is when the API server took it, by that server's clock.
	Created time.Time
	// Ready says that it is ready and not about to go.
	Ready bool

	id        string // of this very pod: a StatefulSet's next one has the same name
	reads     []reading
	restarted map[string]string // our annotations, which it has from its template
	health    health
	// ahead is the most by which its node's clock may be ahead of the control plane's.
	ahead time.Duration
}

// reading is a use of the Secret by a container of a pod.
type reading struct {
	use Use
	// waits says that the container does not run, and reads the Secret when it starts.
	waits bool
	// started is when the container last started, by the clock of its node; zero when not known.
	started time.Time
	// first says that it was never restarted.
	first bool
}

// pods of the namespace that are not done and use the Secret or belong to a listed workload.
func (f finder) pods(ctx context.Context, workloads []Workload) ([]Pod, error) {
	listed := map[Reference]bool{}
	for i := range workloads {
		listed[workloads[i].Reference] = workloads[i].Listed
	}
	found := []Pod{}
	err := pages(ctx, f, "Pods", func() *corev1.PodList { return &corev1.PodList{} }, func(page *corev1.PodList) {
		for i := range page.Items {
			pod := newPod(&page.Items[i], f.secret)
			if !done(&page.Items[i]) && (len(pod.reads) > 0 || listed[pod.Owner]) {
				found = append(found, pod)
			}
		}
	})
	slices.SortFunc(found, func(a, b Pod) int { return strings.Compare(a.Name, b.Name) })

	return found, err
}

// done says whether none of a pod's containers will run again.
func done(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

func newPod(pod *corev1.Pod, secret string) Pod {
	seen := Pod{
		Name: pod.Name, Owner: ownerOf(pod), Created: pod.CreationTimestamp.Time, id: pod.Name + "/" + string(pod.UID),
		restarted: ours(pod.Annotations), health: healthOf(pod), ahead: clockAhead(pod),
	}
	seen.Ready = seen.health.ready && pod.DeletionTimestamp == nil
	for _, found := range usages(&pod.Spec, secret) {
		seen.reads = append(seen.reads, readingOf(pod, found))
	}

	return seen
}

// ownerOf names the workload of a pod. A ReplicaSet that a Deployment or Rollout made is named after it and after the hash
// of the template, which the pod carries as a label: so the ReplicaSet itself need not be read.
func ownerOf(pod *corev1.Pod) Reference {
	owner := metav1.GetControllerOfNoCopy(pod)
	if owner == nil {
		return Reference{kindPod, pod.Name}
	}
	apps := strings.HasPrefix(owner.APIVersion, "apps/")
	if apps && owner.Kind == "ReplicaSet" {
		for label, kind := range map[string]string{appsv1.DefaultDeploymentUniqueLabelKey: KindDeployment, rolloutHashLabel: KindRollout} {
			if name, found := strings.CutSuffix(owner.Name, "-"+pod.Labels[label]); found && pod.Labels[label] != "" {
				return Reference{kind, name}
			}
		}
	}
	if restartable := owner.Kind == KindStatefulSet || owner.Kind == KindDaemonSet || owner.Kind == KindDeployment; restartable && !apps {
		// Another group's kind of the same name is not the one that can be restarted.
		return Reference{owner.Kind + "." + strings.Split(owner.APIVersion, "/")[0], owner.Name}
	}

	return Reference{owner.Kind, owner.Name}
}

// readingOf says when a container last read the Secret, as far as the pod's status tells.
func readingOf(pod *corev1.Pod, found usage) reading {
	read := reading{use: found.use}
	for _, status := range pod.Status.InitContainerStatuses {
		// One that ran to its end is not started again, and what it read stays.
		if ended := status.State.Terminated; status.Name == found.container && ended != nil && ended.ExitCode == 0 {
			read.started, read.first = ended.StartedAt.Time, status.RestartCount == 0

			return read
		}
	}
	for _, status := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		if status.Name != found.container {
			continue
		}
		read.waits, read.first = status.State.Running == nil, status.RestartCount == 0
		if !read.waits {
			read.started = status.State.Running.StartedAt.Time
		}
	}

	return read
}

// clockAhead bounds how far the clock of a pod's node is ahead of the control plane's. The kubelet took the pod after it was
// scheduled, so by what its time of that is later than the scheduler's, the clock is ahead, or the kubelet was slow.
// A second more, since both are whole seconds.
func clockAhead(pod *corev1.Pod) time.Duration {
	if pod.Status.StartTime == nil {
		return 0
	}
	scheduled := pod.CreationTimestamp
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionTrue && !condition.LastTransitionTime.IsZero() {
			scheduled = condition.LastTransitionTime
		}
	}

	return max(0, pod.Status.StartTime.Sub(scheduled.Time)) + time.Second
}

// PodsInDoubt names the pods of a namespace that may still use an older value of a Secret than a change's, and those that
// have the change's and are not ready with it (with what is wrong). It lists pods and nothing else, so it cannot know of a
// restart's record whether the latter were ready before.
func PodsInDoubt(ctx context.Context, reader client.Reader, namespace, secret string, c Change, now time.Time) (older, unready []string, err error) {
	_, pods, err := Find(ctx, reader, namespace, secret, Options{})
	if err != nil {
		return nil, nil, err
	}
	// A pod that carries the mark of this change may have started while somebody had put another value in since.
	c.Fingerprint = ""
	for _, status := range Progress(nil, pods, c, now) {
		older = append(older, status.Pending...)
		unready = append(unready, status.Unready...)
	}
	slices.Sort(older)
	slices.Sort(unready)

	return older, unready, nil
}
