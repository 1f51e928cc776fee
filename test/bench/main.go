// Command bench measures the operator from outside: its own process against a real API server and a simulated Okta org that
// is a process too, from its start until every credential is Ready, and then, if asked, at rest. It must not reach into the
// operator: time is taken from a watch, CPU and memory from /proc, requests from the API server's audit log and from the org.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// maxCredentials is bounded by the requests that the simulated org remembers, of which every credential needs one.
const maxCredentials = 15_000

// errOverBudget is what a run ends with that was measured well and found wanting.
var errOverBudget = errors.New("over budget")

// options of a run.
type options struct {
	n     int
	quiet time.Duration
	// interval is spec.validation.interval of the credentials.
	interval time.Duration
	root     string
	manager  string
	logDir   string
}

func main() {
	// The kernel kills our children when the thread that started them ends; this one lives as long as the process.
	runtime.LockOSThread()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func parseFlags(args []string) (options, error) {
	var o options
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.IntVar(&o.n, "n", 1000, "how many credentials")
	set.DurationVar(&o.quiet, "quiet", 0, "how long to watch the operator at rest afterwards; 0 is not at all")
	set.DurationVar(&o.interval, "interval", 10*time.Minute, "how often each credential is checked; the default is that of the operator")
	set.StringVar(&o.root, "root", ".", "the repository")
	set.StringVar(&o.manager, "manager", "", "a program to measure in place of cmd/manager as it is now")
	set.StringVar(&o.logDir, "log-dir", "", "folder to keep the logs in; a temporary one when empty")
	if err := set.Parse(args); err != nil {
		return options{}, err
	}
	if o.n < 1 || o.n > maxCredentials {
		return options{}, fmt.Errorf("-n is %d: it must be between 1 and %d", o.n, maxCredentials)
	}
	if o.interval < time.Minute {
		return options{}, fmt.Errorf("-interval is %s: it must be a minute or more", o.interval)
	}
	return o, nil
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parseFlags(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if runtime.GOOS != "linux" {
		return errors.New("CPU time and memory of a process are read from /proc: it runs on Linux only")
	}
	w, err := newWorld(ctx, o)
	if err != nil {
		return err
	}
	measured, err := measure(ctx, w, o)
	err = errors.Join(err, w.close())
	if err != nil {
		return err
	}
	return report(out, measured)
}

// measure runs the operator and takes every figure.
func measure(ctx context.Context, w *world, o options) (result, error) {
	progress("applying %d credentials with their Secrets", o.n)
	if err := w.populate(ctx); err != nil {
		return result{}, err
	}
	progress("starting the operator")
	r := result{N: o.n, budget: budgetFor(o.n)}
	began := time.Now()
	if err := w.startOperator(); err != nil {
		return result{}, err
	}
	if err := w.waitForReady(ctx, began.Add(patience(r.budget))); err != nil {
		return result{}, err
	}
	r.ReadyWall = time.Since(began).Seconds()
	ready, err := w.operator.usage()
	if err != nil {
		return result{}, err
	}
	progress("all Ready after %.1f s; waiting until the operator has nothing left to do", r.ReadyWall)
	if err := w.settle(ctx); err != nil {
		return result{}, err
	}
	settled, err := w.operator.usage()
	if err != nil {
		return result{}, err
	}
	r.take(ready, settled)
	if err := w.takeRequests(ctx, &r); err != nil {
		return result{}, err
	}
	if o.quiet > 0 {
		progress("watching it at rest for %s", o.quiet)
		if r.Quiet, err = w.rest(ctx, o.quiet); err != nil {
			return result{}, err
		}
	}
	return r, nil
}

// patience is how long a run may take that is to be measured at all: far over budget is a figure too.
func patience(b budget) time.Duration {
	return time.Minute + 10*time.Duration(b.readyWall*float64(time.Second))
}

func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...)
}
