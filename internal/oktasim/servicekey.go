package oktasim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"

	"github.com/go-jose/go-jose/v4"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// NewServiceKey makes the key pair of a service app as Okta's console does: the private key as PEM (PKCS #8), and the public one
// for AddServiceApp.
func NewServiceKey(keyID string) (private redact.Value, public jose.JSONWebKeySet, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return private, public, fmt.Errorf("generate key %q of a service app: %w", keyID, err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return private, public, fmt.Errorf("encode key %q of a service app: %w", keyID, err)
	}
	private = redact.NewValue(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	public.Keys = []jose.JSONWebKey{{Key: key.Public(), KeyID: keyID, Algorithm: string(jose.ES256), Use: "sig"}}

	return private, public, nil
}
