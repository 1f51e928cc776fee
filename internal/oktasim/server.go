package oktasim

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"time"

	"k8s.io/utils/clock"
)

// Server is an org that listens.
type Server struct {
	// URL is where it listens, without a trailing slash.
	URL string
	// CA is the PEM certificate of the authority that signed the server's; empty without TLS.
	CA []byte

	server *http.Server
}

// TLSOptions describe the certificate of a server; the zero value is one that clients accept at its URL.
type TLSOptions struct {
	// Names are the host names and addresses in the certificate; localhost, 127.0.0.1 and ::1 when empty.
	Names []string
	// NotAfter is its end; in a year when zero. A past time makes an expired certificate.
	NotAfter time.Time
}

// Start listens without TLS; an empty address means a free port of the loopback.
func (o *Org) Start(address string) (*Server, error) { return Serve(o.Handler(), address) }

// StartTLS listens with TLS under a certificate of a new authority.
func (o *Org) StartTLS(address string, options TLSOptions) (*Server, error) {
	return ServeTLS(o.Handler(), address, options)
}

// Serve is Start for any handler, such as the org's behind a middleware or beside its control API.
func Serve(handler http.Handler, address string) (*Server, error) {
	listener, err := listen(address)
	if err != nil {
		return nil, err
	}
	server := newServer(handler)
	go func() { _ = server.Serve(listener) }()
	return &Server{URL: "http://" + listener.Addr().String(), server: server}, nil
}

// ServeTLS is StartTLS for any handler.
func ServeTLS(handler http.Handler, address string, options TLSOptions) (*Server, error) {
	certificate, ca, err := newCertificate(options)
	if err != nil {
		return nil, err
	}
	listener, err := listen(address)
	if err != nil {
		return nil, err
	}
	server := newServer(handler)
	server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}}
	go func() { _ = server.ServeTLS(listener, "", "") }()
	return &Server{URL: "https://" + listener.Addr().String(), CA: ca, server: server}, nil
}

// Close ends the server and every connection, requests under way included.
func (s *Server) Close() error { return s.server.Close() }

func listen(address string) (net.Listener, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w", address, err)
	}
	return listener, nil
}

// newServer logs nothing: broken connections are what faults make.
func newServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: log.New(io.Discard, "", 0),
	}
}

func newCertificate(options TLSOptions) (tls.Certificate, []byte, error) {
	now := clock.RealClock{}.Now()
	if len(options.Names) == 0 {
		options.Names = []string{"localhost", "127.0.0.1", "::1"}
	}
	if options.NotAfter.IsZero() {
		options.NotAfter = now.AddDate(1, 0, 0)
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "oktasim authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(2, 0, 0),
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: options.Names[0]},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: options.NotAfter,
	}
	for _, name := range options.Names {
		if address := net.ParseIP(name); address != nil {
			leaf.IPAddresses = append(leaf.IPAddresses, address)
			continue
		}
		leaf.DNSNames = append(leaf.DNSNames, name)
	}
	return sign(authority, leaf)
}

func sign(authority, leaf *x509.Certificate) (tls.Certificate, []byte, error) {
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("generate authority key: %w", err)
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("generate server key: %w", err)
	}
	authorityDER, err := x509.CreateCertificate(rand.Reader, authority, authority, &authorityKey.PublicKey, authorityKey)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("sign authority: %w", err)
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, authority, &leafKey.PublicKey, authorityKey)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("sign server certificate: %w", err)
	}
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authorityDER})
	return tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: leafKey}, ca, nil
}
