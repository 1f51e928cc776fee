package consumers

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var written = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// pod that started its one container an hour before the Secret was written.
func pod(changes ...func(*corev1.Pod)) *corev1.Pod {
	before := metav1.NewTime(written.Add(-time.Hour))
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web", CreationTimestamp: before},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app"}}},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, ContainerStatuses: []corev1.ContainerStatus{{
			Name: "app", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: before}},
		}}},
	}
	for _, change := range changes {
		change(p)
	}

	return p
}

func env(secret string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "SECRET", ValueFrom: &corev1.EnvVarSource{
			SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: secret}, Key: "client_secret"},
		}}}
	}
}

func envFrom(p *corev1.Pod) {
	p.Spec.Containers[0].EnvFrom = []corev1.EnvFromSource{{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "web-shop"}}}}
}

func volume(subPath string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Spec.Volumes = []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "web-shop"}}}}
		p.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "v", MountPath: "/s", SubPath: subPath}}
	}
}

func projected(p *corev1.Pod) {
	p.Spec.Volumes = []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
		{Secret: &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "web-shop"}}},
	}}}}}
}

func startedAt(at time.Time) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.CreationTimestamp = metav1.NewTime(at)
		p.Status.ContainerStatuses[0].State.Running.StartedAt = metav1.NewTime(at)
	}
}

func TestAPodMayUseAnOlderValue(t *testing.T) {
	justAfter, muchLater := written.Add(time.Second), written.Add(time.Hour)
	for name, test := range map[string]struct {
		pod  *corev1.Pod
		now  time.Time
		want bool
	}{
		"one that does not use the Secret":                     {pod(), justAfter, false},
		"one that uses another Secret":                         {pod(env("other")), justAfter, false},
		"one with an environment variable, however long after": {pod(env("web-shop")), muchLater, true},
		"one with all keys as environment":                     {pod(envFrom), muchLater, true},
		"one whose container started since":                    {pod(env("web-shop"), startedAt(justAfter)), muchLater, false},
		"one whose container was restarted since": {pod(env("web-shop"), func(p *corev1.Pod) {
			p.Status.ContainerStatuses[0].State.Running.StartedAt = metav1.NewTime(justAfter)
		}), muchLater, false},
		"one whose container waits and reads it at its start": {pod(env("web-shop"), func(p *corev1.Pod) {
			p.Status.ContainerStatuses[0].State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{}}
		}), muchLater, false},
		"one that is done":                      {pod(env("web-shop"), func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded }), justAfter, false},
		"a new one without a container's state": {pod(env("web-shop"), startedAt(justAfter), func(p *corev1.Pod) { p.Status.ContainerStatuses = nil }), justAfter, false},
		"an old one without a container's state": {pod(env("web-shop"), func(p *corev1.Pod) {
			p.Status.ContainerStatuses = nil
		}), justAfter, true},
		"an init container's environment": {pod(func(p *corev1.Pod) {
			env("web-shop")(p)
			p.Spec.InitContainers, p.Spec.Containers = p.Spec.Containers, []corev1.Container{{Name: "main"}}
			p.Status.InitContainerStatuses, p.Status.ContainerStatuses = p.Status.ContainerStatuses, nil
		}), muchLater, true},
		"a volume, before the kubelet can have synced": {pod(volume("")), justAfter, true},
		"a volume, after the kubelet has synced":       {pod(volume("")), muchLater, false},
		"a projected volume, just written":             {pod(projected), justAfter, true},
		"a projected volume, long since":               {pod(projected), muchLater, false},
		"a volume of a pod that came after":            {pod(volume(""), startedAt(justAfter)), justAfter, false},
		"a subPath, however long after":                {pod(volume("client_secret")), muchLater, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := mayUseOlder(test.pod, "web-shop", written, test.now); got != test.want {
				t.Errorf("may use an older value: %v, want %v", got, test.want)
			}
		})
	}
}
