package consumers

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// SyncTime is how long a kubelet may take until a changed Secret is in a mounted volume. It syncs a pod once a minute
// (syncFrequency), jittered by up to half of it (workerResyncIntervalJitterFactor), and watches the Secrets that its pods
// mount (configMapAndSecretChangeDetectionStrategy); the rest is room. Where kubelets are set otherwise, overlap.minimum has to do.
const SyncTime = 2 * time.Minute

// startLag is how long before its start a container may have read the Secret: the kubelet takes its environment and its subPaths
// together first, and only then has the runtime make the container and start it, two calls of which each may take two minutes
// (runtimeRequestTimeout).
const startLag = 4 * time.Minute

// Change is a new value in the Secret, and how long to be patient with its consumers.
type Change struct {
	// Credential is the name of the OktaClientCredential.
	Credential string
	// Fingerprint stands for the change, see Fingerprint; empty when there was none to restart for.
	Fingerprint string
	// Written is when the Secret got the value, at the latest, by the clock that dates pods: the API server's, where it tells.
	Written time.Time
	// Noted is the same by the clock that tells now, if that may be another one: what has to pass since is counted from it.
	Noted time.Time
	// Made is when the Secret itself was made, by the API server's clock; zero where it does not matter.
	Made time.Time
	// Restarted are workloads that were restarted for this change, whatever they tell of it now.
	Restarted map[Reference]bool
	// Watched is since when pods are seen that are not ready, by their id (Status.Watch); with it no other is blamed on the change.
	Watched map[string]time.Time
	// WaitTimeout is how long new pods have to become ready; zero means for ever.
	WaitTimeout time.Duration
	// Settle is how long after the write a restart is due. Credentials of one workload that change within it share one.
	Settle time.Duration
}

// synced is when the value was in every mounted volume at the latest.
func (c Change) synced() time.Time { return c.Written.Add(SyncTime) }

func (c Change) noted() time.Time {
	if c.Noted.IsZero() {
		return c.Written
	}

	return c.Noted
}

func (c Change) isSynced(now time.Time) bool { return !now.Before(c.noted().Add(SyncTime)) }

// Current says whether no container of a pod can have an older value than the change's. Doubt counts against it: what is
// called current here may cost the old value its life.
func (p Pod) Current(c Change, now time.Time) bool {
	if p.madeSince(c) {
		return true
	}
	if p.mayHaveFormer(c) {
		return false
	}
	for _, read := range p.reads {
		if !read.fresh(c, now, p.ahead) {
			return false
		}
	}

	return true
}

// mayHaveFormer says whether the pod may still read what the Secret was before it was deleted and made again under its name. If
// that one was immutable, the kubelet does not look at the API server for as long as any pod of its node refers to the name. A
// container that waited for the Secret read the present one, or will.
func (p Pod) mayHaveFormer(c Change) bool {
	if !p.Created.Before(c.Made) { // in the same second nobody deletes a Secret and makes it again
		return false
	}

	return slices.ContainsFunc(p.reads, func(read reading) bool { return !read.readPresent(c, p.ahead) })
}

// readPresent says whether the container reads the Secret for the first time since that was made, or has yet to.
func (r reading) readPresent(c Change, ahead time.Duration) bool {
	return r.first && (r.waits || r.started.Add(-ahead).After(c.Made))
}

// isFirst says whether the Secret was made with the value, so that there is no older one in it to be read.
func (c Change) isFirst() bool { return !c.Made.IsZero() && !c.Written.After(c.Made) }

// madeSince says whether a pod was made after the change. Its template's fingerprint proves that without any clock: it was
// written after the Secret. A time proves it too, but creation times are whole seconds, and the same second proves nothing.
func (p Pod) madeSince(c Change) bool {
	return p.restartedFor(c) || p.Created.After(c.Written)
}

func (p Pod) restartedFor(c Change) bool {
	return c.Fingerprint != "" && p.restarted[annotationKey(c.Credential)] == c.Fingerprint
}

// follows says whether everything in a pod gets a new value without a restart.
func (p Pod) follows() bool {
	for _, read := range p.reads {
		if !read.use.follows() {
			return false
		}
	}

	return true
}

// fresh says whether a container read the Secret since the change. Environment comes from the Secret itself when the
// container starts; subPath mounts, and what an init container reads, from a volume that may lag.
func (r reading) fresh(c Change, now time.Time, ahead time.Duration) bool {
	if c.isFirst() && r.readPresent(c, ahead) {
		return true
	}
	started := r.started.Add(-ahead)
	waits := r.waits && !now.Before(c.noted().Add(startLag))
	switch r.use {
	case UseVolume:
		return c.isSynced(now)
	case UseEnv, UseEnvFrom:
		return waits || started.After(c.Written.Add(startLag))
	case UseSubPath:
		return waits && c.isSynced(now.Add(-startLag)) || started.After(c.synced().Add(startLag))
	case UseInitVolume:
		return waits && c.isSynced(now) || started.After(c.synced())
	default:
		return false
	}
}

// WrittenAt is when a field manager last changed an object, by the clock of the API server, to the second; zero when the
// object does not tell (an informer may strip it). Read it from the answer to the write, since later writes move it.
func WrittenAt(object metav1.Object, manager string) time.Time {
	var last time.Time
	for _, entry := range object.GetManagedFields() {
		if entry.Manager == manager && entry.Subresource == "" && entry.Time != nil && entry.Time.After(last) {
			last = entry.Time.Time
		}
	}

	return last
}
