package tokencheck

import (
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// TestSignedAssertions looks at what is signed.
func TestSignedAssertions(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	request := Request{OrgURL: "https://example.okta.com", AuthorizationServer: "default", ClientID: "0oa1", Secret: redact.NewValue(rightSecret), Method: ClientSecretJWT}
	ids := map[string]bool{}
	for probe, audience := range map[string]string{
		ProbeAuthorizationCode: "https://example.okta.com/oauth2/default/v1/token",
		ProbeClientCredentials: "https://example.okta.com/oauth2/default/v1/token",
		ProbeRevoke:            "https://example.okta.com/oauth2/default/v1/revoke",
	} {
		prepared, err := request.prepare(t.Context(), probe, formEncoded, now)
		if err != nil {
			t.Fatal(err)
		}
		if prepared.Header.Get("Authorization") != "" || prepared.FormValue("client_secret") != "" || prepared.PostFormValue("client_assertion_type") != assertionType {
			t.Errorf("%s: the request holds other credentials than the assertion", probe)
		}
		token, err := jwt.ParseSigned(prepared.PostFormValue("client_assertion"), []jose.SignatureAlgorithm{jose.HS256})
		if err != nil {
			t.Fatal(err)
		}
		var claims jwt.Claims
		if err := token.Claims([]byte(rightSecret), &claims); err != nil {
			t.Fatal(err)
		}
		ids[claims.ID] = true
		claims.ID = ""
		want := jwt.Claims{
			Issuer: "0oa1", Subject: "0oa1", Audience: jwt.Audience{audience},
			IssuedAt: jwt.NewNumericDate(now.Add(-30 * time.Second)), Expiry: jwt.NewNumericDate(now.Add(5 * time.Minute)),
		}
		if diff := cmp.Diff(want, claims); diff != "" {
			t.Errorf("%s claims (-want +got):\n%s", probe, diff)
		}
	}
	if len(ids) != 3 || ids[""] {
		t.Errorf("the ids of three assertions are %v", ids)
	}
}
