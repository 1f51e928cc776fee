package main

import (
	"context"
	"fmt"

	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/tokencheck"
)

func (s *stage) accepted(ctx context.Context) error { return s.firstAnswer(ctx, s.basic) }

func (s *stage) acceptedByPost(ctx context.Context) error { return s.firstAnswer(ctx, s.post) }

// firstAnswer waits for a new app to be known at the token endpoint.
func (s *stage) firstAnswer(ctx context.Context, to app) error {
	got, err := s.until(ctx, s.clock.Now(), wanted{request: to.question(to.secret), met: isAccepted})
	if err != nil {
		return err
	}
	s.find("its secret", got.String())
	s.note("accepted %s after the app was made", seconds(got.took))
	return nil
}

func (s *stage) wrongSecret(ctx context.Context) error {
	return s.findAnswer(ctx, "a random secret", s.basic.question(newValue()))
}

func (s *stage) postAtBasic(ctx context.Context) error {
	request := s.basic.question(s.basic.secret)
	request.Method = tokencheck.ClientSecretPost
	if err := s.findAnswer(ctx, "the right secret", request); err != nil {
		return err
	}
	request.Secret = newValue()
	return s.findAnswer(ctx, "a random secret", request)
}

func (s *stage) basicAtPost(ctx context.Context) error {
	request := s.post.question(s.post.secret)
	request.Method = tokencheck.ClientSecretBasic
	if err := s.findAnswer(ctx, "the right secret", request); err != nil {
		return err
	}
	request.Secret = newValue()
	return s.findAnswer(ctx, "a random secret", request)
}

func (s *stage) unknownClient(ctx context.Context) error {
	request := s.basic.question(newValue())
	request.ClientID = s.madeUpID("0oa", "{client}")
	return s.findAnswer(ctx, "a made-up client id", request)
}

func (s *stage) unknownServer(ctx context.Context) error {
	request := s.basic.question(s.basic.secret)
	request.AuthorizationServer = s.madeUpID("aus", "{server}")
	return s.findAnswer(ctx, "a made-up server id", request)
}

// secretsListed looks at what the admin credential gets to see, and whether the undocumented hash is what we take it for.
func (s *stage) secretsListed(ctx context.Context) error {
	listed, err := s.list(ctx)
	if err != nil {
		return err
	}
	if len(listed) != 1 {
		return fmt.Errorf("list the secrets of a new app: there are %d, and one was expected", len(listed))
	}
	s.firstID = listed[0].ID
	shown := "shown"
	if !listed[0].Value.Equal(s.basic.secret) {
		shown = "not shown"
	}
	s.find("the value", shown)
	hash := "truncated SHA-256 of the value"
	if listed[0].Hash != s.basic.secret.Hash() {
		hash = "something else"
	}
	s.find("secret_hash", hash)
	return nil
}

// valueTwice asks for a second secret with the value of the first.
func (s *stage) valueTwice(ctx context.Context) error {
	mark := s.seen.mark()
	copied, err := s.create(ctx, s.basic.secret)
	if okta.KindOf(err) == okta.KindInvalidRequest {
		answers := s.seen.since(mark)
		s.find("a second secret of the same value", fmt.Sprintf("refused with %d", answers[len(answers)-1].status))
		return nil
	}
	if err != nil {
		return err
	}
	s.find("a second secret of the same value", "made")
	return s.drop(ctx, copied.ID)
}

// special is a secret that form-encoding changes, of the characters that Okta documents to be allowed.
const special = ` live: + / = % & " ' ?`

// specialCharacters finds out how the halves of Basic have to be written.
func (s *stage) specialCharacters(ctx context.Context) error {
	value := redact.NewValue(newValue().Reveal()[:32] + special)
	made, err := s.create(ctx, value)
	if err != nil {
		return err
	}
	got, err := s.until(ctx, s.clock.Now(), wanted{request: s.basic.question(value), met: isAccepted})
	if err != nil {
		return err
	}
	// The answer that was waited for took one request or two: form-encoded first, then as it is.
	s.find("form-encoded in Basic", got.answers[0].String())
	if len(got.answers) > 1 {
		s.find("as it is in Basic", got.answers[1].String())
	}
	return s.drop(ctx, made.ID)
}

// list, create and drop are about the secrets of the basic app.
func (s *stage) list(ctx context.Context) (listed []okta.ClientSecret, err error) {
	err = s.patiently(ctx, func() error {
		listed, err = s.admin.ListSecrets(ctx, s.basic.id)
		return err
	})
	return listed, err
}

func (s *stage) create(ctx context.Context, value redact.Value) (made okta.ClientSecret, err error) {
	s.seen.hide(value)
	err = s.patiently(ctx, func() error {
		made, err = s.admin.CreateSecret(ctx, s.basic.id, value)
		return err
	})
	return made, err
}

func (s *stage) deactivate(ctx context.Context, secretID string) error {
	return s.patiently(ctx, func() error { return s.admin.DeactivateSecret(ctx, s.basic.id, secretID) })
}

func (s *stage) remove(ctx context.Context, secretID string) error {
	return s.patiently(ctx, func() error { return s.admin.DeleteSecret(ctx, s.basic.id, secretID) })
}

func (s *stage) drop(ctx context.Context, secretID string) error {
	if err := s.deactivate(ctx, secretID); err != nil {
		return err
	}
	return s.remove(ctx, secretID)
}
