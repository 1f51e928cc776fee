package fleet

import (
	"slices"
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
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

	begun := large.time.Now()
	revoked := large.revokeSpread(*size.revoked, *size.span)
	ended := large.time.Now()
	large.eventually("every revocation was noticed", func() bool { return len(large.noticedAfter(revoked)) == len(revoked) })

	latencies := large.noticedAfter(revoked)
	slices.Sort(latencies)
	p99 := latencies[(len(latencies)*99+99)/100-1]
	t.Logf("%d revocations among %d credentials, polls every %s: noticed after %s (median), %s (p99), %s (longest)",
		len(latencies), large.n, pollInterval, latencies[len(latencies)/2], p99, latencies[len(latencies)-1])
	// What is not the wait for the next poll is the same at the default interval.
	if beyond := p99 - pollInterval; standardInterval+beyond > noticed {
		t.Errorf("noticed after %s (p99) with polls every %s: every %s that is more than %s", p99, pollInterval, standardInterval, noticed)
	}
	// A poll of more than a hundred events takes more than one request, however many credentials there are.
	polls, asFew := large.polls(begun, ended), small.polls(begun, ended)
	t.Logf("in %s: %d polls for %d credentials, %d for %d", ended.Sub(begun).Round(time.Second), polls, large.n, asFew, few)
	if most := int(ended.Sub(begun)/pollInterval) + 1; polls > most || polls > asFew+1 || polls < asFew-1 {
		t.Errorf("%d polls, of %d at most", polls, most)
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

// noticedAfter is how long after its revocation each client that was asked about since was asked about first.
func (w *world) noticedAfter(revoked map[string]time.Time) (latencies []time.Duration) {
	first := map[string]time.Time{}
	for _, request := range w.org.Requests() {
		at, is := revoked[request.ClientID]
		if _, known := first[request.ClientID]; is && !known && request.Time.After(at) {
			first[request.ClientID] = request.Time
			latencies = append(latencies, request.Time.Sub(at))
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
