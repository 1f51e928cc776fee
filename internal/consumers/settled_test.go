package consumers

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestARolloutIsSettled when every pod is of the present template: what was ready before is counted only then.
func TestARolloutIsSettled(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spec, status map[string]any
		lent         int64
		want         bool
	}{
		"it is":                         {nil, map[string]any{"observedGeneration": "3", "currentPodHash": "a", "stableRS": "a"}, 0, true},
		"its controller did not see it": {nil, map[string]any{"observedGeneration": "2", "currentPodHash": "a", "stableRS": "a"}, 0, false},
		"a canary is on its way":        {nil, map[string]any{"observedGeneration": "3", "currentPodHash": "b", "stableRS": "a"}, 0, false},
		"it never was":                  {nil, map[string]any{"observedGeneration": "3"}, 0, false},
		"it borrows its template, and the lender is seen": {
			borrows, map[string]any{"observedGeneration": "3", "workloadObservedGeneration": "7", "currentPodHash": "a", "stableRS": "a"}, 7, true,
		},
		"it borrows its template, and the lender changed": {
			borrows, map[string]any{"observedGeneration": "7", "workloadObservedGeneration": "6", "currentPodHash": "a", "stableRS": "a"}, 7, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			object := &unstructured.Unstructured{Object: map[string]any{"metadata": map[string]any{"name": "web", "generation": int64(3)}, "status": test.status}}
			if test.spec != nil {
				object.Object["spec"] = test.spec
			}
			seen := parseRollout(object)
			got := seen.workload(secret)
			if test.lent != 0 {
				got = seen.borrow(Workload{template: template{generation: test.lent}})
			}
			if got.settled != test.want || got.Held != "" {
				t.Errorf("settled: %v, held %q; want %v", got.settled, got.Held, test.want)
			}
		})
	}
}

var borrows = map[string]any{"workloadRef": map[string]any{"kind": "Deployment", "name": "web"}}

// TestAStatefulSetWhosePodsSomebodyDeletes is not restarted, and settled when all of them are of the present template.
func TestAStatefulSetWhosePodsSomebodyDeletes(t *testing.T) {
	t.Parallel()
	set := &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: "db", Generation: 2},
		Spec: appsv1.StatefulSetSpec{
			Replicas: new(int32(2)), UpdateStrategy: appsv1.StatefulSetUpdateStrategy{Type: appsv1.OnDeleteStatefulSetStrategyType},
		},
		Status: appsv1.StatefulSetStatus{ObservedGeneration: 2, Replicas: 2, CurrentRevision: "a", UpdateRevision: "a"},
	}
	if got := (finder{secret: secret}).statefulSet(set); got.Held != StateOnDelete || !got.settled {
		t.Errorf("held %q, settled %v; want OnDelete, settled", got.Held, got.settled)
	}
	set.Status.UpdateRevision = "b"
	if got := (finder{secret: secret}).statefulSet(set); got.settled {
		t.Error("settled, while pods have another template")
	}
}

// TestTheRestOfATemplate is another one when somebody deploys, and not when a restart marks it.
func TestTheRestOfATemplate(t *testing.T) {
	t.Parallel()
	template := given(env(secret))
	spec := func() *appsv1.Deployment {
		d := &appsv1.Deployment{}
		d.Spec.Template.Spec = *template.Spec.DeepCopy()

		return d
	}
	bare, marked, other := spec(), spec(), spec()
	marked.Spec.Template.Annotations = map[string]string{shopKey: "f2", blogKey: "b9"}
	other.Spec.Template.Spec.Containers[0].Image = "app:2"
	rest := restOf(&bare.Spec.Template)
	if got := restOf(&marked.Spec.Template); got != rest || rest == "" {
		t.Errorf("a restart changed it from %q to %q", rest, got)
	}
	if got := restOf(&other.Spec.Template); got == rest {
		t.Error("another image did not change it")
	}
	if marked.Spec.Template.Annotations[shopKey] != "f2" {
		t.Error("the template was changed by looking at it")
	}
}
