package connection_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/internal/egress"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

func wantHints(t *testing.T, got []string, want ...string) {
	t.Helper()
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("hints (-want +got):\n%s", diff)
	}
}

func (w *world) wantRequests(route string, want int) {
	w.t.Helper()
	if got := w.org.Count(route); got != want {
		w.t.Errorf("%s: %d requests, want %d", route, got, want)
	}
}

func (w *world) wantCondition(object client.Object, want string, says ...string) {
	w.t.Helper()
	state, message := w.condition(object)
	if state != want {
		w.t.Errorf("Following is %q, want %q: %s", state, want, message)
	}
	for _, word := range says {
		if !strings.Contains(message, word) {
			w.t.Errorf("%q does not say %q", message, word)
		}
	}
}

func TestARevokedSecretIsHintedAtWithinAnIntervalAndOnce(t *testing.T) {
	acme := clusterConnection("acme")
	w := given(t, oktasim.Options{LogDelay: 2 * time.Second}, acme)
	feed := connection.FeedOf(w.find(acme))
	billing, _ := w.keep(operatorNS, "acme", "billing"), w.keep(operatorNS, "acme", "shop")
	w.clock.Step(time.Hour)
	wantHints(t, w.follow(feed, time.Minute))
	revoked := w.clock.Now()
	w.revoke(billing)
	wantHints(t, w.follow(feed, 2*interval), "billing")
	wantHints(t, w.follow(feed, time.Hour))

	seen := w.follower.Sighting(nameOf("billing")).Changed
	if seen.Type != "app.oauth2.credentials.lifecycle.delete" || !seen.Published.Equal(revoked) || seen.Noticed.Sub(revoked) > 17*time.Second || seen.ActorID != oktasim.AdminID {
		t.Errorf("saw %+v", seen)
	}
	if shop := w.follower.Sighting(nameOf("shop")); !shop.Changed.Published.IsZero() {
		t.Errorf("saw %+v of an app that did not change", shop)
	}
	w.wantCondition(acme, "True Following", "every 15s", "ClusterOktaConnection acme")
}

func TestPollingCostsTheSameForFewAndForMany(t *testing.T) {
	counts := map[int]int{}
	for _, credentials := range []int{20, 2000} {
		t.Run(fmt.Sprintf("%d credentials", credentials), func(t *testing.T) {
			acme := clusterConnection("acme")
			w := given(t, oktasim.Options{}, acme)
			for i := range credentials {
				w.keep(operatorNS, "acme", fmt.Sprintf("credential-%d", i))
			}
			w.clock.Step(time.Hour)
			w.follow(connection.FeedOf(w.find(acme)), 10*time.Minute)
			counts[credentials] = len(w.org.Requests())
		})
	}
	if diff := cmp.Diff(map[int]int{20: 41, 2000: 41}, counts); diff != "" {
		t.Errorf("requests in ten minutes (-want +got):\n%s", diff)
	}
}

func TestARestartLeavesNoGapAndMakesNoFlood(t *testing.T) {
	for name, c := range map[string]struct {
		// writtenDown is how long ago the earlier process wrote down that it had read the log; 0 where it did not.
		writtenDown time.Duration
		want        []string
	}{
		"what happened a little before the start is read again": {0, []string{"late"}},
		"what happened since it was written down is read":       {50 * time.Minute, []string{"down", "late"}},
		"what was written down long ago reaches back a day":     {1000 * time.Hour, []string{"before", "down", "late"}},
	} {
		t.Run(name, func(t *testing.T) {
			acme := clusterConnection("acme")
			w := given(t, oktasim.Options{}, acme)
			feed := connection.FeedOf(w.find(acme))
			apps := map[string]oktasim.App{}
			for _, credential := range []string{"old", "before", "down", "late"} {
				apps[credential] = w.keep(operatorNS, "acme", credential)
			}
			w.clock.Step(time.Hour)
			w.revoke(apps["old"])
			w.clock.Step(25 * time.Hour)
			w.revoke(apps["before"])
			w.clock.Step(time.Hour)
			w.revoke(apps["down"])
			w.clock.Step(30 * time.Minute)
			w.revoke(apps["late"])
			w.clock.Step(time.Minute)
			if c.writtenDown != 0 {
				w.readUntil = w.clock.Now().Add(-c.writtenDown)
			}
			w.restart()
			wantHints(t, w.follow(feed, time.Hour), c.want...)
			if got := w.follower.ReadUntil(w.find(acme)); w.clock.Now().Sub(got) > interval {
				t.Errorf("read until %s, at %s", got, w.clock.Now())
			}
		})
	}
}

func TestWithoutALinkThatMayBeFollowedTheLogIsReadByTime(t *testing.T) {
	acme := clusterConnection("acme")
	w := given(t, oktasim.Options{URL: "https://elsewhere.example.com"}, acme)
	feed := connection.FeedOf(w.find(acme))
	billing := w.keep(operatorNS, "acme", "billing")
	w.clock.Step(time.Hour)
	w.follow(feed, time.Minute)
	w.revoke(billing)
	wantHints(t, w.follow(feed, 20*time.Minute), "billing")
	w.wantCondition(acme, "True Following")
	w.wantRequests(oktasim.RouteLogs, 4+80+1)
}

func TestWithoutALinkALogOfManyPagesIsReadToItsEnd(t *testing.T) {
	acme := clusterConnection("acme")
	w := given(t, oktasim.Options{URL: "https://elsewhere.example.com"}, acme)
	feed := connection.FeedOf(w.find(acme))
	w.clock.Step(time.Hour)
	w.follow(feed, time.Minute)
	for range 150 {
		w.revoke(w.keep(operatorNS, "acme", "noise"))
	}
	w.clock.Step(time.Second)
	w.revoke(w.keep(operatorNS, "acme", "last"))
	wantHints(t, w.follow(feed, 2*interval), "last", "noise")
}

func TestHintsArePaced(t *testing.T) {
	acme := clusterConnection("acme")
	w := given(t, oktasim.Options{}, acme)
	feed := connection.FeedOf(w.find(acme))
	w.clock.Step(time.Hour)
	w.follow(feed, interval)
	for i := range 300 {
		w.keep(operatorNS, "acme", fmt.Sprintf("credential-%d", i))
	}
	w.clock.Step(interval)
	first, again := w.reconcile(feed)
	w.clock.Step(again)
	second, _ := w.reconcile(feed)
	all := append(slices.Clone(first), second...)
	slices.Sort(all)
	if len(first) != 250 || len(second) != 50 || len(slices.Compact(all)) != 300 {
		t.Errorf("%d hints, then %d, %d in all", len(first), len(second), len(all))
	}
}

func TestFailuresSayWhoAndFromWhere(t *testing.T) {
	acme := clusterConnection("acme")
	w := given(t, oktasim.Options{}, acme)
	feed := connection.FeedOf(w.find(acme))
	billing := w.keep(operatorNS, "acme", "billing")
	w.clock.Step(time.Hour)
	w.follow(feed, interval)
	w.fail(billing, "okta-credential-operator")
	wantHints(t, w.follow(feed, interval))
	for i := range 10 {
		w.fail(billing, fmt.Sprintf("batch/%d", i))
	}
	wantHints(t, w.follow(feed, interval), "billing")
	for range 5 {
		w.fail(billing, "batch/9")
	}
	w.follow(feed, interval)
	seen := w.follower.Sighting(nameOf("billing"))
	var agents []string
	for _, failure := range seen.Failures {
		if failure.IP != "127.0.0.1" || failure.Noticed.IsZero() {
			t.Errorf("saw %+v", failure)
		}
		agents = append(agents, failure.UserAgent)
	}
	if diff := cmp.Diff(append(strings.Fields("batch/3 batch/4 batch/5 batch/6 batch/7 batch/8 batch/9"), "batch/9"), agents); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !seen.Changed.Published.IsZero() {
		t.Errorf("a failure was taken for the change %+v", seen.Changed)
	}
	w.clock.Step(25 * time.Hour)
	w.follow(feed, interval)
	if got := w.follower.Sighting(nameOf("billing")); got.Failures != nil {
		t.Errorf("still remembers %+v", got)
	}
}

// fail sends a wrong secret of an app to the token endpoint.
func (w *world) fail(app oktasim.App, userAgent string) {
	w.t.Helper()
	through, err := egress.New(egress.Options{AllowedHost: strings.TrimPrefix(listener.URL, "https://"), AllowPrivateAddresses: true})
	if err != nil {
		w.t.Fatal(err)
	}
	defer through.CloseIdleConnections()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {"made-up"}}
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, listener.URL+"/oauth2/v1/token", strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("User-Agent", userAgent)
	request.SetBasicAuth(app.ClientID, "wrong")
	response, err := through.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = response.Body.Close()
}

func TestWhoDoesNotFollowAsksNothing(t *testing.T) {
	for name, change := range map[string]func(*world, *v1alpha1.ClusterOktaConnection) error{
		"suspended": func(w *world, c *v1alpha1.ClusterOktaConnection) error {
			c.Spec.Suspend = true

			return w.cluster.Update(w.t.Context(), c)
		},
		"no longer wanted": func(w *world, c *v1alpha1.ClusterOktaConnection) error {
			c.Spec.SystemLog.Follow = false

			return w.cluster.Update(w.t.Context(), c)
		},
		"deleted": func(w *world, c *v1alpha1.ClusterOktaConnection) error { return w.cluster.Delete(w.t.Context(), c) },
	} {
		t.Run(name, func(t *testing.T) {
			acme := clusterConnection("acme")
			w := given(t, oktasim.Options{}, acme)
			c := w.find(acme)
			feed := connection.FeedOf(c)
			w.follow(feed, time.Minute)
			before := w.org.Count(oktasim.RouteLogs)
			if err := change(w, acme); err != nil {
				t.Fatal(err)
			}
			if _, again := w.reconcile(feed); again != 0 || before == 0 {
				t.Errorf("comes back after %s; %d requests before", again, before)
			}
			w.follow(feed, time.Minute)
			w.wantRequests(oktasim.RouteLogs, before)
			if got := w.follower.ReadUntil(c); !got.IsZero() {
				t.Errorf("remembers %s", got)
			}
		})
	}
}

func TestAnEarlierLookAsksNothing(t *testing.T) {
	acme := clusterConnection("acme")
	w := given(t, oktasim.Options{}, acme)
	feed := connection.FeedOf(w.find(acme))
	w.wantCondition(acme, "Unknown NotChecked")
	w.reconcile(feed)
	w.clock.Step(5 * time.Second)
	acme.Spec.RateLimit.MaxCapacityPercent = 50
	if err := w.cluster.Update(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	if _, again := w.reconcile(feed); again != 10*time.Second {
		t.Errorf("comes back after %s", again)
	}
	w.wantRequests(oktasim.RouteLogs, 1)
}
