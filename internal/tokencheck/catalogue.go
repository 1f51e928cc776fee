package tokencheck

import (
	"regexp"
	"slices"
	"strings"
)

// entry is one error that Okta's token endpoints can answer with, and what it proves.
type entry struct {
	// code is the OAuth error or, in the other shape of body, errorCode.
	code string
	// text is Okta's published description; an answer that begins with it, whatever its case and quotes, matches. Empty
	// matches every answer with the code, and belongs at the end.
	text string
	// cause is the name of the entry in Okta's error catalogue.
	cause string
	// statuses are the HTTP statuses that it was documented or seen with; with another one it proves nothing.
	statuses []int
	verdict  Verdict
	// conditional: proves Accepted where, and only where, the same request with a random secret is answered differently.
	// Then verdict is Unrecognized, which is what it proves by itself.
	conditional bool
	ambiguous   bool
	// source says how we know what it proves: (D) documented by Okta, (W) seen on the wire, (M) in somebody's mock.
	source string
}

// Statuses of entries. Okta documents 401 for every invalid_client; a 400 was seen once.
var (
	refusedClient = []int{401, 400}
	badRequest    = []int{400}
	anyRefusal    = []int{400, 401, 403}
)

// catalogue is in order: the first entry that matches counts. Texts and names: Okta's published OAuth error catalogue,
// release 2026.08.1. Nothing but its entries ever becomes SecretRejected.
var catalogue = []entry{
	{
		code: "invalid_client", text: "The client secret supplied for a confidential client is invalid.", cause: "invalid_client_secret",
		statuses: refusedClient, verdict: SecretRejected, source: "D: the catalogue has this text for a wrong secret alone",
	},
	{
		code: "invalid_client", text: "Invalid value for 'client_id' parameter.", cause: "invalid_client_id",
		statuses: refusedClient, verdict: ClientUnknown, source: "D, W: in both shapes of body",
	},
	{
		code: "invalid_client", text: "Client authentication failed. Either the client or the client credentials are invalid.",
		cause: "invalid_client", statuses: refusedClient, verdict: Unrecognized, ambiguous: true,
		source: "D, W: wrong method, a client without secret, no secret sent, perhaps a wrong secret",
	},
	{
		code: "invalid_grant", text: "The authorization code is invalid or has expired.", cause: "invalid_authorization_code",
		statuses: badRequest, verdict: Accepted, source: "D, M: the made-up code is looked at after the secret",
	},
	{
		code: "invalid_grant", text: "", cause: "invalid_grant", statuses: badRequest, verdict: Accepted,
		source: "D: RFC 6749 section 5.2 has invalid_grant for the grant, invalid_client for the client",
	},
	{
		code: "unauthorized_client", text: "The client is not authorized to use the provided grant type.", cause: "unauthorized_client",
		statuses: badRequest, verdict: Unrecognized, conditional: true, source: "M: looked at after the secret; not documented",
	},
	{
		code: "invalid_scope", text: "", cause: "invalid_scope", statuses: badRequest, verdict: Unrecognized, conditional: true,
		source: "not documented whether the scope is looked at before or after the secret",
	},
	{
		code: "invalid_dpop_proof", text: "The DPoP proof JWT header is missing.", cause: "invalid_dpop_proof_missing_header",
		statuses: badRequest, verdict: Unrecognized, conditional: true,
		source: "not documented whether the proof is looked at before or after the secret",
	},
	{
		code: "use_dpop_nonce", text: "", cause: "use_dpop_nonce", statuses: badRequest, verdict: Unrecognized, conditional: true,
		source: "not documented whether the proof is looked at before or after the secret",
	},
	{
		code: "access_denied", text: "The request is made from outside the client's permitted network zones.",
		cause: "disallowed_network_zone", statuses: anyRefusal, verdict: Forbidden, source: "D",
	},
	{
		code: "access_denied", text: "Policy evaluation failed for this request, please check the policy configurations.",
		cause: "no_matching_policy", statuses: anyRefusal, verdict: Forbidden, source: "D",
	},
	{
		code: "temporarily_unavailable", text: "", cause: "temporarily_unavailable", statuses: badRequest, verdict: Unreachable, source: "D",
	},
	{
		code: "E0000015", text: "You do not have permission to access the feature you are requesting", cause: "api_access_management",
		statuses: anyRefusal, verdict: Unrecognized, source: "W: custom authorization servers where API Access Management was not bought",
	},
}

// showable are further codes of Okta's that may be named to people; any other word in an answer could be an echo.
var showable = []string{
	"consent_required", "invalid_request", "invalid_token", "server_error", "unsupported_grant_type", "unsupported_token_type",
}

var errorCode = regexp.MustCompile(`^E[0-9]{7}$`)

// find returns the entry that an error matches, if there is one.
func find(status int, code, text string) (entry, bool) {
	text = normalize(text)
	for _, known := range catalogue {
		if known.code == code && strings.HasPrefix(text, normalize(known.text)) {
			return known, slices.Contains(known.statuses, status)
		}
	}
	return entry{}, false
}

// publishedCode returns the code if it is one that Okta publishes, else nothing.
func publishedCode(code string) string {
	isKnown := slices.ContainsFunc(catalogue, func(e entry) bool { return e.code == code })
	if isKnown || slices.Contains(showable, code) || errorCode.MatchString(code) {
		return code
	}
	return ""
}

// normalize makes texts comparable: Okta's catalogue and its answers differ in case, quotes and apostrophes.
func normalize(text string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		switch r {
		case '\'', '"', '`', '‘', '’', '“', '”':
			return -1
		default:
			return r
		}
	}, strings.TrimSpace(text)))
}
