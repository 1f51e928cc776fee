package connection_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// TestOfChangesThatComeOutOfOrderTheNewestCounts, of people and of operators each by itself: ours must hide nobody's.
func TestOfChangesThatComeOutOfOrderTheNewestCounts(t *testing.T) {
	acme := clusterConnection("acme")
	w := given(t, oktasim.Options{}, acme)
	billing := w.keep(operatorNS, "acme", "billing")
	event := func(uuid string, published time.Time, agent string) string {
		return fmt.Sprintf(`{"uuid":%q,"published":%q,"eventType":"application.lifecycle.update","client":{"userAgent":{"rawUserAgent":%q}},"target":[{"id":%q,"type":"AppInstance"}]}`,
			uuid, published.Format(time.RFC3339), agent, billing.ID)
	}
	w.org.Fault(oktasim.Fault{
		Route: oktasim.RouteLogs, Kind: oktasim.FaultAnswer, Status: 200, ContentType: "application/json",
		Body: "[" + event("newer", begin.Add(time.Minute), "Mozilla/5.0") + "," + event("older", begin, "Mozilla/5.0") + "," +
			event("ours", begin.Add(2*time.Minute), "okta-credential-operator") + "]",
	})
	hints, _ := w.reconcile(connection.FeedOf(w.find(acme)))
	wantHints(t, hints, "billing")
	got := w.follower.Sighting(nameOf("billing"))
	if got.Changed.UUID != "newer" || got.Operated.UUID != "ours" {
		t.Errorf("the change is %q, that by an operator %q", got.Changed.UUID, got.Operated.UUID)
	}
}

// TestAChangeThatComesLateIsNews: behind a newer one that was looked at, it is noticed when it comes, and once.
func TestAChangeThatComesLateIsNews(t *testing.T) {
	acme := clusterConnection("acme")
	w := given(t, oktasim.Options{}, acme)
	feed, billing := connection.FeedOf(w.find(acme)), w.keep(operatorNS, "acme", "billing")
	w.clock.Step(time.Hour)
	w.follow(feed, interval)
	event := func(uuid string, published time.Time) string {
		return fmt.Sprintf(`{"uuid":%q,"published":%q,"eventType":"application.lifecycle.update","client":{"userAgent":{"rawUserAgent":"Mozilla/5.0"}},"target":[{"id":%q,"type":"AppInstance"}]}`,
			uuid, published.Format(time.RFC3339), billing.ID)
	}
	created, deactivated := event("created", w.clock.Now()), event("deactivated", w.clock.Now().Add(-10*time.Second))
	read := func(events string) connection.Notice {
		w.org.Fault(oktasim.Fault{
			Route: oktasim.RouteLogs, Kind: oktasim.FaultAnswer, Status: 200, ContentType: "application/json", Times: 1, Body: "[" + events + "]",
		})
		w.clock.Step(interval)
		w.reconcile(feed)

		return w.follower.Sighting(nameOf("billing")).Changed
	}
	first := read(created)
	late := read(created + "," + deactivated)
	if late.Noticed.Sub(first.Noticed) != interval || late.UUID != "created" {
		t.Errorf("the late one: noticed %q at %s, after %s", late.UUID, late.Noticed, first.Noticed)
	}
	if again := read(created + "," + deactivated); !again.Noticed.Equal(late.Noticed) {
		t.Errorf("what was read before is noticed again at %s", again.Noticed)
	}
}
