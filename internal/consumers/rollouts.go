package consumers

import (
	"cmp"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// rolloutKind is Argo's only version of it.
var rolloutKind = schema.GroupVersionKind{Group: "argoproj.io", Version: "v1alpha1", Kind: KindRollout}

func newRollout() *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(rolloutKind)

	return object
}

func newRollouts() *unstructured.UnstructuredList {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(rolloutKind.GroupVersion().WithKind(KindRollout + "List"))

	return list
}

// rollout is what is needed of an Argo Rollout.
type rollout struct {
	object *unstructured.Unstructured
	fields rolloutFields
	// broken is why it could not be read: its schema is Argo's, and has changed before.
	broken error
}

type rolloutFields struct {
	Spec struct {
		Paused      bool                   `json:"paused"`
		Template    corev1.PodTemplateSpec `json:"template"`
		WorkloadRef *struct {
			Kind string `json:"kind"`
			Name string `json:"name"`
		} `json:"workloadRef"`
	} `json:"spec"`
	Status struct {
		Abort           bool             `json:"abort"`
		PauseConditions []pauseCondition `json:"pauseConditions"`
		CurrentPodHash  string           `json:"currentPodHash"`
		StableRS        string           `json:"stableRS"`
		// Generations as decimal numbers; the second is that of the object which has the template.
		ObservedGeneration         string `json:"observedGeneration"`
		WorkloadObservedGeneration string `json:"workloadObservedGeneration"`
	} `json:"status"`
}

type pauseCondition struct {
	Reason string `json:"reason"`
}

func parseRollout(object *unstructured.Unstructured) rollout {
	seen := rollout{object: object}
	seen.broken = runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &seen.fields)

	return seen
}

// source names the object that has the pod template; the zero Reference where that is the Rollout itself.
func (r rollout) source() Reference {
	if ref := r.fields.Spec.WorkloadRef; ref != nil {
		return Reference{ref.Kind, ref.Name}
	}

	return Reference{}
}

// workload is a Rollout with its own template.
func (r rollout) workload(secret string) Workload {
	w := finder{secret: secret}.workload(KindRollout, r.object, &r.fields.Spec.Template)
	r.hold(&w)

	return w
}

// borrow is a Rollout whose template is in a Deployment: that is what gets patched, and Argo follows it.
func (r rollout) borrow(lender Workload) Workload {
	w := Workload{Reference: Reference{KindRollout, r.object.GetName()}, Uses: lender.Uses, template: lender.template}
	if lender.Held == StateOptedOut {
		w.hold(lender.Held, lender.HeldBecause)
	}
	if optedOut(r.object) {
		w.hold(StateOptedOut, optedOutBecause)
	}
	r.hold(&w)

	return w
}

// hold notes what of a Rollout's own state speaks against a new template: it would send an aborted one out again, and start
// the steps of one that waits for a person anew.
func (r rollout) hold(w *Workload) {
	status := r.fields.Status
	observed := status.ObservedGeneration
	if r.source() != (Reference{}) {
		observed = status.WorkloadObservedGeneration
	}
	w.settled = observed == strconv.FormatInt(w.template.generation, 10) && status.CurrentPodHash != "" && status.CurrentPodHash == status.StableRS
	switch {
	case r.broken != nil:
		w.hold(StateNotRestarted, "its fields are not those of "+rolloutKind.GroupVersion().String())
	case r.fields.Spec.Paused:
		w.hold(StatePaused, "it is paused")
	case status.Abort:
		w.hold(StatePaused, "its last update was aborted")
	case len(status.PauseConditions) > 0:
		w.hold(StatePaused, "it waits in a step of its strategy ("+cmp.Or(status.PauseConditions[0].Reason, "paused")+")")
	}
}
