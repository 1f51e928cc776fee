package consumers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/internal/consumers"
)

// change as it was written just now.
func (w *world) changed(value string) consumers.Change {
	w.Helper()

	return consumers.Change{Credential: "shop", Fingerprint: consumers.Fingerprint("uid", value), Written: w.write(value), WaitTimeout: 10 * time.Minute}
}

func TestAWorkloadIsRestartedOnceForAChange(t *testing.T) {
	for name, workload := range map[string]client.Object{
		"Deployment": deployment("web", 2, env),
		"StatefulSet": &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: appsv1.StatefulSetSpec{
			Replicas: new(int32(2)), Selector: selector, Template: template(envFrom),
		}},
		"DaemonSet": &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: appsv1.DaemonSetSpec{Selector: selector, Template: template(env)}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.write("one")
			w.create(workload)
			w.runPods(well)
			w.eventually("its pods are ready", func() bool {
				workloads, pods := w.find(consumers.Options{Discover: true})

				return len(pods) > 0 && len(workloads) == 1 && workloads[0].Ready == len(pods) && (name == "DaemonSet" || len(pods) == 2)
			})
			change := w.changed("two")
			if got := w.status(change, time.Now()); got.State != consumers.StatePending || !got.RestartDue || got.Updated > 0 {
				t.Errorf("after the write: %+v, want a restart to be due", got)
			}
			stale, _ := w.find(consumers.Options{Discover: true})
			if !w.restart("shop", change.Fingerprint) {
				t.Error("the restart changed nothing")
			}
			if w.restart("shop", change.Fingerprint) {
				t.Error("the same restart changed something again")
			}
			if _, err := consumers.Restart(t.Context(), w.operator, stale[0], consumers.Change{Credential: "shop", Fingerprint: "other"}); !apierrors.IsConflict(err) {
				t.Errorf("a restart of what has changed since: got %v, want a conflict", err)
			}
			// The pods may be as old as the write, to the second: what tells them apart is not a clock.
			w.eventually("it is current", func() bool { return w.status(change, time.Now()).State == consumers.StateCurrent })
			if w.restart("shop", change.Fingerprint) {
				t.Error("the restart changed something again when it was complete")
			}
			// Somebody put another value in, and it was mended: the mark of the restart proves nothing any more.
			again := change
			again.Written = time.Now().Add(time.Minute)
			if older, _, err := consumers.PodsInDoubt(t.Context(), w.operator, w.namespace, secretName, again, again.Written); err != nil || len(older) == 0 {
				t.Errorf("written again later: pods %v may have another value, error %v; want all of them", older, err)
			}
			if got := w.revisions(name); got != 2 {
				t.Errorf("there were %d revisions, want 2: one for each value", got)
			}
		})
	}
}

// revisions counts the templates that a workload ever had.
func (w *world) revisions(kind string) int {
	w.Helper()
	if kind == "Deployment" {
		var sets appsv1.ReplicaSetList
		if err := cluster.admin.List(w.Context(), &sets, client.InNamespace(w.namespace)); err != nil {
			w.Fatal(err)
		}

		return len(sets.Items)
	}
	var revisions appsv1.ControllerRevisionList
	if err := cluster.admin.List(w.Context(), &revisions, client.InNamespace(w.namespace)); err != nil {
		w.Fatal(err)
	}

	return len(revisions.Items)
}

func TestTwoCredentialsOfOneWorkloadDoNotFight(t *testing.T) {
	w := newWorld(t)
	w.create(deployment("web", 1, env))
	for _, credential := range []string{"shop", "blog", "shop", "blog"} {
		w.restart(credential, "f1")
	}
	var got appsv1.Deployment
	if err := cluster.admin.Get(t.Context(), w.key("web"), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"restart.oktacred.dev/shop": "f1", "restart.oktacred.dev/blog": "f1"}
	if diff := cmp.Diff(want, got.Spec.Template.Annotations); diff != "" {
		t.Errorf("annotations of the template (-want +got):\n%s", diff)
	}
	if got.Generation != 3 {
		t.Errorf("the spec was changed %d times, want 2", got.Generation-1)
	}
}

func TestCredentialsThatChangeTogetherShareARestart(t *testing.T) {
	w := newWorld(t)
	first := w.changed("one")
	w.create(deployment("web", 1, env))
	w.runPods(well)
	w.eventually("it is settled", func() bool { return w.status(first, time.Now()).Total == 1 && w.ready() == 1 })
	shop := w.changed("two")
	blog := shop
	blog.Credential, blog.Fingerprint = "blog", "b1"
	// To the second, the clock of the API server must tell the restart from the writes.
	w.eventually("a second has passed", func() bool { return time.Now().After(shop.Written.Add(time.Second)) })
	w.restart("shop", shop.Fingerprint)
	w.eventually("it is current for the other", func() bool {
		got := w.status(blog, time.Now())
		if got.RestartDue {
			t.Fatalf("a restart of its own is due for the other: %+v", got)
		}

		return got.State == consumers.StateCurrent
	})
}

func (w *world) ready() int {
	w.Helper()
	workloads, _ := w.find(consumers.Options{Discover: true})

	return workloads[0].Ready
}

func TestNewPodsThatCrashAreBlamedOnTheChange(t *testing.T) {
	w := newWorld(t)
	w.write("one")
	w.create(deployment("web", 2, env))
	w.runPods(func(pod *corev1.Pod) bool { return pod.Annotations["restart.oktacred.dev/shop"] != "" })
	w.eventually("its pods are ready and it says so", func() bool {
		var d appsv1.Deployment

		return cluster.admin.Get(t.Context(), w.key("web"), &d) == nil && d.Status.ReadyReplicas == 2 && d.Status.UpdatedReplicas == 2
	})
	change := w.changed("two")
	w.restart("shop", change.Fingerprint)
	w.eventually("a new pod crashes", func() bool {
		got := w.status(change, time.Now())
		if got.State == consumers.StateFailing {
			t.Fatalf("failing at once, without patience: %+v", got)
		}

		return got.State == consumers.StateRestarting && strings.Contains(got.Message, "CrashLoopBackOff")
	})
	later := w.status(change, time.Now().Add(11*time.Minute))
	if later.State != consumers.StateFailing || !strings.Contains(later.Message, "CrashLoopBackOff of container app") {
		t.Errorf("after the time to wait: %+v, want Failing", later)
	}
	if len(later.Pending) == 0 {
		t.Errorf("no pod has the old value any more: %+v", later)
	}
}

// TestNewPodsThatCrashOfAWorkloadThatOptedOut: the operator did not restart it, so that it blames nobody, and the old value stays
// all the same.
func TestNewPodsThatCrashOfAWorkloadThatOptedOut(t *testing.T) {
	w := newWorld(t)
	w.write("one")
	alone := deployment("web", 1, env)
	alone.Annotations = map[string]string{consumers.AnnotationRestart: "false"}
	alone.Spec.Strategy.Type = appsv1.RecreateDeploymentStrategyType
	w.create(alone)
	const byOthers = "reloader.example.com/restarted"
	w.runPods(func(pod *corev1.Pod) bool { return pod.Annotations[byOthers] == "broken" })
	w.eventually("its pod is ready", func() bool { return w.ready() == 1 })
	change := w.changed("two")
	// To the second, the clock of the API server must tell its new pod from the write.
	w.eventually("a second has passed", func() bool { return time.Now().After(change.Written.Add(time.Second)) })
	restart := func(as string) {
		if err := cluster.admin.Patch(t.Context(), alone, client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"spec":{"template":{"metadata":{"annotations":{%q:%q}}}}}`, byOthers, as))); err != nil {
			t.Fatal(err)
		}
	}
	restart("broken")
	w.eventually("its new pod crashes, and is waited for", func() bool {
		got := w.status(change, time.Now())
		// Between the old pod and the new one the workload has none.
		if got.State == consumers.StateCurrent && got.Total > 0 {
			t.Fatalf("current, while its pod crashes: %+v", got)
		}

		return got.State == consumers.StateRestarting && got.Updated == 1 && strings.Contains(got.Message, "CrashLoopBackOff")
	})
	later := w.status(change, time.Now().Add(11*time.Minute))
	if later.State != consumers.StateFailing || later.Blamed || !strings.Contains(later.Message, "overlap.maximum") {
		t.Errorf("after the time to wait: %+v, want Failing, without blame, with a way to go on", later)
	}
	older, unready, err := consumers.PodsInDoubt(t.Context(), w.operator, w.namespace, secretName, change, time.Now())
	if err != nil || len(older) != 0 || len(unready) != 1 || !strings.Contains(unready[0], "CrashLoopBackOff of container app") {
		t.Errorf("by its pods alone: %s have the old value and %s are not ready, error %v; want the one that crashes", older, unready, err)
	}
	restart("mended")
	w.eventually("it is current when somebody mended it", func() bool { return w.status(change, time.Now()).State == consumers.StateCurrent })
}

// TestWhoPutsTheWholeObjectBackIsNotFought: an owner that writes a Deployment as it wants it takes the marks of a restart off the
// template and off the object, so that neither tells of the restart.
func TestWhoPutsTheWholeObjectBackIsNotFought(t *testing.T) {
	w := newWorld(t)
	w.write("one")
	w.create(deployment("web", 1, env))
	w.runPods(well)
	w.eventually("its pod is ready", func() bool { return w.ready() == 1 })
	change := w.changed("two")
	var remembered consumers.Memory
	look := func() (consumers.Status, consumers.Workload) {
		workloads, pods := w.find(consumers.Options{Discover: true})

		return consumers.Progress(workloads, pods, remembered.Recall(change), time.Now())[0], workloads[0]
	}
	putBack := func() {
		wanted := deployment("web", 1, env)
		wanted.Namespace = w.namespace
		if err := cluster.admin.Update(t.Context(), wanted, client.FieldOwner("owner")); err != nil {
			t.Fatal(err)
		}
	}
	restarts := 0
	w.eventually("it is told of", func() bool {
		status, workload := look()
		if status.RestartDue {
			changed, err := consumers.Restart(t.Context(), w.operator, workload, change)
			if apierrors.IsConflict(err) {
				return false
			}
			if err != nil || !changed {
				t.Fatalf("restart: changed %v, error %v", changed, err)
			}
			restarts++
			remembered.Restart(workload.Reference)
			putBack()
		}

		return strings.Contains(status.Message, "put the pod template back") && status.State == consumers.StateNotRestarted || restarts > 3
	})
	if restarts != 1 {
		t.Errorf("it was restarted %d times, want once", restarts)
	}
	change.Fingerprint = consumers.Fingerprint("uid", "three")
	if status, _ := look(); !status.RestartDue {
		t.Errorf("the next change is not tried: %+v", status)
	}
}
