package consumers

import (
	"context"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// discover lists the workloads of the namespace whose pod template uses the Secret.
func (f finder) discover(ctx context.Context) ([]Workload, error) {
	found := []Workload{}
	take := func(workload Workload) {
		if len(workload.Uses) > 0 {
			found = append(found, workload)
		}
	}
	err := pages(ctx, f, "Deployments", func() *appsv1.DeploymentList { return &appsv1.DeploymentList{} }, func(page *appsv1.DeploymentList) {
		for i := range page.Items {
			take(f.deployment(&page.Items[i]))
		}
	})
	if err != nil {
		return nil, err
	}
	err = pages(ctx, f, "StatefulSets", func() *appsv1.StatefulSetList { return &appsv1.StatefulSetList{} }, func(page *appsv1.StatefulSetList) {
		for i := range page.Items {
			take(f.statefulSet(&page.Items[i]))
		}
	})
	if err != nil {
		return nil, err
	}
	err = pages(ctx, f, "DaemonSets", func() *appsv1.DaemonSetList { return &appsv1.DaemonSetList{} }, func(page *appsv1.DaemonSetList) {
		for i := range page.Items {
			take(f.daemonSet(&page.Items[i]))
		}
	})
	if err != nil {
		return nil, err
	}

	return f.discoverRollouts(ctx, found)
}

// discoverRollouts adds the Rollouts, of which some have their template in one of the Deployments found so far. Such a
// Deployment, scaled to zero, is not a workload of its own.
func (f finder) discoverRollouts(ctx context.Context, found []Workload) ([]Workload, error) {
	lent := map[Reference]bool{}
	rollouts := []Workload{}
	err := pages(ctx, f, "Rollouts", newRollouts, func(page *unstructured.UnstructuredList) {
		for i := range page.Items {
			seen := parseRollout(&page.Items[i])
			source := seen.source()
			at := slices.IndexFunc(found, func(w Workload) bool { return w.Reference == source })
			switch {
			case source == (Reference{}):
				if workload := seen.workload(f.secret); len(workload.Uses) > 0 {
					rollouts = append(rollouts, workload)
				}
			case at >= 0:
				lent[source] = true
				rollouts = append(rollouts, seen.borrow(found[at]))
			}
		}
	})
	// Not found is what a list gets whose kind was removed a moment ago.
	if err != nil && !meta.IsNoMatchError(err) && !apierrors.IsNotFound(err) {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(w Workload) bool { return w.idle && lent[w.Reference] })

	return append(found, rollouts...), nil
}

// get reads one workload that a person named.
func (f finder) get(ctx context.Context, target Reference) (Workload, error) {
	switch target.Kind {
	case KindDeployment:
		object := &appsv1.Deployment{}
		if missing, err := f.read(ctx, target, object); missing || err != nil {
			return absent(target), err
		}

		return f.deployment(object), nil
	case KindStatefulSet:
		object := &appsv1.StatefulSet{}
		if missing, err := f.read(ctx, target, object); missing || err != nil {
			return absent(target), err
		}

		return f.statefulSet(object), nil
	case KindDaemonSet:
		object := &appsv1.DaemonSet{}
		if missing, err := f.read(ctx, target, object); missing || err != nil {
			return absent(target), err
		}

		return f.daemonSet(object), nil
	case KindRollout:
		return f.getRollout(ctx, target)
	default:
		return Workload{Reference: target, Held: StateNotRestarted, HeldBecause: "this kind cannot be restarted"}, nil
	}
}

func (f finder) getRollout(ctx context.Context, target Reference) (Workload, error) {
	object := newRollout()
	if missing, err := f.read(ctx, target, object); missing || err != nil {
		return absent(target), err
	}
	seen := parseRollout(object)
	switch source := seen.source(); source.Kind {
	case "":
		return seen.workload(f.secret), nil
	case KindDeployment:
		lender, err := f.get(ctx, source)
		if err != nil || lender.Missing {
			return absent(target), err
		}

		return seen.borrow(lender), nil
	default:
		return Workload{Reference: target, Held: StateNotRestarted, HeldBecause: "its template is in a " + source.Kind}, nil
	}
}

// read reads an object, and says when it or its kind is not there.
func (f finder) read(ctx context.Context, target Reference, into client.Object) (missing bool, err error) {
	err = f.reader.Get(ctx, client.ObjectKey{Namespace: f.namespace, Name: target.Name}, into)
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("get %s of namespace %q: %w", target, f.namespace, err)
	}

	return false, nil
}

func absent(target Reference) Workload {
	return Workload{Reference: target, Missing: true, Held: StateNotRestarted, HeldBecause: "it does not exist"}
}

func (f finder) deployment(d *appsv1.Deployment) Workload {
	w := f.workload(KindDeployment, d, &d.Spec.Template)
	replicas := replicasOf(d.Spec.Replicas)
	w.idle = replicas == 0
	w.settled = d.Status.ObservedGeneration == d.Generation && d.Status.UpdatedReplicas == replicas && d.Status.Replicas == replicas
	if d.Spec.Paused {
		w.hold(StatePaused, "it is paused")
	}

	return w
}

func (f finder) statefulSet(s *appsv1.StatefulSet) Workload {
	w := f.workload(KindStatefulSet, s, &s.Spec.Template)
	w.settled = s.Status.ObservedGeneration == s.Generation && s.Status.CurrentRevision == s.Status.UpdateRevision &&
		s.Status.Replicas == replicasOf(s.Spec.Replicas)
	strategy := s.Spec.UpdateStrategy
	if strategy.Type == appsv1.OnDeleteStatefulSetStrategyType {
		w.hold(StateOnDelete, "its update strategy is OnDelete: delete its pods")
	}
	if update := strategy.RollingUpdate; update != nil && update.Partition != nil && *update.Partition > 0 {
		w.hold(StatePaused, fmt.Sprintf("its partition keeps pods below ordinal %d as they are", *update.Partition))
	}

	return w
}

func (f finder) daemonSet(d *appsv1.DaemonSet) Workload {
	w := f.workload(KindDaemonSet, d, &d.Spec.Template)
	w.settled = d.Status.ObservedGeneration == d.Generation && d.Status.UpdatedNumberScheduled == d.Status.DesiredNumberScheduled
	if d.Spec.UpdateStrategy.Type == appsv1.OnDeleteDaemonSetStrategyType {
		w.hold(StateOnDelete, "its update strategy is OnDelete: delete its pods")
	}

	return w
}

// hold notes why a workload is not restarted. What a team said itself, by the annotation, comes before its strategy.
func (w *Workload) hold(state State, because string) {
	if w.Held == "" {
		w.Held, w.HeldBecause = state, because
	}
}

// replicasOf a workload; the API server's default is one.
func replicasOf(replicas *int32) int32 {
	if replicas == nil {
		return 1
	}

	return *replicas
}
