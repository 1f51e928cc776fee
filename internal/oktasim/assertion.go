package oktasim

import (
	"crypto"
	"slices"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// maxAssertionLifetime is how far in the future an assertion may expire. One that lives exactly an hour is refused when the
// clock of its maker is a little fast.
const maxAssertionLifetime = time.Hour

// proveByKey checks a private_key_jwt assertion against the client's public keys.
func (o *Org) proveByKey(c *call, client *app, given credentials) *oauthError {
	if strings.HasPrefix(given.algorithm, "HS") || strings.HasPrefix(given.algorithm, "PS") {
		return invalidClient(textAssertionAlg)
	}
	if len(client.Keys) == 0 {
		return invalidClient(textAssertionNoKeys)
	}
	key, refused := keyFor(client.Keys, given.assertion.Headers[0].KeyID)
	if refused != nil {
		return refused
	}
	var claims jwt.Claims
	if err := given.assertion.Claims(publicKey(key), &claims); err != nil {
		return invalidClient(textAssertionSigned)
	}
	return o.checkClaims(c, claims)
}

// keyFor is the key that the header names; a header without kid fits a client with one key.
func keyFor(keys []jose.JSONWebKey, kid string) (jose.JSONWebKey, *oauthError) {
	if kid == "" && len(keys) == 1 {
		return keys[0], nil
	}
	i := slices.IndexFunc(keys, func(key jose.JSONWebKey) bool { return kid != "" && key.KeyID == kid })
	if i < 0 {
		return jose.JSONWebKey{}, invalidClient(textAssertionKid)
	}
	return keys[i], nil
}

// publicKey is the public half, in case somebody registered a whole key pair.
func publicKey(key jose.JSONWebKey) any {
	if private, ok := key.Key.(interface{ Public() crypto.PublicKey }); ok {
		return private.Public()
	}
	return key.Key
}

// proveBySecretJWT checks a client_secret_jwt assertion against every secret that /token honours at this moment.
func (o *Org) proveBySecretJWT(c *call, client *app, given credentials) *oauthError {
	if !strings.HasPrefix(given.algorithm, "HS") {
		return invalidClient(textAssertionAlg)
	}
	honoured := slices.DeleteFunc(slices.Concat(client.gone, client.secrets), func(s *secret) bool {
		return !s.honouredAt(o.clock.Now())
	})
	if len(honoured) == 0 {
		return invalidClient(textAssertionNoSecret)
	}
	for _, s := range honoured {
		if len(s.value) < 32 {
			return invalidClient(textAssertionShort)
		}
		var claims jwt.Claims
		if err := given.assertion.Claims([]byte(s.value), &claims); err == nil {
			return o.checkClaims(c, claims)
		}
	}
	return invalidClient(textAssertionSigned)
}

// checkClaims checks audience, times and replay of an assertion whose signature is right.
func (o *Org) checkClaims(c *call, claims jwt.Claims) *oauthError {
	now := o.clock.Now()
	switch {
	case !claims.Audience.Contains(c.base + c.request.URL.Path):
		return invalidClient(textAssertionAudience)
	case claims.Expiry == nil:
		return invalidClient(textAssertionNoExpiry)
	case !now.Before(claims.Expiry.Time()):
		return invalidClient(textAssertionExpired)
	case claims.Expiry.Time().After(now.Add(maxAssertionLifetime)):
		return invalidClient(textAssertionTooLong)
	case claims.IssuedAt != nil && claims.IssuedAt.Time().After(now):
		return invalidClient(textAssertionFuture)
	default:
		return o.spendAssertion(claims, now)
	}
}

// spendAssertion remembers a jti until its assertion expires, and refuses the second use.
func (o *Org) spendAssertion(claims jwt.Claims, now time.Time) *oauthError {
	for id, expiry := range o.world.jtis {
		if !now.Before(expiry) {
			delete(o.world.jtis, id)
		}
	}
	if claims.ID == "" {
		return nil
	}
	id := claims.Issuer + " " + claims.ID
	if _, used := o.world.jtis[id]; used {
		return invalidClient(textAssertionUsed)
	}
	o.world.jtis[id] = claims.Expiry.Time()
	return nil
}
