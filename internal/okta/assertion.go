package okta

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// minRSABits is what Okta documents as the least size of a client's RSA key.
const minRSABits = 2048

// assertionSigner makes the client assertions of private_key_jwt (RFC 7523).
type assertionSigner struct {
	signer jose.Signer
	random io.Reader
}

func newAssertionSigner(config PrivateKeyJWT, random io.Reader) (assertionSigner, error) {
	key, keyID, err := parsePrivateKey(config.PrivateKey)
	if err != nil {
		return assertionSigner{}, err
	}
	if config.KeyID != "" {
		keyID = config.KeyID
	}
	algorithm, err := algorithmOf(key)
	if err != nil {
		return assertionSigner{}, err
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: keyID}},
		(&jose.SignerOptions{}).WithType("JWT"),
	)
	if err != nil {
		return assertionSigner{}, errors.New("the key cannot sign")
	}
	return assertionSigner{signer: signer, random: random}, nil
}

// sign makes an assertion for one request; its jti makes that Okta takes it once.
func (a assertionSigner) sign(clientID, audience string, now time.Time) (redact.Value, error) {
	id := make([]byte, 16)
	if _, err := io.ReadFull(a.random, id); err != nil {
		return redact.Value{}, fmt.Errorf("read random bytes for the assertion: %w", err)
	}
	signed, err := jwt.Signed(a.signer).Claims(jwt.Claims{
		Issuer:   clientID,
		Subject:  clientID,
		Audience: jwt.Audience{audience},
		IssuedAt: jwt.NewNumericDate(now.Add(-assertionBackdate)),
		Expiry:   jwt.NewNumericDate(now.Add(assertionLife)),
		ID:       hex.EncodeToString(id),
	}).Serialize()
	if err != nil {
		return redact.Value{}, errors.New("sign the assertion: the key cannot sign")
	}
	return redact.NewValue(signed), nil
}

// parsePrivateKey reads PEM or a JWK. Its errors say what was found instead, and never quote it.
func parsePrivateKey(encoded redact.Value) (key crypto.PrivateKey, keyID string, err error) {
	text := strings.TrimSpace(encoded.Reveal())
	if strings.HasPrefix(text, "{") {
		return parseJWK(text)
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, "", errors.New("it is neither PEM (-----BEGIN PRIVATE KEY-----) nor a JWK ({\"kty\":…})")
	}
	key, err = parseBlock(block)
	return key, "", err
}

func parseJWK(text string) (crypto.PrivateKey, string, error) {
	var web jose.JSONWebKey
	if err := web.UnmarshalJSON([]byte(text)); err != nil {
		return nil, "", errors.New("the JWK cannot be read; store the one JSON object that Okta showed, not a key set")
	}
	if web.IsPublic() {
		return nil, "", errors.New("the JWK is a public key; store the private one")
	}
	return web.Key, web.KeyID, nil
}

func parseBlock(block *pem.Block) (key crypto.PrivateKey, err error) {
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		return nil, errors.New("the PEM block is encrypted; store the key without a passphrase")
	case "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE":
		return nil, errors.New("the PEM block is a public key; store the private one")
	default:
		return nil, errors.New("the PEM block is no private key")
	}
	if err != nil {
		return nil, errors.New("the PEM block cannot be read; it is damaged, encrypted, or of a kind that Okta does not take")
	}
	return key, nil
}

// algorithmOf takes the algorithm that Okta documents for the kind of key.
func algorithmOf(key crypto.PrivateKey) (jose.SignatureAlgorithm, error) {
	switch typed := key.(type) {
	case *rsa.PrivateKey:
		if typed.N.BitLen() < minRSABits {
			return "", fmt.Errorf("the RSA key has %d bits, Okta wants %d at least", typed.N.BitLen(), minRSABits)
		}
		return jose.RS256, nil
	case *ecdsa.PrivateKey:
		switch typed.Curve.Params().BitSize {
		case 256:
			return jose.ES256, nil
		case 384:
			return jose.ES384, nil
		case 521:
			return jose.ES512, nil
		}
	}
	return "", errors.New("the key is neither RSA nor EC with P-256, P-384 or P-521")
}
