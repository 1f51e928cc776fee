package fleet

import (
	"strings"
	"sync/atomic"
	"time"

	"k8s.io/utils/clock"

	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// orgTime is the real time, or an earlier one while the past of an org is made.
type orgTime struct {
	clock.RealClock

	back atomic.Int64
}

// Now implements clock.PassiveClock.
func (c *orgTime) Now() time.Time { return c.RealClock.Now().Add(-time.Duration(c.back.Load())) }

// revoke makes the first secrets of applications ones that Okta no longer knows.
func (w *world) revoke(numbers ...int) {
	w.t.Helper()
	for _, i := range numbers {
		app := oktasim.BenchClientID(i)
		if err := w.org.RevokeSecret(app, w.org.Secrets(app)[0].ID); err != nil {
			w.t.Fatal(err)
		}
	}
}

// made counts the secrets that the operator made, by client.
func (w *world) made() map[string]int {
	made := map[string]int{}
	for _, event := range w.org.Events() {
		if event.ActorID == adminID && event.Type == "app.oauth2.credentials.lifecycle.create" {
			made[event.ClientID]++
		}
	}

	return made
}

// refused counts the requests that Okta answered with 429.
func (w *world) refused() (n int) {
	for _, byStatus := range w.org.Counts() {
		n += byStatus[429]
	}

	return n
}

// asked lists the requests about an application since a time, by route.
func (w *world) asked(since time.Time) map[string]map[string]int {
	asked := map[string]map[string]int{}
	for _, request := range w.org.Requests() {
		app := request.ClientID
		if rest, found := strings.CutPrefix(request.Path, "/api/v1/apps/"); found {
			app, _, _ = strings.Cut(rest, "/")
		}
		if request.Time.Before(since) || app == "" {
			continue
		}
		if asked[app] == nil {
			asked[app] = map[string]int{}
		}
		asked[app][request.Route]++
	}

	return asked
}

// busiest is the largest number of requests to some routes in any span of time.
func (w *world) busiest(span time.Duration, routes ...string) (most int) {
	var times []time.Time
	for _, request := range w.org.Requests() {
		for _, route := range routes {
			if request.Route == route {
				times = append(times, request.Time)
			}
		}
	}
	first := 0
	for last := range times {
		for times[last].Sub(times[first]) >= span {
			first++
		}
		most = max(most, last-first+1)
	}

	return most
}
