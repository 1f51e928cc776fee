package connection_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// announced are the connections of which it was said that their condition changed.
func (w *world) announced(kind v1alpha1.ConnectionKind) (names []string) {
	for {
		select {
		case changed := <-w.follower.StateChanges(kind):
			names = append(names, changed.Object.GetName())
		default:
			return names
		}
	}
}

func TestAMissingScopeIsSaidAndRarelyTriedAgain(t *testing.T) {
	acme := clusterConnection("acme")
	w := given(t, oktasim.Options{})
	w.withKey(acme, "0oaOperator", "okta.apps.read", "okta.apps.manage")
	feed := connection.FeedOf(w.find(acme))
	w.follow(feed, time.Hour)
	w.wantCondition(acme, "False ScopeMissing", "okta.logs.read", "checked at their interval")
	w.wantRequests(oktasim.RouteLogs, 0)
	if got := len(w.org.Requests()); got < 5 || got > 15 {
		t.Errorf("%d requests in an hour", got)
	}
	wantHints(t, w.announced(v1alpha1.ConnectionKindCluster), "acme")

	if err := w.org.ChangeApp("0oaOperator", func(a *oktasim.App) { a.Scopes = append(a.Scopes, "okta.logs.read") }); err != nil {
		t.Fatal(err)
	}
	w.follow(feed, 11*time.Minute)
	w.wantCondition(acme, "True Following")
	wantHints(t, w.announced(v1alpha1.ConnectionKindCluster), "acme")
}

func TestTheTokenForTheLogIsGoodForNothingElse(t *testing.T) {
	acme := clusterConnection("acme")
	w := given(t, oktasim.Options{})
	w.withKey(acme, "0oaOperator", "okta.apps.read", "okta.apps.manage", "okta.logs.read")
	var asked []string
	org := w.org.Handler()
	var spy http.Handler = http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		body, _ := io.ReadAll(in.Body)
		if form, _ := url.ParseQuery(string(body)); form.Has("scope") {
			asked = append(asked, form.Get("scope"))
		}
		in.Body = io.NopCloser(bytes.NewReader(body))
		org.ServeHTTP(out, in)
	})
	listener.handler.Store(&spy)
	w.follow(connection.FeedOf(w.find(acme)), time.Minute)
	w.wantCondition(acme, "True Following")
	wantHints(t, asked, "okta.logs.read")
}

func TestWhatGoesByItselfIsWaitedFor(t *testing.T) {
	for name, fault := range map[string]oktasim.Fault{
		"too many requests":     {Kind: oktasim.FaultStatus, Status: 429, Times: 2},
		"a server that fails":   {Kind: oktasim.FaultStatus, Status: 503, Times: 2},
		"a broken connection":   {Kind: oktasim.FaultResetBefore, Times: 2},
		"an answer that is cut": {Kind: oktasim.FaultTruncated, Times: 2},
	} {
		t.Run(name, func(t *testing.T) {
			acme := clusterConnection("acme")
			w := given(t, oktasim.Options{}, acme)
			feed := connection.FeedOf(w.find(acme))
			billing := w.keep(operatorNS, "acme", "billing")
			w.clock.Step(time.Hour)
			w.follow(feed, time.Minute)
			fault.Route = oktasim.RouteLogs
			w.org.Fault(fault)
			w.revoke(billing)
			wantHints(t, w.follow(feed, 5*time.Minute), "billing")
			w.wantCondition(acme, "True Following")
			wantHints(t, w.announced(v1alpha1.ConnectionKindCluster), "acme")
		})
	}
}

func TestAnOutageIsSaidAndBackedOffFrom(t *testing.T) {
	acme := clusterConnection("acme")
	w := given(t, oktasim.Options{}, acme)
	feed := connection.FeedOf(w.find(acme))
	billing := w.keep(operatorNS, "acme", "billing")
	w.clock.Step(time.Hour)
	w.follow(feed, time.Minute)
	before := w.org.Count(oktasim.RouteLogs)
	w.org.Fault(oktasim.Fault{Route: oktasim.RouteLogs, Kind: oktasim.FaultHTML})
	w.follow(feed, time.Hour)
	w.wantCondition(acme, "False Unreachable", "checked at their interval")
	if got := w.org.Count(oktasim.RouteLogs) - before; got < 55 || got > 70 {
		t.Errorf("%d requests in an hour without an answer", got)
	}
	w.revoke(billing)
	w.org.ClearFaults()
	wantHints(t, w.follow(feed, 2*time.Minute), "billing")
	w.wantCondition(acme, "True Following")
}

func TestA429IsWaitedFor(t *testing.T) {
	acme := clusterConnection("acme")
	w := given(t, oktasim.Options{}, acme)
	feed := connection.FeedOf(w.find(acme))
	w.org.Fault(oktasim.Fault{Route: oktasim.RouteLogs, Kind: oktasim.FaultStatus, Status: 429, Times: 1})
	if _, again := w.reconcile(feed); again < 55*time.Second {
		t.Errorf("comes back after %s", again)
	}
}

func TestTheShareOfTheRateLimitIsKeptTo(t *testing.T) {
	acme := clusterConnection("acme")
	acme.Spec.RateLimit.MaxCapacityPercent = 10
	w := given(t, oktasim.Options{Limits: oktasim.Limits{Buckets: map[oktasim.Bucket]int{oktasim.BucketLogs: 20}, CallerPercent: 100}}, acme)
	w.follow(connection.FeedOf(w.find(acme)), 10*time.Minute)
	if got := w.org.Count(oktasim.RouteLogs); got > 24 {
		t.Errorf("%d requests in ten minutes, of two a minute", got)
	}
}

func TestAPositionThatOktaNoLongerKnowsIsReplaced(t *testing.T) {
	acme := clusterConnection("acme")
	w := given(t, oktasim.Options{}, acme)
	feed := connection.FeedOf(w.find(acme))
	billing := w.keep(operatorNS, "acme", "billing")
	w.clock.Step(time.Hour)
	w.follow(feed, time.Minute)

	// The org refuses the first link that it is shown from now on, whenever it is shown.
	org, refused := w.org.Handler(), ""
	var forgetful http.Handler = http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		after := in.URL.Query().Get("after")
		if refused == "" {
			refused = after
		}
		if after == "" || after != refused {
			org.ServeHTTP(out, in)

			return
		}
		out.Header().Set("Content-Type", "application/json")
		out.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(out, `{"errorCode":"E0000031","errorSummary":"Invalid search criteria."}`)
	})
	listener.handler.Store(&forgetful)
	w.revoke(billing)
	wantHints(t, w.follow(feed, 2*time.Minute), "billing")
	if refused == "" {
		t.Error("no link was refused")
	}
}

func TestWithoutItsAdminSecretAConnectionAsksNothing(t *testing.T) {
	acme := clusterConnection("acme")
	acme.Spec.Auth.APIToken.SecretRef.Name = "missing"
	w := given(t, oktasim.Options{}, acme)
	feed := connection.FeedOf(w.find(acme))
	w.follow(feed, 10*time.Minute)
	w.wantCondition(acme, "False AdminSecretMissing", "missing")
	if got := len(w.org.Requests()); got != 0 {
		t.Errorf("%d requests", got)
	}
	secret := adminSecret(operatorNS)
	secret.Name = "missing"
	w.apply(secret)
	w.follow(feed, 2*interval)
	w.wantCondition(acme, "True Following")
}

func TestAnAdminWhoMayNotReadTheLogIsNamed(t *testing.T) {
	acme := clusterConnection("acme")
	w := given(t, oktasim.Options{}, acme)
	w.org.Fault(oktasim.Fault{Route: oktasim.RouteLogs, Kind: oktasim.FaultStatus, Status: 403})
	w.follow(connection.FeedOf(w.find(acme)), time.Hour)
	w.wantCondition(acme, "False PermissionMissing", "the right to read the System Log")
	if got := w.org.Count(oktasim.RouteLogs); got > 15 {
		t.Errorf("%d requests in an hour", got)
	}
}
