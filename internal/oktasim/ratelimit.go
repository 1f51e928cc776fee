package oktasim

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Limits are an org's rate limits. The zero value refuses nothing.
type Limits struct {
	// Requests a window each bucket takes; a bucket that is missing has no limit.
	Buckets map[Bucket]int
	// Window is the length of a window; a minute when zero, as at Okta.
	Window time.Duration
	// CallerPercent is the part of a bucket that one API token or OAuth app may use; 50 when zero, Okta's default.
	CallerPercent int
	// Concurrent is how many requests may be under way at once; 0 means any number.
	Concurrent int
}

// Bucket is a group of endpoints that Okta counts together.
type Bucket string

// Okta's buckets for the endpoints that the org has. What is in none of them, /.well-known/ for one, is not limited.
const (
	BucketApps        Bucket = "/api/v1/apps"
	BucketApp         Bucket = "/api/v1/apps/{id}"
	BucketLogs        Bucket = "/api/v1/logs"
	BucketToken       Bucket = "/oauth2/v1/token"
	BucketServerToken Bucket = "/oauth2/{authorizationServerId}/v1/token"
	BucketOAuth       Bucket = "/oauth2/v1"
	BucketServerOAuth Bucket = "/oauth2/{authorizationServerId}/v1"
)

func limits(apps, app, logs, oauth, concurrent int) Limits {
	return Limits{
		Concurrent: concurrent,
		Buckets: map[Bucket]int{
			BucketApps: apps, BucketApp: app, BucketLogs: logs,
			BucketToken: oauth, BucketServerToken: oauth, BucketOAuth: oauth, BucketServerOAuth: oauth,
		},
	}
}

// IntegratorLimits are those of Okta's free Integrator orgs, as last published.
func IntegratorLimits() Limits { return limits(20, 100, 20, 300, 35) }

// EnterpriseLimits are those of the One App and Enterprise plans, as last published.
func EnterpriseLimits() Limits { return limits(100, 600, 50, 1200, 75) }

// WorkforceLimits are those of Workforce orgs, as last published.
func WorkforceLimits() Limits { return limits(100, 500, 120, 2000, 75) }

// unlimited is what the headers of an org without limits report.
const unlimited = 100_000

// limiter counts the requests of the current window, by bucket and by bucket and caller.
type limiter struct {
	concurrent int
	started    time.Time
	counts     map[string]int
}

func newLimiter() limiter { return limiter{counts: map[string]int{}} }

// forget starts a new window; requests under way stay counted.
func (l *limiter) forget() {
	l.started = time.Time{}
	clear(l.counts)
}

// bucketOf is the bucket that a route is counted in.
func bucketOf(route string) Bucket {
	_, path, _ := strings.Cut(route, " ")
	switch {
	case path == "/api/v1/apps/{appId}":
		return BucketApp
	case strings.HasPrefix(path, "/api/v1/apps"):
		return BucketApps
	case path == "/api/v1/logs":
		return BucketLogs
	case path == "/oauth2/v1/token":
		return BucketToken
	case strings.HasPrefix(path, "/oauth2/v1/"):
		return BucketOAuth
	case strings.HasSuffix(path, "/v1/token"):
		return BucketServerToken
	case strings.HasSuffix(path, "/v1/revoke"), strings.HasSuffix(path, "/v1/introspect"):
		return BucketServerOAuth
	default:
		return ""
	}
}

func (o *Org) window() time.Duration {
	if o.options.Limits.Window > 0 {
		return o.options.Limits.Window
	}
	return time.Minute
}

// limit counts a call and answers 429 when its bucket, its caller's share or the number of concurrent requests is used up.
func (o *Org) limit(c *call) (response, bool) {
	bucket := bucketOf(c.route)
	if bucket == "" {
		return response{}, false
	}
	now := o.clock.Now()
	if now.Sub(o.limiter.started) >= o.window() {
		o.limiter.started = now
		clear(o.limiter.counts)
	}
	if concurrent := o.options.Limits.Concurrent; concurrent > 0 && o.limiter.concurrent > concurrent {
		answer := o.refuse(errTooManyRequests())
		// Okta's answer here has a limit of 0 and a reset that is too late (seen in logs).
		setLimit(answer.header, 0, 0, now.Add(time.Minute))
		return answer, true
	}
	o.limiter.counts[string(bucket)]++
	o.limiter.counts[callerKey(bucket, c)]++
	if _, remaining := o.remaining(bucket, c); remaining >= 0 {
		return response{}, false
	}
	answer := o.refuse(errTooManyRequests())
	o.setLimitHeaders(c, answer.header)
	o.logRateLimit(c, bucket)
	return answer, true
}

// callerKey names the share of a bucket that a call counts against: its credential's on the admin API, nobody's elsewhere.
func callerKey(bucket Bucket, c *call) string {
	if !strings.HasPrefix(string(bucket), "/api/") {
		return string(bucket) + " all"
	}
	return string(bucket) + " " + c.request.Header.Get("Authorization")
}

// remaining is the tighter of the bucket and the caller's share; it is negative when the call is one too many.
func (o *Org) remaining(bucket Bucket, c *call) (limit, remaining int) {
	limit, limited := o.options.Limits.Buckets[bucket]
	if !limited {
		return unlimited, max(0, unlimited-o.limiter.counts[string(bucket)])
	}
	left := limit - o.limiter.counts[string(bucket)]
	key := callerKey(bucket, c)
	if !strings.HasPrefix(string(bucket), "/api/") {
		return limit, left
	}
	percent := o.options.Limits.CallerPercent
	if percent == 0 {
		percent = 50
	}
	share := max(1, limit*percent/100)
	if callerLeft := share - o.limiter.counts[key]; callerLeft < left {
		return share, callerLeft
	}
	return limit, left
}

func (o *Org) setLimitHeaders(c *call, header http.Header) {
	bucket := bucketOf(c.route)
	if bucket == "" {
		return
	}
	limit, remaining := o.remaining(bucket, c)
	setLimit(header, limit, max(0, remaining), o.limiter.started.Add(o.window()))
}

func setLimit(header http.Header, limit, remaining int, reset time.Time) {
	header.Set("X-Rate-Limit-Limit", strconv.Itoa(limit))
	header.Set("X-Rate-Limit-Remaining", strconv.Itoa(remaining))
	header.Set("X-Rate-Limit-Reset", strconv.FormatInt(reset.Unix(), 10))
}
