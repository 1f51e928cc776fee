package connection_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// TestTheControllerFollowsWhatItWatches runs the follower in a manager, as the operator does: it finds the connections, and reads
// their logs when that is due.
func TestTheControllerFollowsWhatItWatches(t *testing.T) {
	acme, a := clusterConnection("acme"), namespacedConnection("team-a", "acme")
	acme.Spec.SystemLog.Interval, a.Spec.SystemLog.Interval = "5s", "5s"
	w := given(t, oktasim.Options{Clock: clock.RealClock{}}, acme, a)
	billing, shop := w.keep(operatorNS, "acme", "billing"), w.keep("team-a", "acme", "shop")
	stop := w.start()

	w.wantHintsFor("billing", "shop")
	w.revoke(billing)
	w.revoke(shop)
	w.wantHintsFor("billing", "shop")
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if got := w.follower.Sighting(nameOf("billing")).Changed.Type; got != "app.oauth2.credentials.lifecycle.delete" {
		t.Errorf("saw %q last", got)
	}
}

// wantHintsFor receives hints until there was one for each of the credentials.
func (w *world) wantHintsFor(credentials ...string) {
	w.t.Helper()
	missing := sets.New(credentials...)
	w.eventually("each credential is hinted at", func() bool {
		select {
		case hint := <-w.follower.Hints():
			missing.Delete(hint.Object.Name)
		default:
		}

		return missing.Len() == 0
	})
}

// start runs a manager with the follower; stop ends it and waits until it has.
func (w *world) start() (stop func() error) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	mgr, err := ctrl.NewManager(apiServer.Config, ctrl.Options{
		Logger: logr.Discard(), Scheme: w.cluster.Scheme(), Metrics: server.Options{BindAddress: "0"}, HealthProbeBindAddress: "0",
		Controller: config.Controller{SkipNameValidation: new(true)},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.follower.SetupWithManager(mgr); err != nil {
		w.t.Fatal(err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- mgr.Start(ctx) }()

	return func() error {
		cancel()

		return <-stopped
	}
}

func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	err := wait.PollUntilContextTimeout(w.t.Context(), time.Millisecond, 30*time.Second, true, func(context.Context) (bool, error) { return holds(), nil })
	if err != nil {
		w.t.Fatalf("%s: %v", what, err)
	}
}

// reconcile looks at the feed of a connection once, and returns the hints that came of it and when to come back.
func (w *world) reconcile(feed connection.Feed) (hints []string, again time.Duration) {
	w.t.Helper()
	done := make(chan reconcile.Result)
	go func() {
		defer close(done)
		result, err := w.follower.Reconcile(w.t.Context(), feed)
		if err != nil {
			w.t.Error(err)
		}
		done <- result
	}()
	for {
		select {
		case hint := <-w.follower.Hints():
			hints = append(hints, hint.Object.Name)
		case result := <-done:
			return hints, result.RequeueAfter
		}
	}
}

// follow lets the clock go on for a while, and the follower do what is due.
func (w *world) follow(feed connection.Feed, span time.Duration) (hints []string) {
	w.t.Helper()
	for end := w.clock.Now().Add(span); ; {
		found, again := w.reconcile(feed)
		hints = append(hints, found...)
		if again <= 0 || w.clock.Now().Add(again).After(end) {
			w.clock.SetTime(end)

			return hints
		}
		w.clock.Step(again)
	}
}

// condition is the status, reason and message of Following.
func (w *world) condition(object client.Object) (state, message string) {
	w.t.Helper()
	found, ok := w.follower.Following(w.find(object))
	if !ok {
		return "", ""
	}

	return fmt.Sprintf("%s %s", found.Status, found.Reason), found.Message
}
