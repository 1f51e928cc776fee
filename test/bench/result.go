package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// budget is what a run may cost.
type budget struct {
	readyWall        float64 // seconds
	cpuPerCredential float64 // milliseconds
	peakRSS          float64 // megabytes of 10^6 bytes
}

// budgetFor scales the budget of 1000 credentials (15 s, 6 ms, 80 MB), of which a part is what an operator costs that has
// nothing to do: 3 s, one second of CPU, 66.5 MB. Memory so grows to 134 MB (128 MiB) at 5000.
func budgetFor(n int) budget {
	count := float64(n)
	return budget{readyWall: 3 + 0.012*count, cpuPerCredential: 5 + 1000/count, peakRSS: 66.5 + 0.0135*count}
}

// result is what was measured; as JSON it is the last line.
type result struct {
	N                int     `json:"n"`
	ReadyWall        float64 `json:"ready_wall_s"`
	CPUPerCredential float64 `json:"cpu_ms_per_credential"`
	PeakRSS          float64 `json:"peak_rss_mb"`
	// SettledCPU and SettledRSS are taken later, when nothing was left to do: what is put off costs too.
	SettledCPU   float64 `json:"settled_cpu_ms_per_credential"`
	SettledRSS   float64 `json:"settled_peak_rss_mb"`
	WithinBudget bool    `json:"within_budget"`
	// OktaRequests by route, APIRequests by verb and resource, APIRefused those that were answered with an error.
	OktaRequests map[string]int `json:"okta_requests"`
	APIRequests  map[string]int `json:"api_requests"`
	APIRefused   map[string]int `json:"api_refused,omitempty"`
	Quiet        *quiet         `json:"quiet,omitempty"`

	budget budget
}

// quiet is what an operator did that had nothing to do.
type quiet struct {
	Seconds float64 `json:"seconds"`
	CPU     float64 `json:"cpu_ms"`
	PeakRSS float64 `json:"peak_rss_mb"`
	// APIWrites leaves out the lease, which APIRequests has.
	APIWrites   int            `json:"api_writes"`
	APIRequests map[string]int `json:"api_requests"`
	// Checks are /token requests, MostChecks those of the client that had most; MaxChecks is what a client may have.
	Checks     int `json:"token_requests"`
	MostChecks int `json:"token_requests_most_per_credential"`
	MaxChecks  int `json:"token_requests_allowed_per_credential"`
	// OtherOkta is every other request to Okta.
	OtherOkta    int            `json:"other_okta_requests"`
	OktaRequests map[string]int `json:"okta_requests"`
}

const megabyte = 1e6

func (r *result) take(ready, settled usage) {
	perCredential := func(u usage) float64 { return u.cpu.Seconds() * 1000 / float64(r.N) }
	r.CPUPerCredential, r.PeakRSS = perCredential(ready), float64(ready.peakRSS)/megabyte
	r.SettledCPU, r.SettledRSS = perCredential(settled), float64(settled.peakRSS)/megabyte
}

// takeRequests counts what was sent until now, and makes sure that each secret was really tested.
func (w *world) takeRequests(ctx context.Context, r *result) error {
	log, err := w.org.requests(ctx)
	if err != nil {
		return err
	}
	if tested := len(checks(log, true)); tested != r.N {
		return fmt.Errorf("%d of %d credentials are Ready because Okta authenticated their client: the others only say so", tested, r.N)
	}
	if r.OktaRequests, err = w.org.counts(ctx); err != nil {
		return err
	}
	r.APIRequests, r.APIRefused = named(w.audit.snapshot()), w.audit.refused
	return nil
}

func named(calls map[call]int) map[string]int {
	names := map[string]int{}
	for made, n := range calls {
		names[made.String()] = n
	}
	return names
}

// rest watches the operator for a while in which nothing happens.
func (w *world) rest(ctx context.Context, length time.Duration) (*quiet, error) {
	apiBefore := w.audit.snapshot()
	oktaBefore, err := w.org.counts(ctx)
	if err != nil {
		return nil, err
	}
	usedBefore, err := w.operator.usage()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.operator.done:
		return nil, errors.Join(errors.New("the operator ended while it was at rest"), w.operator.ended())
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	used, err := w.operator.usage()
	if err != nil {
		return nil, err
	}
	if err := w.audit.read(); err != nil {
		return nil, err
	}
	q := &quiet{Seconds: time.Since(began).Seconds(), CPU: (used.cpu - usedBefore.cpu).Seconds() * 1000, PeakRSS: float64(max(used.peakRSS, usedBefore.peakRSS)) / megabyte}
	q.takeAPI(since(apiBefore, w.audit.snapshot()))
	return q, w.takeOkta(ctx, q, oktaBefore, began, length)
}

func (q *quiet) takeAPI(calls map[call]int) {
	q.APIRequests = named(calls)
	for made, n := range calls {
		if made.isWrite() && !made.isLease() {
			q.APIWrites += n
		}
	}
}

func (w *world) takeOkta(ctx context.Context, q *quiet, before map[string]int, began time.Time, length time.Duration) error {
	after, err := w.org.counts(ctx)
	if err != nil {
		return err
	}
	log, err := w.org.requests(ctx)
	if err != nil {
		return err
	}
	recent := make([]oktasim.Request, 0, len(log))
	for _, request := range log {
		if request.Time.After(began) {
			recent = append(recent, request)
		}
	}
	q.OktaRequests = since(before, after)
	total := 0
	for _, n := range q.OktaRequests {
		total += n
	}
	for _, n := range checks(recent, false) {
		q.Checks += n
		q.MostChecks = max(q.MostChecks, n)
	}
	q.MaxChecks = int((length + w.options.interval - 1) / w.options.interval)
	q.OtherOkta = total - q.Checks
	return nil
}

// isQuiet says whether it did nothing but what a healthy credential costs: no write but the lease, one /token request a
// credential an interval, and nothing else at Okta.
func (q *quiet) isQuiet() bool {
	return q == nil || (q.APIWrites == 0 && q.MostChecks <= q.MaxChecks && q.OtherOkta == 0)
}
