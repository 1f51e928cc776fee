// Package consumers finds the workloads that read a Secret and tells which of their pods may still use an older value of it.
// It must not change anything.
package consumers

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// syncTime is how long a kubelet may take until a changed Secret is in a mounted volume: its sync period (1 minute) and the
// lifetime of its cache (1 minute), with some room.
const syncTime = 3 * time.Minute

// PodsOnOlder names the pods of a namespace that may still use the value which a Secret held before a time. Environment
// variables and subPath mounts keep the value with which the container started; other mounts follow the Secret.
func PodsOnOlder(ctx context.Context, reader client.Reader, namespace, secret string, written, now time.Time) ([]string, error) {
	var pods corev1.PodList
	if err := reader.List(ctx, &pods, client.InNamespace(namespace)); err != nil {
		return nil, fmt.Errorf("list pods of namespace %s: %w", namespace, err)
	}
	older := []string{}
	for i := range pods.Items {
		if mayUseOlder(&pods.Items[i], secret, written, now) {
			older = append(older, pods.Items[i].Name)
		}
	}
	slices.Sort(older)

	return older, nil
}

func mayUseOlder(pod *corev1.Pod, secret string, written, now time.Time) bool {
	if pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
		return false
	}
	volumes := volumesOf(pod, secret)
	containers := slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers)
	for i := range containers {
		container := &containers[i]
		if (readsEnv(container, secret) || mountsSubPath(container, volumes)) && !startedAfter(pod, container.Name, written) {
			return true
		}
	}

	return len(volumes) > 0 && now.Before(written.Add(syncTime)) && !pod.CreationTimestamp.After(written)
}

// startedAfter says whether a container runs since after a time: only then has it read what was written by then.
func startedAfter(pod *corev1.Pod, container string, written time.Time) bool {
	for _, status := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		if status.Name == container {
			// One that does not run reads the Secret again when it starts.
			return status.State.Running == nil || status.State.Running.StartedAt.After(written)
		}
	}

	return pod.CreationTimestamp.After(written)
}

func readsEnv(container *corev1.Container, secret string) bool {
	return slices.ContainsFunc(container.EnvFrom, func(source corev1.EnvFromSource) bool {
		return source.SecretRef != nil && source.SecretRef.Name == secret
	}) || slices.ContainsFunc(container.Env, func(env corev1.EnvVar) bool {
		return env.ValueFrom != nil && env.ValueFrom.SecretKeyRef != nil && env.ValueFrom.SecretKeyRef.Name == secret
	})
}

// volumesOf names the volumes of a pod that hold the Secret, projected ones included.
func volumesOf(pod *corev1.Pod, secret string) []string {
	var names []string
	for _, volume := range pod.Spec.Volumes {
		direct := volume.Secret != nil && volume.Secret.SecretName == secret
		projected := volume.Projected != nil && slices.ContainsFunc(volume.Projected.Sources, func(source corev1.VolumeProjection) bool {
			return source.Secret != nil && source.Secret.Name == secret
		})
		if direct || projected {
			names = append(names, volume.Name)
		}
	}

	return names
}

func mountsSubPath(container *corev1.Container, volumes []string) bool {
	return slices.ContainsFunc(container.VolumeMounts, func(mount corev1.VolumeMount) bool {
		return (mount.SubPath != "" || mount.SubPathExpr != "") && slices.Contains(volumes, mount.Name)
	})
}
