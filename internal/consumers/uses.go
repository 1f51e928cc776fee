package consumers

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Use is a way in which a container reads a Secret. It decides what brings it a new value.
type Use string

const (
	// UseEnv is one key as an environment variable (secretKeyRef), fixed when the container starts.
	UseEnv Use = "Env"
	// UseEnvFrom is all keys as environment variables (envFrom), fixed when the container starts.
	UseEnvFrom Use = "EnvFrom"
	// UseVolume is a mounted volume, plain or projected, which the kubelet keeps up to date.
	UseVolume Use = "Volume"
	// UseSubPath is a mount with subPath or subPathExpr, which the kubelet never updates while the container runs.
	UseSubPath Use = "SubPath"
	// UseInitVolume is a volume that an init container mounts: it reads it once, and what it made of it stays.
	UseInitVolume Use = "InitVolume"
)

// follows says whether a new value arrives without a restart.
func (u Use) follows() bool { return u == UseVolume }

// usage is one use by one container; a volume that no container mounts has no container.
type usage struct {
	use       Use
	container string
}

// usages of a Secret by a pod. Image pull secrets are no use: the kubelet reads them, not the application. Nor are secrets
// with which a volume's driver authenticates, and ephemeral containers, which are for debugging.
func usages(spec *corev1.PodSpec, secret string) []usage {
	var found []usage
	volumes := volumesOf(spec, secret)
	mounted := map[string]bool{}
	for _, c := range containersOf(spec) {
		for _, use := range environmentUses(c.Container, secret) {
			found = append(found, usage{use, c.Name})
		}
		for _, mount := range c.VolumeMounts {
			if !slices.Contains(volumes, mount.Name) {
				continue
			}
			mounted[mount.Name] = true
			found = append(found, usage{mountUse(mount, c.once), c.Name})
		}
	}
	if slices.ContainsFunc(volumes, func(name string) bool { return !mounted[name] }) {
		found = append(found, usage{use: UseVolume})
	}

	return found
}

// usesOf are the uses of a Secret by a pod template, sorted, each once.
func usesOf(spec *corev1.PodSpec, secret string) []Use {
	uses := []Use{}
	for _, found := range usages(spec, secret) {
		uses = append(uses, found.use)
	}
	slices.Sort(uses)

	return slices.Compact(uses)
}

// container of a pod; once says that it runs to its end before the others start.
type container struct {
	*corev1.Container
	once bool
}

// containersOf a pod. An init container that is always restarted is a sidecar, and runs as long as the others.
func containersOf(spec *corev1.PodSpec) []container {
	all := make([]container, 0, len(spec.InitContainers)+len(spec.Containers))
	for i := range spec.InitContainers {
		policy := spec.InitContainers[i].RestartPolicy
		all = append(all, container{&spec.InitContainers[i], policy == nil || *policy != corev1.ContainerRestartPolicyAlways})
	}
	for i := range spec.Containers {
		all = append(all, container{&spec.Containers[i], false})
	}

	return all
}

func environmentUses(c *corev1.Container, secret string) []Use {
	var uses []Use
	for _, env := range c.Env {
		if env.ValueFrom != nil && env.ValueFrom.SecretKeyRef != nil && env.ValueFrom.SecretKeyRef.Name == secret {
			uses = append(uses, UseEnv)
		}
	}
	for _, source := range c.EnvFrom {
		if source.SecretRef != nil && source.SecretRef.Name == secret {
			uses = append(uses, UseEnvFrom)
		}
	}

	return uses
}

func mountUse(mount corev1.VolumeMount, once bool) Use {
	switch {
	case mount.SubPath != "" || mount.SubPathExpr != "":
		return UseSubPath
	case once:
		return UseInitVolume
	default:
		return UseVolume
	}
}

// volumesOf names the volumes of a pod that hold the Secret, projected ones included.
func volumesOf(spec *corev1.PodSpec, secret string) []string {
	var names []string
	for _, volume := range spec.Volumes {
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

// compare orders what is reported.
func compare(a, b Reference) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
}
