package tokencheck

import (
	"crypto/rand"
	"errors"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// minHMACSecret is how many bytes a secret must have to sign with HS256 (RFC 7518 section 3.2; Okta asks for the same).
	minHMACSecret = 32
	// assertionLife is short: Okta refuses assertions that live an hour as soon as our clock is a little fast.
	assertionLife = 5 * time.Minute
	// assertionBackdate forgives a clock of ours that is a little fast ("must be issued before the current time").
	assertionBackdate = 30 * time.Second
)

// assertion signs a JWT with the client secret (client_secret_jwt, OpenID Connect Core section 9). The audience is the
// endpoint that is asked; its jti makes that Okta takes it once. It counts as a secret until it expires.
func (r Request) assertion(audience string, now time.Time) (redact.Value, error) {
	key := jose.SigningKey{Algorithm: jose.HS256, Key: []byte(r.Secret.Reveal())}
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return redact.Value{}, errors.New("the client secret cannot sign a JWT")
	}
	signed, err := jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: r.ClientID, Subject: r.ClientID, Audience: jwt.Audience{audience},
		IssuedAt: jwt.NewNumericDate(now.Add(-assertionBackdate)), Expiry: jwt.NewNumericDate(now.Add(assertionLife)),
		ID: rand.Text(),
	}).Serialize()
	if err != nil {
		return redact.Value{}, errors.New("the client secret cannot sign a JWT")
	}
	return redact.NewValue(signed), nil
}
