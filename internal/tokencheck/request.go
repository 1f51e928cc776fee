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
)

const (
	userAgent = "okta-credential-operator"
	// madeUpCode is an authorization code that Okta never gave out.
	madeUpCode = "oktacred-check-never-issued"
	// madeUpToken is a token that Okta never gave out.
	madeUpToken = "oktacred-check-never-issued"
	// madeUpRedirect is sent where no registered redirect URI is known; the code is refused before it is looked at.
	madeUpRedirect = "https://localhost/oktacred-check"
	// madeUpVerifier has the 43 characters that RFC 7636 asks for, so that an app with PKCE does not refuse its lack.
	madeUpVerifier = "oktacred-check-0123456789-abcdefghijklmnopq"
)

// serverID is what Okta's ids of authorization servers are made of; anything else would leave the path.
var serverID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// encoding says how the halves of an Authorization: Basic header are written. RFC 6749 section 2.3.1 wants them
// form-encoded; whether Okta decodes them is not documented, and matters only for values with special characters.
type encoding bool

const (
	formEncoded encoding = false
	plain       encoding = true
)

// validate says what keeps a request from being sent at all. It names no value.
func validate(r Request) error {
	switch {
	case r.ClientID == "":
		return errors.New("the client id is empty")
	case r.Secret.IsEmpty():
		return errors.New("the client secret is empty")
	case r.AuthorizationServer != "" && !serverID.MatchString(r.AuthorizationServer):
		return errors.New("the authorization server is no id of Okta")
	case r.Method != "" && r.Method != ClientSecretBasic && r.Method != ClientSecretPost:
		return errors.New("the authentication method is not one of client_secret_basic and client_secret_post")
	default:
		return nil
	}
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

// form is what is asked. Neither question can be answered with a token.
func (r Request) form(probe string) url.Values {
	if probe == ProbeRevoke {
		return url.Values{"token": {madeUpToken}, "token_type_hint": {"access_token"}}
	}
	redirect := r.RedirectURI
	if redirect == "" {
		redirect = madeUpRedirect
	}
	return url.Values{
		"grant_type": {"authorization_code"}, "code": {madeUpCode}, "redirect_uri": {redirect}, "code_verifier": {madeUpVerifier},
	}
}

// prepare makes the HTTP request: the only place where the secret is revealed.
func (r Request) prepare(ctx context.Context, probe string, encoded encoding) (*http.Request, error) {
	form := r.form(probe)
	authorization := ""
	if r.Method == ClientSecretPost {
		form.Set("client_id", r.ClientID)
		form.Set("client_secret", r.Secret.Reveal())
	} else {
		authorization = r.basic(encoded)
	}
	prepared, err := http.NewRequestWithContext(ctx, http.MethodPost, r.OrgURL+r.endpoint(probe), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("the org URL %q is no URL", r.OrgURL)
	}
	prepared.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	prepared.Header.Set("Accept", "application/json")
	prepared.Header.Set("User-Agent", userAgent)
	if authorization != "" {
		prepared.Header.Set("Authorization", authorization)
	}
	return prepared, nil
}

func (r Request) basic(encoded encoding) string {
	id, secret := r.ClientID, r.Secret.Reveal()
	if encoded == formEncoded {
		id, secret = url.QueryEscape(id), url.QueryEscape(secret)
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

// dependsOnEncoding says whether the two encodings of this request differ.
func (r Request) dependsOnEncoding() bool {
	return r.Method != ClientSecretPost && r.basic(formEncoded) != r.basic(plain)
}
