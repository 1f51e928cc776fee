package connection

import (
	"cmp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/okta"
)

// maxRateLimits is how many buckets the CRD allows.
const maxRateLimits = 16

// buckets of the org's rate limits, as the budget that the connection uses has seen them; none before its first request.
func (d *Directory) buckets(c Connection) []okta.BucketState {
	d.mu.Lock()
	defer d.mu.Unlock()
	if found := d.orgs[c.UID]; found != nil {
		return found.budget.Buckets()
	}

	return nil
}

// outdated says whether a bucket was seen so much later than the status has it that the status is written for that alone.
// What remains of a bucket changes with each request, and is no cause for a write.
func outdated(written []v1alpha1.RateLimitStatus, seen []okta.BucketState) bool {
	return slices.ContainsFunc(seen, func(bucket okta.BucketState) bool {
		return !slices.ContainsFunc(written, func(entry v1alpha1.RateLimitStatus) bool {
			return entry.Bucket == bucket.Bucket && bucket.ResetAt.Sub(entry.ResetAt.Time) < recheck/2
		})
	})
}

// refreshed are the buckets for the status, by name: as they were seen, and the others as they were written, maybe by an
// earlier process. Their resetAt tells their age.
func refreshed(written []v1alpha1.RateLimitStatus, seen []okta.BucketState) []v1alpha1.RateLimitStatus {
	var entries []v1alpha1.RateLimitStatus
	for _, bucket := range seen {
		entries = append(entries, v1alpha1.RateLimitStatus{
			Bucket:    bucket.Bucket,
			Limit:     int32(bucket.Limit),     //nolint:gosec // egress reads 31 bits at most
			Remaining: int32(bucket.Remaining), //nolint:gosec // as above
			ResetAt:   metav1.NewTime(bucket.ResetAt),
		})
	}
	for _, entry := range written {
		isSeen := slices.ContainsFunc(seen, func(bucket okta.BucketState) bool { return bucket.Bucket == entry.Bucket })
		if !isSeen && len(entries) < maxRateLimits {
			entries = append(entries, entry)
		}
	}
	slices.SortFunc(entries, func(a, b v1alpha1.RateLimitStatus) int { return cmp.Compare(a.Bucket, b.Bucket) })

	return entries
}
