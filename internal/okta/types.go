package okta

import (
	"time"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// SecretStatus is the life-cycle state of a client secret, as Okta's management API spells it.
type SecretStatus string

// The two states that Okta documents for a client secret. An INACTIVE one counts against the limit of two too.
const (
	SecretActive   SecretStatus = "ACTIVE"
	SecretInactive SecretStatus = "INACTIVE"
)

// ClientSecret is one client secret of an application.
type ClientSecret struct {
	// ID is Okta's id of the secret ("ocs…").
	ID string
	// Status is ACTIVE or INACTIVE; any other word is passed on as Okta said it.
	Status SecretStatus
	// Value is empty where Okta masks it ("***DhOW") or leaves it out: some admin roles do not see values.
	Value redact.Value
	// Hash is Okta's secret_hash; compare it with redact.Value.Hash only after it held for a secret whose value is known,
	// since Okta does not document how it is made.
	Hash string
	// Created and LastUpdated are zero where Okta gave no time that can be read.
	Created, LastUpdated time.Time
}

// ApplicationStatus is the life-cycle state of an application, as Okta's management API spells it.
type ApplicationStatus string

// The states that Okta documents for an application.
const (
	ApplicationActive   ApplicationStatus = "ACTIVE"
	ApplicationInactive ApplicationStatus = "INACTIVE"
	ApplicationDeleted  ApplicationStatus = "DELETED"
)

// Application is what the operator needs to know of an Okta application.
type Application struct {
	// ID is Okta's id ("0oa…"); it equals ClientID unless somebody chose a client id of his own.
	ID string
	// ClientID is empty for an application that is no OAuth client.
	ClientID string
	Status   ApplicationStatus
	// Label is the name that people see in the Admin Console. It is text of a stranger: quote it.
	Label string
	// ApplicationType is web, native, browser or service.
	ApplicationType string
	// TokenEndpointAuthMethod is client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt or none.
	TokenEndpointAuthMethod string
	GrantTypes              []string
	RedirectURIs            []string
	PKCERequired            bool
	// DPoPBound says that the token endpoint wants a DPoP proof from this client.
	DPoPBound bool
	// IsOIDC is false for SAML and other sign-on modes, which have no client secret.
	IsOIDC bool
}

// Engine is the generation of an org.
type Engine string

// The two generations, by what /.well-known/okta-organization calls its pipeline: idx and v1.
const (
	EngineIdentity Engine = "IdentityEngine"
	EngineClassic  Engine = "Classic"
)

// Organization is what an org says about itself to everybody, at /.well-known/okta-organization.
type Organization struct {
	// ID is Okta's id of the org ("00o…").
	ID string
	// Engine is empty where the pipeline is one that we do not know.
	Engine Engine
	// Href is the org's own URL, which differs from the asked one where a custom domain is used.
	Href string
}

// Authorization is what the admin credential turned out to be good for.
type Authorization struct {
	// GrantedScopes is what Okta wrote into the access token; nil for an API token, which has no scopes.
	GrantedScopes []string
	// MissingScopes are the scopes asked for and not granted.
	MissingScopes []string
	// MissingPermissions are the admin-role permissions that the probe found missing, as Okta names them. That none is
	// missing here does not prove that none will be: a role can be limited to some applications.
	MissingPermissions []string
}
