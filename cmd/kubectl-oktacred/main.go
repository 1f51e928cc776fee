// Command kubectl-oktacred is the plugin `kubectl oktacred`: it says why Okta refuses a client. It must change nothing, in the
// cluster or at Okta, and must print no secret.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/oktacred/okta-credential-operator/internal/diagnose"
)

// Exit codes.
const (
	exitPassed = 0
	exitFailed = 1
	// exitUnknown: it could not run, or a step could not be judged and none failed.
	exitUnknown = 2
)

const usage = `Say why Okta answers invalid_client, step by step, and what to do about it. Changes nothing.

Usage:
  kubectl oktacred diagnose NAME [-n NAMESPACE] [flags]               an OktaClientCredential of the cluster
  kubectl oktacred diagnose --client-id ID --issuer URL [flags]       any client, without a cluster
  kubectl oktacred version

Examples:
  # What is wrong with the credential web-shop?
  kubectl oktacred diagnose web-shop -n shop

  # Ask Okta's token endpoint from here as well. A refusal may become an event in the org's System Log.
  kubectl oktacred diagnose web-shop -n shop --ask-okta

  # No cluster: a client id, an issuer, and the client secret from standard input.
  printf %s "$CLIENT_SECRET" | kubectl oktacred diagnose --client-id 0oa9s3ami4MYXHX9H2p7 \
    --issuer https://example.okta.com/oauth2/default --client-secret-stdin

  # For machines.
  kubectl oktacred diagnose web-shop -n shop -o json | jq '.steps[] | select(.mark != "passed")'

Exit codes: 0 every step passed (✓), 1 a step failed (✗), 2 it could not run, or a step could not be judged (?) and none failed.

Flags of diagnose:
`

// streams are standard input, output and error.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctrllog.SetLogger(logr.Discard())
	code := run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	stop()
	os.Exit(code)
}

// run carries out one command line and returns the exit code.
func run(ctx context.Context, args []string, std streams) int {
	options, set := newFlags()
	help := func(out io.Writer) { _, _ = fmt.Fprint(out, usage+set.FlagUsages()) }
	if len(args) == 0 {
		help(std.err)
		return exitUnknown
	}
	var err error
	switch args[0] {
	case "diagnose":
		var report diagnose.Report
		if report, err = runDiagnose(ctx, options, set, args[1:], std); err == nil {
			return codeOf(report.Mark)
		}
	case "version", "--version":
		_, err = fmt.Fprintln(std.out, version())
	case "help", "--help", "-h":
		err = pflag.ErrHelp
	default:
		err = fmt.Errorf("unknown command %q: there are diagnose and version", args[0])
	}
	switch {
	case err == nil:
		return exitPassed
	case errors.Is(err, pflag.ErrHelp):
		help(std.out)
		return exitPassed
	default:
		_, _ = fmt.Fprintln(std.err, "kubectl oktacred:", err)
		return exitUnknown
	}
}

func codeOf(mark diagnose.Mark) int {
	switch mark {
	case diagnose.Passed:
		return exitPassed
	case diagnose.Failed:
		return exitFailed
	default:
		return exitUnknown
	}
}

// version is that of the module, as the build recorded it.
func version() string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return build.Main.Version
}
