package tokencheck

// invalidClient is the OAuth error of a client that was not authenticated (RFC 6749 section 5.2).
const invalidClient = "invalid_client"

// causeBadBasic is the error of an Authorization header that Okta could not read.
const causeBadBasic = "invalid_basic_auth_creds"

// heard is an answer and what it was made of.
type heard struct {
	answer Answer
	finding
	// path is where it was asked.
	path string
}

// as is the answer after what more was asked.
func (h heard) as(w weight) Answer {
	answer := h.answer
	switch w {
	case proven:
		answer.Verdict, answer.Means, answer.Fix = Accepted, meaning(Accepted), advice(Accepted)
		answer.Detail = h.detail("which it does not say here to a secret that is wrong")
	case undecided, unknown:
		answer.Verdict = Unrecognized
		if h.answer.Verdict == Accepted {
			answer.Means, answer.Fix = meaning(Unrecognized), advice(Unrecognized)
		}
		answer.Detail = h.detail("and neither /token nor /revoke tells a right secret of this client from a wrong one")
		if w == unknown {
			answer.Detail = h.detail("and what that proves could not be found out this time")
		}
	case asItIs:
	}
	return answer
}

// cause names the answer: by Okta's name of the error, else by its code, else by its status alone.
func (h heard) cause() string {
	switch {
	case h.known.cause != "":
		return h.known.cause
	case h.code != "":
		return h.code
	default:
		return h.reason
	}
}

// passed says whether Okta got beyond the authentication of the client, as far as one answer can say.
func (h heard) passed() bool {
	return h.answer.Verdict == Accepted || h.then == askRandom && h.code != invalidClient
}

// isRefusal says whether Okta refused what was sent as credentials.
func (h heard) isRefusal() bool {
	switch h.answer.Verdict {
	case SecretRejected, ClientUnknown:
		return true
	default:
		return h.answer.Ambiguous || h.known.cause == causeBadBasic
	}
}

// understood ranks refusals by how much of the credentials Okta understood: not the header, not the id, or both.
func (h heard) understood() int {
	switch {
	case h.known.cause == causeBadBasic:
		return 0
	case h.answer.Verdict == ClientUnknown:
		return 1
	default:
		return 2
	}
}
