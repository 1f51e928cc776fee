package consumers

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// view of one workload at one time.
type view struct {
	workload Workload
	change   Change
	now      time.Time
	// older pods may have an older value; moved ones cannot.
	older, moved []Pod
}

// state in the order of what a person must know first.
func (v view) state() (State, string) {
	w, total := v.workload, len(v.older)+len(v.moved)
	if w.Missing || w.Listed && w.Held == StateNotRestarted && total == 0 {
		return w.Held, "Not restarted: " + w.HeldBecause + "."
	}
	if pod, failing := v.failing(); failing {
		return StateFailing, fmt.Sprintf("Pod %s has the new value and is not ready: %s. Before, pods were ready.", pod.Name, pod.trouble())
	}
	if len(v.older) == 0 {
		return v.complete()
	}
	older := of(v.older, total)
	switch {
	case v.restarted() && (w.Held == "" || w.Held == StateOptedOut):
		return StateRestarting, older + ", still to be replaced." + v.stuck()
	case v.takenBack():
		return StateNotRestarted, "Restarted once, and somebody put the pod template back since: " + older + ", may have the old value. Restart it by hand, or find who keeps its template."
	case v.followsSoon():
		return StatePending, older + ", get the new value in their mounted volume within " + SyncTime.String() + " of the write."
	case w.Held != "":
		return w.Held, "Not forced: " + w.HeldBecause + ". " + older + ", may have the old value." + v.stuck()
	default:
		return StatePending, older + ", may have the old value and need a restart."
	}
}

// stuck names what keeps a restart from going on, where a new pod cannot start.
func (v view) stuck() string {
	for _, pod := range v.moved {
		if !pod.Ready && pod.health.reason != terminating {
			return fmt.Sprintf(" New pod %s is not ready: %s.", pod.Name, pod.trouble())
		}
	}

	return ""
}

// restarted says whether the template was changed for this change, or for another credential's since the write and is on
// its way: the pods which that makes have this change's value too.
func (v view) restarted() bool {
	t := v.workload.template
	if v.change.Fingerprint != "" && t.restarted[annotationKey(v.change.Credential)] == v.change.Fingerprint {
		return true
	}

	return v.shared()
}

// takenBack says whether there was a restart for this change that the template no longer shows: whoever keeps the template would
// take back every other one too. The object tells of it, or where that was put back as a whole, who restarted it.
func (v view) takenBack() bool {
	t, own := v.workload.template, annotationKey(v.change.Credential)
	of, _, recorded := strings.Cut(t.recorded[own], "/")
	restarted := recorded && of == v.change.Fingerprint || v.change.Restarted[v.workload.Reference]

	return v.change.Fingerprint != "" && restarted && t.restarted[own] != v.change.Fingerprint
}

func (v view) shared() bool {
	return !v.workload.settled && v.workload.template.patched.After(v.change.Written)
}

// followsSoon says whether just the mounted volumes of the older pods lag, and not for long.
func (v view) followsSoon() bool {
	return !v.needsRestart() && !v.change.isSynced(v.now)
}

func (v view) needsRestart() bool {
	if v.workload.Listed {
		return len(v.older) > 0
	}
	for _, pod := range v.older {
		if !pod.follows() || pod.mayHaveFormer(v.change) {
			return true
		}
	}

	return false
}

func (v view) restartDue(state State) bool {
	return state == StatePending && v.needsRestart() && v.change.Fingerprint != "" &&
		!v.now.Before(v.change.noted().Add(v.change.Settle))
}

// failing finds a pod that is to be blamed on the new value, and was seen not ready for as long as it may take. What times say
// alone would be wrong after a jump of the clock.
func (v view) failing() (Pod, bool) {
	i := slices.IndexFunc(v.moved, func(pod Pod) bool {
		first, seen := v.change.Watched[pod.id]
		watched := v.change.Watched == nil || (seen && v.now.Sub(first) > v.change.WaitTimeout)

		return watched && v.suspects(pod)
	})
	if i < 0 {
		return Pod{}, false
	}

	return v.moved[i], true
}

// suspects says whether a pod has the new value and does not get ready with it in time, though pods were ready before and none is
// with the new value.
func (v view) suspects(pod Pod) bool {
	if pod.Ready || !pod.health.ran || !v.arriving(pod) || !v.overdue(pod) || v.worksFor(pod) {
		return false
	}

	return v.wasReady(pod) || (v.readyBefore() > 0 && pod.madeSince(v.change) && v.madeByRestart(pod))
}

// watch are the ids of the pods that are not ready with the new value, and of those that were so at the last look and are ready for
// a moment: what crashes again and again is ready between two crashes if nothing probes it.
func (v view) watch() []string {
	var ids []string
	for _, pod := range v.unready() {
		ids = append(ids, pod.id)
	}
	for _, pod := range v.moved {
		if _, seen := v.change.Watched[pod.id]; seen && pod.Ready && v.now.Sub(pod.health.since) < worksFrom {
			ids = append(ids, pod.id)
		}
	}

	return ids
}

// restartMakes is how long after a restart the first of its new pods are there at the latest, unless the old ones take longer than
// that to go. If the value is wrong it is they that fail; what is made later may fail for a reason of a later day.
const restartMakes = time.Hour

// madeByRestart says whether a pod came soon enough after the last restart to be of its making.
func (v view) madeByRestart(pod Pod) bool {
	patched := v.workload.template.patched

	return patched.IsZero() || !pod.Created.After(patched.Add(max(restartMakes, v.change.WaitTimeout)))
}

// arrived is when a pod had the new value at the latest, and its program was started with it.
func (v view) arrived(pod Pod) time.Time {
	switch {
	case !pod.madeSince(v.change):
		return v.change.synced()
	case pod.health.first.After(pod.Created):
		return pod.health.first
	default:
		return pod.Created
	}
}

// arriving says whether a pod that is not ready has been so since it got the new value, or soon after: what fails later
// fails for a reason of its own.
func (v view) arriving(pod Pod) bool {
	return v.change.WaitTimeout == 0 || pod.crashing(v.now) || !pod.health.since.After(v.arrived(pod).Add(v.change.WaitTimeout))
}

// wasReady says whether a pod that was there before the write was ready until after it.
func (v view) wasReady(pod Pod) bool {
	return !pod.madeSince(v.change) && pod.health.since.After(v.change.Written) && pod.health.since.After(pod.Created)
}
