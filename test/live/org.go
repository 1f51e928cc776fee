package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"k8s.io/utils/clock"

	"github.com/oktacred/okta-credential-operator/internal/egress"
	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/tokencheck"
)

// sharePercent is what of each rate limit a run may use. Okta gives one API token or app half of a bucket.
const sharePercent = 50

// org is an org, real or simulated, and the ways to ask it.
type org struct {
	settings
	clock clock.Clock
	http  *http.Client
	// signed sends requests with the admin credential.
	signed  *http.Client
	admin   *okta.Client
	checker *tokencheck.Checker
	seen    *recorder
	out     io.Writer
}

// connect sends nothing yet.
func connect(told settings, out io.Writer) (*org, error) {
	parsed, err := egress.ParseOrgURL(told.orgURL)
	if err != nil {
		return nil, err
	}
	through, err := egress.New(egress.Options{AllowedHost: parsed.Host, CABundle: told.caBundle, AllowPrivateAddresses: told.private})
	if err != nil {
		return nil, err
	}
	told.orgURL = parsed.String()
	seen := newRecorder(through.Transport, out)
	seen.hide(told.auth.APIToken)
	recorded := &http.Client{Transport: seen, CheckRedirect: through.CheckRedirect}
	budget := okta.NewBudget(okta.BudgetOptions{MaxCapacityPercent: sharePercent})
	admin, err := okta.NewClient(okta.Config{OrgURL: told.orgURL, HTTPClient: recorded, Auth: told.auth, Budget: budget})
	if err != nil {
		return nil, err
	}
	return &org{
		settings: told, clock: clock.RealClock{}, http: recorded, signed: &http.Client{Transport: admin.Transport()}, admin: admin,
		checker: tokencheck.New(recorded, budget, nil), seen: seen, out: out,
	}, nil
}

// maxThrottles bounds how often one request is put off; each time is a window of Okta's rate limit.
const maxThrottles = 5

// patiently sends until the rate limit lets it through: on a small org that is ten admin requests a minute.
func (o *org) patiently(ctx context.Context, send func() error) error {
	err := send()
	for range maxThrottles {
		if okta.KindOf(err) != okta.KindThrottled {
			break
		}
		if waitErr := o.wait(ctx, max(okta.RetryAfter(err), time.Second)); waitErr != nil {
			return waitErr
		}
		err = send()
	}
	return err
}

func (o *org) wait(ctx context.Context, d time.Duration) error {
	timer := o.clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait for the org: %w", ctx.Err())
	case <-timer.C():
		return nil
	}
}

// asked is what came of a question about a secret.
type asked struct {
	verdict tokencheck.Verdict
	// answers are those of all requests that the check took; there is at least one.
	answers []answer
}

// String is the answer that decides what kind of case it is: that to the first request.
func (a asked) String() string { return fmt.Sprintf("%s, %s", a.answers[0], a.verdict) }

// ask has the operator's own checker ask about a secret; an error means that nothing can be said.
func (o *org) ask(ctx context.Context, request tokencheck.Request) (asked, error) {
	request.OrgURL = o.orgURL
	o.seen.hide(request.Secret)
	for range maxThrottles {
		mark := o.seen.mark()
		got := o.checker.Check(ctx, request)
		if got.Verdict == tokencheck.Throttled {
			if err := o.wait(ctx, max(got.RetryAfter, time.Second)); err != nil {
				return asked{}, err
			}
			continue
		}
		answers := o.seen.since(mark)
		if err := ctx.Err(); err != nil {
			return asked{}, err
		}
		if len(answers) == 0 || answers[0].status >= http.StatusInternalServerError {
			return asked{}, fmt.Errorf("ask about a secret: %s", got.Detail)
		}
		return asked{verdict: got.Verdict, answers: answers}, nil
	}
	return asked{}, fmt.Errorf("ask about a secret: Okta had too many requests, %d times", maxThrottles)
}

// wanted is a question that is asked until the answer is the one that is waited for.
type wanted struct {
	request tokencheck.Request
	met     func(tokencheck.Verdict) bool
}

// waited is how long an answer took to come.
type waited struct {
	asked
	took time.Duration
	met  bool
}

// until asks again and again until the answer is as wanted or patience is over. The time counts from since.
func (o *org) until(ctx context.Context, since time.Time, w wanted) (waited, error) {
	for {
		got, err := o.ask(ctx, w.request)
		took := o.clock.Since(since)
		if err != nil {
			return waited{}, err
		}
		if w.met(got.verdict) || took > o.patience {
			return waited{asked: got, took: took, met: w.met(got.verdict)}, nil
		}
		if err := o.wait(ctx, o.interval); err != nil {
			return waited{}, err
		}
	}
}

// settled asks, and where the answer is still what it was before something changed, asks once more a little later.
func (o *org) settled(ctx context.Context, request tokencheck.Request, before string) (asked, error) {
	got, err := o.ask(ctx, request)
	if err != nil || got.String() != before {
		return got, err
	}
	if err := o.wait(ctx, o.settle); err != nil {
		return asked{}, err
	}
	return o.ask(ctx, request)
}

func isAccepted(v tokencheck.Verdict) bool { return v == tokencheck.Accepted }

func isRefused(v tokencheck.Verdict) bool { return v != tokencheck.Accepted }
