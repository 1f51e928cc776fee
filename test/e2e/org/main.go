// Command org runs the simulated Okta org of the end-to-end tests behind a Service. It must never stand where a real org is
// meant: it gives its control API to everybody in the cluster.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	name := flag.String("name", "", "host name of the Service; the certificate is for it")
	seed := flag.String("seed", "", "seed file (YAML)")
	address := flag.String("addr", ":8443", "address of the org (HTTPS)")
	controlAddress := flag.String("control-addr", ":8080", "address of the control API, and of /ca.pem (HTTP)")
	flag.Parse()
	if err := run(ctx, *name, *seed, *address, *controlAddress); err != nil {
		fmt.Fprintln(os.Stderr, "org:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, name, seedFile, address, controlAddress string) error {
	data, err := os.ReadFile(seedFile)
	if err != nil {
		return fmt.Errorf("read seed: %w", err)
	}
	seed, err := oktasim.ParseSeed(data)
	if err != nil {
		return err
	}
	options, err := seed.Options()
	if err != nil {
		return err
	}
	options.URL = "https://" + name
	org := oktasim.New(options)
	if err := org.Plant(seed); err != nil {
		return err
	}
	server, err := org.StartTLS(address, oktasim.TLSOptions{Names: []string{name}}) //nolint:contextcheck // it listens until it is closed
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	control := http.NewServeMux()
	control.Handle("/_sim/", org.ControlHandler(func() error { return org.Plant(seed) }))
	control.HandleFunc("GET /ca.pem", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(server.CA) })
	second, err := oktasim.Serve(control, controlAddress) //nolint:contextcheck // as above
	if err != nil {
		return err
	}
	defer func() { _ = second.Close() }()
	fmt.Println("The org", options.URL, "listens on", address, "and its control API on", controlAddress)
	<-ctx.Done()

	return nil
}
