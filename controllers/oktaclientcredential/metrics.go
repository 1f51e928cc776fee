package oktaclientcredential

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

var (
	checksTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "oktacred_checks_total",
		Help: "Answers of Okta about client secrets, by verdict.",
	}, []string{"verdict"})

	rotationsTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "oktacred_rotations_total",
		Help: "Rotations and repairs that ended, by cause and by result: promoted or withdrawn.",
	}, []string{"cause", "result"})

	transitionsTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "oktacred_credential_transitions_total",
		Help: "Changes of the reason of a credential's Ready condition, or of its Stalled condition where that says more, by the new reason.",
	}, []string{"reason"})
)

func init() { //nolint:gochecknoinits // controller-runtime's registry is filled this way
	metrics.Registry.MustRegister(checksTotal, rotationsTotal, transitionsTotal)
}

// countRotation counts a rotation that a write of the journal ended.
func (r *Reconciler) countRotation(before, after rotation.Record) {
	if before.Staged == nil || after.Staged != nil {
		return
	}
	result := "withdrawn"
	if after.Current != nil && after.Current.Value.Equal(before.Staged.Value) {
		result = "promoted"
	}
	rotationsTotal.WithLabelValues(string(before.Staged.Cause), result).Inc()
}

// Gauges count the credentials by their conditions, at each scrape, from the cache. They name no object, so that there are no more
// series than reasons.
type Gauges struct {
	reader         client.Reader
	ready, stalled *prometheus.Desc
}

// NewGauges makes the gauges of the credentials that a cache holds.
func NewGauges(reader client.Reader) *Gauges {
	return &Gauges{
		reader: reader,
		ready: prometheus.NewDesc("oktacred_credentials",
			"Credentials, by status (True, False, Unknown) and reason of their Ready condition.", []string{"ready", "reason"}, nil),
		stalled: prometheus.NewDesc("oktacred_credentials_stalled",
			"Credentials that wait for a person, by the reason of their Stalled condition.", []string{"reason"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (g *Gauges) Describe(out chan<- *prometheus.Desc) { out <- g.ready; out <- g.stalled }

// scrapeTimeout bounds the wait for a cache that is not filled yet.
const scrapeTimeout = 5 * time.Second

// Collect implements prometheus.Collector. Without a cache that can be read there are no gauges; the other metrics stay.
func (g *Gauges) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout) //nolint:forbidigo // prometheus gives a collector no context
	defer cancel()
	var all v1alpha1.OktaClientCredentialList
	if err := g.reader.List(ctx, &all, client.UnsafeDisableDeepCopy); err != nil {
		return
	}
	type state struct{ status, reason string }
	ready, stalled := map[state]int{}, map[string]int{}
	for i := range all.Items {
		conditions := all.Items[i].Status.Conditions
		is := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
		if is == nil {
			is = &metav1.Condition{Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonNotChecked}
		}
		ready[state{string(is.Status), is.Reason}]++
		if halt := meta.FindStatusCondition(conditions, v1alpha1.ConditionStalled); halt != nil && halt.Status == metav1.ConditionTrue {
			stalled[halt.Reason]++
		}
	}
	for s, n := range ready {
		out <- prometheus.MustNewConstMetric(g.ready, prometheus.GaugeValue, float64(n), s.status, s.reason)
	}
	for reason, n := range stalled {
		out <- prometheus.MustNewConstMetric(g.stalled, prometheus.GaugeValue, float64(n), reason)
	}
}
