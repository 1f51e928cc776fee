package connection_test

import (
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

func TestClusterConnectionsToOneOrgShareOnePoll(t *testing.T) {
	one, two := clusterConnection("one"), clusterConnection("two")
	w := given(t, oktasim.Options{}, one, two)
	feed := connection.FeedOf(w.find(one))
	if other := connection.FeedOf(w.find(two)); other != feed {
		t.Fatalf("%v and %v", feed, other)
	}
	shared := w.keep(operatorNS, "one", "first")
	w.alsoKeep(shared, operatorNS, "two", "second")
	w.clock.Step(time.Hour)
	w.follow(feed, time.Minute)
	w.revoke(shared)
	wantHints(t, w.follow(feed, 2*interval), "first", "second")
	w.wantRequests(oktasim.RouteLogs, 7)
	w.wantCondition(one, "True Following", "ClusterOktaConnection one")
	w.wantCondition(two, "True Following", "ClusterOktaConnection one")
}

func TestTheNextConnectionReadsWhereOneMayNot(t *testing.T) {
	// Of connections that are equally old the first name is asked first.
	first, second := clusterConnection("a-without"), clusterConnection("with")
	w := given(t, oktasim.Options{})
	w.withKey(first, "0oaOperator", "okta.apps.read")
	w.apply(second)
	feed := connection.FeedOf(w.find(first))
	w.follow(feed, 10*time.Minute)
	w.wantCondition(first, "True Following", "ClusterOktaConnection with")
	w.wantRequests(oktasim.RouteToken, 1)
	w.wantRequests(oktasim.RouteLogs, 41)
}

func TestNamespacesLearnNothingFromEachOther(t *testing.T) {
	a, b, cluster := namespacedConnection("team-a", "acme"), namespacedConnection("team-b", "acme"), clusterConnection("acme")
	w := given(t, oktasim.Options{}, a, b, cluster)
	feedA, feedB, feedC := connection.FeedOf(w.find(a)), connection.FeedOf(w.find(b)), connection.FeedOf(w.find(cluster))
	shared := w.keep("team-a", "acme", "of-a")
	w.alsoKeep(shared, "team-b", "acme", "of-b")
	w.alsoKeep(shared, operatorNS, "acme", "of-cluster")
	w.clock.Step(time.Hour)
	for _, feed := range []connection.Feed{feedA, feedB, feedC} {
		w.reconcile(feed)
	}
	w.clock.Step(time.Minute)
	w.revoke(shared)
	for feed, want := range map[connection.Feed]string{feedA: "of-a", feedB: "of-b", feedC: "of-cluster"} {
		hints, _ := w.reconcile(feed)
		wantHints(t, hints, want)
	}
	w.wantRequests(oktasim.RouteLogs, 6)
}

func TestAHostThatANamespaceMayNotNameIsNotAsked(t *testing.T) {
	elsewhere := namespacedConnection("team-a", "acme")
	elsewhere.Spec.OrgURL = "https://elsewhere.example.com"
	w := given(t, oktasim.Options{}, elsewhere)
	if _, again := w.reconcile(connection.FeedOf(w.find(elsewhere))); again != 0 {
		t.Errorf("comes back after %s", again)
	}
	w.wantCondition(elsewhere, "Unknown NotChecked")
}

func TestAnotherOrgsClientsAreNotHintedAt(t *testing.T) {
	acme, other := clusterConnection("acme"), clusterConnection("other")
	other.Spec.OrgURL = "https://elsewhere.example.com"
	w := given(t, oktasim.Options{}, acme, other)
	feed := connection.FeedOf(w.find(acme))
	app := w.keep(operatorNS, "acme", "here")
	w.alsoKeep(app, operatorNS, "other", "elsewhere")
	w.clock.Step(time.Hour)
	w.follow(feed, time.Minute)
	w.revoke(app)
	wantHints(t, w.follow(feed, 2*interval), "here")
}
