package okta

import (
	"regexp"
	"slices"
)

// summaries are the texts that Okta publishes for its error codes (Okta's list of error codes), for the codes that the
// operator can meet.
var summaries = map[string]string{
	"E0000001": "Api validation failed",
	"E0000003": "The request body was not well-formed",
	"E0000004": "Authentication failed",
	"E0000005": "Invalid session",
	"E0000006": "You do not have permission to perform the requested action",
	"E0000007": "Not found",
	"E0000011": "Invalid token provided",
	"E0000014": "Update of credentials failed",
	"E0000015": "You do not have permission to access the feature you are requesting",
	"E0000021": "Bad request. Accept and/or Content-Type headers likely do not match supported values",
	"E0000022": "The endpoint does not support the provided HTTP method",
	"E0000026": "This endpoint has been deprecated",
	"E0000038": "This operation is not allowed in the user's current status",
	"E0000060": "Unsupported operation",
}

// refusals are errors of the client-secret operations that E0000001 alone does not tell apart, by a part of their text that
// Okta's answers and its OpenAPI description share, normalized.
var refusals = []struct {
	contains string
	kind     Kind
	summary  string
	fix      string
}{
	{
		"maximum number of client secrets", KindSlotsFull,
		"You have reached the maximum number of client secrets per client.",
		"delete a client secret of the application that nobody uses",
	},
	{
		"deactivate the only active client secret", KindOnlyActiveSecret,
		"You can't deactivate the only active client secret.", "",
	},
	{
		"delete an active client secret", KindSecretStillActive,
		"You can't delete an active client secret. Deactivate the secret before deleting it.", "",
	},
}

const (
	fixClock = "check the clock of the operator's node"
	fixKey   = "register the public half of this private key at the service app"
	fixKeyID = "set keyID to the kid that Okta shows beside the service app's public key"
	fixApp   = "check the service app's client id and the connection's orgURL"
)

// tokenRefusals are the answers of /token to a client assertion. Texts and codes: Okta's published OAuth error catalogue,
// release 2026.08.1.
var tokenRefusals = []struct {
	code   string
	prefix string
	cause  CredentialCause
	// kind replaces AdminCredentialRejected.
	kind Kind
	fix  string
}{
	{"invalid_client", "The client_assertion token has an expiration too far into the future.", CauseClockSkew, "", fixClock},
	{"invalid_client", "The client_assertion token is expired.", CauseClockSkew, "", fixClock},
	{"invalid_client", "The client_assertion token must be issued before the current time.", CauseClockSkew, "", fixClock},
	{"invalid_client", "The client_assertion JWT kid is invalid.", CauseKeyID, "", fixKeyID},
	{"invalid_client", "The client_assertion signature is invalid.", CauseSignature, "", fixKey},
	{"invalid_client", "The client_assertion JWT signature algorithm is invalid.", CauseSignature, "", fixKey},
	{"invalid_client", "The client_assertion JWT needs to be signed using a signing key.", CauseUnusableKey, "", fixKey},
	{"invalid_client", "The public key being used for client assertion has an invalid 'use' parameter.", CauseUnusableKey, "", fixKey},
	{"invalid_client", "The client does not have a JWKSet configured", CauseNoKeys, "", fixKey},
	{"invalid_client", "The client JWKSet is invalid.", CauseNoKeys, "", fixKey},
	{"invalid_client", "Error retrieving the client JWKSet from jwks_uri.", CauseNoKeys, "", "check the service app's jwks_uri"},
	{"invalid_client", "The client_assertion token has already been used.", CauseReplayed, "", ""},
	{"invalid_client", "The audience claim for client_assertion must be the endpoint invoked for the request.", CauseAudience, "", fixApp},
	{"invalid_client", "The issuer claim for client_assertion is not a valid client_id.", CauseClientUnknown, "", fixApp},
	{"invalid_client", "The subject claim for client_assertion is not a valid client_id.", CauseClientUnknown, "", fixApp},
	{"invalid_client", "Invalid value for 'client_id' parameter.", CauseClientUnknown, "", fixApp},
	{
		"invalid_client", "Client authentication failed. Either the client or the client credentials are invalid.", CauseAuthMethod, "",
		"set the service app's client authentication to public key / private key, and check that it is active",
	},
	{
		"invalid_client", "Only clients with 'application_type' of 'service' may use the client_credentials", CauseGrantType, "",
		"use an app of type API Services",
	},
	{"unauthorized_client", "", CauseGrantType, "", "allow the client credentials grant for the service app"},
	{"invalid_dpop_proof", "", CauseDPoPRequired, "", "turn off DPoP in the service app's settings"},
	{"use_dpop_nonce", "", CauseDPoPRequired, "", "turn off DPoP in the service app's settings"},
	{"access_denied", "", CausePolicy, "", "check the service app's network zones and the policies of the org"},
	{
		"consent_required", "You are not allowed any of the requested scopes.", CauseUnknown, KindMissingScope,
		"grant the scopes to the service app, under Okta API Scopes",
	},
	{
		"invalid_scope", "", CauseUnknown, KindMissingScope, "grant the scopes to the service app, under Okta API Scopes",
	},
}

// oauthCodes are the OAuth errors of Okta's catalogue that are fit to be shown: anything else could be an echo.
var oauthCodes = []string{
	"access_denied", "consent_required", "invalid_client", "invalid_dpop_proof", "invalid_grant", "invalid_request",
	"invalid_scope", "server_error", "temporarily_unavailable", "unauthorized_client", "unsupported_grant_type", "use_dpop_nonce",
}

var errorCode = regexp.MustCompile(`^E[0-9]{7}$`)

// publishedCode returns the code if it has the form of one of Okta's, else nothing.
func publishedCode(code string) string {
	if errorCode.MatchString(code) || slices.Contains(oauthCodes, code) {
		return code
	}
	return ""
}
