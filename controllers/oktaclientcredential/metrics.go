package oktaclientcredential

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

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
