package fleet

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// TestAFleetHealsAtAFixedCost, where the brake is off: one new secret each, for the same six requests to Okta and five writes to the
// API server each, after the check that noticed.
func TestAFleetHealsAtAFixedCost(t *testing.T) {
	w := given(t, min(*size.braked, 100), brakeOff)
	w.mustHealAll()
	w.mustHaveAsked(1)
	w.mustHaveWritten()
}

// TestAFleetHealsWithinItsShare, as above where Okta has rate limits. Who waits for the share of them looks again and says so: that
// may ask for the application once more, and writes the status, but changes nothing else.
func TestAFleetHealsWithinItsShare(t *testing.T) {
	w := given(t, *size.braked, limits(), brakeOff)
	w.mustHealAll()
	w.mustHaveKeptItsShare()
	// The application is asked for before its secrets, whose rate limit is the smaller one: who waits for that asks again.
	w.mustHaveAsked(3)
	w.mustHaveWrittenInItsShare()
}

func brakeOff(_ *world, c *v1alpha1.ClusterOktaConnection) {
	c.Spec.Rotation.MassFailureBrake.Percent = new(int32(0))
	c.Spec.SystemLog.Follow = false
}

// mustHealAll revokes half of the secrets, and has them checked. What is written and asked from then on is looked at afterwards.
func (w *world) mustHealAll() {
	w.t.Helper()
	rotations := w.watchRotations()
	w.operator.writes.forget()
	w.begun = w.time.Now()
	w.revoke(w.half()...)
	command := time.Now().Format(time.RFC3339Nano)
	w.each(w.half(), func(ctx context.Context, i int) error {
		return annotate(ctx, w.credential(i), v1alpha1.AnnotationValidate, command)
	})
	w.eventually("every credential is Ready", func() bool { return w.healed() == len(w.half()) })
	w.mustHaveHealedOnce(rotations())
}

// mustHaveAsked holds the requests to Okta about each client against what a healing takes, and the application may be asked for so
// often.
func (w *world) mustHaveAsked(application int) {
	w.t.Helper()
	want := map[string]int{
		oktasim.RouteToken:        3, // rejected, rejected again, the new secret
		oktasim.RouteRevoke:       1, // second opinion
		oktasim.RouteGetApp:       1,
		oktasim.RouteListSecrets:  1,
		oktasim.RouteCreateSecret: 1,
	}
	asked, aged, different := w.asked(w.begun), w.agedAnswers(w.begun), 0
	for _, i := range w.half() {
		got := asked[oktasim.BenchClientID(i)]
		if again := aged[oktasim.BenchClientID(i)]; again > 0 {
			got[oktasim.RouteToken] -= again
		}
		if again := got[oktasim.RouteGetApp]; again > 1 && again <= application {
			got[oktasim.RouteGetApp] = 1
		}
		if !maps.Equal(got, want) {
			if different++; different <= 3 {
				w.t.Errorf("about client %d Okta was asked %v, want %v", i, got, want)
			}
		}
	}
	if different > 3 {
		w.t.Errorf("and so about %d clients", different)
	}
}

// mustHaveWritten holds the writes about each credential, in their order, against what a healing takes. What the status says before
// is of the check that noticed; one that has to wait for a place of the connection says that too.
func (w *world) mustHaveWritten() {
	w.t.Helper()
	rotates := []string{"journal", "journal", "Secret", "journal", "status"}
	waited := 0
	for _, i := range w.half() {
		written := w.operator.writes.inOrder(nameOf(i))
		before := slices.IndexFunc(written, func(what string) bool { return what != "status" })
		if before < 1 || before > 3 || !slices.Equal(written[before:], rotates) {
			w.t.Errorf("for credential %d was written %q, want the status once to three times, and %q", i, written, rotates)
		}
		if before > 1 {
			waited++
		}
	}
	w.t.Logf("%d of %d waited for a place", waited, len(w.half()))
}

// mustHaveWrittenInItsShare holds the writes about each credential against what a healing takes that may have to wait.
func (w *world) mustHaveWrittenInItsShare() {
	w.t.Helper()
	counts, most, statuses := map[int]int{}, 0, map[int]int{}
	for _, i := range w.half() {
		status, others := w.operator.writes.about(nameOf(i))
		counts[len(others)]++
		most = max(most, len(status))
		statuses[len(status)]++
		if len(others) > 4 && counts[len(others)] <= 3 {
			w.t.Errorf("writes: %s", strings.Join(others, "; "))
		}
	}
	w.t.Logf("writes of Secret and journal: %v; of a status %v", counts, statuses)
	if keys := slices.Sorted(maps.Keys(counts)); !slices.Equal(keys, []int{4}) {
		w.t.Errorf("writes a rotation: %v", counts)
	}
	// Unconfirmed, waiting for a place, healed; and waiting for the rate limit, which may be more than once.
	if most > 5 || statuses[2]+statuses[3]+statuses[4] < len(w.half())*9/10 {
		w.t.Errorf("writes of a status: %v", statuses)
	}
}

const (
	// evidenceAge is how old a confirmed rejection may be when a new secret is made because of it, and stagedFresh how old the
	// acceptance of the new secret when it is written: as in internal/rotation.
	evidenceAge = 2 * time.Minute
	stagedFresh = 5 * time.Second
)

// agedAnswers counts, by client, the questions at the token endpoint that were asked once more because the answer had grown old
// before it was acted on, as answers do on a busy machine.
func (w *world) agedAnswers(since time.Time) map[string]int {
	aged, rejected, accepted := map[string]int{}, map[string][]time.Time{}, map[string][]time.Time{}
	for _, request := range w.org.Requests() {
		if request.Route != oktasim.RouteToken || request.Time.Before(since) {
			continue
		}
		earlier, enough, age := accepted, 1, stagedFresh
		if request.Status == http.StatusUnauthorized {
			earlier, enough, age = rejected, 2, evidenceAge
		}
		// The org's times are whole milliseconds.
		times := earlier[request.ClientID]
		if n := len(times); n >= enough && request.Time.Sub(times[n-1]) >= age-time.Millisecond {
			aged[request.ClientID]++
		}
		earlier[request.ClientID] = append(times, request.Time)
	}

	return aged
}
