package connection_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// TestRefreshedRateLimits: what a status says of the buckets after it was written, and whether they are a cause to write it.
func TestRefreshedRateLimits(t *testing.T) {
	t.Parallel()
	const apps, token = "/api/v1/apps", "/oauth2/v1/token"
	entry := func(bucket string, remaining int32, resetAt time.Duration) v1alpha1.RateLimitStatus {
		return v1alpha1.RateLimitStatus{Bucket: bucket, Limit: 100, Remaining: remaining, ResetAt: metav1.NewTime(begin.Add(resetAt))}
	}
	seen := func(bucket string, remaining int, resetAt time.Duration) okta.BucketState {
		return okta.BucketState{Bucket: bucket, Limit: 100, Remaining: remaining, ResetAt: begin.Add(resetAt)}
	}
	var others []v1alpha1.RateLimitStatus
	for i := range 16 {
		others = append(others, entry(fmt.Sprintf("/other/%02d", i), 1, 0))
	}
	type entries = []v1alpha1.RateLimitStatus
	for name, test := range map[string]struct {
		written entries
		seen    []okta.BucketState
		want    entries
		alone   bool
	}{
		"nothing was seen and nothing is written": {},
		"a first sight is written by itself, in the order of names": {
			seen: []okta.BucketState{seen(token, 9, 0), seen(apps, 7, 0)}, want: entries{entry(apps, 7, 0), entry(token, 9, 0)}, alone: true,
		},
		"what remains is no cause for a write, and goes along with one": {
			written: entries{entry(apps, 99, 0)}, seen: []okta.BucketState{seen(apps, 3, 29*time.Minute)}, want: entries{entry(apps, 3, 29*time.Minute)},
		},
		"what is half an hour old is written by itself": {
			written: entries{entry(apps, 99, 0)}, seen: []okta.BucketState{seen(apps, 99, 30*time.Minute)}, want: entries{entry(apps, 99, 30*time.Minute)}, alone: true,
		},
		"another bucket is written by itself": {
			written: entries{entry(apps, 99, 0)}, seen: []okta.BucketState{seen(token, 9, 0)}, want: entries{entry(apps, 99, 0), entry(token, 9, 0)}, alone: true,
		},
		"what an earlier process saw stays": {written: entries{entry(apps, 99, 0)}, want: entries{entry(apps, 99, 0)}},
		"there are never more than the CRD allows, and what was seen comes first": {
			written: others, seen: []okta.BucketState{seen(apps, 7, 0)}, want: append(entries{entry(apps, 7, 0)}, others[:15]...), alone: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, alone := connection.RefreshedRateLimits(test.written, test.seen)
			if diff := cmp.Diff(test.want, got); diff != "" || alone != test.alone {
				t.Errorf("a cause to write: %t, want %t; the entries (-want +got):\n%s", alone, test.alone, diff)
			}
		})
	}
}

// TestTheRateLimitsAsLastSeen are in the status of either kind of connection, each by the budget that it uses, and cost no write
// of their own within the hour.
func TestTheRateLimitsAsLastSeen(t *testing.T) {
	shared, own := clusterConnection("limited"), namespacedConnection("team-a", "limited")
	shared.Spec.SystemLog.Follow, own.Spec.SystemLog.Follow = false, false
	w := given(t, oktasim.Options{Limits: oktasim.IntegratorLimits()}, shared, own)
	directory := w.directory
	for name, c := range map[string]struct {
		object client.Object
		status *v1alpha1.ConnectionStatus
		kind   v1alpha1.ConnectionKind
	}{
		"cluster": {shared, &shared.Status, v1alpha1.ConnectionKindCluster},
		"own":     {own, &own.Status, v1alpha1.ConnectionKindNamespaced},
	} {
		w.org.SetLimits(oktasim.IntegratorLimits())
		reconciler := connection.NewReconciler(directory, w.follower, w.cluster, events.NewFakeRecorder(100), w.clock)
		look := func() (version string) {
			t.Helper()
			key := client.ObjectKeyFromObject(c.object)
			result, err := reconciler.Reconcile(t.Context(), reconcile.Request{NamespacedName: key}, c.kind)
			if err != nil || result.RequeueAfter != time.Hour {
				t.Fatalf("%s: looked at again after %s, error %v", name, result.RequeueAfter, err)
			}
			if err := w.cluster.Get(t.Context(), key, c.object); err != nil {
				t.Fatal(err)
			}

			return c.object.GetResourceVersion()
		}
		// An Integrator org allows 20 requests a minute, half of them to one caller.
		says := func(remaining int32) {
			t.Helper()
			want := []v1alpha1.RateLimitStatus{{Bucket: "/api/v1/apps", Limit: 10, Remaining: remaining, ResetAt: metav1.NewTime(w.clock.Now().Add(time.Minute))}}
			if diff := cmp.Diff(want, c.status.RateLimits); diff != "" {
				t.Errorf("%s: status.rateLimits (-want +got):\n%s", name, diff)
			}
		}
		first := look()
		says(9)
		if look() != first {
			t.Errorf("%s: the status was written because another request was counted", name)
		}
		annotate(t, w.cluster, c.object)
		look()
		says(7)
		w.clock.Step(time.Hour)
		if before := c.object.GetResourceVersion(); look() == before {
			t.Errorf("%s: the hourly look did not write what is an hour old", name)
		}
		says(9)
	}
}

// annotate gives a connection a command, which its status acknowledges: a change of something else.
func annotate(t *testing.T, c client.Client, object client.Object) {
	t.Helper()
	object.SetAnnotations(map[string]string{v1alpha1.AnnotationResume: "now"})
	if err := c.Update(t.Context(), object); err != nil {
		t.Fatal(err)
	}
}
