//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// deployment runs one pod of the application in ./app, which gets its client secret as options say. It is ready while the org
// authenticates it.
func (w *world) deployment(name string, options ...func(*appsv1.Deployment)) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	d := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{
				Containers: []corev1.Container{{
					Name: "app", Image: "localhost/app:e2e", ImagePullPolicy: corev1.PullIfNotPresent,
					Args:  []string{"--token-endpoint=" + orgURL + "/oauth2/v1/token", "--client-id=" + w.clientID},
					Env:   []corev1.EnvVar{{Name: "ORG_CA", Value: string(w.control(http.MethodGet, "ca.pem", ""))}},
					Ports: []corev1.ContainerPort{{ContainerPort: 8080}},
					ReadinessProbe: &corev1.Probe{PeriodSeconds: 1, FailureThreshold: 5, ProbeHandler: corev1.ProbeHandler{
						HTTPGet: &corev1.HTTPGetAction{Path: "/ready", Port: intstr.FromInt32(8080)},
					}},
				}},
				TerminationGracePeriodSeconds: new(int64(2)),
			}},
		},
	}
	for _, option := range options {
		option(d)
	}

	return d
}

func byEnv(d *appsv1.Deployment) {
	container := &d.Spec.Template.Spec.Containers[0]
	container.Env = append(container.Env, corev1.EnvVar{Name: "CLIENT_SECRET", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
		LocalObjectReference: corev1.LocalObjectReference{Name: "web-shop"}, Key: "client_secret",
	}}})
}

func byVolume(d *appsv1.Deployment) {
	pod := &d.Spec.Template.Spec
	pod.Volumes = []corev1.Volume{{Name: "okta", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "web-shop"}}}}
	pod.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "okta", MountPath: "/okta", ReadOnly: true}}
	pod.Containers[0].Args = append(pod.Containers[0].Args, "--file=/okta/client_secret")
}

// knowsOnly makes the application exit with an error when it starts with another client secret.
func knowsOnly(value redact.Value) func(*appsv1.Deployment) {
	return func(d *appsv1.Deployment) {
		container := &d.Spec.Template.Spec.Containers[0]
		container.Args = append(container.Args, "--knows="+value.Hash())
	}
}

func annotated(key, value string) func(*appsv1.Deployment) {
	return func(d *appsv1.Deployment) { metav1.SetMetaDataAnnotation(&d.ObjectMeta, key, value) }
}

// observed is a Deployment as it is now.
func (w *world) observed(name string) *appsv1.Deployment {
	w.t.Helper()
	d := &appsv1.Deployment{}
	if err := w.client.Get(w.t.Context(), w.key(name), d); err != nil {
		w.t.Fatalf("read Deployment %s: %v", name, err)
	}

	return d
}

// replicaSets is how many versions of its pod template a Deployment has had: each restart makes one more.
func (w *world) replicaSets(name string) int {
	w.t.Helper()
	list := &appsv1.ReplicaSetList{}
	if err := w.client.List(w.t.Context(), list, client.InNamespace(w.namespace), client.MatchingLabels{"app": name}); err != nil {
		w.t.Fatalf("list the ReplicaSets of %s: %v", name, err)
	}

	return len(list.Items)
}

// told is what an application says of itself.
type told struct {
	pod     corev1.Pod
	Hash    string
	Since   time.Time
	Answers map[string]int
}

// ask asks the one pod of a Deployment; it has none while a rollout is on its way.
func (w *world) ask(name string) (answer told, one bool) {
	w.t.Helper()
	pods := &corev1.PodList{}
	if err := w.client.List(w.t.Context(), pods, client.InNamespace(w.namespace), client.MatchingLabels{"app": name}); err != nil {
		w.t.Fatalf("list the pods of %s: %v", name, err)
	}
	if len(pods.Items) != 1 {
		return told{}, false
	}
	answer.pod = pods.Items[0]
	body, err := w.clientset.CoreV1().RESTClient().Get().Namespace(w.namespace).Resource("pods").
		Name("http:" + answer.pod.Name + ":8080").SubResource("proxy").DoRaw(w.t.Context())
	if err != nil || json.Unmarshal(body, &answer) != nil {
		return told{}, false
	}

	return answer, true
}

// works says whether a Deployment's rollout is complete, and its pod authenticates at the org with this value.
func (w *world) works(name string, value redact.Value) bool {
	w.t.Helper()
	d := w.observed(name)
	complete := d.Status.ObservedGeneration == d.Generation && d.Status.Replicas == 1 && d.Status.UpdatedReplicas == 1 && d.Status.AvailableReplicas == 1
	answer, one := w.ask(name)

	return complete && one && answer.Hash == value.Hash() && answer.Answers["400 invalid_grant"] > 0
}

// states of the workloads as the credential's status has them: uses and state by kind and name.
func (w *world) states() map[string]string {
	w.t.Helper()
	states := map[string]string{}
	workloads := w.now().Status.Consumers.Workloads
	for i := range workloads {
		states[workloads[i].Kind+"/"+workloads[i].Name] = workloads[i].Uses + " " + workloads[i].State
	}

	return states
}
