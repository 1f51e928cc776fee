package okta

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what an error of Okta means for the caller. It is the only thing of an Error that code may branch on.
type Kind string

// The kinds. For a write all but Unknown promise that Okta changed nothing.
const (
	// KindNone is what KindOf returns where there is no error of this package.
	KindNone Kind = ""
	// KindNotFound: the application or secret is not there, or the admin role does not see it (Okta tells these not apart).
	KindNotFound Kind = "NotFound"
	// KindForbidden: the admin role lacks a permission, or a network policy refuses this address.
	KindForbidden Kind = "Forbidden"
	// KindMissingScope: the access token lacks a scope.
	KindMissingScope Kind = "MissingScope"
	// KindUnauthenticated: the admin API refused the API token or a fresh access token.
	KindUnauthenticated Kind = "Unauthenticated"
	// KindAdminCredentialRejected: Okta gave no access token for the private key; Error.Cause says why.
	KindAdminCredentialRejected Kind = "AdminCredentialRejected"
	// KindSlotsFull: the application has two client secrets already.
	KindSlotsFull Kind = "SlotsFull"
	// KindOnlyActiveSecret: Okta refuses to deactivate the last ACTIVE secret.
	KindOnlyActiveSecret Kind = "OnlyActiveSecret"
	// KindSecretStillActive: Okta deletes INACTIVE secrets only.
	KindSecretStillActive Kind = "SecretStillActive"
	// KindInvalidRequest: any other 4xx by which Okta refused the request.
	KindInvalidRequest Kind = "InvalidRequest"
	// KindThrottled: Okta's rate limit, or the share of it that the operator may use, is spent.
	KindThrottled Kind = "Throttled"
	// KindUnavailable: the request provably never left this process.
	KindUnavailable Kind = "Unavailable"
	// KindUnknown: the request may have been applied: a timeout, a reset after writing, a 5xx, an answer that cannot be read.
	KindUnknown Kind = "Unknown"
)

// maxErrorText bounds Error(): error texts go into conditions, where a longer one would be cut by the API server.
const maxErrorText = 300

// Error is an answer of Okta, or the lack of one. Its text is deterministic, so that a condition made of it does not
// change from one attempt to the next; what varies is in the fields.
type Error struct {
	// Operation says what was tried, in the imperative: `delete client secret "ocs…"`. It does not name the application: what is
	// taken for its id may be a secret under the wrong key of a Kubernetes Secret.
	Operation string
	Kind      Kind
	// Cause narrows AdminCredentialRejected down; empty otherwise.
	Cause CredentialCause
	// Status is the HTTP status, 0 when there was no answer.
	Status int
	// Code is Okta's errorCode (E0000007) or OAuth error (invalid_client), if it is one that Okta documents.
	Code string
	// Summary is Okta's text in its published wording, or a plain sentence of ours. At most 200 bytes.
	Summary string
	// Fix is what a person can do about it; empty where only waiting helps.
	Fix string
	// RequestID is x-okta-request-id, for Okta's support. Not part of Error().
	RequestID string
	// RetryAfter is how long Okta asked to wait, by Okta's own clock; 0 where it did not.
	RetryAfter time.Duration

	// canceled remembers that the caller gave up, so that errors.Is(err, context.Canceled) holds without exposing the
	// transport's error, whose text holds URLs.
	canceled error
}

// Error says what was tried, what came back and what can be done, in at most 300 bytes.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString(e.Operation)
	text.WriteString(": ")
	if e.Status != 0 {
		fmt.Fprintf(&text, "Okta answered %d", e.Status)
		if e.Code != "" {
			text.WriteString(" " + e.Code)
		}
		if e.Summary != "" {
			text.WriteString(": ")
		}
	}
	text.WriteString(e.Summary)
	if e.Fix != "" {
		text.WriteString("; " + e.Fix)
	}
	return truncate(text.String(), maxErrorText)
}

// Unwrap gives context.Canceled or context.DeadlineExceeded where that ended the request, else nil.
func (e *Error) Unwrap() error { return e.canceled }

// KindOf returns the kind of an error of this package, KindThrottled for a ThrottledError, and KindNone for nil and for
// errors of others.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	if _, ok := errors.AsType[*ThrottledError](err); ok {
		return KindThrottled
	}
	return KindNone
}

// RetryAfter returns how long to wait before trying again, by what Okta or the Budget said; 0 where nobody said.
func RetryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*ThrottledError](err); ok {
		return e.RetryAfter
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// ThrottledError says that the Budget let no request out: nothing was sent.
type ThrottledError struct {
	// Bucket is Okta's name of the rate limit that is spent, or "concurrent requests".
	Bucket string
	// RetryAfter is when to come back; always positive.
	RetryAfter time.Duration
}

// Error names the limit; how long to wait is in the field, because the text must not change with each attempt.
func (e *ThrottledError) Error() string {
	return "wait: the share of Okta's rate limit " + e.Bucket + " that this operator may use is spent"
}

// Delay is RetryAfter for packages that cannot import this one.
func (e *ThrottledError) Delay() time.Duration { return e.RetryAfter }

// CredentialCause says why Okta refused the admin credential.
type CredentialCause string

// The causes, each from the error catalogue that Okta publishes for /token.
const (
	CauseUnknown           CredentialCause = ""
	CauseClockSkew         CredentialCause = "ClockSkew"
	CauseKeyID             CredentialCause = "KeyID"
	CauseSignature         CredentialCause = "Signature"
	CauseNoKeys            CredentialCause = "NoKeys"
	CauseClientUnknown     CredentialCause = "ClientUnknown"
	CauseAudience          CredentialCause = "Audience"
	CauseReplayed          CredentialCause = "Replayed"
	CauseDPoPRequired      CredentialCause = "DPoPRequired"
	CauseGrantType         CredentialCause = "GrantType"
	CauseAuthMethod        CredentialCause = "AuthMethod"
	CausePolicy            CredentialCause = "Policy"
	CauseUnusableKey       CredentialCause = "UnusableKey"
	CauseTokenUnacceptable CredentialCause = "TokenUnacceptable"
)

// truncate cuts text to at most limit bytes, at the border of a character.
func truncate(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	const ellipsis = "…"
	return strings.ToValidUTF8(text[:limit-len(ellipsis)], "") + ellipsis
}

// contextCause returns the context error that ended a request, or nil.
func contextCause(err error) error {
	for _, cause := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, cause) {
			return cause
		}
	}
	return nil
}
