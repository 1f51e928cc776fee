package consumers

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// DefaultSyncTime is how long a kubelet may take until a changed Secret is in a mounted volume. It syncs a pod once a minute
// (syncFrequency), jittered by up to half of it (workerResyncIntervalJitterFactor), and watches the Secrets that its pods
// mount (configMapAndSecretChangeDetectionStrategy); the rest is room. Kubelets set otherwise need more.
const DefaultSyncTime = 2 * time.Minute

// startLag is how long before its start a container may have read the Secret: the kubelet takes the environment together
// first, from what it watches, and only then makes the container.
const startLag = 5 * time.Second

// Change is a new value in the Secret, and how long to be patient with its consumers.
type Change struct {
	// Credential is the name of the OktaClientCredential.
	Credential string
	// Fingerprint stands for the change, see Fingerprint; empty when there was none to restart for.
	Fingerprint string
	// Written is when the Secret was written, by the API server's clock where that is known (WrittenAt).
	Written time.Time
	// SyncTime is how long a mounted volume may lag; zero means DefaultSyncTime.
	SyncTime time.Duration
	// WaitTimeout is how long new pods have to become ready; zero means for ever.
	WaitTimeout time.Duration
	// Settle is how long after the write a restart is due. Credentials of one workload that change within it share one.
	Settle time.Duration
}

func (c Change) synced() time.Time {
	if c.SyncTime == 0 {
		return c.Written.Add(DefaultSyncTime)
	}

	return c.Written.Add(c.SyncTime)
}

// Current says whether no container of a pod can have an older value than the change's. Doubt counts against it: what is
// called current here may cost the old value its life.
func (p Pod) Current(c Change, now time.Time) bool {
	if p.madeSince(c) {
		return true
	}
	for _, read := range p.reads {
		if !read.fresh(c, now, p.ahead) {
			return false
		}
	}

	return true
}

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
	started := r.started.Add(-ahead)
	switch r.use {
	case UseVolume:
		return !now.Before(c.synced())
	case UseEnv, UseEnvFrom:
		return r.waits || started.After(c.Written.Add(startLag))
	case UseSubPath, UseInitVolume:
		return r.waits && !now.Before(c.synced()) || started.After(c.synced())
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
