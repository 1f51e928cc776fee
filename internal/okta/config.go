package okta

import (
	"io"
	"net/http"

	"k8s.io/utils/clock"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// Config is what a Client is made of. OrgURL, HTTPClient, Auth and Budget are required.
type Config struct {
	// OrgURL is https://host[:port], as egress.ParseOrgURL returns it.
	OrgURL string
	// HTTPClient comes from egress.New and may reach the host of OrgURL only.
	HTTPClient *http.Client
	// Auth is the admin credential.
	Auth Auth
	// Budget is the one of this org, shared by every Client and Checker of it.
	Budget *Budget
	// Clock defaults to the real one.
	Clock clock.Clock
	// Rand defaults to crypto/rand; it makes the ids of assertions, not their signatures.
	Rand io.Reader
}

// Auth is one of the two ways to authenticate to the admin API: exactly one field is set.
type Auth struct {
	PrivateKeyJWT *PrivateKeyJWT
	// APIToken is an SSWS token; it dies with its owner, or after 30 days without use.
	APIToken redact.Value
}

// PrivateKeyJWT is the admin credential that Okta recommends: a service app with a public key.
type PrivateKeyJWT struct {
	ClientID string
	// KeyID is the kid that Okta shows beside the public key; empty takes the kid of a JWK, and sends none for a PEM key.
	KeyID string
	// PrivateKey is a PEM block (PKCS#1, PKCS#8, SEC 1) or a JWK: RSA of 2048 bits at least, or EC P-256, P-384, P-521.
	PrivateKey redact.Value
	// Scopes defaults to DefaultScopes.
	Scopes []string
}
