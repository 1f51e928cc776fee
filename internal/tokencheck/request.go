package tokencheck

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

const (
	userAgent = "okta-credential-operator"
	// madeUpCode is an authorization code that Okta never gave out.
	madeUpCode = "oktacred-check-never-issued"
	// madeUpToken is a token that Okta never gave out.
	madeUpToken = "oktacred-check-never-issued"
	// madeUpScope is a scope that no authorization server has, so that asking for it cannot mint a token.
	madeUpScope = "oktacred.check.never.configured"
	// madeUpRedirect is sent where no registered redirect URI is known; the code is refused before it is looked at.
	madeUpRedirect = "https://localhost/oktacred-check"
	// madeUpVerifier has the 43 characters that RFC 7636 asks for, so that an app with PKCE does not refuse its lack.
	madeUpVerifier = "oktacred-check-0123456789-abcdefghijklmnopq"
)

// serverID is what Okta's ids of authorization servers are made of; anything else would leave the path.
var serverID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// validate answers a request that is not to be sent at all, else nil. It names no value.
func validate(r Request) *Answer {
	var answer Answer
	switch {
	case r.ClientID == "":
		answer = unsent(Unrecognized, "the client id is empty", "Put the client id into the credential or its Secret.")
	case r.Secret.IsEmpty():
		answer = unsent(Unrecognized, "the client secret is empty", "Put the client secret into the Secret.")
	case r.AuthorizationServer != "" && !serverID.MatchString(r.AuthorizationServer):
		answer = unsent(Unrecognized, "the authorization server is no id of Okta", advice(WrongAuthorizationServer))
	case !r.method().isKnown():
		answer = unsent(Unrecognized, "the authentication method is not one of client_secret_basic, client_secret_post and client_secret_jwt", "")
	case r.method() == ClientSecretJWT && len(r.Secret.Reveal()) < minHMACSecret:
		answer = unsent(MethodMismatch, "the client secret is shorter than the 32 characters that client_secret_jwt needs to sign with",
			"Set tokenEndpointAuthMethod to what the application is set to, or make a new client secret with the annotation oktacred.dev/rotate.")
		answer.Means = "The client secret is too short for client_secret_jwt, so it cannot be one that Okta takes by that method."
	default:
		return nil
	}
	return &answer
}

func (m Method) isKnown() bool {
	return m == ClientSecretBasic || m == ClientSecretPost || m == ClientSecretJWT
}

func (r Request) place() place { return place{org: r.OrgURL, server: r.AuthorizationServer} }

func (r Request) method() Method {
	if r.Method == "" {
		return ClientSecretBasic
	}
	return r.Method
}

// endpoint is the path of /token or /revoke at the org server or a custom one.
func (r Request) endpoint(probe string) string {
	leaf := "/v1/token"
	if probe == ProbeRevoke {
		leaf = "/v1/revoke"
	}
	if r.AuthorizationServer == "" {
		return "/oauth2" + leaf
	}
	return "/oauth2/" + r.AuthorizationServer + leaf
}

// after is the probe to try where one did not decide; ok is false where there is none. client_credentials is tried only where
// the client may have no other grant, and never at the org server, which takes no client secret for it.
func (r Request) after(h heard) (probe string, ok bool) {
	switch h.answer.Probe {
	case ProbeAuthorizationCode:
		if r.AuthorizationServer != "" && h.code == "unauthorized_client" {
			return ProbeClientCredentials, true
		}
		return ProbeRevoke, true
	case ProbeClientCredentials:
		return ProbeRevoke, true
	default:
		return "", false
	}
}

// form is what is asked. No question can be answered with a token.
func (r Request) form(probe string) url.Values {
	switch probe {
	case ProbeRevoke:
		return url.Values{"token": {madeUpToken}, "token_type_hint": {"access_token"}}
	case ProbeClientCredentials:
		return url.Values{"grant_type": {"client_credentials"}, "scope": {madeUpScope}}
	default:
		return url.Values{
			"grant_type": {"authorization_code"}, "code": {madeUpCode}, "redirect_uri": {firstOf(r.RedirectURI, madeUpRedirect)},
			"code_verifier": {madeUpVerifier},
		}
	}
}

// prepare makes the HTTP request.
func (r Request) prepare(ctx context.Context, probe string, encoded encoding, now time.Time) (*http.Request, error) {
	form, header, err := r.authenticate(r.form(probe), probe, encoded, now)
	if err != nil {
		return nil, err
	}
	prepared, err := http.NewRequestWithContext(ctx, http.MethodPost, r.OrgURL+r.endpoint(probe), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("the org URL %q is no URL", r.OrgURL)
	}
	prepared.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	prepared.Header.Set("Accept", "application/json")
	prepared.Header.Set("User-Agent", userAgent)
	if header != "" {
		prepared.Header.Set("Authorization", header)
	}
	return prepared, nil
}

// authenticate adds the client's credentials: the only place where a secret is revealed.
func (r Request) authenticate(form url.Values, probe string, encoded encoding, now time.Time) (with url.Values, header string, err error) {
	switch r.method() {
	case ClientSecretPost:
		form.Set("client_id", r.ClientID)
		form.Set("client_secret", r.Secret.Reveal())
	case ClientSecretJWT:
		assertion, err := r.assertion(r.OrgURL+r.endpoint(probe), now)
		if err != nil {
			return nil, "", err
		}
		form.Set("client_assertion_type", assertionType)
		form.Set("client_assertion", assertion.Reveal())
	case ClientSecretBasic:
		return form, r.basic(encoded), nil
	default:
		return nil, "", errors.New("the authentication method is not known")
	}
	return form, "", nil
}

// encoding says how the halves of an Authorization: Basic header are written. RFC 6749 section 2.3.1 wants them
// form-encoded; whether Okta decodes them is not documented, and matters only for values with special characters.
type encoding bool

const (
	formEncoded encoding = false
	plain       encoding = true
)

func (r Request) basic(encoded encoding) string {
	id, secret := r.ClientID, r.Secret.Reveal()
	if encoded == formEncoded {
		id, secret = url.QueryEscape(id), url.QueryEscape(secret)
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

// mayBeEncoding says whether the other encoding of the same values could be answered better.
func (r Request) mayBeEncoding(h heard) bool {
	if r.method() != ClientSecretBasic || !h.isRefusal() {
		return false
	}
	if h.answer.Verdict == ClientUnknown {
		return url.QueryEscape(r.ClientID) != r.ClientID
	}
	return r.basic(formEncoded) != r.basic(plain)
}
