package consumers

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestHowAPodUsesASecret(t *testing.T) {
	for name, test := range map[string]struct {
		pod  *corev1.Pod
		want []Use
	}{
		"not at all":                                     {given(), []Use{}},
		"another Secret":                                 {given(env("other")), []Use{}},
		"as an environment variable":                     {given(env(secret)), []Use{UseEnv}},
		"all keys as environment":                        {given(envFrom), []Use{UseEnvFrom}},
		"as a volume":                                    {given(volume("")), []Use{UseVolume}},
		"as part of a projected volume":                  {given(projected), []Use{UseVolume}},
		"as one file of a volume":                        {given(volume("client_secret")), []Use{UseSubPath}},
		"as a file named by an expression":               {given(volume(""), subPathExpr), []Use{UseSubPath}},
		"a volume mounted in two ways":                   {given(volume(""), mountedAgain), []Use{UseSubPath, UseVolume}},
		"in an init container":                           {given(env(secret), initial), []Use{UseEnv}},
		"as a volume of an init container":               {given(volume(""), initial), []Use{UseInitVolume}},
		"as one file of a projected volume":              {given(projected, mountsOne), []Use{UseSubPath}},
		"as a volume of a sidecar":                       {given(volume(""), initial, sidecar), []Use{UseVolume}},
		"in several ways, each once":                     {given(volume(""), env(secret), envFrom), []Use{UseEnv, UseEnvFrom, UseVolume}},
		"to pull images, which is no use":                {given(func(p *corev1.Pod) { p.Spec.ImagePullSecrets = []corev1.LocalObjectReference{{Name: secret}} }), []Use{}},
		"to mount what a driver brings, which is no use": {given(driven), []Use{}},
		"to debug, which is no use":                      {given(debugged), []Use{}},
		"a ConfigMap of the same name": {given(func(p *corev1.Pod) {
			p.Spec.Containers[0].EnvFrom = []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: secret}}}}
			p.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "A", Value: secret}, {Name: "B", ValueFrom: &corev1.EnvVarSource{}}}
		}), []Use{}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, usesOf(&test.pod.Spec, secret)); diff != "" {
				t.Errorf("uses (-want +got):\n%s", diff)
			}
		})
	}
}

func subPathExpr(p *corev1.Pod) { p.Spec.Containers[0].VolumeMounts[0].SubPathExpr = "$(NAME)" }

func mountedAgain(p *corev1.Pod) {
	p.Spec.Containers[0].VolumeMounts = append(p.Spec.Containers[0].VolumeMounts, corev1.VolumeMount{Name: "v", MountPath: "/t", SubPath: "a"})
}

func sidecar(p *corev1.Pod) {
	p.Spec.InitContainers[0].RestartPolicy = new(corev1.ContainerRestartPolicyAlways)
}

func mountsOne(p *corev1.Pod) {
	p.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "v", MountPath: "/s", SubPath: "client_secret"}}
}

// driven has a volume whose driver authenticates with the Secret.
func driven(p *corev1.Pod) {
	p.Spec.Volumes = []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{CSI: &corev1.CSIVolumeSource{
		Driver: "secrets-store.csi.k8s.io", NodePublishSecretRef: &corev1.LocalObjectReference{Name: secret},
	}}}}
	p.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "v", MountPath: "/s"}}
}

// debugged has an ephemeral container that reads the Secret.
func debugged(p *corev1.Pod) {
	env(secret)(p)
	p.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "debug", Env: p.Spec.Containers[0].Env}}}
	p.Spec.Containers[0].Env = nil
}
