package consumers

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const secret = "web-shop"

var written = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

type podOption func(*corev1.Pod)

// given is a ready pod that a node took, and whose one container started, an hour before the Secret was written.
func given(options ...podOption) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web-1"},
		Spec:       corev1.PodSpec{NodeName: "node", Containers: []corev1.Container{{Name: "app"}}},
		Status: corev1.PodStatus{
			Phase: corev1.PodRunning,
			Conditions: []corev1.PodCondition{
				{Type: corev1.PodScheduled, Status: corev1.ConditionTrue}, {Type: corev1.PodReady, Status: corev1.ConditionTrue},
			},
			ContainerStatuses: []corev1.ContainerStatus{{Name: "app", Ready: true, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}},
		},
	}
	createdAt(written.Add(-time.Hour))(p)
	for _, option := range options {
		option(p)
	}

	return p
}

// createdAt sets every time of a pod that took none to start.
func createdAt(at time.Time) podOption {
	return func(p *corev1.Pod) {
		when := metav1.NewTime(at)
		p.CreationTimestamp, p.Status.StartTime = when, &when
		for i := range p.Status.Conditions {
			p.Status.Conditions[i].LastTransitionTime = when
		}
		startedAt(at)(p)
	}
}

// startedAt says when the container last started, by the node's clock.
func startedAt(at time.Time) podOption {
	return func(p *corev1.Pod) { p.Status.ContainerStatuses[0].State.Running.StartedAt = metav1.NewTime(at) }
}

func named(name string) podOption { return func(p *corev1.Pod) { p.Name = name } }

func ownedBy(apiVersion, kind, name string, labels map[string]string) podOption {
	return func(p *corev1.Pod) {
		p.Labels = labels
		p.OwnerReferences = []metav1.OwnerReference{{APIVersion: apiVersion, Kind: kind, Name: name, Controller: new(true)}}
	}
}

func annotated(key, value string) podOption {
	return func(p *corev1.Pod) { p.Annotations = map[string]string{key: value} }
}

func env(name string) podOption {
	return func(p *corev1.Pod) {
		p.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "SECRET", ValueFrom: &corev1.EnvVarSource{
			SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: name}, Key: "client_secret"},
		}}}
	}
}

func envFrom(p *corev1.Pod) {
	p.Spec.Containers[0].EnvFrom = []corev1.EnvFromSource{{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: secret}}}}
}

func volume(subPath string) podOption {
	return func(p *corev1.Pod) {
		p.Spec.Volumes = []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: secret}}}}
		p.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "v", MountPath: "/s", SubPath: subPath}}
	}
}

func projected(p *corev1.Pod) {
	p.Spec.Volumes = []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
		{Secret: &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: secret}}},
	}}}}}
}

// initial turns the container into an init container that ended well, before another one.
func initial(p *corev1.Pod) {
	p.Spec.InitContainers, p.Spec.Containers = p.Spec.Containers, []corev1.Container{{Name: "main"}}
	p.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "app", State: corev1.ContainerState{
		Terminated: &corev1.ContainerStateTerminated{StartedAt: p.Status.ContainerStatuses[0].State.Running.StartedAt},
	}}}
	p.Status.ContainerStatuses[0].Name = "main"
}

// waiting is a container that does not run, of a pod that is not ready since it was made.
func waiting(reason string, restarts int32) podOption {
	return func(p *corev1.Pod) {
		unreadySince(p.CreationTimestamp.Time)(p)
		p.Status.ContainerStatuses[0].RestartCount = restarts
		p.Status.ContainerStatuses[0].State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}
	}
}

func unreadySince(at time.Time) podOption {
	return func(p *corev1.Pod) {
		p.Status.ContainerStatuses[0].Ready = false
		p.Status.Conditions[1].Status, p.Status.Conditions[1].LastTransitionTime = corev1.ConditionFalse, metav1.NewTime(at)
	}
}

func terminatingPod(p *corev1.Pod) { p.DeletionTimestamp = new(metav1.NewTime(written)) }
