package consumers

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/internal/consumers"
)

var rolloutKind = schema.GroupVersionKind{Group: "argoproj.io", Version: "v1alpha1", Kind: "Rollout"}

// serveRollouts makes the API server know Rollouts, until the test ends. Argo's controller does not run.
func serveRollouts(t *testing.T) {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := apiextensionsv1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	admin, err := client.New(cluster.Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	open := &apiextensionsv1.JSONSchemaProps{Type: "object", XPreserveUnknownFields: new(true)}
	crd := &apiextensionsv1.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: "rollouts.argoproj.io"},
		Spec: apiextensionsv1.CustomResourceDefinitionSpec{
			Group: rolloutKind.Group, Scope: apiextensionsv1.NamespaceScoped,
			Names: apiextensionsv1.CustomResourceDefinitionNames{Kind: "Rollout", ListKind: "RolloutList", Plural: "rollouts", Singular: "rollout"},
			Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{
				Name: rolloutKind.Version, Served: true, Storage: true, Schema: &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: open},
			}},
		},
	}
	if err := admin.Create(t.Context(), crd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin.Delete(t.Context(), crd); err != nil {
			t.Log(err)
		}
	})
}

// rollout with a template of its own.
func (w *world) rollout(name string, options ...func(*corev1.PodSpec)) *unstructured.Unstructured {
	w.Helper()
	own := template(options...)
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&own)
	if err != nil {
		w.Fatal(err)
	}

	return rolloutOf(name, map[string]any{"template": content}, nil)
}

func rolloutOf(name string, spec, status map[string]any) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: map[string]any{"metadata": map[string]any{"name": name}, "spec": spec}}
	if status != nil {
		object.Object["status"] = status
	}
	object.SetGroupVersionKind(rolloutKind)

	return object
}

func borrowing(name, deployment string) *unstructured.Unstructured {
	return rolloutOf(name, map[string]any{"workloadRef": map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment}}, nil)
}

func TestRolloutsAreFoundAndRestarted(t *testing.T) {
	serveRollouts(t)
	w := newWorld(t)
	w.eventually("Rollouts are served", func() bool {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(rolloutKind)

		return cluster.admin.List(t.Context(), list, client.InNamespace(w.namespace)) == nil
	})
	paused, aborted, step := w.rollout("paused", env), w.rollout("aborted", env), w.rollout("step", env)
	if err := unstructured.SetNestedField(paused.Object, true, "spec", "paused"); err != nil {
		t.Fatal(err)
	}
	aborted.Object["status"] = map[string]any{"abort": true}
	step.Object["status"] = map[string]any{"pauseConditions": []any{map[string]any{"reason": "CanaryPauseStep"}}}
	odd := rolloutOf("odd", map[string]any{"template": map[string]any{"spec": map[string]any{"containers": "none"}}}, nil)
	w.create(
		w.rollout("own", env), w.rollout("stranger"), paused, aborted, step, odd,
		deployment("lender", 0, envFrom), borrowing("borrower", "lender"),
		deployment("migrating", 1, volume), borrowing("migrated", "migrating"),
		borrowing("lost", "gone"),
	)

	workloads, _ := w.find(consumers.Options{Discover: true})
	want := []consumers.Workload{
		{Reference: consumers.Reference{Kind: "Deployment", Name: "migrating"}, Uses: []consumers.Use{consumers.UseVolume}},
		{Reference: consumers.Reference{Kind: "Rollout", Name: "aborted"}, Uses: []consumers.Use{consumers.UseEnv}, Held: consumers.StatePaused, HeldBecause: "its last update was aborted"},
		{Reference: consumers.Reference{Kind: "Rollout", Name: "borrower"}, Uses: []consumers.Use{consumers.UseEnvFrom}},
		{Reference: consumers.Reference{Kind: "Rollout", Name: "migrated"}, Uses: []consumers.Use{consumers.UseVolume}},
		{Reference: consumers.Reference{Kind: "Rollout", Name: "own"}, Uses: []consumers.Use{consumers.UseEnv}},
		{Reference: consumers.Reference{Kind: "Rollout", Name: "paused"}, Uses: []consumers.Use{consumers.UseEnv}, Held: consumers.StatePaused, HeldBecause: "it is paused"},
		{Reference: consumers.Reference{Kind: "Rollout", Name: "step"}, Uses: []consumers.Use{consumers.UseEnv}, Held: consumers.StatePaused, HeldBecause: "it waits in a step of its strategy (CanaryPauseStep)"},
	}
	if diff := cmp.Diff(want, workloads, cmpopts.IgnoreUnexported(consumers.Workload{})); diff != "" {
		t.Fatalf("workloads (-want +got):\n%s", diff)
	}
	listed, _ := w.find(consumers.Options{Targets: []consumers.Reference{{Kind: "Rollout", Name: "borrower"}, {Kind: "Rollout", Name: "lost"}}})
	if len(listed) != 2 || listed[0].Held != "" || !listed[1].Missing {
		t.Errorf("listed ones: %+v", listed)
	}

	for _, workload := range workloads {
		if workload.Held != "" {
			continue
		}
		// What it borrows from was restarted with the Deployment that lends it.
		again := workload.Name == "migrated"
		if changed, err := w.restartOf(workload.Reference, "shop", "f1"); changed == again || err != nil {
			t.Errorf("restart of %s: changed %v, error %v", workload, changed, err)
		}
	}
	own := w.rollout("own")
	var lender appsv1.Deployment
	if err := cluster.admin.Get(t.Context(), w.key("own"), own); err != nil {
		t.Fatal(err)
	}
	if got, _, _ := unstructured.NestedString(own.Object, "spec", "template", "metadata", "annotations", "restart.oktacred.dev/shop"); got != "f1" {
		t.Errorf("the template of a Rollout has the fingerprint %q, want f1", got)
	}
	if err := cluster.admin.Get(t.Context(), w.key("lender"), &lender); err != nil {
		t.Fatal(err)
	}
	if got := lender.Spec.Template.Annotations["restart.oktacred.dev/shop"]; got != "f1" {
		t.Errorf("the template that a Rollout borrows has the fingerprint %q, want f1", got)
	}
}
