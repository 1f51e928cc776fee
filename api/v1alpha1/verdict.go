package v1alpha1

// Verdict is what Okta's answers say about the client secret in the Kubernetes Secret.
type Verdict string

const (
	// VerdictAccepted: Okta authenticated the client with this secret.
	VerdictAccepted Verdict = "Accepted"

	// VerdictSecretRejected: Okta knows the client and refuses this secret. Only this verdict, confirmed by a second answer
	// and not contradicted by Okta's own list of the application's secrets, starts a healing rotation.
	VerdictSecretRejected Verdict = "SecretRejected"

	// VerdictClientUnknown: Okta has no client with this id. A new secret would not help.
	VerdictClientUnknown Verdict = "ClientUnknown"

	// VerdictForbidden: a policy or a network zone of the org refuses the request. A new secret would not help.
	VerdictForbidden Verdict = "Forbidden"

	// VerdictSecretMalformed: the stored value is not what the application's ACTIVE secret is, but becomes it when a newline,
	// quotes, an encoding and the like are taken away. Writing the clean value repairs it.
	VerdictSecretMalformed Verdict = "SecretMalformed"

	// VerdictRejectedButActive: Okta's token endpoint refuses a value that its admin API lists as ACTIVE, and nothing else that
	// was looked at says why. A new secret would not help.
	VerdictRejectedButActive Verdict = "RejectedButActive"

	// VerdictMethodMismatch: the application authenticates in another way than the one that was used.
	VerdictMethodMismatch Verdict = "MethodMismatch"

	// VerdictWrongAuthorizationServer: the authorization server is not there, or does not serve this client.
	VerdictWrongAuthorizationServer Verdict = "WrongAuthorizationServer"

	// VerdictWrongTenant: the client, or the issuer that its applications use, belongs to another org than the connection's.
	VerdictWrongTenant Verdict = "WrongTenant"

	// VerdictApplicationInactive: the application is deactivated at Okta, so no client secret works.
	VerdictApplicationInactive Verdict = "ApplicationInactive"

	// VerdictApplicationGone: an application that Okta accepted before is not there any more.
	VerdictApplicationGone Verdict = "ApplicationGone"

	// VerdictPublicClient: the application is a public client (method "none"), which has no client secret to check.
	VerdictPublicClient Verdict = "PublicClient"

	// VerdictPrivateKeyRequired: the application authenticates with private_key_jwt and not with a client secret.
	VerdictPrivateKeyRequired Verdict = "PrivateKeyRequired"

	// VerdictThrottled: Okta's rate limit is used up (429). It says nothing about the secret.
	VerdictThrottled Verdict = "Throttled"

	// VerdictUnreachable: no usable answer: refused connection, timeout, TLS failure, 5xx. It says nothing about the secret.
	VerdictUnreachable Verdict = "Unreachable"

	// VerdictUnrecognized: an answer that is not known to mean anything about the secret, such as a proxy's HTML page.
	VerdictUnrecognized Verdict = "Unrecognized"
)

// Decides says whether the verdict is about the client and its secret, and not about the way to Okta.
func (v Verdict) Decides() bool {
	switch v {
	case VerdictThrottled, VerdictUnreachable, VerdictUnrecognized, "":
		return false
	default:
		return true
	}
}
