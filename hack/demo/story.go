package main

import (
	"context"
	"fmt"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

const (
	readyWithin  = 60 * time.Second
	healedWithin = 90 * time.Second
)

// story is what happens, and what has to be remembered of it to prove it at the end.
type story struct {
	*world

	out *page
	// oldValue and oldID are the client secret that is revoked.
	oldValue redact.Value
	oldID    string
	revoked  time.Time
	healed   time.Time
}

func (s *story) handOver(ctx context.Context) error {
	s.out.text("The three objects are config/samples, with nothing replaced but this org's address and certificate authority, " +
		"the client secret, and validation.interval: 10s in place of 10m, so that you need not wait. Of a value only a hash is shown.")
	for _, step := range []struct {
		file    string
		replace map[string]string
	}{
		{"clusteroktaconnection.yaml", map[string]string{"spec.orgURL": s.org.server.URL, "spec.caBundle": string(s.org.server.CA)}},
		{"secret.yaml", map[string]string{"stringData.client_secret": s.org.firstValue().Reveal()}},
		{"oktaclientcredential.yaml", map[string]string{"spec.validation.interval": "10s"}},
	} {
		object, err := s.sample(step.file, step.replace)
		if err != nil {
			return err
		}
		if err := s.apply(ctx, s.out, "config/samples/"+step.file, object); err != nil {
			return err
		}
	}
	s.out.blank()
	if err := s.watch(ctx, s.out, readyWithin, "the credential is Ready", nil, s.isReady); err != nil {
		return err
	}
	if err := s.until(ctx, readyWithin, "the connection is Ready", s.isConnected); err != nil {
		return err
	}
	s.out.blank()
	if err := s.get(ctx, s.out, "", "coconn"); err != nil {
		return err
	}
	if err := s.get(ctx, s.out, s.target.Namespace, "occ"); err != nil {
		return err
	}
	if err := s.remember(ctx); err != nil {
		return err
	}

	s.out.blank()

	return s.shopLogsIn(ctx, "present", s.oldValue, true)
}

// remember keeps the value that works now, and its id at Okta.
func (s *story) remember(ctx context.Context) error {
	value, err := s.value(ctx)
	if err != nil {
		return err
	}
	s.oldValue = value
	for _, secret := range s.org.Secrets(s.org.appID) {
		if secret.Value.Equal(value) {
			s.oldID = secret.ID
		}
	}

	return nil
}

func (s *story) revoke(ctx context.Context) error {
	s.out.text("In the admin console Ada Admin revokes the web shop's client secret. Okta does not let her deactivate the only " +
		"ACTIVE one, so she makes another, then deactivates and deletes the old one. She tells nobody.")
	s.revoked = time.Now()
	s.showFrom(s.revoked)
	if err := s.org.RevokeSecret(s.org.appID, s.oldID); err != nil {
		return fmt.Errorf("revoke the client secret: %w", err)
	}
	s.out.blank()
	for _, e := range s.oktaNow() {
		s.out.entry(e)
	}

	s.out.blank()

	return s.shopLogsIn(ctx, "present", s.oldValue, false)
}

func (s *story) heal(ctx context.Context) error {
	s.out.text("Kubernetes' events of the credential and Okta's audit log, as they come (times are UTC). A failed check is logged at " +
		"Okta under the client that it is about.")
	s.out.blank()
	unconfirmed := func(ctx context.Context, e entry) error {
		if e.source != fromKubernetes || e.what != v1alpha1.ReasonRejectionUnconfirmed {
			return nil
		}
		s.out.blank()
		s.out.note("One answer is not enough: a second one, at least 15 s later, must confirm it. Until then nothing is changed.")
		if err := s.get(ctx, s.out, s.target.Namespace, "occ"); err != nil {
			return err
		}
		s.out.blank()

		return nil
	}
	err := s.watch(ctx, s.out, healedWithin, "the credential is Ready with another value in its Secret", unconfirmed, s.isHealed)
	if err != nil {
		return err
	}
	if s.healed, err = s.readySince(ctx); err != nil {
		return err
	}
	s.out.blank()

	return s.get(ctx, s.out, s.target.Namespace, "occ")
}

// isHealed says whether the credential is Ready with a new value, and was not Ready in between.
func (s *story) isHealed(ctx context.Context) (bool, error) {
	value, err := s.value(ctx)
	if err != nil || value.Equal(s.oldValue) {
		return false, err
	}
	told := s.told(v1alpha1.ReasonRejectionUnconfirmed) && s.told(v1alpha1.ReasonSecretPromoted) && s.told(v1alpha1.ReasonAccepted)
	ready, err := s.isReady(ctx)

	return told && ready, err
}

func (s *story) prove(ctx context.Context) error {
	value, err := s.value(ctx)
	if err != nil {
		return err
	}
	if err := s.shopLogsIn(ctx, "old", s.oldValue, false); err != nil {
		return err
	}
	if err := s.shopLogsIn(ctx, "new", value, true); err != nil {
		return err
	}
	s.out.blank()
	s.out.text("The application's client secrets at Okta now:")
	s.out.blank()
	rows := [][]string{{"ID", "STATUS", "MADE BY", "HASH", ""}}
	held := 0
	for _, secret := range s.org.Secrets(s.org.appID) {
		remark := "Ada's, and left alone"
		if secret.Value.Equal(value) && secret.Status == oktasim.Active && secret.CreatedBy == s.org.operatorID {
			held++
			remark = "in the Kubernetes Secret"
		}
		rows = append(rows, []string{secret.ID, string(secret.Status), s.org.name(secret.CreatedBy), fingerprint(secret.Value), remark})
	}
	s.out.table(rows)
	if held != 1 || len(rows) != 3 {
		return fmt.Errorf("okta lists %d client secrets, %d of them the operator's and in the Kubernetes Secret; want 2 and 1", len(rows)-1, held)
	}

	return nil
}

func (s *story) describe(ctx context.Context) error { return s.describeCredential(ctx, s.out) }

// shopLogsIn does what the application does with its client secret, and shows Okta's answer. It is an error when the answer
// is not the expected one.
func (s *story) shopLogsIn(ctx context.Context, which string, value redact.Value, want bool) error {
	got, err := s.org.askForToken(ctx, value)
	if err != nil {
		return err
	}
	s.out.login(fmt.Sprintf("asks Okta for a token with the %s client secret (hash %s)", which, fingerprint(value)), got)
	for _, e := range s.oktaNow() {
		s.out.entry(e)
	}
	if got.accepted() != want {
		return fmt.Errorf("okta's answer to the web shop's %s client secret is not what it should be", which)
	}

	return nil
}
