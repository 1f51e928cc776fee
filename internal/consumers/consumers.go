// Package consumers finds the workloads that read a Secret, restarts them, and tells which of their pods may still use an
// older value of it. It must not read a Secret, and must not decide when a rotation goes on.
package consumers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Kinds of workloads that can be restarted.
const (
	// KindDeployment is apps/v1's.
	KindDeployment = "Deployment"
	// KindStatefulSet is apps/v1's.
	KindStatefulSet = "StatefulSet"
	// KindDaemonSet is apps/v1's.
	KindDaemonSet = "DaemonSet"
	// KindRollout is Argo's, argoproj.io/v1alpha1. A cluster without it has none, and that is no error.
	KindRollout = "Rollout"
)

// Owners of pods that cannot be restarted: kindPod stands for the owner of a pod that nothing owns.
const (
	kindPod = "Pod"
	kindJob = "Job"
)

// Reference names a workload of the namespace, or what else owns a pod, without its API version.
type Reference struct {
	Kind string
	Name string
}

// String is kind/name, as kubectl takes it.
func (r Reference) String() string { return r.Kind + "/" + r.Name }

// Options say where to look for workloads. Pods that use the Secret are found whatever they are.
type Options struct {
	// Discover lists the Deployments, StatefulSets, DaemonSets and Rollouts of the namespace and takes those that refer to
	// the Secret. It needs the right to list all four.
	Discover bool
	// Targets are workloads that a person named: they are taken whether or not they refer to the Secret, and with them no
	// other one is restarted. It needs the right to get them.
	Targets []Reference
}

// Workload uses the Secret, or was named as one that does.
type Workload struct {
	Reference
	// Uses of the Secret by the pod template, sorted, each once.
	Uses []Use
	// Listed says that a person named it: only a new pod proves then that the new value is in use.
	Listed bool
	// Missing says that a listed one does not exist.
	Missing bool
	// Held is why it is not restarted (StatePaused, StateOnDelete, StateOptedOut, StateNotRestarted); empty where it may be.
	Held State
	// HeldBecause says that to a person; empty where Held is.
	HeldBecause string
	// Ready is the number of its pods that were ready when it was looked at.
	Ready int

	// unready is since when none of its pods was ready; it counts only where Ready is 0, and is zero when it has no pods.
	unready  time.Time
	settled  bool // its last rollout is complete
	idle     bool // it is scaled to zero
	template template
}

// Find finds the workloads of a namespace that use a Secret, and the pods that use it or belong to a listed workload, sorted
// by kind and name. The reader must ask the API server itself: lists are read page by page, and caches have no pages.
// An error wraps that of the API server, so that a missing right is apierrors.IsForbidden.
func Find(ctx context.Context, reader client.Reader, namespace, secret string, o Options) ([]Workload, []Pod, error) {
	f := finder{reader: reader, namespace: namespace, secret: secret}
	found, err := f.workloads(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	// Pods come second: what a workload makes in between is newer than what was seen of it.
	pods, err := f.pods(ctx, found)
	if err != nil {
		return nil, nil, err
	}
	for i := range found {
		for _, pod := range pods {
			if pod.Owner == found[i].Reference {
				found[i].count(pod)
			}
		}
	}

	return found, pods, nil
}

// count notes whether a pod of the workload is ready, or since when it is not.
func (w *Workload) count(pod Pod) {
	switch {
	case pod.Ready:
		w.Ready++
	case pod.health.since.After(w.unready):
		w.unready = pod.health.since
	}
}

func (f finder) workloads(ctx context.Context, o Options) ([]Workload, error) {
	found := []Workload{}
	if o.Discover {
		discovered, err := f.discover(ctx)
		if err != nil {
			return nil, err
		}
		found = discovered
	}
	if len(o.Targets) == 0 {
		return sorted(found), nil
	}
	for i := range found {
		if found[i].Held == "" {
			found[i].Held, found[i].HeldBecause = StateNotRestarted, "it is not among the targets to restart"
		}
	}
	for _, target := range o.Targets {
		listed, err := f.get(ctx, target)
		if err != nil {
			return nil, err
		}
		listed.Listed = true
		found = append(slices.DeleteFunc(found, func(w Workload) bool { return w.Reference == target }), listed)
	}

	return sorted(found), nil
}

func sorted(workloads []Workload) []Workload {
	slices.SortFunc(workloads, func(a, b Workload) int { return compare(a.Reference, b.Reference) })

	return workloads
}

// finder looks for the consumers of one Secret.
type finder struct {
	reader            client.Reader
	namespace, secret string
}

// pageSize bounds how many objects are in memory at once. Workloads are some kilobytes each.
const pageSize = 100

// pages lists objects page by page, so that a large namespace is never in memory as a whole.
func pages[L client.ObjectList](ctx context.Context, f finder, kinds string, empty func() L, visit func(L)) error {
	token := ""
	for {
		list := empty()
		if err := f.reader.List(ctx, list, client.InNamespace(f.namespace), client.Limit(pageSize), client.Continue(token)); err != nil {
			return fmt.Errorf("list %s of namespace %q: %w", kinds, f.namespace, err)
		}
		visit(list)
		if token = list.GetContinue(); token == "" {
			return nil
		}
	}
}
