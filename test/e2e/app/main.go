// Command app is the application of the end-to-end tests: it authenticates at the org with its client secret all the time, as
// one does that serves users, and tells over HTTP how that goes. It must never show the secret.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// ask is how often the application authenticates, and how long it waits for an answer.
const (
	ask     = time.Second
	timeout = 5 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := application{served: map[string]int{}}
	flag.StringVar(&a.endpoint, "token-endpoint", "", "URL of the org's token endpoint; ORG_CA holds its certificate authority")
	flag.StringVar(&a.clientID, "client-id", "", "client id")
	flag.StringVar(&a.file, "file", "", "file with the client secret, read before each use; else CLIENT_SECRET holds it")
	flag.StringVar(&a.knows, "knows", "", "hash of the one client secret with which it can start; it can with each when left out")
	address := flag.String("addr", ":8080", "address to tell at")
	flag.Parse()
	if err := run(ctx, &a, *address); err != nil {
		fmt.Fprintln(os.Stderr, "app:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, a *application, address string) error {
	secret, err := a.secret()
	if err != nil {
		return err
	}
	if cmp.Or(a.knows, secret.Hash()) != secret.Hash() {
		return fmt.Errorf("the client secret with hash %s is none that it knows", secret.Hash())
	}
	if a.client, err = trusting(os.Getenv("ORG_CA")); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: a.handler(), ReadHeaderTimeout: timeout}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()

	return a.work(ctx)
}
