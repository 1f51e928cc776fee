// Package redact holds the type of a secret value, so that printing one by accident prints [redacted].
// It must not log, compare in variable time, or offer any way to print a value but Reveal.
package redact

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
)

// placeholder is what every way of printing a Value says.
const placeholder = "[redacted]"

// Value is a secret: a client secret, an API token, a private key or an access token. Every formatting, logging and
// encoding interface of the standard library prints a placeholder; only Reveal gives the value.
type Value struct {
	secret string
}

// NewValue wraps a secret.
func NewValue(secret string) Value { return Value{secret: secret} }

// Reveal returns the secret in clear. Call it only where the value goes into a Kubernetes Secret or into an HTTPS
// request to Okta.
func (v Value) Reveal() string { return v.secret }

// IsEmpty says whether there is no secret.
func (v Value) IsEmpty() bool { return v.secret == "" }

// Equal compares two secrets in a time that depends on their lengths alone.
func (v Value) Equal(other Value) bool {
	return subtle.ConstantTimeCompare([]byte(v.secret), []byte(other.secret)) == 1
}

// Hash is what Okta calls secret_hash: base64url without padding of the first 16 bytes of SHA-256. Okta does not document
// it, so whoever compares it with an answer of Okta first checks it against a secret whose value is known. Journals use
// it to recognise a value that they no longer hold.
func (v Value) Hash() string {
	sum := sha256.Sum256([]byte(v.secret))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// String implements fmt.Stringer.
func (Value) String() string { return placeholder }

// GoString implements fmt.GoStringer.
func (Value) GoString() string { return placeholder }

// Format implements fmt.Formatter for every verb and flag.
func (Value) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, placeholder) }

// MarshalJSON implements json.Marshaler.
func (Value) MarshalJSON() ([]byte, error) { return []byte(`"` + placeholder + `"`), nil }

// MarshalText implements encoding.TextMarshaler.
func (Value) MarshalText() ([]byte, error) { return []byte(placeholder), nil }

// LogValue implements slog.LogValuer.
func (Value) LogValue() slog.Value { return slog.StringValue(placeholder) }

// MarshalLog implements logr.Marshaler.
func (Value) MarshalLog() any { return placeholder }
