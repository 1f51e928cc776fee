package okta_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/oktacred/okta-credential-operator/internal/okta"
)

// TestBudgetTellsTheBucketsAsLastSeen: what it shows is what an answer said, not what the Budget concludes from it.
func TestBudgetTellsTheBucketsAsLastSeen(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	type answer struct {
		path                     string
		status, limit, remaining int
		resetIn, after           time.Duration
	}
	apps := func(remaining int, resetAt time.Duration) okta.BucketState {
		return okta.BucketState{Bucket: "/api/v1/apps", Limit: 100, Remaining: remaining, ResetAt: now.Add(resetAt)}
	}
	for name, test := range map[string]struct {
		answers []answer
		later   time.Duration
		want    []okta.BucketState
	}{
		"no answer has told of one": {},
		"the latest answer of a window counts": {
			answers: []answer{{secretsPath, 200, 100, 90, 40 * time.Second, 0}, {secretsPath, 200, 100, 88, 30 * time.Second, 10 * time.Second}},
			want:    []okta.BucketState{apps(88, 40*time.Second)},
		},
		"a window that is over is still what was seen last": {
			answers: []answer{{secretsPath, 200, 100, 90, 40 * time.Second, 0}}, later: time.Hour,
			want: []okta.BucketState{apps(90, 40*time.Second)},
		},
		"the next window replaces it": {
			answers: []answer{{secretsPath, 200, 100, 90, 40 * time.Second, 0}, {secretsPath, 200, 100, 99, time.Minute, time.Minute}},
			want:    []okta.BucketState{apps(99, 2*time.Minute)},
		},
		"what is used up is told as 0": {
			answers: []answer{{secretsPath, 429, 100, 0, 20 * time.Second, 0}}, want: []okta.BucketState{apps(0, 20*time.Second)},
		},
		"the names tell buckets apart, and no id": {
			answers: []answer{{"/oauth2/aus1/v1/token", 200, 300, 299, time.Minute, 0}, {appPath, 200, 500, 499, time.Minute, 0}},
			want: []okta.BucketState{
				{Bucket: "/api/v1/apps/{id}", Limit: 500, Remaining: 499, ResetAt: now.Add(time.Minute)},
				{Bucket: "/oauth2/{authorizationServerId}/v1/token", Limit: 300, Remaining: 299, ResetAt: now.Add(time.Minute)},
			},
		},
		"a 429 for too many requests at once tells of no bucket": {answers: []answer{{secretsPath, 429, 0, 0, time.Minute, 0}}},
		"what Okta does not limit has none":                      {answers: []answer{{"/.well-known/okta-organization", 200, 100, 99, time.Minute, 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			passing := clocktesting.NewFakeClock(now)
			budget := okta.NewBudget(okta.BudgetOptions{MaxCapacityPercent: 100, Clock: passing})
			for _, given := range test.answers {
				passing.Step(given.after)
				said := func() *http.Response {
					return told(given.status, given.limit, given.remaining, given.resetIn, passing.Now())
				}
				if err := ask(t, budget, given.path, 1, said); err != nil {
					t.Fatal(err)
				}
			}
			if test.later > 0 {
				passing.Step(test.later)
				if err := ask(t, budget, secretsPath, 1, nil); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(test.want, budget.Buckets()); diff != "" {
				t.Errorf("the buckets (-want +got):\n%s", diff)
			}
		})
	}
}
