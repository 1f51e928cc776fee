package connection

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// Gauges tell of each connection whether its mass-failure brake holds, at each scrape, from the cache.
type Gauges struct {
	reader client.Reader
	brake  *prometheus.Desc
}

// NewGauges makes the gauges of the connections that a cache holds.
func NewGauges(reader client.Reader) *Gauges {
	return &Gauges{reader: reader, brake: prometheus.NewDesc("oktacred_connection_brake_held",
		"1 while the mass-failure brake of the connection holds, so that none of its credentials gets a new secret, else 0. The namespace of a ClusterOktaConnection is empty.",
		[]string{"kind", "connection_namespace", "connection"}, nil)}
}

// Describe implements prometheus.Collector.
func (g *Gauges) Describe(out chan<- *prometheus.Desc) { out <- g.brake }

// scrapeTimeout bounds the wait for a cache that is not filled yet.
const scrapeTimeout = 5 * time.Second

// Collect implements prometheus.Collector. Without a cache that can be read there are no gauges; the other metrics stay.
func (g *Gauges) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout) //nolint:forbidigo // prometheus gives a collector no context
	defer cancel()
	var clusters v1alpha1.ClusterOktaConnectionList
	var namespaced v1alpha1.OktaConnectionList
	if g.reader.List(ctx, &clusters, client.UnsafeDisableDeepCopy) != nil || g.reader.List(ctx, &namespaced, client.UnsafeDisableDeepCopy) != nil {
		return
	}
	for i := range clusters.Items {
		c := &clusters.Items[i]
		out <- g.held(c.Status.Brake, v1alpha1.ConnectionKindCluster, c)
	}
	for i := range namespaced.Items {
		c := &namespaced.Items[i]
		out <- g.held(c.Status.Brake, v1alpha1.ConnectionKindNamespaced, c)
	}
}

func (g *Gauges) held(brake v1alpha1.BrakeStatus, kind v1alpha1.ConnectionKind, c client.Object) prometheus.Metric {
	held := 0.0
	if !brake.Since.IsZero() {
		held = 1
	}

	return prometheus.MustNewConstMetric(g.brake, prometheus.GaugeValue, held, string(kind), c.GetNamespace(), c.GetName())
}
