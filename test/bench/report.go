package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"text/tabwriter"
)

// report prints a table and, as the last line, the result as JSON. The error says what was over budget.
func report(out io.Writer, r result) error {
	verdict := r.verdict()
	r.WithinBudget = verdict == nil
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(table, format+"\n", args...) }
	line("%d credentials\tmeasured\tbudget\twhen nothing was left to do", r.N)
	line("from exec to all Ready\t%.1f s\t%.1f s\t", r.ReadyWall, r.budget.readyWall)
	line("CPU a credential\t%.2f ms\t%.2f ms\t%.2f ms", r.CPUPerCredential, r.budget.cpuPerCredential, r.SettledCPU)
	line("peak RSS\t%.1f MB\t%.1f MB\t%.1f MB", r.PeakRSS, r.budget.peakRSS, r.SettledRSS)
	line("The budget is that of 1000 (15 s, 6 ms, 80 MB), for other numbers 3 s + 12 ms each, 1 s + 5 ms CPU each, 66.5 MB + 13.5 kB each.")
	counters(line, "requests to Okta", r.OktaRequests)
	counters(line, "requests to the API server", r.APIRequests)
	counters(line, "  of them answered with an error", r.APIRefused)
	if q := r.Quiet; q != nil {
		line("%.0f s at rest\tmeasured\tallowed", q.Seconds)
		line("writes to the API server but the lease\t%d\t0", q.APIWrites)
		line("/token requests\t%d", q.Checks)
		line("  of one credential, at most\t%d\t%d", q.MostChecks, q.MaxChecks)
		line("other requests to Okta\t%d\t0", q.OtherOkta)
		line("CPU\t%.0f ms", q.CPU)
		line("peak RSS since the start\t%.1f MB", q.PeakRSS)
		counters(line, "requests to Okta", q.OktaRequests)
		counters(line, "requests to the API server", q.APIRequests)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	r.round()
	if err := json.NewEncoder(out).Encode(r); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return verdict
}

func counters(line func(string, ...any), title string, counts map[string]int) {
	total := 0
	for _, n := range counts {
		total += n
	}
	line("%s\t%d", title, total)
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		line("  %s\t%d", name, counts[name])
	}
}

// verdict is nil for a run within its budget.
func (r *result) verdict() error {
	var errs []error
	over := func(what string, measured, allowed float64, unit string) {
		if measured > allowed {
			errs = append(errs, fmt.Errorf("%w: %s is %.2f %s, and %.2f %s are allowed", errOverBudget, what, measured, unit, allowed, unit))
		}
	}
	over("the time until all are Ready", r.ReadyWall, r.budget.readyWall, "s")
	over("CPU a credential", r.CPUPerCredential, r.budget.cpuPerCredential, "ms")
	over("peak RSS", r.PeakRSS, r.budget.peakRSS, "MB")
	if !r.Quiet.isQuiet() {
		errs = append(errs, fmt.Errorf("%w: the operator was not quiet when it had nothing to do", errOverBudget))
	}
	return errors.Join(errs...)
}

// round leaves the digits that mean something.
func (r *result) round() {
	figures := []*float64{&r.ReadyWall, &r.CPUPerCredential, &r.PeakRSS, &r.SettledCPU, &r.SettledRSS}
	if r.Quiet != nil {
		figures = append(figures, &r.Quiet.Seconds, &r.Quiet.CPU, &r.Quiet.PeakRSS)
	}
	for _, figure := range figures {
		*figure = math.Round(*figure*100) / 100
	}
}
