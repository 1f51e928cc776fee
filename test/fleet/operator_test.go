package fleet

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/controllers"
)

const (
	// concurrency is the operator's default.
	concurrency = 16
	// confirmationSpacing is shorter than the operator's default of 15 s.
	confirmationSpacing = 2 * time.Second
)

// operator is one process of the operator, run in this one so that the race detector sees it.
type operator struct {
	stop   context.CancelFunc
	ended  chan error
	writes writeLog
	gauges *prometheus.Registry
}

// startOperator starts the operator. It sees its world alone, so that the operators of several tests do not meet.
func (w *world) startOperator() {
	w.t.Helper()
	options, err := controllers.ManagerOptions()
	if err != nil {
		w.t.Fatal(err)
	}
	options.Metrics = metricsserver.Options{BindAddress: "0"}
	options.Controller.SkipNameValidation = new(true)
	options.Cache.DefaultNamespaces = map[string]cache.Config{w.namespace: {}}
	options.Cache.ByObject[&v1alpha1.ClusterOktaConnection{}] = cache.ByObject{Field: fields.OneTermEqualSelector("metadata.name", w.namespace)}
	w.operator = &operator{ended: make(chan error, 1), gauges: prometheus.NewRegistry()}
	config := rest.CopyConfig(cluster.Config)
	config.Wrap(w.operator.writes.over)
	mgr, err := ctrl.NewManager(config, options)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	w.operator.stop = stop
	if err := controllers.Setup(ctx, mgr, controllers.Options{
		OperatorNamespace: operatorNamespace, AllowPrivateAddresses: true, Concurrency: concurrency,
		ConfirmationSpacing: confirmationSpacing, Clock: clock.RealClock{}, Rand: rand.Reader,
		Metrics: w.operator.gauges,
	}); err != nil {
		stop()
		w.t.Fatal(err)
	}
	running := w.operator
	go func() { running.ended <- mgr.Start(ctx) }()
}

// stopOperator ends the operator and waits until it has.
func (w *world) stopOperator() {
	w.t.Helper()
	if w.operator == nil {
		return
	}
	w.operator.stop()
	if err := <-w.operator.ended; err != nil {
		w.t.Errorf("the operator ended: %v", err)
	}
	w.operator = nil
}

// gauge is the sum of a metric's values that have all of these labels, each given as its value.
func (w *world) gauge(name string, labels ...string) (sum int) {
	w.t.Helper()
	families, err := w.operator.gauges.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, metric := range family.GetMetric() {
			var values []string
			for _, pair := range metric.GetLabel() {
				values = append(values, pair.GetValue())
			}
			if !slices.ContainsFunc(labels, func(label string) bool { return !slices.Contains(values, label) }) {
				sum += int(metric.GetGauge().GetValue())
			}
		}
	}

	return sum
}

// writeLog remembers what the operator asked the API server to write.
type writeLog struct {
	mu     sync.Mutex
	writes []string
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (l *writeLog) over(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet {
			return next.RoundTrip(r)
		}
		response, err := next.RoundTrip(r)
		write := r.Method + " " + r.URL.Path
		if err == nil && response.StatusCode >= http.StatusBadRequest {
			write = fmt.Sprintf("%s refused with %d", write, response.StatusCode)
		}
		l.mu.Lock()
		l.writes = append(l.writes, write)
		l.mu.Unlock()

		return response, err
	})
}

// forget what was written so far.
func (l *writeLog) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes = nil
}

// inOrder names the writes about a credential in their order, without events.
func (l *writeLog) inOrder(credential string) (names []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, write := range l.writes {
		_, object, _ := strings.Cut(write, "/namespaces/")
		_, object, _ = strings.Cut(object, "/")
		switch {
		case strings.HasPrefix(object, "oktaclientcredentials/"+credential+"/status"):
			names = append(names, strings.Replace(object, "oktaclientcredentials/"+credential+"/", "", 1))
		case strings.HasPrefix(object, "secrets/"+credential+"-rotation"):
			names = append(names, strings.Replace(object, "secrets/"+credential+"-rotation", "journal", 1))
		case strings.HasPrefix(object, "secrets/"+credential):
			names = append(names, strings.Replace(object, "secrets/"+credential, "Secret", 1))
		}
	}

	return names
}

// about lists the writes of the status of a credential, and those of its other objects, without events.
func (l *writeLog) about(credential string) (status, others []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, write := range l.writes {
		object := write[strings.LastIndex(strings.TrimSuffix(write, "/status"), "/")+1:]
		object, _, _ = strings.Cut(object, " refused")
		switch object {
		case credential + "/status":
			status = append(status, write)
		case credential, credential + "-rotation":
			others = append(others, write)
		}
	}

	return status, others
}
