// Command live asks a real Okta org what nobody could tell us, and compares its answers with those of the simulated org that
// all other tests run against. It must not touch an application that it did not make, nor print a secret.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// The process's exit codes.
const (
	exitRan     = 0
	exitFailed  = 1
	exitNotTold = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The second Ctrl-C ends the process without the clean-up that the first one begins.
	context.AfterFunc(ctx, stop)
	os.Exit(start(ctx, os.Args[1:], os.Getenv, os.Stdout))
}

// start reads what it is told by flags and by the environment, which holds the admin credential: command lines are public.
func start(ctx context.Context, args []string, getenv func(string) string, out io.Writer) int {
	told := settings{patience: 2 * time.Minute, interval: 2 * time.Second, settle: 15 * time.Second}
	set := flag.NewFlagSet("live", flag.ContinueOnError)
	set.SetOutput(out)
	set.StringVar(&told.caFile, "ca-file", "", "PEM file with the authority of the org's certificate, instead of the system's")
	set.BoolVar(&told.private, "allow-private-addresses", false, "let the org be at a private address, such as an oktasim on this machine")
	set.DurationVar(&told.patience, "patience", told.patience, "how long to wait until a change of a secret shows at the token endpoint")
	set.DurationVar(&told.settle, "settle", told.settle, "how long to wait before an answer that did not change is taken for final")
	err := set.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return exitRan
	}
	if err == nil {
		err = errors.Join(told.read(getenv), told.readCA())
	}
	if err != nil {
		_, _ = fmt.Fprintf(out, "live: %v\n\n%s", err, usage)
		return exitNotTold
	}
	return run(ctx, told, out)
}

// run asks the org, cleans up, compares and returns the exit code.
func run(ctx context.Context, told settings, out io.Writer) int {
	o, err := connect(told, out)
	if err != nil {
		_, _ = fmt.Fprintln(out, "live:", err)
		return exitFailed
	}
	outcomes, err := o.runAndCleanUp(ctx)
	if err != nil {
		_, _ = fmt.Fprintln(out, "live:", err)
	}
	if ctx.Err() != nil {
		_, _ = fmt.Fprintln(out, "live: stopped")
		return exitFailed
	}
	if outcomes == nil {
		return exitFailed
	}
	compared, compareErr := compare(ctx, outcomes)
	if compareErr != nil {
		_, _ = fmt.Fprintln(out, "live: run the scenarios against oktasim:", compareErr)
	}
	failed := compared.print(out)
	if err != nil || compareErr != nil || failed {
		return exitFailed
	}
	return exitRan
}

// cleanUpTime bounds the clean-up, which goes on after Ctrl-C; on a small org most of it is waiting for the rate limit.
const cleanUpTime = 3 * time.Minute

func (o *org) runAndCleanUp(ctx context.Context) (outcomes []outcome, err error) {
	run := newStage(o)
	defer func() {
		cleaning, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
		defer cancel()
		o.seen.scenario = "clean up"
		err = errors.Join(err, o.removeAppsLabelled(cleaning, run.label, run.made()))
		o.http.CloseIdleConnections()
	}()
	o.seen.scenario = "earlier runs"
	if err := o.removeAppsLabelled(ctx, labelPrefix, nil); err != nil {
		return nil, err
	}
	return run.all(ctx)
}
