package consumers

import (
	"context"
	"slices"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/consumers"
)

const secretName = "web-shop"

// world is a namespace with a Secret, and the operator's view of it.
type world struct {
	*testing.T
	namespace string
	operator  client.WithWatch
}

func newWorld(t *testing.T) *world {
	t.Helper()
	operator, err := client.NewWithWatch(cluster.user, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "consumers-"}}
	if err := cluster.admin.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, namespace: namespace.Name, operator: operator}
	w.eventually("the default service account is there", func() bool {
		return cluster.admin.Get(t.Context(), w.key("default"), &corev1.ServiceAccount{}) == nil
	})

	return w
}

func (w *world) key(name string) client.ObjectKey {
	return client.ObjectKey{Namespace: w.namespace, Name: name}
}

func (w *world) create(objects ...client.Object) {
	w.Helper()
	for _, object := range objects {
		object.SetNamespace(w.namespace)
		if err := cluster.admin.Create(w.Context(), object); err != nil {
			w.Fatal(err)
		}
	}
}

// write makes or changes the Secret as the operator does, and returns when, by the API server's clock.
func (w *world) write(value string) time.Time {
	w.Helper()
	written := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: secretName, Namespace: w.namespace}, StringData: map[string]string{"client_secret": value}}
	err := cluster.admin.Create(w.Context(), written, client.FieldOwner(v1alpha1.FieldManager))
	if client.IgnoreAlreadyExists(err) == nil && err != nil {
		err = cluster.admin.Update(w.Context(), written, client.FieldOwner(v1alpha1.FieldManager))
	}
	if err != nil {
		w.Fatal(err)
	}
	at := consumers.WrittenAt(written, v1alpha1.FieldManager)
	if at.IsZero() {
		w.Fatal("the API server does not say when the Secret was written")
	}

	return at
}

func (w *world) find(o consumers.Options) ([]consumers.Workload, []consumers.Pod) {
	w.Helper()
	workloads, pods, err := consumers.Find(w.Context(), w.operator, w.namespace, secretName, o)
	if err != nil {
		w.Fatal(err)
	}

	return workloads, pods
}

// status of the one workload that is there.
func (w *world) status(c consumers.Change, now time.Time) consumers.Status {
	w.Helper()
	workloads, pods := w.find(consumers.Options{Discover: true})
	statuses := consumers.Progress(workloads, pods, c, now)
	if len(statuses) != 1 {
		w.Fatalf("got %d statuses, want 1: %+v", len(statuses), statuses)
	}

	return statuses[0]
}

// restart restarts the one workload that is there.
func (w *world) restart(credential, fingerprint string) (changed bool) {
	w.Helper()
	workloads, _ := w.find(consumers.Options{Discover: true})
	changed, err := w.restartOf(workloads[0].Reference, credential, fingerprint)
	if err != nil {
		w.Fatal(err)
	}

	return changed
}

// restartOf restarts a workload as the operator does: when a controller changed it since it was looked at, it looks again.
func (w *world) restartOf(reference consumers.Reference, credential, fingerprint string) (changed bool, err error) {
	w.Helper()
	w.eventually("the workload is as it was when it was looked at", func() bool {
		workloads, _ := w.find(consumers.Options{Discover: true})
		at := slices.IndexFunc(workloads, func(found consumers.Workload) bool { return found.Reference == reference })
		change := consumers.Change{Credential: credential, Fingerprint: fingerprint, Written: time.Now(), WaitTimeout: 10 * time.Minute}
		changed, err = consumers.Restart(w.Context(), w.operator, workloads[at], change)

		return !apierrors.IsConflict(err)
	})

	return changed, err
}

func (w *world) eventually(what string, condition func() bool) {
	w.Helper()
	deadline, tick := time.After(time.Minute), time.NewTicker(50*time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			w.Fatalf("not within a minute: %s", what)
		case <-tick.C:
		}
	}
}

// template of a pod whose container reads the Secret as options say; its labels are those that selector matches.
func template(options ...func(*corev1.PodSpec)) corev1.PodTemplateSpec {
	spec := corev1.PodSpec{
		Containers:                    []corev1.Container{{Name: "app", Image: "app"}},
		TerminationGracePeriodSeconds: new(int64(1)),
	}
	for _, option := range options {
		option(&spec)
	}

	return corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "it"}}, Spec: spec}
}

var selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "it"}}

func deployment(name string, replicas int32, options ...func(*corev1.PodSpec)) *appsv1.Deployment {
	return &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: appsv1.DeploymentSpec{
		Replicas: new(replicas), Selector: selector, Template: template(options...),
	}}
}

func env(spec *corev1.PodSpec) {
	spec.Containers[0].Env = []corev1.EnvVar{{Name: "SECRET", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
		LocalObjectReference: corev1.LocalObjectReference{Name: secretName}, Key: "client_secret",
	}}}}
}

func envFrom(spec *corev1.PodSpec) {
	spec.Containers[0].EnvFrom = []corev1.EnvFromSource{{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: secretName}}}}
}

func volume(spec *corev1.PodSpec) {
	spec.Volumes = []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: secretName}}}}
	spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "v", MountPath: "/s"}}
}

func pullSecret(spec *corev1.PodSpec) {
	spec.ImagePullSecrets = []corev1.LocalObjectReference{{Name: secretName}}
}

// runPods does what a kubelet does, until the test ends: every pod that has a node gets ready, or crashes where crashes says
// so, and goes when it is deleted.
func (w *world) runPods(crashes func(*corev1.Pod) bool) {
	go func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-w.Context().Done():
				return
			case <-tick.C:
			}
			var pods corev1.PodList
			if err := cluster.admin.List(w.Context(), &pods, client.InNamespace(w.namespace)); err != nil {
				continue
			}
			for i := range pods.Items {
				// What fails is tried again at the next tick.
				_ = runPod(w.Context(), &pods.Items[i], crashes(&pods.Items[i]))
			}
		}
	}()
}

func runPod(ctx context.Context, pod *corev1.Pod, crashes bool) error {
	if pod.DeletionTimestamp != nil {
		return cluster.admin.Delete(ctx, pod, client.GracePeriodSeconds(0))
	}
	if pod.Spec.NodeName == "" || pod.Status.StartTime != nil {
		return nil
	}
	now, ready := metav1.Now(), corev1.ConditionTrue
	container := corev1.ContainerStatus{Name: "app", Image: "app", Ready: true, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}}
	if crashes {
		ready, container.Ready, container.RestartCount = corev1.ConditionFalse, false, 7
		container.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}
	}
	pod.Status.Phase, pod.Status.StartTime = corev1.PodRunning, &now
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{container}
	pod.Status.Conditions = append(pod.Status.Conditions, corev1.PodCondition{Type: corev1.PodReady, Status: ready, LastTransitionTime: now})

	return cluster.admin.Status().Update(ctx, pod)
}

func well(*corev1.Pod) bool { return false }
