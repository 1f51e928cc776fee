package tokencheck

// meaning is what a verdict says to people, where the table has no better words.
func meaning(v Verdict) string {
	switch v {
	case Accepted:
		return "Okta accepts the client secret."
	case SecretRejected:
		return "Okta knows the client and refuses the client secret."
	case ClientUnknown:
		return "This org has no client with this client id."
	case Forbidden:
		return "A policy or network zone of the org refuses the client, whatever its secret."
	case MethodMismatch:
		return "The application authenticates in another way than the one that was used."
	case WrongAuthorizationServer:
		return "The authorization server is not there, or does not serve this client."
	case PublicClient:
		return "The application is a public client, which has no client secret."
	case PrivateKeyRequired:
		return "The application authenticates with a private key, not with a client secret."
	case Throttled, Unreachable:
		return "Okta could not be asked, which says nothing about the client secret."
	default:
		return "Okta's answer proves nothing about the client secret."
	}
}

// advice is what people can do about a verdict, where the table has no better words; empty where nothing needs to be done.
func advice(v Verdict) string {
	switch v {
	case Accepted:
		return ""
	case SecretRejected:
		return "Make a new client secret; the operator does so by itself in mode Rotate."
	case ClientUnknown:
		return "Compare the client id in the Secret with the application's, and check that the connection leads to the right org."
	case Forbidden:
		return "Let the operator's address and the client in, or ask who keeps the org's policies."
	case MethodMismatch:
		return "Set tokenEndpointAuthMethod to what the application's client authentication is at Okta."
	case WrongAuthorizationServer:
		return "Correct authorizationServer; empty means the org authorization server."
	case PublicClient, PrivateKeyRequired:
		return "Stop managing a client secret for this application, or change its client authentication at Okta."
	case Throttled:
		return "Wait: the check is repeated by itself; if this stays so, look at the org's rate limit dashboard."
	case Unreachable:
		return "Check that the operator gets to the org: address, DNS, proxy, firewall, certificates. The check is repeated by itself."
	default:
		return "Look at what the org's System Log says about this client; the client secret is left as it is."
	}
}
