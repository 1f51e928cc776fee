package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// comparison is what the org and oktasim answered, side by side.
type comparison struct {
	real, simulated []outcome
	// switches are those that make a scenario the same, by its name.
	switches map[string][]oktaSwitch
	// rest are scenarios that stay different with the first switch of each scenario turned.
	rest []string
}

// compare runs the scenarios against oktasim and, where it answers differently, against oktasim with each of its switches.
func compare(ctx context.Context, real []outcome) (comparison, error) {
	made := comparison{real: real, switches: map[string][]oktaSwitch{}}
	var err error
	if made.simulated, err = simulate(ctx); err != nil {
		return made, err
	}
	different := differing(real, made.simulated)
	if len(different) == 0 {
		return made, nil
	}
	for _, candidate := range switches {
		simulated, err := simulate(ctx, candidate)
		if err != nil {
			return made, fmt.Errorf("turn %s: %w", candidate.name, err)
		}
		still := differing(real, simulated)
		for _, name := range different {
			if !slices.Contains(still, name) {
				made.switches[name] = append(made.switches[name], candidate)
			}
		}
	}
	turned, err := simulate(ctx, made.turned()...)
	if err != nil {
		return made, err
	}
	made.rest = differing(real, turned)
	return made, nil
}

// turned is the first switch of each scenario that has one, each once.
func (c comparison) turned() []oktaSwitch {
	var turned []oktaSwitch
	for _, candidate := range switches {
		for _, found := range c.switches {
			if found[0].name == candidate.name {
				turned = append(turned, candidate)
				break
			}
		}
	}
	return turned
}

// differing names the scenarios that ran in both worlds and ended differently.
func differing(real, simulated []outcome) []string {
	var names []string
	for i, one := range real {
		if one.err == nil && !slices.Equal(one.findings, simulated[i].findings) {
			names = append(names, one.scenario)
		}
	}
	return names
}

// simulate runs every scenario against a new oktasim with these switches turned.
func simulate(ctx context.Context, turned ...oktaSwitch) (outcomes []outcome, err error) {
	var options oktasim.Options
	for _, one := range turned {
		one.turn(&options)
	}
	simulated := oktasim.New(options)
	token := redact.NewValue("00" + rand.Text())
	simulated.AddAPIToken(token, oktasim.Role{})
	server, err := simulated.StartTLS("", oktasim.TLSOptions{}) //nolint:contextcheck // a server lives longer than the call that starts it
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	o, err := connect(settings{
		orgURL: server.URL, auth: okta.Auth{APIToken: token}, caBundle: server.CA, private: true,
		interval: time.Millisecond, patience: time.Second, settle: time.Millisecond,
	}, io.Discard)
	if err != nil {
		return nil, err
	}
	defer o.http.CloseIdleConnections()
	outcomes, err = newStage(o).all(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range outcomes {
		if one.err != nil {
			return nil, fmt.Errorf("run scenario %q: %w", one.scenario, one.err)
		}
	}
	return outcomes, nil
}
