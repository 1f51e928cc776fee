package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

const (
	// serviceClientID is the service app of --service-key-out.
	serviceClientID = "0oaoperator000000000"
	serviceKeyID    = "oktasim"
	demoToken       = "00oktasimDemoTokenThatOpensNothingElse"
	demoApp         = "0oademo0000000000000"
	demoSecret      = "demoSecretOfTheSimulatedOrg0123456789abcdefghijklmnopqrstuvwxyz01"
)

// info is what --info-out holds.
type info struct {
	URL        string `json:"url"`
	ControlURL string `json:"controlURL"`
	CAFile     string `json:"caFile,omitempty"`
	KeyFile    string `json:"keyFile,omitempty"`
}

func run(ctx context.Context, args []string, out io.Writer) error {
	f, err := parseFlags(args, out)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	seed, err := loadSeed(f)
	if err != nil {
		return err
	}
	options, err := seed.Options()
	if err != nil {
		return err
	}
	org := oktasim.New(options)
	if err := org.Plant(seed); err != nil {
		return err
	}
	reached, closeAll, err := serve(f, org, func() error { return org.Plant(seed) })
	if err != nil {
		return err
	}
	defer closeAll()
	if err := announce(f, reached, seed, out); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// loadSeed is the seed file, or a small org, with what the flags add.
func loadSeed(f flags) (oktasim.Seed, error) {
	seed := oktasim.Seed{
		AuthorizationServers: []oktasim.AuthorizationServer{{ID: "default", Scopes: []string{"demo"}}},
		APITokens:            []oktasim.SeedAPIToken{{Token: demoToken}},
		Apps: []oktasim.SeedApp{{
			App:     oktasim.App{ID: demoApp, Label: "Demo"},
			Secrets: []oktasim.SeedSecret{{Value: demoSecret}},
		}},
	}
	if f.seed != "" {
		data, err := os.ReadFile(f.seed)
		if err != nil {
			return seed, fmt.Errorf("read seed: %w", err)
		}
		if seed, err = oktasim.ParseSeed(data); err != nil {
			return seed, err
		}
	}
	if f.limits != "" {
		seed.Limits = oktasim.LimitsName(f.limits)
	}
	if f.apps > 0 {
		seed.Bench = oktasim.SeedBench{Apps: f.apps, Seed: f.benchSeed}
	}
	if f.keyOut == "" {
		return seed, nil
	}
	service, err := newServiceApp(f.keyOut)
	seed.ServiceApps = append(seed.ServiceApps, service)
	return seed, err
}

// newServiceApp makes a key pair, writes the private half to a file and gives the public half to a service app.
func newServiceApp(file string) (oktasim.SeedServiceApp, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return oktasim.SeedServiceApp{}, fmt.Errorf("generate service key: %w", err)
	}
	privateDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return oktasim.SeedServiceApp{}, fmt.Errorf("encode service key: %w", err)
	}
	publicDER, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		return oktasim.SeedServiceApp{}, fmt.Errorf("encode public key: %w", err)
	}
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: privateDER}), 0o600); err != nil {
		return oktasim.SeedServiceApp{}, fmt.Errorf("write service key: %w", err)
	}
	return oktasim.SeedServiceApp{
		ClientID: serviceClientID, KeyID: serviceKeyID,
		PublicKey: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER})),
		Scopes:    []string{"okta.apps.read", "okta.apps.manage", "okta.logs.read"},
	}, nil
}

// serve starts the org and its control API, on one port or two.
func serve(f flags, org *oktasim.Org, reset func() error) (info, func(), error) {
	control := org.ControlHandler(reset)
	handler := http.NewServeMux()
	handler.Handle("/", org.Handler())
	if f.controlAddress == "" {
		handler.Handle("/_sim/", control)
	}
	server, err := listen(f, handler)
	if err != nil {
		return info{}, nil, err
	}
	reached := info{URL: server.URL, ControlURL: server.URL + "/_sim/", KeyFile: f.keyOut}
	if f.caOut != "" && f.tls {
		reached.CAFile = f.caOut
		if err := os.WriteFile(f.caOut, server.CA, 0o644); err != nil { //nolint:gosec // a certificate is public
			return info{}, nil, fmt.Errorf("write authority: %w", errors.Join(err, server.Close()))
		}
	}
	if f.controlAddress == "" {
		return reached, func() { _ = server.Close() }, nil
	}
	second, err := oktasim.Serve(control, f.controlAddress)
	if err != nil {
		return info{}, nil, errors.Join(err, server.Close())
	}
	reached.ControlURL = second.URL + "/_sim/"
	return reached, func() { _, _ = server.Close(), second.Close() }, nil
}

func listen(f flags, handler http.Handler) (*oktasim.Server, error) {
	if f.tls {
		return oktasim.ServeTLS(handler, f.address, oktasim.TLSOptions{})
	}
	return oktasim.Serve(handler, f.address)
}

// announce says how to reach the org. Values of a seed file are not repeated; those of the built-in org open nothing else.
func announce(f flags, reached info, seed oktasim.Seed, out io.Writer) error {
	if f.infoOut != "" {
		data, err := json.MarshalIndent(reached, "", "  ")
		if err != nil {
			return fmt.Errorf("encode info: %w", err)
		}
		if err := os.WriteFile(f.infoOut, append(data, '\n'), 0o644); err != nil { //nolint:gosec // URLs are public
			return fmt.Errorf("write info: %w", err)
		}
	}
	line := func(name, value string) { _, _ = fmt.Fprintf(out, "%-12s %s\n", name, value) }
	line("Org", reached.URL)
	line("Control API", reached.ControlURL)
	if reached.CAFile != "" {
		line("CA", reached.CAFile)
	}
	for _, service := range seed.ServiceApps {
		line("Service app", fmt.Sprintf("%s  key id %s  scopes %v", service.ClientID, service.KeyID, service.Scopes))
	}
	if f.keyOut != "" {
		line("Private key", f.keyOut)
	}
	if f.seed == "" {
		line("API token", demoToken)
		line("App", demoApp+"  secret "+demoSecret)
	}
	for _, planted := range seed.Apps {
		if f.seed != "" {
			line("App", fmt.Sprintf("%s  %s  secrets %d", planted.ID, planted.Label, len(planted.Secrets)))
		}
	}
	if seed.Bench.Apps > 0 {
		line("Bench apps", fmt.Sprintf("%s to %s", oktasim.BenchClientID(1), oktasim.BenchClientID(seed.Bench.Apps)))
	}
	line("Try", "curl -XPOST "+reached.ControlURL+"apps/APP/secrets/active/revoke")
	return nil
}
