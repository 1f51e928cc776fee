package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
)

// HostError: a request to another host than the one that the client was made for, or not over https. Nothing was sent.
type HostError struct {
	Host, Allowed string
}

// Error names both hosts.
func (e *HostError) Error() string {
	return fmt.Sprintf("refuse a request to host %q: only https to %q is allowed", e.Host, e.Allowed)
}

// AddressError: the host resolved to an address that is not public. Nothing was sent.
type AddressError struct {
	Address netip.Addr
}

// Error names the address.
func (e *AddressError) Error() string {
	return fmt.Sprintf("refuse to connect to %s: it is no public address", e.Address)
}

// RedirectError: the answer was a redirect, which is never followed: the request held credentials.
type RedirectError struct {
	Status int
}

// Error names the status. The target stays out: it is text of whoever answered.
func (e *RedirectError) Error() string {
	return fmt.Sprintf("refuse to follow a redirect (%d)", e.Status)
}

// TooLargeError: the body of the answer was longer than the limit, in bytes.
type TooLargeError struct {
	Limit int64
}

// Error names the limit.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("refuse an answer of more than %d bytes", e.Limit)
}

// Failure says why there was no usable answer. Its text is a whole phrase for people, the same for the same cause, with
// nothing in it that the other side or a URL could have put there.
type Failure string

// The failures, by what a person would have to look at.
const (
	FailureNone               Failure = ""
	FailureHostNotAllowed     Failure = "the request was for another host than the org's"
	FailureAddressNotAllowed  Failure = "the host resolves to an address that is not public"
	FailureRedirected         Failure = "the answer was a redirect, which is not followed"
	FailureTooLarge           Failure = "the answer was too large"
	FailureCanceled           Failure = "the request was given up by the operator"
	FailureTimeout            Failure = "there was no answer in time"
	FailureUnresolved         Failure = "the host name does not resolve"
	FailureRefused            Failure = "the connection was refused"
	FailureUnroutable         Failure = "there is no route to the host"
	FailureCertificateName    Failure = "the TLS certificate is for another host name"
	FailureCertificateUnknown Failure = "the TLS certificate is signed by an authority that is not trusted"
	FailureCertificateInvalid Failure = "the TLS certificate is expired, not yet valid or not usable"
	FailureTLS                Failure = "the TLS handshake failed"
	FailureInterrupted        Failure = "the connection broke before the answer was complete"
)

// FailureOf classifies an error of a client of this package, or of reading its answer's body.
func FailureOf(err error) Failure {
	if err == nil {
		return FailureNone
	}
	for _, classify := range []func(error) Failure{ownFailure, tlsFailure, networkFailure} {
		if failure := classify(err); failure != FailureNone {
			return failure
		}
	}
	return FailureInterrupted
}

func ownFailure(err error) Failure {
	switch {
	case is[*HostError](err):
		return FailureHostNotAllowed
	case is[*AddressError](err):
		return FailureAddressNotAllowed
	case is[*RedirectError](err):
		return FailureRedirected
	case is[*TooLargeError](err):
		return FailureTooLarge
	case errors.Is(err, context.Canceled):
		return FailureCanceled
	default:
		return FailureNone
	}
}

func tlsFailure(err error) Failure {
	switch {
	case is[x509.HostnameError](err):
		return FailureCertificateName
	case is[x509.UnknownAuthorityError](err):
		return FailureCertificateUnknown
	case is[x509.CertificateInvalidError](err), is[x509.SystemRootsError](err):
		return FailureCertificateInvalid
	case is[tls.RecordHeaderError](err), is[*tls.CertificateVerificationError](err), errors.Is(err, http.ErrSchemeMismatch):
		return FailureTLS
	case isAlert(err):
		return FailureTLS
	default:
		return FailureNone
	}
}

// isAlert recognises a TLS alert, whose type crypto/tls keeps to itself: it comes as a net.OpError with one of these names.
func isAlert(err error) bool {
	operation, ok := errors.AsType[*net.OpError](err)
	return ok && (operation.Op == "remote error" || operation.Op == "local error")
}

func networkFailure(err error) Failure {
	if lookup, ok := errors.AsType[*net.DNSError](err); ok && !lookup.IsTimeout {
		return FailureUnresolved
	}
	if network, ok := errors.AsType[net.Error](err); ok && network.Timeout() {
		return FailureTimeout
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return FailureTimeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return FailureRefused
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return FailureUnroutable
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return FailureInterrupted
	default:
		return FailureNone
	}
}

func is[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}
