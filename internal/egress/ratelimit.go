package egress

import (
	"net/http"
	"strconv"
	"time"
)

// RateLimit is what the x-rate-limit headers of an answer of Okta say about the bucket that the request counted against.
type RateLimit struct {
	// Limit and Remaining are requests a window; both 0 on a 429 for too many concurrent requests, where ResetIn means nothing.
	Limit, Remaining int
	// ResetIn is how long the window still lasted when Okta answered: its reset minus its date, so that our clock does not
	// matter. Never negative.
	ResetIn time.Duration
}

// RateLimitOf reads the headers; ok is false where one is missing or cannot be read.
func RateLimitOf(header http.Header) (limit RateLimit, ok bool) {
	words := [3]string{header.Get("X-Rate-Limit-Limit"), header.Get("X-Rate-Limit-Remaining"), header.Get("X-Rate-Limit-Reset")}
	var numbers [3]int64
	for i, word := range words {
		number, err := strconv.ParseInt(word, 10, 64)
		if err != nil || number < 0 {
			return RateLimit{}, false
		}
		numbers[i] = number
	}
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return RateLimit{}, false
	}
	resetIn := max(0, time.Unix(numbers[2], 0).Sub(date))
	return RateLimit{Limit: clampInt(numbers[0]), Remaining: clampInt(numbers[1]), ResetIn: resetIn}, true
}

// IsConcurrency says whether a 429 with these headers is for too many requests at once rather than too many a minute.
func (r RateLimit) IsConcurrency() bool { return r.Limit == 0 && r.Remaining == 0 }

// The waits after a 429.
const (
	// concurrencyPause is our choice: the reset that comes with such an answer is too late by far.
	concurrencyPause = 2 * time.Second
	// defaultPause is the length of Okta's windows, for a 429 that says nothing.
	defaultPause = time.Minute
	// longestPause bounds what a wrong clock at the other side can ask for.
	longestPause = 10 * time.Minute
)

// PauseAfter says how long to wait after a 429 with these headers, from one second to ten minutes.
func PauseAfter(header http.Header) time.Duration {
	limit, ok := RateLimitOf(header)
	switch {
	case ok && limit.IsConcurrency():
		return concurrencyPause
	case ok:
		return min(max(limit.ResetIn, time.Second), longestPause)
	}
	// Okta was never seen to send Retry-After; a proxy in front of it may.
	if seconds, err := strconv.Atoi(header.Get("Retry-After")); err == nil && seconds > 0 {
		return min(time.Duration(seconds)*time.Second, longestPause)
	}
	return defaultPause
}

func clampInt(number int64) int { return int(min(number, 1<<31-1)) }
