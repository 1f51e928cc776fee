package connection_test

import (
	"context"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	cachetesting "k8s.io/client-go/tools/cache/testing"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache/informertest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// TestTheControllerFollowsWhatItWatches runs the follower in a manager, as the operator does, with informers fed by hand.
func TestTheControllerFollowsWhatItWatches(t *testing.T) {
	acme, a := clusterConnection("acme"), namespacedConnection("team-a", "acme")
	acme.Spec.SystemLog.Interval, a.Spec.SystemLog.Interval = "20ms", "20ms"
	w := given(t, oktasim.Options{Clock: clock.RealClock{}}, acme, a)
	billing, shop := w.keep(operatorNS, "acme", "billing"), w.keep("team-a", "acme", "shop")
	stop := w.start(acme, a)

	w.wantHintsFor("billing", "shop")
	before := w.org.Count(oktasim.RouteLogs)
	w.eventually("both logs are read again and again", func() bool { return w.org.Count(oktasim.RouteLogs) > before+10 })
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
func (w *world) start(watched ...client.Object) (stop func() error) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	informers := &informertest.FakeInformers{Scheme: w.cluster.Scheme(), InformersByGVK: map[schema.GroupVersionKind]toolscache.SharedIndexInformer{}}
	for _, object := range watched {
		source := cachetesting.NewFakeControllerSource()
		source.Add(object)
		informer := toolscache.NewSharedIndexInformer(source, object, 0, toolscache.Indexers{})
		informers.InformersByGVK[v1alpha1.GroupVersion.WithKind(kindOf(object))] = informer
		go informer.Run(ctx.Done())
	}
	skip := true
	mgr, err := ctrl.NewManager(&rest.Config{}, ctrl.Options{
		Logger: logr.Discard(), Scheme: w.cluster.Scheme(), Metrics: server.Options{BindAddress: "0"}, HealthProbeBindAddress: "0",
		Controller: config.Controller{SkipNameValidation: &skip},
		NewCache:   func(*rest.Config, cache.Options) (cache.Cache, error) { return informers, nil },
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

func kindOf(object client.Object) string {
	if object.GetNamespace() != "" {
		return "OktaConnection"
	}

	return "ClusterOktaConnection"
}

func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	err := wait.PollUntilContextTimeout(w.t.Context(), time.Millisecond, 30*time.Second, true, func(context.Context) (bool, error) { return holds(), nil })
	if err != nil {
		w.t.Fatalf("%s: %v", what, err)
	}
}
