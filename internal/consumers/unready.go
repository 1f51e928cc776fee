package consumers

import (
	"fmt"
	"slices"
	"time"
)

// complete is the state without pods that have an older value: the new ones must work, or it must be known that nothing
// worked before. While neither is, the old value may still be what helps.
func (v view) complete() (State, string) {
	if len(v.moved) == 0 {
		return StateCurrent, "It has no pods."
	}
	all := fmt.Sprintf("All %d pods have the new value.", len(v.moved))
	unready := v.unready()
	if len(unready) == 0 {
		return StateCurrent, all
	}
	if i := slices.IndexFunc(unready, v.overdue); i >= 0 && !slices.ContainsFunc(v.moved, v.suspects) {
		pod := unready[i]

		return StateFailing, fmt.Sprintf("%s Pod %s is not ready: %s. It is not known whether the new value is the cause. Mend or delete it, or set rotation.overlap.maximum.",
			all, pod.Name, pod.trouble())
	}

	return StateRestarting, fmt.Sprintf("%s Pod %s is not ready yet: %s.", all, unready[0].Name, unready[0].trouble())
}

// unready are the pods that have the new value and are not ready with it; none where none was ready before either.
func (v view) unready() []Pod {
	if v.brokenBefore() {
		return nil
	}

	return slices.DeleteFunc(slices.Clone(v.moved), func(pod Pod) bool { return !v.doubtful(pod) })
}

// doubtful says whether a pod may be unready because of the new value. One that was so before the write is not, nor one that
// has not run in all its time: it reads the present value when it starts.
func (v view) doubtful(pod Pod) bool {
	if pod.Ready || pod.health.reason == terminating || !v.arriving(pod) {
		return false
	}
	if pod.Owner.Kind == kindJob && pod.health.container == "" {
		// It is about to start, or its work is done and a sidecar stays: the next run is another pod.
		return false
	}

	if v.wasReady(pod) {
		return true
	}

	return pod.madeSince(v.change) && (!v.overdue(pod) || (pod.health.ran && !v.worksFor(pod)))
}

// worksFrom is how long a pod has to be ready until that speaks for the new value: one that crashes again and again is ready
// between two crashes if nothing probes it.
const worksFrom = time.Minute

// worksFor says whether another pod of the same owner is ready with the new value: a standby that is never ready, or one sick node
// of many, says nothing then.
func (v view) worksFor(pod Pod) bool {
	return slices.ContainsFunc(v.moved, func(other Pod) bool {
		return other.Owner == pod.Owner && other.Ready && other.madeSince(v.change) && v.now.Sub(other.health.since) >= worksFrom
	})
}

// overdue says whether a pod had its time to become ready.
func (v view) overdue(pod Pod) bool {
	return v.change.WaitTimeout > 0 && v.now.Sub(v.arrived(pod)) > v.change.WaitTimeout
}

// brokenBefore says whether it is known that no pod of the workload was ready before the change: the restart recorded that,
// or all pods that are left from before tell it. Where nothing tells, it is not known.
func (v view) brokenBefore() bool {
	if v.readyBefore() > 0 {
		return false
	}
	if v.noneReadyBefore() {
		return true
	}
	left := slices.DeleteFunc(slices.Concat(v.older, v.moved), func(pod Pod) bool { return pod.madeSince(v.change) })

	return len(left) > 0 && !slices.ContainsFunc(left, func(pod Pod) bool {
		return pod.Ready || !v.change.tooEarlyFor(pod.health.since)
	})
}

// tooEarlyFor says whether what is unready since a time was so before the change, and not just because it was starting.
func (c Change) tooEarlyFor(unready time.Time) bool {
	return unready.Before(c.Written.Add(-c.WaitTimeout))
}

// readyBefore is how many pods were ready before the restart that brought the change, or shared it.
func (v view) readyBefore() int {
	t, own := v.workload.template, annotationKey(v.change.Credential)
	if t.restarted[own] == v.change.Fingerprint {
		return t.readyBefore(own, v.change.Fingerprint)
	}
	most := 0
	if t.patched.After(v.change.Written) {
		for key, fingerprint := range t.restarted {
			most = max(most, t.readyBefore(key, fingerprint))
		}
	}

	return most
}

// noneReadyBefore says whether the restart that brought the change, or every one that may have, recorded that no pod was ready.
func (v view) noneReadyBefore() bool {
	t, own := v.workload.template, annotationKey(v.change.Credential)
	if t.restarted[own] == v.change.Fingerprint {
		return t.noneReady(own, v.change.Fingerprint)
	}
	for key, fingerprint := range t.restarted {
		if !t.noneReady(key, fingerprint) {
			return false
		}
	}

	return len(t.restarted) > 0 && t.patched.After(v.change.Written)
}

// trouble names what is wrong with a pod that is not ready.
func (p Pod) trouble() string {
	if p.health.container == "" {
		return p.health.reason
	}

	return p.health.reason + " of container " + p.health.container
}
