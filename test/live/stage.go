package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/tokencheck"
)

// scenario is one thing to find out. Scenarios run in the order of the list and build on each other's state, because making
// an app for each would take a small org's rate limit for a quarter of an hour.
type scenario struct {
	name string
	run  func(*stage, context.Context) error
}

// scenarios are everything that is asked. The last ones destroy what the first ones need.
var scenarios = []scenario{
	{"accepted", (*stage).accepted},
	{"accepted by post", (*stage).acceptedByPost},
	{"wrong secret", (*stage).wrongSecret},
	{"wrong method: post, app has basic", (*stage).postAtBasic},
	{"wrong method: basic, app has post", (*stage).basicAtPost},
	{"unknown client id", (*stage).unknownClient},
	{"unknown authorization server", (*stage).unknownServer},
	{"secrets listed", (*stage).secretsListed},
	{"same value twice", (*stage).valueTwice},
	{"special characters", (*stage).specialCharacters},
	{"rotated", (*stage).rotated},
	{"inactive secret", (*stage).inactiveSecret},
	{"deleted secret", (*stage).deletedSecret},
	{"inactive app", (*stage).inactiveApp},
	{"deleted app", (*stage).deletedApp},
}

// outcome is what one scenario found out.
type outcome struct {
	scenario string
	// findings are what is compared with the other org.
	findings []finding
	// notes are what is worth telling, but differs from run to run.
	notes []string
	// err says why the scenario could not run to its end.
	err error
}

// finding is one answer: what was asked, and what came.
type finding struct {
	what, told string
}

// stage is where scenarios play: an org, the apps made there, and what is known of them.
type stage struct {
	*org
	// label begins the labels of this run's apps, and of no other run's.
	label       string
	basic, post app
	// firstID and secondID are Okta's ids of the basic app's secrets.
	firstID, secondID string
	// second is the value that the app was rotated to.
	second redact.Value
	// before is the last answer to the first secret, to notice whether another cause makes another one.
	before string
	// playing is the outcome of the scenario under way.
	playing *outcome
}

func newStage(o *org) *stage {
	return &stage{org: o, label: labelPrefix + strings.ToLower(rand.Text()[:10]) + "-"}
}

// made are the apps that are to be removed.
func (s *stage) made() []string {
	var ids []string
	for _, made := range []app{s.basic, s.post} {
		if made.id != "" {
			ids = append(ids, made.id)
		}
	}
	return ids
}

// all makes the apps and runs every scenario. A scenario that could not run says so in its outcome; an error here means that
// none could.
func (s *stage) all(ctx context.Context) ([]outcome, error) {
	s.seen.scenario = "set up"
	var err error
	if s.basic, err = s.createApp(ctx, s.label+"basic", tokencheck.ClientSecretBasic); err != nil {
		return nil, err
	}
	if s.post, err = s.createApp(ctx, s.label+"post", tokencheck.ClientSecretPost); err != nil {
		return nil, err
	}
	outcomes := make([]outcome, 0, len(scenarios))
	for _, next := range scenarios {
		s.seen.scenario = next.name
		s.playing = &outcome{scenario: next.name}
		s.playing.err = next.run(s, ctx)
		outcomes = append(outcomes, *s.playing)
		if err := ctx.Err(); err != nil {
			return outcomes, fmt.Errorf("run scenario %q: %w", next.name, err)
		}
	}
	return outcomes, nil
}

func (s *stage) find(what, told string) {
	s.playing.findings = append(s.playing.findings, finding{what: what, told: told})
}

func (s *stage) note(format string, args ...any) {
	s.playing.notes = append(s.playing.notes, fmt.Sprintf(format, args...))
}

// findAnswer asks and takes the answer for a finding.
func (s *stage) findAnswer(ctx context.Context, what string, request tokencheck.Request) error {
	got, err := s.ask(ctx, request)
	if err != nil {
		return err
	}
	s.find(what, got.String())
	return nil
}

// errNotReached is what a scenario ends with that needs what an earlier one could not bring about.
var errNotReached = errors.New("an earlier scenario did not come as far as this one needs")

// newValue makes a client secret as the operator does: 64 letters and digits.
func newValue() redact.Value { return redact.NewValue((rand.Text() + rand.Text() + rand.Text())[:64]) }

// madeUpID is an id that looks like one of Okta's and is none.
func (s *stage) madeUpID(prefix, word string) string {
	id := prefix + rand.Text()[:17]
	s.seen.name(id, word)
	return id
}
