package okta_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

const (
	secretsPath = "/api/v1/apps/0oa1/credentials/secrets"
	appPath     = "/api/v1/apps/0oa1"
)

// told makes an answer whose rate-limit headers end the window in resetIn; Okta's clock is an hour fast, which must not matter.
func told(status, limit, remaining int, resetIn time.Duration, now time.Time) *http.Response {
	date := now.Add(time.Hour).UTC()
	header := http.Header{}
	header.Set("X-Rate-Limit-Limit", strconv.Itoa(limit))
	header.Set("X-Rate-Limit-Remaining", strconv.Itoa(remaining))
	header.Set("X-Rate-Limit-Reset", strconv.FormatInt(date.Add(resetIn).Unix(), 10))
	header.Set("Date", date.Format(http.TimeFormat))
	return &http.Response{StatusCode: status, Header: header}
}

// ask sends n requests one after the other; each is answered by answer, if there is one.
func ask(t *testing.T, budget *okta.Budget, path string, n int, answer func() *http.Response) error {
	t.Helper()
	for range n {
		release, err := budget.Acquire(t.Context(), path)
		if err != nil {
			return err
		}
		if answer == nil {
			release(nil)
			continue
		}
		release(answer())
	}
	return nil
}

func wantThrottled(t *testing.T, err error, bucket string, retryAfter time.Duration) {
	t.Helper()
	throttled, ok := errors.AsType[*okta.ThrottledError](err)
	if !ok {
		t.Fatalf("%v is not throttled", err)
	}
	if throttled.Bucket != bucket || throttled.RetryAfter != retryAfter {
		t.Errorf("throttled by %q for %s, want %q for %s", throttled.Bucket, throttled.RetryAfter, bucket, retryAfter)
	}
	if okta.KindOf(err) != okta.KindThrottled || okta.RetryAfter(err) != retryAfter {
		t.Errorf("kind %q, retry after %s", okta.KindOf(err), okta.RetryAfter(err))
	}
}

func TestBudgetKeepsToItsShare(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	passing := clocktesting.NewFakeClock(now)
	budget := okta.NewBudget(okta.BudgetOptions{MaxCapacityPercent: 25, Clock: passing})
	remaining := 100
	answer := func() *http.Response {
		remaining--
		return told(200, 100, remaining, now.Add(40*time.Second).Sub(passing.Now()), passing.Now())
	}

	if err := ask(t, budget, secretsPath, 25, answer); err != nil {
		t.Fatal(err)
	}
	wantThrottled(t, ask(t, budget, secretsPath, 1, answer), "/api/v1/apps", 40*time.Second)
	if err := ask(t, budget, appPath, 1, answer); err != nil {
		t.Errorf("another bucket is throttled too: %v", err)
	}
	passing.Step(30 * time.Second)
	wantThrottled(t, ask(t, budget, secretsPath, 1, answer), "/api/v1/apps", 10*time.Second)

	passing.Step(10 * time.Second)
	answer = func() *http.Response { return told(200, 100, 90, 60*time.Second, passing.Now()) }
	if err := ask(t, budget, secretsPath, 25, answer); err != nil {
		t.Errorf("in the next window: %v", err)
	}
	wantThrottled(t, ask(t, budget, secretsPath, 1, answer), "/api/v1/apps", 60*time.Second)
	budget.SetLimits(50, 5)
	if err := ask(t, budget, secretsPath, 25, answer); err != nil {
		t.Errorf("after the share was doubled: %v", err)
	}
}

// TestBudgetKeepsToItsShareInTheLastSecond, in which the headers, which count whole seconds, say that the window is over.
func TestBudgetKeepsToItsShareInTheLastSecond(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	budget := okta.NewBudget(okta.BudgetOptions{MaxCapacityPercent: 25, Clock: clocktesting.NewFakeClock(now)})
	answer := func() *http.Response { return told(200, 100, 90, 0, now) }
	if err := ask(t, budget, secretsPath, 25, answer); err != nil {
		t.Fatal(err)
	}
	wantThrottled(t, ask(t, budget, secretsPath, 1, answer), "/api/v1/apps", time.Second)
}

func TestBudgetLetsThroughWhatItKnowsNothingOf(t *testing.T) {
	budget := okta.NewBudget(okta.BudgetOptions{MaxCapacityPercent: 1})
	for _, path := range []string{secretsPath, appPath, "/oauth2/v1/token", "/oauth2/default/v1/token", "/oauth2/v1/revoke", "/.well-known/okta-organization"} {
		if err := ask(t, budget, path, 1000, nil); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestBudgetTellsBucketsApart(t *testing.T) {
	now := time.Now()
	for path, bucket := range map[string]string{
		"/api/v1/apps":             "/api/v1/apps",
		secretsPath:                "/api/v1/apps",
		appPath:                    "/api/v1/apps/{id}",
		"/api/v1/logs":             "/api/v1/logs",
		"/oauth2/v1/token":         "/oauth2/v1/token",
		"/oauth2/v1/revoke":        "/oauth2/v1",
		"/oauth2/aus1/v1/token":    "/oauth2/{authorizationServerId}/v1/token",
		"/oauth2/default/v1/token": "/oauth2/{authorizationServerId}/v1/token",
		"/oauth2/aus1/v1/revoke":   "/oauth2/{authorizationServerId}/v1",
	} {
		budget := okta.NewBudget(okta.BudgetOptions{Clock: clocktesting.NewFakeClock(now)})
		if err := ask(t, budget, path, 1, func() *http.Response { return told(200, 4, 3, time.Minute, now) }); err != nil {
			t.Fatal(err)
		}
		wantThrottled(t, ask(t, budget, path, 1, nil), bucket, time.Minute)
	}
}

func TestBudgetStopsWhenOthersHaveUsedTheBucketUp(t *testing.T) {
	now := time.Now()
	budget := okta.NewBudget(okta.BudgetOptions{Clock: clocktesting.NewFakeClock(now)})
	answer := func() *http.Response { return told(429, 100, 0, 20*time.Second, now) }
	if err := ask(t, budget, appPath, 1, answer); err != nil {
		t.Fatal(err)
	}
	wantThrottled(t, ask(t, budget, appPath, 1, nil), "/api/v1/apps/{id}", 20*time.Second)
}

func TestBudgetPausesForEverythingAfterTooManyAtOnce(t *testing.T) {
	now := time.Now()
	passing := clocktesting.NewFakeClock(now)
	budget := okta.NewBudget(okta.BudgetOptions{Clock: passing})
	answer := func() *http.Response { return told(429, 0, 0, time.Minute, now) }
	if err := ask(t, budget, appPath, 1, answer); err != nil {
		t.Fatal(err)
	}
	wantThrottled(t, ask(t, budget, "/oauth2/v1/token", 1, nil), "concurrent requests", 2*time.Second)
	passing.Step(2 * time.Second)
	if err := ask(t, budget, appPath, 1, nil); err != nil {
		t.Errorf("after the pause: %v", err)
	}
}

func TestBudgetIgnoresAnAnswerFromAnEarlierWindow(t *testing.T) {
	now := time.Now()
	passing := clocktesting.NewFakeClock(now)
	budget := okta.NewBudget(okta.BudgetOptions{MaxCapacityPercent: 100, Clock: passing})
	late, err := budget.Acquire(t.Context(), appPath)
	if err != nil {
		t.Fatal(err)
	}
	fresh := func() *http.Response { return told(200, 10, 9, 60*time.Second, passing.Now()) }
	if err := ask(t, budget, appPath, 1, fresh); err != nil {
		t.Fatal(err)
	}
	late(told(429, 10, 0, 5*time.Second, passing.Now()))
	if err := ask(t, budget, appPath, 1, nil); err != nil {
		t.Errorf("a late answer spent the window: %v", err)
	}
}

// TestBudgetCountsNoWindowTwice: the headers count whole seconds, so that Okta's next window may begin while ours is not over. What
// was used in the one before must not be carried from window to window until nothing is left.
func TestBudgetCountsNoWindowTwice(t *testing.T) {
	passing := clocktesting.NewFakeClock(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	budget := okta.NewBudget(okta.BudgetOptions{Clock: passing})
	for range 5 {
		answer := func() *http.Response { return told(http.StatusOK, 120, 100, time.Minute, passing.Now()) }
		if err := ask(t, budget, "/api/v1/logs", 12, answer); err != nil {
			t.Fatalf("12 requests a minute of 30: %v", err)
		}
		passing.Step(time.Minute - 200*time.Millisecond)
	}
}

func TestBudgetWaitsForShortTimesItself(t *testing.T) {
	now := time.Now()
	passing := clocktesting.NewFakeClock(now)
	budget := okta.NewBudget(okta.BudgetOptions{Clock: passing})
	if err := ask(t, budget, appPath, 1, func() *http.Response { return told(429, 100, 0, time.Second, now) }); err != nil {
		t.Fatal(err)
	}
	passing.Step(500 * time.Millisecond)
	done := make(chan error)
	go func() { done <- ask(t, budget, appPath, 1, nil) }()
	waitForWaiters(t, passing)
	passing.Step(500 * time.Millisecond)
	if err := <-done; err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestBudgetBoundsConcurrentRequests(t *testing.T) {
	passing := clocktesting.NewFakeClock(time.Now())
	budget := okta.NewBudget(okta.BudgetOptions{MaxConcurrentRequests: 2, Clock: passing})
	first, err := budget.Acquire(t.Context(), appPath)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := budget.Acquire(t.Context(), appPath); err != nil {
		t.Fatal(err)
	}

	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := budget.Acquire(canceled, appPath); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that gave up: %v", err)
	}
	waiting := make(chan error)
	wait := func() {
		release, err := budget.Acquire(t.Context(), appPath)
		if err == nil {
			defer release(nil)
		}
		waiting <- err
	}
	go wait()
	waitForWaiters(t, passing)
	passing.Step(time.Second)
	wantThrottled(t, <-waiting, "concurrent requests", time.Second)
	go wait()
	waitForWaiters(t, passing)
	first(nil)
	if err := <-waiting; err != nil {
		t.Errorf("after a request ended: %v", err)
	}
}

func TestBudgetNeverExceedsConcurrentRequests(t *testing.T) {
	const bound = 3
	budget := okta.NewBudget(okta.BudgetOptions{MaxConcurrentRequests: bound})
	var underWay, most atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			release, err := budget.Acquire(t.Context(), appPath)
			if err != nil {
				t.Error(err)
				return
			}
			now := underWay.Add(1)
			for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
				runtime.Gosched()
			}
			for range 100 {
				runtime.Gosched()
			}
			underWay.Add(-1)
			release(nil)
		})
	}
	all.Wait()
	if most.Load() > bound {
		t.Errorf("%d requests were under way at once, want %d at most", most.Load(), bound)
	}
}

func waitForWaiters(t *testing.T, passing *clocktesting.FakeClock) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !passing.HasWaiters() {
		if time.Now().After(deadline) {
			t.Fatal("nobody waits")
		}
		runtime.Gosched()
	}
}

// TestBudgetAgainstLimits: an org with Okta's smallest limits never has to say 429 to us.
func TestBudgetAgainstLimits(t *testing.T) {
	passing := clocktesting.NewFakeClock(time.Date(2026, 3, 1, 12, 0, 20, 0, time.UTC))
	w := given(t, oktasim.Options{Clock: passing, Limits: oktasim.IntegratorLimits()})
	client := w.clientWith(t, withToken(), okta.NewBudget(okta.BudgetOptions{Clock: passing}))
	sent, throttled := 0, 0
	for range 300 {
		_, err := client.ListSecrets(t.Context(), w.app.ID)
		switch okta.KindOf(err) {
		case okta.KindNone:
			sent++
		case okta.KindThrottled:
			throttled++
			passing.Step(okta.RetryAfter(err))
		default:
			t.Fatal(err)
		}
		passing.Step(time.Second)
	}
	if refused := w.org.Counts()[oktasim.RouteListSecrets][429]; refused != 0 || throttled == 0 || sent == 0 {
		t.Errorf("%d sent, %d held back, %d refused by the org", sent, throttled, refused)
	}
}
