package fleet

import (
	"slices"
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

const (
	// pollInterval is the shortest that the CRD allows, and standardInterval its default.
	pollInterval     = 5 * time.Second
	standardInterval = 15 * time.Second
	// noticed is within what time a revocation is to be noticed (p99), at the default interval.
	noticed = 20 * time.Second
	// few is the size of the fleet that the polls of the large one are compared with.
	few = 20
)

// TestARevocationIsNoticedWhateverTheSizeOfTheFleet: credentials that are checked once an hour are checked within seconds of a
// revocation, and the polls cost as many requests for a large fleet as for a small one.
func TestARevocationIsNoticedWhateverTheSizeOfTheFleet(t *testing.T) {
	withoutBrake := func(_ *world, c *v1alpha1.ClusterOktaConnection) {
		c.Spec.Rotation.MassFailureBrake.Percent = new(int32(0))
	}
	large, small := given(t, *size.followed, withoutBrake), newWorld(t, few)
	small.connect(withoutBrake)
	small.startOperator()
	small.apply()
	small.eventually("every credential of the small fleet is Ready", func() bool { return len(small.matching(isReady)) == few })
	for _, w := range []*world{large, small} {
		w.eventually("its System Log is followed", w.isFollowing)
		w.org.SetLimits(oktasim.WorkforceLimits())
	}
	large.hasItsShare()

	paused := watchPauses(t)
	begun := large.time.Now()
	revoked := large.revokeSpread(*size.revoked, *size.span)
	ended := large.time.Now()
	large.eventually("every revocation was noticed", func() bool { return len(large.noticedAfter(revoked, paused)) == len(revoked) })

	mustBeNoticed(t, large.n, large.noticedAfter(revoked, paused))
	// A poll begins an interval after the one before began, at the earliest: one more than there are intervals, and one that
	// began before and was answered late. A poll of more than a hundred events takes more than one request, however many
	// credentials there are.
	most := int(ended.Sub(begun)/pollInterval) + 2
	for _, w := range []*world{large, small} {
		polls := w.polls(begun, ended)
		t.Logf("in %s: %d polls for %d credentials", ended.Sub(begun).Round(time.Second), polls, w.n)
		if polls > most {
			t.Errorf("%d polls for %d credentials, of %d at most whatever their number", polls, w.n, most)
		}
	}
}

// hasItsShare waits until the operator may ask again, where it asked about more credentials within seconds than its share of a
// minute is: the org had no limits then, and Okta has them all the time.
func (w *world) hasItsShare() {
	w.t.Helper()
	share := oktasim.WorkforceLimits().Buckets[oktasim.BucketToken] * okta.DefaultMaxCapacityPercent / 100
	if w.n < share {
		return
	}
	limited := w.time.Now()
	w.eventually("the first minute with limits is over", func() bool { return w.time.Now().Sub(limited) > time.Minute })
}

// mustBeNoticed holds the 99th percentile against what is promised. Of fewer than a hundred that were the longest of all, which
// one request that went wrong decides, so there it is the 95th.
func mustBeNoticed(t *testing.T, n int, latencies []time.Duration) {
	t.Helper()
	slices.Sort(latencies)
	percent := 99
	if len(latencies) < 100 {
		percent = 95
	}
	most := latencies[(len(latencies)*percent+99)/100-1]
	t.Logf("%d revocations among %d credentials, polls every %s: noticed after %s (median), %s (p%d), %s (longest)",
		len(latencies), n, pollInterval, latencies[len(latencies)/2], most, percent, latencies[len(latencies)-1])
	// What is not the wait for the next poll is the same at the default interval.
	if beyond := most - pollInterval; standardInterval+beyond > noticed {
		t.Errorf("noticed after %s (p%d) with polls every %s: every %s that is more than %s", most, percent, pollInterval, standardInterval, noticed)
	}
}

// revokeSpread revokes the secrets of some of the credentials, spread over a time and over the fleet. It tells when, by client.
func (w *world) revokeSpread(n int, span time.Duration) map[string]time.Time {
	w.t.Helper()
	revoked := map[string]time.Time{}
	tick := time.NewTicker(span / time.Duration(n))
	defer tick.Stop()
	for i := range n {
		number := 1 + i*w.n/n
		revoked[oktasim.BenchClientID(number)] = w.time.Now()
		w.revoke(number)
		<-tick.C
	}

	return revoked
}

// noticedAfter is how long after its revocation each client that was asked about since was asked about first, without the pauses
// of the machine.
func (w *world) noticedAfter(revoked map[string]time.Time, paused *pauses) (latencies []time.Duration) {
	first := map[string]time.Time{}
	for _, request := range w.org.Requests() {
		at, is := revoked[request.ClientID]
		if _, known := first[request.ClientID]; is && !known && request.Time.After(at) {
			first[request.ClientID] = request.Time
			latencies = append(latencies, request.Time.Sub(at)-paused.between(at, request.Time))
		}
	}

	return latencies
}

// polls of the System Log in a time.
func (w *world) polls(begun, ended time.Time) (n int) {
	for _, request := range w.org.Requests() {
		if request.Route == oktasim.RouteLogs && request.Time.After(begun) && request.Time.Before(ended) {
			n++
		}
	}

	return n
}
