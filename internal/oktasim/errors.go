package oktasim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// apiError is an error of the admin API, with the fields that Okta's Error schema has.
type apiError struct {
	status  int
	code    string
	summary string
	causes  []string
}

// Error implements error, for the methods that arrange the world.
func (e *apiError) Error() string {
	return fmt.Sprintf("%s: %s: %s", e.code, e.summary, strings.Join(e.causes, " "))
}

// Errors that every admin endpoint can give.
func errInvalidToken() *apiError {
	return &apiError{status: http.StatusUnauthorized, code: "E0000011", summary: "Invalid token provided"}
}

func errForbidden() *apiError {
	return &apiError{
		status: http.StatusForbidden, code: "E0000006",
		summary: "You do not have permission to perform the requested action",
	}
}

func errInvalidSession() *apiError {
	return &apiError{status: http.StatusForbidden, code: "E0000005", summary: "Invalid session"}
}

func errNotFound(id, kind string) *apiError {
	return &apiError{
		status: http.StatusNotFound, code: "E0000007",
		summary: fmt.Sprintf("Not found: Resource not found: %s (%s)", id, kind),
	}
}

func errTooManyRequests() *apiError {
	return &apiError{
		status: http.StatusTooManyRequests, code: "E0000047",
		summary: "API call exceeded rate limit due to too many requests.",
	}
}

func errInternal() *apiError {
	return &apiError{status: http.StatusInternalServerError, code: "E0000009", summary: "Internal Server Error"}
}

func errFeatureMissing() *apiError {
	return &apiError{
		status: http.StatusUnauthorized, code: "E0000015",
		summary: "You do not have permission to access the feature you are requesting",
	}
}

func errValidation(subject string, causes ...string) *apiError {
	return &apiError{
		status: http.StatusBadRequest, code: "E0000001",
		summary: "Api validation failed: " + subject, causes: causes,
	}
}

// errSecret is the validation error whose subject the secrets endpoints name.
func errSecret(cause string) *apiError { return errValidation("OAuth2ClientSecretMediated", cause) }

// Causes of errSecret, as recorded (the first) and as documented.
const (
	causeTwoSecrets   = "You have reached the maximum number of client secrets per client."
	causeOnlyActive   = "You can't deactivate the only active client secret."
	causeDeleteActive = "You can't delete an active client secret. Deactivate the secret before deleting it."
	causeSameValue    = "The client secret is already used by this client."
)

// oauthError is an entry of the OAuth error catalogue that Okta publishes.
type oauthError struct {
	status      int
	code        string
	description string
	// okta says that the body is Okta's errorCode form instead of OAuth's, as for a client that is not known.
	okta bool
}

func invalidClient(description string) *oauthError {
	return &oauthError{status: http.StatusUnauthorized, code: "invalid_client", description: description}
}

func oauth400(code, description string) *oauthError {
	return &oauthError{status: http.StatusBadRequest, code: code, description: description}
}

// Descriptions of invalid_client in Okta's catalogue (release 2026.08.1).
const (
	textWrongSecret       = "The client secret supplied for a confidential client is invalid."
	textAmbiguous         = "Client authentication failed. Either the client or the client credentials are invalid."
	textUnknownClient     = "Invalid value for 'client_id' parameter."
	textNoCredentials     = "No client credentials found."
	textBadBasic          = "Found Authentication header but was not valid client credentials."
	textOrgNeedsKey       = "Client Credentials requests to the Org Authorization Server must use the private_key_jwt token_endpoint_auth_method."
	textOrgNeedsService   = "Only clients with 'application_type' of 'service' may use the client_credentials 'grant_type' with the Org Authorization Server."
	textAssertionUsed     = "The client_assertion token has already been used."
	textAssertionNoExpiry = "The client_assertion must contain the 'exp' claim as seconds since epoch."
	textAssertionExpired  = "The client_assertion token is expired."
	textAssertionTooLong  = "The client_assertion token has an expiration too far into the future."
	textAssertionAudience = "The audience claim for client_assertion must be the endpoint invoked for the request."
	textAssertionIssuer   = "The issuer claim for client_assertion is not a valid client_id."
	textAssertionSubject  = "The subject claim for client_assertion is not a valid client_id."
	textAssertionParse    = "The parsing of the client_assertion failed."
	textAssertionKid      = "The client_assertion JWT kid is invalid."
	textAssertionNoSecret = "The issuer and subject claim for client_assertion is invalid because the client does not have a client secret."
	textAssertionShort    = "The client secret is too short to verify a JWT HMAC."
	textAssertionSigned   = "The client_assertion signature is invalid."
	textAssertionAlg      = "The client_assertion JWT signature algorithm is invalid."
	textAssertionFuture   = "The client_assertion token must be issued before the current time."
	textAssertionNoKeys   = "The client does not have a JWKSet configured, but the client_assertion requires one."
)

// response is an answer before it is sent, so that a fault can spoil it on its way.
type response struct {
	status int
	header http.Header
	body   []byte
}

func newResponse(status int, body any) response {
	r := response{status: status, header: http.Header{}}
	if body == nil {
		return r
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		return newResponse(http.StatusInternalServerError, nil)
	}
	r.body = encoded
	r.header.Set("Content-Type", "application/json")
	return r
}

// errorBody is Okta's errorCode form. The schema's causes are never null.
type errorBody struct {
	Code    string       `json:"errorCode"`
	Summary string       `json:"errorSummary"`
	Link    string       `json:"errorLink"`
	ID      string       `json:"errorId"`
	Causes  []errorCause `json:"errorCauses"`
}

type errorCause struct {
	Summary string `json:"errorSummary"`
}

// refuse answers with an error of the admin API.
func (o *Org) refuse(e *apiError) response {
	causes := []errorCause{}
	for _, cause := range e.causes {
		causes = append(causes, errorCause{Summary: cause})
	}
	return newResponse(e.status, errorBody{
		Code: e.code, Summary: e.summary, Link: e.code, ID: "oae" + o.randomText(secretAlphabet, 22), Causes: causes,
	})
}

// refuseOAuth answers with an error of an OAuth endpoint, in the shape that this error has at Okta.
func (o *Org) refuseOAuth(c *call, e *oauthError) response {
	answer := newResponse(e.status, map[string]string{"error": e.code, "error_description": e.description})
	if e.okta {
		answer = o.refuse(&apiError{status: e.status, code: e.code, summary: e.description})
	}
	if e.status == http.StatusUnauthorized {
		answer.header.Set("WWW-Authenticate", fmt.Sprintf("Basic realm=%q", c.base))
	}
	return answer
}
