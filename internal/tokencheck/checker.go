package tokencheck

import (
	"context"
	"net/http"

	"k8s.io/utils/clock"
)

// Limiter keeps requests to Okta within a share of its rate limits; okta.Budget is one. An error that has a method
// Delay() time.Duration means that nothing was sent.
type Limiter interface {
	// Acquire asks to send a request to this URL path; release takes the answer, nil when there was none.
	Acquire(ctx context.Context, path string) (release func(*http.Response), err error)
}

// Checker asks one org's token endpoints about client secrets. It is safe for use by several goroutines.
type Checker struct{}

// New makes a Checker. The client comes from egress.New; a nil clock is the real one.
func New(httpClient *http.Client, limiter Limiter, passive clock.PassiveClock) *Checker {
	return &Checker{}
}

// Check asks /token with one request and mints no token.
func (c *Checker) Check(ctx context.Context, request Request) Answer { return Answer{} }

// SecondOpinion asks /revoke, which answers by other code of Okta's than /token.
func (c *Checker) SecondOpinion(ctx context.Context, request Request) Answer { return Answer{} }
