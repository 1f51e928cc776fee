package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

const usage = `To ask a real org, better a test org than one that people log in to:

  export OKTACRED_LIVE_ORG_URL=https://example.okta.com       # not the -admin host
  export OKTACRED_LIVE_CLIENT_ID=0oa…                         # a service app with private_key_jwt,
  export OKTACRED_LIVE_PRIVATE_KEY_FILE=/path/to/key.pem      #   its private key (PEM or JWK)
  export OKTACRED_LIVE_KEY_ID=…                               #   and the KID that Okta shows beside the public key
  export OKTACRED_LIVE_API_TOKEN=00…                          # or, instead of these three, an API token
  make live

It makes two applications of its own, named oktacred-live-…, and removes them. For that the credential needs the scopes
okta.apps.read and okta.apps.manage, and an admin role with okta.apps.read, okta.apps.manage and
okta.apps.clientCredentials.read on all applications (a role on some of them may not make new ones). docs/live.md tells more.
`

// settings are what a run is told.
type settings struct {
	orgURL string
	auth   okta.Auth
	caFile string
	// caBundle is PEM; it comes from caFile.
	caBundle []byte
	private  bool
	// interval is the time between two questions while waiting for a change to show.
	interval time.Duration
	patience time.Duration
	// settle is how long an answer that did not change with its cause gets to do so.
	settle time.Duration
}

// read takes the org and the admin credential from the environment.
func (s *settings) read(getenv func(string) string) error {
	s.orgURL = getenv("OKTACRED_LIVE_ORG_URL")
	token, clientID, keyFile := getenv("OKTACRED_LIVE_API_TOKEN"), getenv("OKTACRED_LIVE_CLIENT_ID"), getenv("OKTACRED_LIVE_PRIVATE_KEY_FILE")
	switch {
	case s.orgURL == "":
		return errors.New("OKTACRED_LIVE_ORG_URL is not set")
	case token != "" && (clientID != "" || keyFile != ""):
		return errors.New("set either OKTACRED_LIVE_API_TOKEN or OKTACRED_LIVE_CLIENT_ID with OKTACRED_LIVE_PRIVATE_KEY_FILE, not both")
	case token != "":
		s.auth = okta.Auth{APIToken: redact.NewValue(token)}
		return nil
	case clientID == "" || keyFile == "":
		return errors.New("set OKTACRED_LIVE_CLIENT_ID and OKTACRED_LIVE_PRIVATE_KEY_FILE, or OKTACRED_LIVE_API_TOKEN")
	}
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return fmt.Errorf("read OKTACRED_LIVE_PRIVATE_KEY_FILE: %w", err)
	}
	s.auth = okta.Auth{PrivateKeyJWT: &okta.PrivateKeyJWT{
		ClientID: clientID, KeyID: getenv("OKTACRED_LIVE_KEY_ID"), PrivateKey: redact.NewValue(string(key)),
	}}
	return nil
}

// readCA reads caFile, if there is one.
func (s *settings) readCA() error {
	if s.caFile == "" {
		return nil
	}
	bundle, err := os.ReadFile(s.caFile)
	if err != nil {
		return fmt.Errorf("read -ca-file: %w", err)
	}
	s.caBundle = bundle
	return nil
}
