// Command manager is the operator. It must hold no logic: flags in, wiring out.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"

	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// gcPercent is half of Go's default: for a process that waits most of the time, memory is dearer than the CPU time that it
// takes to collect it twice as often. GOGC in the environment wins.
const gcPercent = 50

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	// At high verbosity client-go logs the bodies of its requests through the context's logger: Secrets are among them.
	klog.EnableContextualLogging(false)
	options, logging := parseFlags(os.Args[1:])
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&logging)))
	if err := run(ctrl.SetupSignalHandler(), options); err != nil {
		fmt.Fprintln(os.Stderr, "okta-credential-operator:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, options options) error {
	mgr, err := newManager(options)
	if err != nil {
		return err
	}
	if err := setUp(ctx, mgr, options); err != nil {
		return err
	}

	return mgr.Start(ctx)
}
