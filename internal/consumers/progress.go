package consumers

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// State of a workload with regard to a change of the Secret.
type State string

const (
	// StateCurrent : no pod can have an older value.
	StateCurrent State = "Current"
	// StatePending : pods have an older value, and either a restart is due or a mounted volume will follow by itself.
	StatePending State = "Pending"
	// StateRestarting : its pods are being made anew, or the new ones are not ready yet.
	StateRestarting State = "Restarting"
	// StatePaused : it is paused, by hand or by its strategy. It is not forced.
	StatePaused State = "Paused"
	// StateOnDelete : its strategy makes new pods only when somebody deletes the old ones. It is not forced.
	StateOnDelete State = "OnDelete"
	// StateOptedOut : the team asked by annotation that it be left alone.
	StateOptedOut State = "OptedOut"
	// StateNotRestarted : it was not asked for, it does not exist, or it is no workload that can be restarted.
	StateNotRestarted State = "NotRestarted"
	// StateFailing : pods that have the new value did not become ready in time.
	StateFailing State = "Failing"
)

// Status is how far a workload, or what else owns pods that use the Secret, got with a change.
type Status struct {
	Reference
	// Uses of the Secret, sorted, each once.
	Uses []Use
	// Total is the number of its pods that count, Updated of those that cannot have an older value.
	Total, Updated int
	// Pending names the pods that may have an older value, sorted.
	Pending []string
	// Unready are the pods that have the new value and are not ready with it, each with what is wrong, sorted. None is named
	// where it is known that none of the workload's was ready before the change.
	Unready []string
	// Watch are the ids of those pods, for Change.Watched of the next look.
	Watch []string
	State State
	// Blamed says of a Failing one that its pods were ready before the change, so that the older value may help.
	Blamed bool
	// Message explains the state to a person; at most one pod is named in it.
	Message string
	// RestartDue says that Restart is what brings it further, now.
	RestartDue bool
}

// Totals of all statuses.
type Totals struct {
	Total, Updated, Pending int
	// Delivered says that no pod can have an older value, and that the new ones work, or are known not to have worked before.
	Delivered bool
	// Failing says that some workload is.
	Failing bool
}

// Sum adds up statuses.
func Sum(statuses []Status) Totals {
	sum := Totals{Delivered: true}
	for i := range statuses {
		sum.Total += statuses[i].Total
		sum.Updated += statuses[i].Updated
		sum.Pending += len(statuses[i].Pending)
		sum.Delivered = sum.Delivered && statuses[i].State == StateCurrent
		sum.Failing = sum.Failing || statuses[i].State == StateFailing
	}

	return sum
}

// Progress tells for every workload, and for every other owner of pods that use the Secret, how far it got with a change. It
// is pure: the same things seen at the same time give the same words.
func Progress(workloads []Workload, pods []Pod, c Change, now time.Time) []Status {
	owned := map[Reference][]Pod{}
	for _, pod := range pods {
		owned[pod.Owner] = append(owned[pod.Owner], pod)
	}
	statuses := make([]Status, 0, len(workloads))
	for i := range workloads {
		statuses = append(statuses, workloads[i].progress(owned[workloads[i].Reference], c, now))
		delete(owned, workloads[i].Reference)
	}
	for _, owner := range slices.SortedFunc(maps.Keys(owned), compare) {
		statuses = append(statuses, others(owner).progress(owned[owner], c, now))
	}
	slices.SortFunc(statuses, func(a, b Status) int { return compare(a.Reference, b.Reference) })

	return statuses
}

// others stands for what owns pods and was not among the workloads.
func others(owner Reference) Workload {
	w := Workload{Reference: owner, Held: StateNotRestarted}
	switch owner.Kind {
	case kindPod:
		w.HeldBecause = "no workload makes it anew: delete it and make it again"
	case kindJob:
		w.HeldBecause = "a Job's pods run to their end"
	case KindDeployment, KindStatefulSet, KindDaemonSet, KindRollout:
		w.HeldBecause = "it is not among the workloads to restart"
	default:
		w.HeldBecause = "this kind cannot be restarted"
	}

	return w
}

func (w Workload) progress(pods []Pod, c Change, now time.Time) Status {
	s := Status{Reference: w.Reference, Uses: slices.Clone(w.Uses), Total: len(pods), Pending: []string{}}
	seen := view{workload: w, change: c, now: now}
	for _, pod := range pods {
		for _, read := range pod.reads {
			s.Uses = append(s.Uses, read.use)
		}
		if w.current(pod, c, now) {
			s.Updated++
			seen.moved = append(seen.moved, pod)

			continue
		}
		s.Pending = append(s.Pending, pod.Name)
		seen.older = append(seen.older, pod)
	}
	slices.Sort(s.Uses)
	s.Uses = slices.Compact(s.Uses)
	for _, pod := range seen.unready() {
		s.Unready = append(s.Unready, fmt.Sprintf("%s (%s)", pod.Name, pod.trouble()))
	}
	s.Watch = seen.watch()
	s.State, s.Message = seen.state()
	if s.State == StateFailing {
		_, s.Blamed = seen.failing()
	}
	s.RestartDue = seen.restartDue(s.State)

	return s
}

// current says whether a pod cannot have an older value. Who names a workload says that it needs new pods.
func (w Workload) current(pod Pod, c Change, now time.Time) bool {
	if w.Listed {
		return pod.madeSince(c)
	}

	return pod.Current(c, now)
}

// of says how many of how many, and which is the first.
func of(pods []Pod, total int) string {
	return fmt.Sprintf("%d of %d pods, first %s", len(pods), total, pods[0].Name)
}
