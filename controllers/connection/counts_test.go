package connection_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// TestTheCounts are in the status of either kind of connection, written when they changed and never else, and leave the rest of the
// status alone.
func TestTheCounts(t *testing.T) {
	shared, own := clusterConnection("counted"), namespacedConnection("team-a", "counted")
	w := given(t, oktasim.Options{}, shared, own)
	shared.Status.Brake.Total = 7
	if err := w.cluster.Status().Update(t.Context(), shared); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		object client.Object
		status func() v1alpha1.ConnectionStatus
		ref    v1alpha1.ConnectionReference
	}{
		"cluster": {shared, func() v1alpha1.ConnectionStatus { return shared.Status }, v1alpha1.ConnectionReference{Kind: v1alpha1.ConnectionKindCluster, Name: "counted"}},
		"own":     {own, func() v1alpha1.ConnectionStatus { return own.Status }, v1alpha1.ConnectionReference{Kind: v1alpha1.ConnectionKindNamespaced, Name: "counted"}},
	} {
		var counts v1alpha1.CredentialsStatus
		var failure error
		directory := connection.NewDirectory(connection.Options{Reader: w.cluster, OperatorNamespace: operatorNS})
		counter := connection.NewCounter(directory, w.cluster, func(context.Context, connection.Connection) (v1alpha1.CredentialsStatus, error) {
			return counts, failure
		})
		version := func() string {
			if err := w.cluster.Get(t.Context(), client.ObjectKeyFromObject(c.object), c.object); err != nil {
				t.Fatal(err)
			}

			return c.object.GetResourceVersion()
		}
		count := func() {
			t.Helper()
			result, err := counter.Count(t.Context(), c.object.GetNamespace(), c.ref)
			if !errors.Is(err, failure) || (err == nil && result.RequeueAfter.Minutes() != 1) {
				t.Errorf("%s: counts again after %s, error %v", name, result.RequeueAfter, err)
			}
		}
		first := version()
		if count(); version() != first {
			t.Errorf("%s: no credentials, and the status was written", name)
		}
		for _, counts = range []v1alpha1.CredentialsStatus{{Total: 9, Rejected: 3, Halted: 2}, {Total: 9}, {}} {
			if count(); version() == first || c.status().Credentials != counts {
				t.Errorf("%s: the status says %+v, want %+v", name, c.status().Credentials, counts)
			}
			written := version()
			if count(); version() != written {
				t.Errorf("%s: nothing changed, and the status was written", name)
			}
		}
		counts.Total, failure = 5, errors.New("no cache")
		if count(); c.status().Credentials.Total != 0 {
			t.Errorf("%s: what could not be counted was written", name)
		}
	}
	if shared.Status.Brake.Total != 7 {
		t.Error("the counts took something else out of the status")
	}
	gone := v1alpha1.ConnectionReference{Kind: v1alpha1.ConnectionKindCluster, Name: "gone"}
	directory := connection.NewDirectory(connection.Options{Reader: w.cluster, OperatorNamespace: operatorNS})
	if result, err := connection.NewCounter(directory, w.cluster, nil).Count(t.Context(), "", gone); err != nil || result.RequeueAfter != 0 {
		t.Errorf("one that is gone is counted again after %s, error %v", result.RequeueAfter, err)
	}
}

// TestTheBrakeGauge is 1 for the connections whose brake holds.
func TestTheBrakeGauge(t *testing.T) {
	held, released, own := clusterConnection("held"), clusterConnection("released"), namespacedConnection("team-a", "own")
	w := given(t, oktasim.Options{}, held, released, own)
	held.Status.Brake.Since = metav1.NewTime(begin)
	released.Status.Brake.ReleasedAt = metav1.NewTime(begin)
	for _, c := range []client.Object{held, released} {
		if err := w.cluster.Status().Update(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(connection.NewGauges(w.cluster))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, metric := range families[0].GetMetric() {
		labels := map[string]string{}
		for _, pair := range metric.GetLabel() {
			labels[pair.GetName()] = pair.GetValue()
		}
		got[labels["kind"]+" "+labels["connection_namespace"]+"/"+labels["connection"]] = metric.GetGauge().GetValue()
	}
	want := map[string]float64{"ClusterOktaConnection /held": 1, "ClusterOktaConnection /released": 0, "OktaConnection team-a/own": 0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", families[0].GetName(), diff)
	}
}
