package main

import (
	"context"
	"fmt"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// rotated makes a second secret with a value of ours, as the operator does, and waits for it to be taken.
func (s *stage) rotated(ctx context.Context) error {
	if s.firstID == "" {
		return errNotReached
	}
	value := newValue()
	made, err := s.create(ctx, value)
	if err != nil {
		return err
	}
	s.secondID = made.ID
	kept := "kept as it was sent"
	if !made.Value.Equal(value) {
		kept = "changed or not shown"
	}
	s.find("the value of the second secret", kept)
	got, err := s.until(ctx, s.clock.Now(), wanted{request: s.basic.question(value), met: isAccepted})
	if err != nil {
		return err
	}
	s.find("the second secret", got.String())
	if !got.met {
		return fmt.Errorf("rotate: the second secret was not accepted within %s", s.patience)
	}
	s.second = value
	s.note("a new secret was accepted %s after it was made", seconds(got.took))
	return s.findAnswer(ctx, "the first secret beside it", s.basic.question(s.basic.secret))
}

func (s *stage) inactiveSecret(ctx context.Context) error {
	if s.second.IsEmpty() {
		return errNotReached
	}
	if err := s.deactivate(ctx, s.firstID); err != nil {
		return err
	}
	got, err := s.until(ctx, s.clock.Now(), wanted{request: s.basic.question(s.basic.secret), met: isRefused})
	if err != nil {
		return err
	}
	s.before = got.String()
	s.find("the first secret, INACTIVE", s.before)
	s.note("a deactivated secret was %s", s.refusal(got))
	return s.findAnswer(ctx, "the second secret", s.basic.question(s.second))
}

func (s *stage) deletedSecret(ctx context.Context) error {
	if s.before == "" {
		return errNotReached
	}
	if err := s.remove(ctx, s.firstID); err != nil {
		return err
	}
	got, err := s.settled(ctx, s.basic.question(s.basic.secret), s.before)
	if err != nil {
		return err
	}
	s.find("the first secret, deleted", got.String())
	return s.findAnswer(ctx, "the second secret", s.basic.question(s.second))
}

// inactiveApp asks with the secret that the app still takes, so that the app's status is the only fault.
func (s *stage) inactiveApp(ctx context.Context) error {
	if err := s.deactivateApp(ctx, s.basic.id); err != nil {
		return err
	}
	got, err := s.until(ctx, s.clock.Now(), wanted{request: s.basic.question(s.current()), met: isRefused})
	if err != nil {
		return err
	}
	s.before = got.String()
	s.find("a right secret", s.before)
	s.note("a deactivated app was %s", s.refusal(got))
	return nil
}

func (s *stage) deletedApp(ctx context.Context) error {
	if err := s.deleteApp(ctx, s.basic.id); err != nil {
		return err
	}
	got, err := s.settled(ctx, s.basic.question(s.current()), s.before)
	if err != nil {
		return err
	}
	s.find("a right secret", got.String())
	return nil
}

// current is the secret that the app takes: the first one as long as no other took its place.
func (s *stage) current() redact.Value {
	if s.second.IsEmpty() {
		return s.basic.secret
	}
	return s.second
}

func (s *stage) refusal(got waited) string {
	if !got.met {
		return "still accepted after " + seconds(got.took)
	}
	return "refused after " + seconds(got.took)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
