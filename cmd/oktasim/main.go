// Command oktasim runs a simulated Okta org for the demo, for benchmarks and for trying things by hand. It must never stand
// where a real org is meant: it gives its control API to everybody who reaches it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "oktasim:", err)
		stop()
		os.Exit(1)
	}
}

// flags are what the command line says.
type flags struct {
	seed, address, controlAddress, caOut, infoOut, keyOut, limits, benchSeed string
	tls                                                                      bool
	apps                                                                     int
}

func parseFlags(args []string, out io.Writer) (flags, error) {
	var f flags
	set := flag.NewFlagSet("oktasim", flag.ContinueOnError)
	set.SetOutput(out)
	set.StringVar(&f.seed, "seed", "", "seed file (YAML); without one there is one web app and one API token, which are printed")
	set.StringVar(&f.address, "addr", "127.0.0.1:0", "address to listen on; port 0 takes a free one")
	set.StringVar(&f.controlAddress, "control-addr", "", "address of the control API; the same as --addr when empty")
	set.BoolVar(&f.tls, "tls", false, "serve HTTPS, with a certificate of a new authority")
	set.StringVar(&f.caOut, "ca-out", "", "file to write the authority's certificate to (PEM)")
	set.StringVar(&f.infoOut, "info-out", "", "file to write URLs to as JSON, once the org listens")
	set.StringVar(&f.keyOut, "service-key-out", "", "make a service app "+serviceClientID+" with a new key, and write its private key to this file (PEM)")
	set.StringVar(&f.limits, "limits", "", "rate limits: off, integrator, enterprise, workforce; overrides the seed file")
	set.IntVar(&f.apps, "apps", 0, "add this many apps 0oabench000001… with secrets that follow from --apps-seed")
	set.StringVar(&f.benchSeed, "apps-seed", "bench", "seed of the secrets of --apps")
	if err := set.Parse(args); err != nil {
		return flags{}, err
	}
	if set.NArg() > 0 {
		return flags{}, fmt.Errorf("unexpected argument %q", set.Arg(0))
	}
	return f, nil
}
