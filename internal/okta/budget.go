package okta

import (
	"context"
	"net/http"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/oktacred/okta-credential-operator/internal/egress"
)

// The defaults of BudgetOptions, and how patient Acquire is.
const (
	DefaultMaxCapacityPercent    = 25
	DefaultMaxConcurrentRequests = 5

	// patience is the longest that Acquire blocks for anything: who would wait longer had better come back.
	patience = time.Second
	// windowLength is that of Okta's rate-limit windows (Okta's documentation), used where no header has said when the
	// current one ends.
	windowLength = time.Minute
	// sameWindow is how far two answers may differ about the end of one window: the headers count whole seconds.
	sameWindow = 2 * time.Second

	concurrencyBucket = "concurrent requests"
)

// BudgetOptions is how much of an org's rate limits the operator may use.
type BudgetOptions struct {
	// MaxCapacityPercent is the share of each rate-limit bucket, 1 to 100; default 25.
	MaxCapacityPercent int
	// MaxConcurrentRequests is how many requests may be under way at once; default 5.
	MaxConcurrentRequests int
	// Clock defaults to the real one.
	Clock clock.Clock
}

// Budget keeps the operator to its share of one org's rate limits, as the org's answers tell them. Until an answer has told
// a limit, it lets through. Safe for use by several goroutines.
type Budget struct {
	clock clock.Clock
	slots slots

	mu      sync.Mutex
	percent int
	windows [bucketCount]window
	// pausedUntil is set by a 429 for too many requests at once.
	pausedUntil time.Time
}

// window is what is known of the current minute of one bucket.
type window struct {
	// limit is Okta's, in requests a window; 0 until an answer has told it.
	limit int
	// used counts our requests in this window.
	used int
	// spent says that Okta had nothing left for us when it last answered in this window.
	spent bool
	// end is by our clock; zero until known.
	end time.Time
	// assumed says that end is a guess, because no answer came yet in this window.
	assumed bool
	// told is what an answer said last, in this window or an earlier one; zero before the first.
	told BucketState
}

// NewBudget makes the Budget of one org.
func NewBudget(options BudgetOptions) *Budget {
	if options.Clock == nil {
		options.Clock = clock.RealClock{}
	}
	budget := &Budget{clock: options.Clock}
	budget.SetLimits(options.MaxCapacityPercent, options.MaxConcurrentRequests)
	return budget
}

// SetLimits changes the share (1 to 100 percent) and the number of concurrent requests; values that are not positive mean
// the defaults. Requests under way are not touched.
func (b *Budget) SetLimits(maxCapacityPercent, maxConcurrentRequests int) {
	if maxCapacityPercent <= 0 {
		maxCapacityPercent = DefaultMaxCapacityPercent
	}
	if maxConcurrentRequests <= 0 {
		maxConcurrentRequests = DefaultMaxConcurrentRequests
	}
	b.slots.resize(maxConcurrentRequests)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.percent = min(maxCapacityPercent, 100)
}

// Acquire asks to send one request to this URL path. It blocks for a second at most and otherwise returns a
// *ThrottledError, or ctx's error. Call release once, after the answer's body was read, with the answer, or nil when none
// came: the Budget learns from its headers.
func (b *Budget) Acquire(ctx context.Context, path string) (release func(*http.Response), err error) {
	target := bucketOf(path)
	granted, err := b.slots.acquire(ctx, b.clock, patience)
	if err != nil {
		return nil, err
	}
	if !granted {
		return nil, &ThrottledError{Bucket: concurrencyBucket, RetryAfter: patience}
	}
	if err := b.admit(ctx, target); err != nil {
		b.slots.release()
		return nil, err
	}
	return func(response *http.Response) {
		b.slots.release()
		if response != nil {
			b.learn(target, response)
		}
	}, nil
}

// admit takes one request from the bucket's share, after a wait that is shorter than patience, if that is all it needs.
func (b *Budget) admit(ctx context.Context, target bucket) error {
	bucketName, wait := b.take(target)
	if wait <= 0 {
		return nil
	}
	if wait < patience {
		timer := b.clock.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C():
		}
		if bucketName, wait = b.take(target); wait <= 0 {
			return nil
		}
	}
	return &ThrottledError{Bucket: bucketName, RetryAfter: wait}
}

// Buckets are the rate-limit buckets as the answers told of them last, in a fixed order, without those that none told of yet.
func (b *Budget) Buckets() []BucketState {
	b.mu.Lock()
	defer b.mu.Unlock()
	var told []BucketState
	for i, current := range b.windows {
		if !current.told.ResetAt.IsZero() {
			current.told.Bucket = bucket(i).String()
			told = append(told, current.told)
		}
	}
	return told
}

// take counts one request, or says which limit is spent and for how long.
func (b *Budget) take(target bucket) (spent string, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	if pause := b.pausedUntil.Sub(now); pause > 0 {
		return concurrencyBucket, pause
	}
	if target == bucketNone {
		return "", 0
	}
	current := &b.windows[target]
	current.roll(now)
	if current.limit > 0 && (current.spent || current.used >= current.share(b.percent)) {
		return target.String(), current.end.Sub(now)
	}
	current.used++
	return "", 0
}

// roll begins a new window when the last one is over.
func (w *window) roll(now time.Time) {
	if now.Before(w.end) {
		return
	}
	*w = window{limit: w.limit, end: now.Add(windowLength), assumed: true, told: w.told}
}

// share is at least one request: a bucket too small to be shared would stop the operator for good.
func (w *window) share(percent int) int { return max(1, w.limit*percent/100) }

// learn takes in what an answer says about its bucket.
func (b *Budget) learn(target bucket, response *http.Response) {
	limit, ok := egress.RateLimitOf(response.Header)
	if !ok {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	if limit.IsConcurrency() {
		if response.StatusCode == http.StatusTooManyRequests {
			b.pausedUntil = now.Add(egress.PauseAfter(response.Header))
		}
		return
	}
	if target != bucketNone {
		b.windows[target].learn(now, limit)
	}
}

func (w *window) learn(now time.Time, told egress.RateLimit) {
	w.limit = told.Limit
	// The headers count whole seconds. In the last one of a window they say zero, and the window is not over: what was used before
	// would count no more, and there would be no limit until it is.
	end := now.Add(min(max(told.ResetIn, time.Second), windowLength))
	switch {
	case !w.assumed && !end.Before(w.end.Add(windowLength-sameWindow)):
		// It is the window after the one that was told before: that ended a moment earlier than its whole seconds said.
		w.used, w.spent = 1, false
	case end.After(w.end.Add(sameWindow)):
		// Okta's window began later than we thought. What was used before it counts on, which errs on the side of the org.
		w.spent = false
	case end.Before(w.end.Add(-sameWindow)) && !w.assumed:
		// An answer from before the current window came late.
		return
	}
	w.end, w.assumed = end, false
	w.spent = w.spent || told.Remaining == 0
	w.told = BucketState{Limit: told.Limit, Remaining: told.Remaining, ResetAt: end}
}
