package oktasim

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// credentials are how a client says who it is.
type credentials struct {
	method    string
	clientID  string
	secret    string
	assertion *jwt.JSONWebToken
	algorithm string
}

// claimedClient is the client id that a request names, for counters, faults and the hook. It proves nothing.
func claimedClient(c *call) string {
	if c.form == nil {
		return ""
	}
	if id, _, ok := splitBasic(c.request.Header.Get("Authorization")); ok {
		return id
	}
	if id := c.form.Get("client_id"); id != "" {
		return id
	}
	token, err := parseAssertion(c.form.Get("client_assertion"))
	if err != nil {
		return ""
	}
	var claims jwt.Claims
	if err := token.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return ""
	}
	return claims.Issuer
}

func splitBasic(header string) (id, secret string, ok bool) {
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", "", false
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return "", "", false
	}
	return strings.Cut(string(decoded), ":")
}

// readCredentials takes the client's credentials from header or body; it refuses none, broken ones and several.
func (o *Org) readCredentials(c *call) (credentials, *oauthError) {
	header := c.request.Header.Get("Authorization")
	secret, assertion := c.form.Get("client_secret"), c.form.Get("client_assertion")
	given := 0
	for _, present := range []bool{header != "", secret != "", assertion != ""} {
		if present {
			given++
		}
	}
	switch {
	case given > 1:
		return credentials{}, &oauthError{
			status: http.StatusUnauthorized, code: "invalid_request",
			description: "Cannot supply multiple client credentials. Use one of the following: credentials in the Authorization " +
				"header, credentials in the post body, or a client_assertion in the post body.",
		}
	case header != "":
		return o.readBasic(header)
	case assertion != "":
		return readAssertion(c)
	case secret != "":
		return credentials{method: MethodPost, clientID: c.form.Get("client_id"), secret: secret}, nil
	case c.form.Get("client_id") != "":
		return credentials{method: MethodNone, clientID: c.form.Get("client_id")}, nil
	default:
		return credentials{}, invalidClient(textNoCredentials)
	}
}

func (o *Org) readBasic(header string) (credentials, *oauthError) {
	id, secret, ok := splitBasic(header)
	if !ok {
		return credentials{}, invalidClient(textBadBasic)
	}
	if !o.options.Unknowns.DecodeBasic {
		return credentials{method: MethodBasic, clientID: id, secret: secret}, nil
	}
	decodedID, idErr := url.QueryUnescape(id)
	decodedSecret, secretErr := url.QueryUnescape(secret)
	if idErr != nil || secretErr != nil {
		return credentials{}, invalidClient(textBadBasic)
	}
	return credentials{method: MethodBasic, clientID: decodedID, secret: decodedSecret}, nil
}

// identify finds the client that the credentials name; it does not look at the secret.
func (o *Org) identify(c *call) (*app, credentials, *oauthError) {
	given, refused := o.readCredentials(c)
	if refused != nil {
		return nil, given, refused
	}
	found := o.world.clients[given.clientID]
	switch {
	case found == nil && o.world.deleted[given.clientID]:
		return nil, given, o.clientRefusal(o.options.Unknowns.DeletedApp, RefuseAsUnknownClient)
	case found == nil && given.assertion != nil:
		return nil, given, invalidClient(textAssertionIssuer)
	case found == nil:
		return nil, given, o.clientRefusal(RefuseAsUnknownClient, "")
	case found.Status != Active:
		return nil, given, o.clientRefusal(o.options.Unknowns.InactiveApp, RefuseAsUnknownClient)
	default:
		return found, given, nil
	}
}

func (o *Org) clientRefusal(chosen, standard ClientRefusal) *oauthError {
	if chosen == "" {
		chosen = standard
	}
	switch chosen {
	case RefuseAsAmbiguous:
		return invalidClient(textAmbiguous)
	case RefuseAsUnknownClient:
		refusal := invalidClient(textUnknownClient)
		refusal.okta = true
		if o.options.Unknowns.UnknownClient400 {
			refusal.status = http.StatusBadRequest
		}
		return refusal
	default:
		return invalidClient(textWrongSecret)
	}
}

// prove checks the credentials against the client.
func (o *Org) prove(c *call, client *app, given credentials) *oauthError {
	configured := client.TokenEndpointAuthMethod
	if configured == MethodPrivateKeyJWT && given.assertion != nil {
		return o.proveByKey(c, client, given)
	}
	if configured == MethodClientSecretJWT && given.assertion != nil {
		return o.proveBySecretJWT(c, client, given)
	}
	if configured != given.method && (!o.options.Unknowns.AnyMethod || !bySecret(configured) || !bySecret(given.method)) {
		return invalidClient(textAmbiguous)
	}
	if configured == MethodNone {
		return nil
	}
	return o.proveBySecret(client, given.secret)
}

func bySecret(method string) bool { return method == MethodBasic || method == MethodPost }

// proveBySecret compares with every secret that /token honours at this moment. A client that has none at all gets the
// ambiguous text (Okta's catalogue gives it for a client without secret).
func (o *Org) proveBySecret(client *app, value string) *oauthError {
	if len(client.secrets) == 0 && len(client.gone) == 0 {
		return invalidClient(textAmbiguous)
	}
	now := o.clock.Now()
	refusal := o.options.Unknowns.WrongSecret
	for _, s := range append(slices.Clip(client.gone), client.secrets...) {
		if s.value != value {
			continue
		}
		if s.honouredAt(now) {
			return nil
		}
		if client.secret(s.id) != nil {
			refusal = o.options.Unknowns.InactiveSecret
		}
	}
	return o.clientRefusal(refusal, RefuseAsWrongSecret)
}

// algorithms that parsing lets through, so that a wrong one gets its own error instead of a parse error.
var assertionAlgorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.ES256, jose.ES384, jose.ES512, jose.HS256, jose.HS384, jose.HS512, jose.PS256,
}

func parseAssertion(text string) (*jwt.JSONWebToken, error) {
	token, err := jwt.ParseSigned(text, assertionAlgorithms)
	if err != nil {
		return nil, fmt.Errorf("parse client assertion: %w", err)
	}
	return token, nil
}

func readAssertion(c *call) (credentials, *oauthError) {
	if c.form.Get("client_assertion_type") != assertionType {
		return credentials{}, oauth400("invalid_request", "The client_assertion_type must be '"+assertionType+"'.")
	}
	token, err := parseAssertion(c.form.Get("client_assertion"))
	if err != nil {
		return credentials{}, invalidClient(textAssertionParse)
	}
	var claims jwt.Claims
	if err := token.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return credentials{}, invalidClient(textAssertionParse)
	}
	if claims.Subject != claims.Issuer {
		return credentials{}, invalidClient(textAssertionSubject)
	}
	method := MethodPrivateKeyJWT
	algorithm := token.Headers[0].Algorithm
	if strings.HasPrefix(algorithm, "HS") {
		method = MethodClientSecretJWT
	}
	return credentials{method: method, clientID: claims.Issuer, assertion: token, algorithm: algorithm}, nil
}
