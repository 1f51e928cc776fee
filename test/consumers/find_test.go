package consumers

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/internal/consumers"
)

func TestWorkloadsAreFoundByWhatTheyReferTo(t *testing.T) {
	w := newWorld(t)
	optedOut, paused := deployment("opted-out", 0, env), deployment("paused", 0, envFrom, volume)
	optedOut.Annotations = map[string]string{consumers.AnnotationRestart: "false"}
	paused.Spec.Paused = true
	onDelete := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Name: "on-delete"}, Spec: appsv1.DaemonSetSpec{
		Selector: selector, Template: template(volume), UpdateStrategy: appsv1.DaemonSetUpdateStrategy{Type: appsv1.OnDeleteDaemonSetStrategyType},
	}}
	partition := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "partition"}, Spec: appsv1.StatefulSetSpec{
		Replicas: new(int32(0)), Selector: selector, Template: template(env),
		UpdateStrategy: appsv1.StatefulSetUpdateStrategy{Type: appsv1.RollingUpdateStatefulSetStrategyType, RollingUpdate: &appsv1.RollingUpdateStatefulSetStrategy{Partition: new(int32(2))}},
	}}
	w.create(optedOut, paused, onDelete, partition, deployment("free", 0, env), deployment("stranger", 0), deployment("puller", 0, pullSecret))

	type seen struct {
		Uses []consumers.Use
		Held consumers.State
	}
	want := map[string]seen{
		"Deployment/free":       {[]consumers.Use{consumers.UseEnv}, ""},
		"Deployment/opted-out":  {[]consumers.Use{consumers.UseEnv}, consumers.StateOptedOut},
		"Deployment/paused":     {[]consumers.Use{consumers.UseEnvFrom, consumers.UseVolume}, consumers.StatePaused},
		"DaemonSet/on-delete":   {[]consumers.Use{consumers.UseVolume}, consumers.StateOnDelete},
		"StatefulSet/partition": {[]consumers.Use{consumers.UseEnv}, consumers.StatePaused},
	}
	workloads, _ := w.find(consumers.Options{Discover: true})
	got := map[string]seen{}
	for _, workload := range workloads {
		got[workload.String()] = seen{workload.Uses, workload.Held}
		changed, err := w.restartOf(workload.Reference, "shop", "f1")
		if free := workload.Held == ""; changed != free || (err == nil) != free {
			t.Errorf("restart of %s: changed %v, error %v", workload, changed, err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("workloads (-want +got):\n%s", diff)
	}
}

func TestListedWorkloadsAreTakenWhateverTheyReferTo(t *testing.T) {
	w := newWorld(t)
	w.create(deployment("stranger", 1), deployment("free", 0, env))
	w.runPods(well)
	w.eventually("the stranger has a pod", func() bool {
		_, pods := w.find(consumers.Options{Targets: []consumers.Reference{{Kind: "Deployment", Name: "stranger"}}})

		return len(pods) == 1 && pods[0].Ready
	})
	workloads, pods := w.find(consumers.Options{Discover: true, Targets: []consumers.Reference{
		{Kind: "Deployment", Name: "stranger"}, {Kind: "StatefulSet", Name: "nobody"}, {Kind: "Rollout", Name: "nobody"}, {Kind: "CronJob", Name: "nightly"},
	}})
	change := consumers.Change{Credential: "shop", Fingerprint: "f1", Written: time.Now().Add(time.Minute)}
	got := map[string]consumers.State{}
	due := []string{}
	for _, status := range consumers.Progress(workloads, pods, change, change.Written.Add(time.Hour)) {
		got[status.String()] = status.State
		if status.RestartDue {
			due = append(due, status.String())
		}
	}
	want := map[string]consumers.State{
		"Deployment/free":     consumers.StateCurrent, // it has no pods
		"Deployment/stranger": consumers.StatePending,
		"StatefulSet/nobody":  consumers.StateNotRestarted,
		"Rollout/nobody":      consumers.StateNotRestarted,
		"CronJob/nightly":     consumers.StateNotRestarted,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Deployment/stranger"}, due); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
}

func TestPodsAreFoundWhoeverOwnsThem(t *testing.T) {
	w := newWorld(t)
	w.write("one")
	bare := template(env)
	job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "backup"}, Spec: batchv1.JobSpec{Template: template(volume)}}
	job.Spec.Template.Spec.RestartPolicy = corev1.RestartPolicyNever
	set := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "alone"}, Spec: appsv1.ReplicaSetSpec{Selector: selector, Template: template(envFrom)}}
	web := deployment("web", 1, env)
	web.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
	web.Spec.Template.Labels = web.Spec.Selector.MatchLabels
	w.create(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "bare"}, Spec: bare.Spec}, job, set, web, deployment("stranger", 1))
	w.runPods(well)
	want := map[string]bool{"Pod/bare": true, "Job/backup": true, "ReplicaSet/alone": true, "Deployment/web": true}
	w.eventually("all pods are ready", func() bool {
		_, pods := w.find(consumers.Options{})
		got := map[string]bool{}
		for _, pod := range pods {
			got[pod.Owner.String()] = pod.Ready
		}

		return cmp.Equal(want, got)
	})
	older, unready, err := consumers.PodsInDoubt(t.Context(), w.operator, w.namespace, secretName, consumers.Change{Written: time.Now()}, time.Now())
	if err != nil || len(older) != 4 || len(unready) != 0 {
		t.Errorf("got %s with an older value and %s, error %v; want four and none", older, unready, err)
	}
}

func TestALargeNamespaceIsReadInPages(t *testing.T) {
	const many = 230
	w := newWorld(t)
	for i := range many {
		w.create(deployment(fmt.Sprintf("web-%03d", i), 0, env))
	}
	reader := &countingReader{Reader: w.operator}
	workloads, _, err := consumers.Find(t.Context(), reader, w.namespace, secretName, consumers.Options{Discover: true})
	if err != nil || len(workloads) != many {
		t.Errorf("got %d workloads, error %v; want %d", len(workloads), err, many)
	}
	if reader.largest > 100 || reader.lists != 7 {
		t.Errorf("%d lists of at most %d objects, want 3 of Deployments and one each of the other kinds, none above 100", reader.lists, reader.largest)
	}
}

// countingReader asks the API server and counts what it is asked.
type countingReader struct {
	client.Reader
	lists, largest int
}

func (r *countingReader) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	err := r.Reader.List(ctx, list, options...)
	r.lists++
	if deployments, ok := list.(*appsv1.DeploymentList); ok {
		r.largest = max(r.largest, len(deployments.Items))
	}

	return err
}

func TestAMissingRightIsSaid(t *testing.T) {
	config, _, err := cluster.AddUser("nobody-" + t.Name())
	if err != nil {
		t.Fatal(err)
	}
	nobody, err := client.New(config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, options := range map[string]consumers.Options{
		"to list pods":      {},
		"to list workloads": {Discover: true},
		"to get a workload": {Targets: []consumers.Reference{{Kind: "Deployment", Name: "web"}}},
	} {
		if _, _, err := consumers.Find(t.Context(), nobody, "default", secretName, options); !apierrors.IsForbidden(err) {
			t.Errorf("%s: got %v, want forbidden", name, err)
		}
	}
}
