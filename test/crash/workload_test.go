package crash

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// workload is a Deployment of one pod whose program takes the client secret from its environment. This plays its controller and
// the kubelet: a pod of a new template is started beside the old one, which goes when the new one is ready; a program that does
// not like what it finds ends, and is started again, with the Secret as it is then.
type workload struct {
	w     *world
	name  string
	likes func(value string) bool

	mu sync.Mutex
	// environment is the client secret that each pod's program has, by the pod's name; of one that ended it is gone.
	environment map[string]string
}

// runs starts a workload, and waits until its pod is ready.
func (w *world) runs(name string, likes func(value string) bool) {
	w.t.Helper()
	w.workload = &workload{w: w, name: name, likes: likes, environment: map[string]string{}}
	w.create(w.deployment(name, targetName))
	ctx, stop := context.WithCancel(context.WithoutCancel(w.t.Context()))
	var played sync.WaitGroup
	played.Go(func() { w.workload.play(ctx) })
	w.t.Cleanup(func() { stop(); played.Wait() })
	w.eventually("the workload is ready", func() bool { return w.workload.programs() == 1 })
}

func (l *workload) play(ctx context.Context) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := l.step(ctx); err != nil && !apierrors.IsConflict(err) && ctx.Err() == nil {
			l.w.violated("the workload cannot be played: %v", err)
		}
	}
}

// step brings the workload one step further.
func (l *workload) step(ctx context.Context) error {
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: l.w.namespace, Name: l.name}}
	if err := bed.client.Get(ctx, client.ObjectKeyFromObject(deployment), deployment); err != nil {
		return err
	}
	var pods corev1.PodList
	if err := bed.client.List(ctx, &pods, client.InNamespace(l.w.namespace), client.MatchingLabels(deployment.Spec.Selector.MatchLabels)); err != nil {
		return err
	}
	hash := hashOf(&deployment.Spec.Template)
	present := slices.IndexFunc(pods.Items, func(p corev1.Pod) bool { return p.Labels[appsv1.DefaultDeploymentUniqueLabelKey] == hash })
	if present < 0 {
		return bed.client.Create(ctx, podOf(deployment, hash))
	}
	if err := l.runPod(ctx, &pods.Items[present]); err != nil {
		return err
	}
	if l.has(pods.Items[present].Name) {
		for i := range pods.Items {
			if i != present {
				return l.end(ctx, &pods.Items[i])
			}
		}
	}

	return report(ctx, deployment, len(pods.Items))
}

// runPod starts the program of a pod where it does not run.
func (l *workload) runPod(ctx context.Context, pod *corev1.Pod) error {
	if l.has(pod.Name) {
		return nil
	}
	var found corev1.Secret
	if err := bed.client.Get(ctx, client.ObjectKey{Namespace: l.w.namespace, Name: targetName}, &found); err != nil {
		return err
	}
	value := string(found.Data["client_secret"])
	well := l.likes(value)
	if !well && len(pod.Status.ContainerStatuses) > 0 {
		return nil // it ended again
	}
	if well {
		l.note(pod.Name, value)
	}
	pod.Status = statusOf(well)

	return bed.client.Status().Update(ctx, pod)
}

// end ends a pod at once.
func (l *workload) end(ctx context.Context, pod *corev1.Pod) error {
	if err := bed.client.Delete(ctx, pod, client.GracePeriodSeconds(0)); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.environment, pod.Name)

	return nil
}

func (l *workload) note(pod, value string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.environment[pod] = value
}

func (l *workload) has(pod string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.environment[pod] != ""
}

// restarts is how often somebody changed the Deployment since it was made: its generation counts that.
func (l *workload) restarts() int {
	l.w.t.Helper()
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: l.w.namespace, Name: l.name}}
	if !l.w.read(deployment) {
		l.w.t.Fatal("the workload is gone")
	}

	return int(deployment.Generation) - 1
}

// programs is how many programs run.
func (l *workload) programs() int {
	l.mu.Lock()
	defer l.mu.Unlock()

	return len(l.environment)
}

// uses says whether a program of the workload, if there is one, has a value.
func (l *workload) uses(value redact.Value) bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()

	return slices.ContainsFunc(slices.Collect(maps.Values(l.environment)), func(has string) bool { return value.Equal(redact.NewValue(has)) })
}

// report writes the Deployment's status as its controller does.
func report(ctx context.Context, deployment *appsv1.Deployment, pods int) error {
	now := appsv1.DeploymentStatus{ObservedGeneration: deployment.Generation, Replicas: int32(min(pods, 2)), UpdatedReplicas: 1}
	if seen := deployment.Status; seen.ObservedGeneration == now.ObservedGeneration && seen.Replicas == now.Replicas && seen.UpdatedReplicas == 1 {
		return nil
	}
	deployment.Status = now

	return bed.client.Status().Update(ctx, deployment)
}

// hashOf names a pod template, as the controller does in another way.
func hashOf(template *corev1.PodTemplateSpec) string {
	content, err := json.Marshal(template)
	if err != nil {
		panic(err) // what came from the API server can be written
	}

	return fmt.Sprintf("%x", sha256.Sum256(content))[:10]
}

// podOf is the pod that a Deployment's ReplicaSet of a template makes.
func podOf(deployment *appsv1.Deployment, hash string) *corev1.Pod {
	set := deployment.Name + "-" + hash
	labels := maps.Clone(deployment.Spec.Template.Labels)
	labels[appsv1.DefaultDeploymentUniqueLabelKey] = hash
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: deployment.Namespace, GenerateName: set + "-", Labels: labels, Annotations: deployment.Spec.Template.Annotations,
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: appsv1.SchemeGroupVersion.String(), Kind: "ReplicaSet", Name: set, UID: deployment.UID, Controller: new(true),
			}},
		},
		Spec: *deployment.Spec.Template.Spec.DeepCopy(),
	}
	pod.Spec.NodeName = "node"

	return pod
}

// statusOf a pod whose program runs, or ends whenever it is started.
func statusOf(well bool) corev1.PodStatus {
	now := metav1.Now()
	ready := corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionFalse, LastTransitionTime: now}
	program := corev1.ContainerStatus{Name: programName, RestartCount: 3, State: corev1.ContainerState{
		Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"},
	}}
	if well {
		ready.Status = corev1.ConditionTrue
		program.Ready, program.State = true, corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}
	}

	return corev1.PodStatus{
		Phase: corev1.PodRunning, StartTime: &now, Conditions: []corev1.PodCondition{ready}, ContainerStatuses: []corev1.ContainerStatus{program},
	}
}

const programName = "web"

// deployment reads a Secret into its environment.
func (w *world) deployment(name, secret string) *appsv1.Deployment {
	labels := map[string]string{"app": name}

	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec: appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: labels},
			Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: programName, Image: "web", EnvFrom: []corev1.EnvFromSource{
				{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: secret}}},
			}}}},
		}},
	}
}
