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
	case VerdictAccepted, VerdictSecretRejected, VerdictClientUnknown, VerdictForbidden:
		return true
	case VerdictThrottled, VerdictUnreachable, VerdictUnrecognized:
		return false
	default:
		return false
	}
}
