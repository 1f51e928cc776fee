package tokencheck

import (
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// Verdict is what an answer of Okta proves about a client secret; the API defines it, since users read it there.
type Verdict = v1alpha1.Verdict

// The verdicts that this package gives. Only SecretRejected may ever lead to a new secret, and not by itself.
const (
	Accepted                 = v1alpha1.VerdictAccepted
	SecretRejected           = v1alpha1.VerdictSecretRejected
	ClientUnknown            = v1alpha1.VerdictClientUnknown
	Forbidden                = v1alpha1.VerdictForbidden
	MethodMismatch           = v1alpha1.VerdictMethodMismatch
	WrongAuthorizationServer = v1alpha1.VerdictWrongAuthorizationServer
	PublicClient             = v1alpha1.VerdictPublicClient
	PrivateKeyRequired       = v1alpha1.VerdictPrivateKeyRequired
	Throttled                = v1alpha1.VerdictThrottled
	Unreachable              = v1alpha1.VerdictUnreachable
	Unrecognized             = v1alpha1.VerdictUnrecognized
)

// Method is how a client sends its secret, named as in RFC 7591.
type Method string

// The methods that this package can speak. The zero value means ClientSecretBasic.
const (
	ClientSecretBasic Method = "client_secret_basic"
	ClientSecretPost  Method = "client_secret_post"
	// ClientSecretJWT signs a JWT with the secret, which must have at least 32 bytes; a shorter one is not sent.
	ClientSecretJWT Method = "client_secret_jwt"
)

// Request says which secret to ask about.
type Request struct {
	// OrgURL is https://host[:port], without a path.
	OrgURL string
	// AuthorizationServer is empty for the org server, else "default" or "aus…".
	AuthorizationServer string
	ClientID            string
	Secret              redact.Value
	// Method defaults to ClientSecretBasic. Okta may refuse one that the application is not set to, so send what it is set to.
	Method Method
	// RedirectURI is sent with the made-up code; empty sends a made-up one, which Okta does not come to look at.
	RedirectURI string
}

// Answer is what came back, with nothing in it that could be a secret.
type Answer struct {
	Verdict Verdict
	// Status is the HTTP status, 0 when there was no answer.
	Status int
	// Code is the OAuth error or Okta's errorCode, if it is one that Okta publishes; else empty.
	Code string
	// Description is Okta's published text, if the answer began with it; else empty. "…" stands for a value in it.
	Description string
	// Cause is the name that Okta's error catalogue gives to this error (invalid_client_secret); empty if unknown.
	Cause string
	// Ambiguous marks the answer by which Okta says "either the client or the client credentials": a wrong method, a
	// client without secret, or perhaps a wrong secret. Only the admin API can tell them apart.
	Ambiguous bool
	// RequestID is Okta's x-okta-request-id.
	RequestID string
	// RetryAfter is how long to wait by Okta's own clock; 0 where nobody asked to wait.
	RetryAfter time.Duration
	// Probe names what was asked last: one of the Probe constants; empty where nothing was.
	Probe string
	// Means says in one plain sentence what the answer is evidence of: never empty, at most 300 bytes, never a secret.
	Means string
	// Fix is what to do about it, one plain imperative sentence; empty where nothing needs to be done.
	Fix string
	// Detail is the evidence in one plain sentence for people: deterministic, at most 300 bytes, never a secret.
	Detail string
	// ServerDate is the Date header of the answer; zero when there was none.
	ServerDate time.Time
}

// The probes.
const (
	// ProbeAuthorizationCode trades a made-up authorization code at /token; it cannot mint a token.
	ProbeAuthorizationCode = "authorization_code"
	// ProbeClientCredentials asks a custom authorization server for a made-up scope; where it minted a token all the same, it
	// is not asked again.
	ProbeClientCredentials = "client_credentials"
	// ProbeRevoke revokes a made-up token at /revoke, which Okta documents to need client authentication.
	ProbeRevoke = "revoke"
)
