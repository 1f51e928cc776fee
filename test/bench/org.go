package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

const (
	// serviceClientID and serviceKeyID are those of the service app that oktasim makes for --service-key-out.
	serviceClientID = "0oaoperator000000000"
	serviceKeyID    = "oktasim"
	// appsSeed is what the apps' secrets follow from.
	appsSeed = "bench"
)

// org is a simulated Okta org that runs as a process of its own.
type org struct {
	*process

	url        string
	controlURL string
	ca         []byte
	key        []byte
}

// startOrg starts oktasim with n apps, without rate limits, and waits until it has said where it is.
func startOrg(ctx context.Context, program, dir string, n int) (*org, error) {
	file := func(name string) string { return filepath.Join(dir, name) }
	p, err := start(dir, program, nil, "--tls", "--control-addr=127.0.0.1:0", "--limits=off", fmt.Sprintf("--apps=%d", n), "--apps-seed="+appsSeed,
		"--ca-out="+file("org-ca.pem"), "--info-out="+file("org.json"), "--service-key-out="+file("org-key.pem"))
	if err != nil {
		return nil, err
	}
	o := &org{process: p}
	err = wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		return o.readInfo(file("org.json")), p.ended()
	})
	if err != nil {
		return o, fmt.Errorf("wait for the simulated org: %w", err)
	}
	if o.ca, err = os.ReadFile(file("org-ca.pem")); err != nil {
		return o, fmt.Errorf("read the org's CA: %w", err)
	}
	if o.key, err = os.ReadFile(file("org-key.pem")); err != nil {
		return o, fmt.Errorf("read the service key: %w", err)
	}
	return o, nil
}

func (o *org) readInfo(path string) bool {
	var told struct {
		URL        string `json:"url"`
		ControlURL string `json:"controlURL"`
	}
	content, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(content, &told) != nil {
		return false
	}
	o.url, o.controlURL = told.URL, told.ControlURL
	return true
}

// requests are all that the org has answered and still remembers.
func (o *org) requests(ctx context.Context) ([]oktasim.Request, error) {
	var log []oktasim.Request
	if err := o.get(ctx, "requests/log", &log); err != nil {
		return nil, err
	}
	return log, nil
}

// counts are all requests since the org's start, by route.
func (o *org) counts(ctx context.Context) (map[string]int, error) {
	var answer struct {
		ByRoute map[string]map[int]int `json:"byRoute"`
	}
	if err := o.get(ctx, "requests", &answer); err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for route, byStatus := range answer.ByRoute {
		for _, n := range byStatus {
			counts[route] += n
		}
	}
	return counts, nil
}

func (o *org) get(ctx context.Context, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, o.controlURL+path, nil)
	if err != nil {
		return fmt.Errorf("ask the simulated org for %s: %w", path, err)
	}
	client := http.Client{Timeout: time.Minute}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("ask the simulated org for %s: %w", path, err)
	}
	defer func() { _ = response.Body.Close() }()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("read %s of the simulated org: %w", path, err)
	}
	return nil
}

// checks counts, by client, the /token requests in which Okta authenticated the client: its secret was really tested. They
// are answered with an error that only an authenticated client gets.
func checks(log []oktasim.Request, accepted bool) map[string]int {
	counts := map[string]int{}
	for _, request := range log {
		isToken := request.Route == oktasim.RouteToken || request.Route == oktasim.RouteServerToken
		if isToken && strings.HasPrefix(request.ClientID, "0oabench") && (!accepted || request.Status == http.StatusBadRequest) {
			counts[request.ClientID]++
		}
	}
	return counts
}
