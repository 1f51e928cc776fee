package tokencheck

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"time"

	"k8s.io/utils/clock"

	"github.com/oktacred/okta-credential-operator/internal/egress"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// maxBody is how much of an answer is read: Okta's errors have some hundred bytes.
const maxBody = 64 << 10

// Limiter keeps requests to Okta within a share of its rate limits; okta.Budget is one. An error that has a method
// Delay() time.Duration means that nothing was sent.
type Limiter interface {
	// Acquire asks to send a request to this URL path; release takes the answer, nil when there was none.
	Acquire(ctx context.Context, path string) (release func(*http.Response), err error)
}

// Checker asks one org's token endpoints about client secrets. It is safe for use by several goroutines.
type Checker struct {
	http    *http.Client
	limiter Limiter
	memory  *memory
}

// New makes a Checker. The client comes from egress.New; a nil clock is the real one.
func New(httpClient *http.Client, limiter Limiter, passive clock.PassiveClock) *Checker {
	if passive == nil {
		passive = clock.RealClock{}
	}
	return &Checker{http: httpClient, limiter: limiter, memory: newMemory(passive)}
}

// Check asks whether the secret authenticates, without minting a token. It costs one request; the first answer of its kind
// at a place can cost one or two more, to find out what it proves there.
func (c *Checker) Check(ctx context.Context, request Request) Answer {
	if err := validate(request); err != nil {
		return unsent(err)
	}
	about := client{place: request.place(), clientID: request.ClientID}
	if c.memory.isUndecided(about) {
		return c.ask(ctx, request, ProbeRevoke).answer
	}
	heard := c.ask(ctx, request, ProbeAuthorizationCode)
	if !heard.known.conditional {
		return heard.answer
	}
	decides, ok := c.calibrate(ctx, request, heard.known.cause)
	if ok && decides {
		heard.answer.Verdict = Accepted
		heard.answer.Detail = heard.detail("which it does not say here to a secret that is wrong")
		return heard.answer
	}
	if ok {
		c.memory.setUndecided(about)
	}
	return c.ask(ctx, request, ProbeRevoke).answer
}

// SecondOpinion asks /revoke, which Okta documents to need client authentication, about the same secret. It costs one
// request, and revokes nothing.
func (c *Checker) SecondOpinion(ctx context.Context, request Request) Answer {
	if err := validate(request); err != nil {
		return unsent(err)
	}
	return c.ask(ctx, request, ProbeRevoke).answer
}

// calibrate finds out whether Okta looks at the secret before it gives this answer, by asking with a random secret.
func (c *Checker) calibrate(ctx context.Context, request Request, cause string) (decides, ok bool) {
	about := question{place: request.place(), method: request.method(), cause: cause}
	return c.memory.calibrated(ctx, about, func() (decides, ok bool) {
		wrong := request
		wrong.Secret = redact.NewValue(rand.Text() + rand.Text())
		heard := c.ask(ctx, wrong, ProbeAuthorizationCode)
		switch heard.answer.Verdict {
		case SecretRejected:
			return true, true
		case Throttled, Unreachable:
			return false, false
		case Unrecognized:
			return heard.answer.Ambiguous, true
		case Accepted, ClientUnknown, Forbidden:
			return false, true
		default:
			return false, false
		}
	})
}

// heard is an answer and what it was made of.
type heard struct {
	answer Answer
	finding
	// path is where it was asked.
	path string
}

// ask sends one request, and a second one, encoded otherwise, before it believes that a value with special characters is
// wrong.
func (c *Checker) ask(ctx context.Context, request Request, probe string) heard {
	encoded := c.memory.encoding(request.place())
	first := c.send(ctx, request, probe, encoded)
	if !first.isRefusal() || !request.dependsOnEncoding() {
		return first
	}
	second := c.send(ctx, request, probe, !encoded)
	if second.answer.Verdict == Accepted {
		c.memory.setEncoding(request.place(), !encoded)
		return second
	}
	if second.isRefusal() {
		return first
	}
	// Half of the evidence is missing, so there is none: the next check asks both again.
	return second
}

func (h heard) isRefusal() bool { return h.answer.Verdict == SecretRejected || h.answer.Ambiguous }

// send puts one request on the wire.
func (c *Checker) send(ctx context.Context, request Request, probe string, encoded encoding) heard {
	path := request.endpoint(probe)
	release, err := c.limiter.Acquire(ctx, path) //nolint:bodyclose // release only reads headers of an answer that is closed here
	if err != nil {
		return heard{answer: held(err, probe)}
	}
	var response *http.Response
	defer func() { release(response) }()

	prepared, err := request.prepare(ctx, probe, encoded)
	if err != nil {
		return heard{answer: unsent(err)}
	}
	response, err = c.http.Do(prepared)
	if err != nil {
		return heard{answer: unreachable(err, probe, path)}
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil {
		return heard{answer: unreachable(err, probe, path)}
	}
	return understand(response, reply{
		probe: probe, status: response.StatusCode, contentType: response.Header.Get("Content-Type"), body: body,
	}, path)
}

func (r Request) place() place { return place{org: r.OrgURL, server: r.AuthorizationServer} }

func (r Request) method() Method {
	if r.Method == "" {
		return ClientSecretBasic
	}
	return r.Method
}

// delayed is an error of a Limiter that sent nothing.
type delayed interface {
	error
	Delay() time.Duration
}

// held is the answer where the limiter let nothing out.
func held(err error, probe string) Answer {
	if wait, ok := errors.AsType[delayed](err); ok {
		return Answer{
			Verdict: Throttled, Probe: probe, RetryAfter: wait.Delay(),
			Detail: "Nothing was asked, because the share of Okta's rate limit that the operator may use is spent.",
		}
	}
	return Answer{Verdict: Unreachable, Probe: probe, Detail: "Nothing was asked, because the operator gave up waiting for its turn."}
}

// unsent is the answer where the request itself is wrong.
func unsent(err error) Answer {
	return Answer{Verdict: Unrecognized, Detail: bound("Nothing was asked, because " + err.Error() + ".")}
}

func unreachable(err error, probe, path string) Answer {
	return Answer{
		Verdict: Unreachable, Probe: probe,
		Detail: bound("No answer from " + path + ": " + string(egress.FailureOf(err)) + "."),
	}
}
