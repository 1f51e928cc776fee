package okta

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"

	oktasdk "github.com/okta/okta-sdk-golang/v5/okta"
	"k8s.io/utils/clock"

	"github.com/oktacred/okta-credential-operator/internal/egress"
)

// userAgent lets an org's admin see in the System Log who calls.
const userAgent = "okta-credential-operator"

// Client calls the admin API of one org with one admin credential. It is safe for use by several goroutines, retries
// nothing but a request whose access token had expired, and caches nothing but that token.
type Client struct {
	orgURL string
	http   *http.Client
	budget *Budget
	auth   authenticator
	// sdk is made when first needed: it starts a goroutine that ends when the Client is garbage.
	sdk func() *oktasdk.APIClient
}

// authenticator gives the Authorization header of an admin request.
type authenticator interface {
	// header returns the header, for the wire only.
	header(ctx context.Context) (string, error)
	// renew says whether a request that was refused with this header is worth sending again with a new one.
	renew(ctx context.Context, refused string) bool
}

// NewClient checks the form of the configuration (an error names what is wrong with the key) and calls nobody.
func NewClient(config Config) (*Client, error) {
	org, err := egress.ParseOrgURL(config.OrgURL)
	if err != nil {
		return nil, err
	}
	if config.HTTPClient == nil || config.Budget == nil {
		return nil, errors.New("make a client of Okta: HTTPClient and Budget are required")
	}
	if config.Clock == nil {
		config.Clock = clock.RealClock{}
	}
	if config.Rand == nil {
		config.Rand = rand.Reader
	}
	client := &Client{orgURL: org.String(), http: config.HTTPClient, budget: config.Budget}
	client.sdk = sync.OnceValue(client.newSDK)
	client.auth, err = newAuthenticator(client, config)
	if err != nil {
		return nil, err
	}
	return client, nil
}

func newAuthenticator(client *Client, config Config) (authenticator, error) {
	jwt := config.Auth.PrivateKeyJWT
	switch {
	case jwt != nil && !config.Auth.APIToken.IsEmpty():
		return nil, errors.New("read the admin credential: set either a private key or an API token, not both")
	case jwt != nil:
		return newTokenSource(client, *jwt, config.Clock, config.Rand)
	case !config.Auth.APIToken.IsEmpty():
		return newAPIToken(config.Auth.APIToken)
	default:
		return nil, errors.New("read the admin credential: set a private key or an API token")
	}
}

// call is one request to the org.
type call struct {
	// operation is Error.Operation.
	operation string
	method    string
	// path begins with a slash and may have a query.
	path        string
	body        []byte
	contentType string
	// scope is the OAuth scope that Okta documents for this request.
	scope string
	// confidential keeps every word of the answer out of errors, but those that are Okta's published ones.
	confidential bool
	// oauth says that errors come in the shape of the token endpoint.
	oauth bool
}

// answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// exchange sends a request with the admin credential and returns its answer if that is a 2xx, else an error of this
// package.
func (c *Client) exchange(ctx context.Context, request call) (answer, error) {
	reply, err := c.signAndSend(ctx, request)
	if err != nil {
		return answer{}, err
	}
	return reply, classify(request, reply)
}

// signAndSend sends a request with the admin credential and returns any answer. A request refused for its access token is
// sent once more with a new one: a 401 means that nothing was done.
func (c *Client) signAndSend(ctx context.Context, request call) (answer, error) {
	authorization, err := c.auth.header(ctx)
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w", request.operation, err)
	}
	reply, err := c.send(ctx, request, authorization)
	if err == nil && reply.status == http.StatusUnauthorized && c.auth.renew(ctx, authorization) {
		if authorization, err = c.auth.header(ctx); err != nil {
			return answer{}, fmt.Errorf("%s: %w", request.operation, err)
		}
		reply, err = c.send(ctx, request, authorization)
	}
	return reply, err
}

// send puts one request on the wire, within the budget. It returns any answer that was read to its end.
func (c *Client) send(ctx context.Context, request call, authorization string) (answer, error) {
	release, err := c.budget.Acquire(ctx, pathOf(request.path)) //nolint:bodyclose // release only reads headers of an answer that is closed here
	if err != nil {
		return answer{}, notSent(request, err)
	}
	var response *http.Response
	defer func() { release(response) }()

	// A connection that was never had proves that no byte of the request left; with one in hand nothing is proven.
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	prepared, err := c.prepare(traced, request, authorization)
	if err != nil {
		return answer{}, err
	}
	response, err = c.http.Do(prepared)
	if err != nil {
		return answer{}, withoutAnswer(request, err, connected.Load())
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, withoutAnswer(request, err, true)
	}
	return answer{status: response.StatusCode, header: response.Header, body: body}, nil
}

func (c *Client) prepare(ctx context.Context, request call, authorization string) (*http.Request, error) {
	var body io.Reader
	if request.body != nil {
		body = bytes.NewReader(request.body)
	}
	prepared, err := http.NewRequestWithContext(ctx, request.method, c.orgURL+request.path, body)
	if err != nil {
		// The error would quote the URL; what could be wrong with it was checked when the call was made.
		return nil, &Error{Operation: request.operation, Kind: KindInvalidRequest, Summary: "the request cannot be built"}
	}
	prepared.Header.Set("Accept", "application/json")
	prepared.Header.Set("User-Agent", userAgent)
	if request.contentType != "" {
		prepared.Header.Set("Content-Type", request.contentType)
	}
	if authorization != "" {
		prepared.Header.Set("Authorization", authorization)
	}
	return prepared, nil
}

// pathOf leaves out the query, by which Okta tells no buckets apart.
func pathOf(path string) string {
	parsed, err := url.Parse(path)
	if err != nil {
		return path
	}
	return parsed.Path
}

// notSent is the error of a request that the Budget did not let out.
func notSent(request call, err error) error {
	if cause := contextCause(err); cause != nil {
		return &Error{
			Operation: request.operation, Kind: KindUnavailable, Summary: "nothing was sent, because the operator gave up waiting for its turn",
			canceled: cause,
		}
	}
	return fmt.Errorf("%s: %w", request.operation, err)
}

// withoutAnswer is the error of a request that got no answer, or not all of one.
func withoutAnswer(request call, err error, connected bool) *Error {
	kind := KindUnavailable
	if connected {
		kind = KindUnknown
	}
	failure := egress.FailureOf(err)
	return &Error{
		Operation: request.operation, Kind: kind, Summary: string(failure), Fix: fixOfFailure(failure), canceled: contextCause(err),
	}
}

func fixOfFailure(failure egress.Failure) string {
	switch failure {
	case egress.FailureUnresolved, egress.FailureCertificateName, egress.FailureRedirected:
		return "check the connection's orgURL"
	case egress.FailureCertificateUnknown, egress.FailureCertificateInvalid, egress.FailureTLS:
		return "check the connection's orgURL and CA bundle, and what sits between the operator and Okta"
	case egress.FailureAddressNotAllowed:
		return "check the connection's orgURL, or ask who runs the operator to allow private addresses"
	case egress.FailureRefused, egress.FailureUnroutable:
		return "check the connection's orgURL, network policies and firewalls"
	default:
		return ""
	}
}
