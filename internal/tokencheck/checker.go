package tokencheck

import (
	"context"
	"crypto/rand"
	"io"
	"net/http"

	"k8s.io/utils/clock"

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
	clock   clock.PassiveClock
	memory  *memory
}

// New makes a Checker. The client comes from egress.New; a nil clock is the real one.
func New(httpClient *http.Client, limiter Limiter, passive clock.PassiveClock) *Checker {
	if passive == nil {
		passive = clock.RealClock{}
	}
	return &Checker{http: httpClient, limiter: limiter, clock: passive, memory: newMemory(passive)}
}

// Check asks whether the secret authenticates, without minting a token. It costs one request; the first answer of its kind
// at a place can cost some more, to find out what it proves there and which probe decides.
func (c *Checker) Check(ctx context.Context, request Request) Answer {
	if refused := validate(request); refused != nil {
		return *refused
	}
	about := client{place: request.place(), clientID: request.ClientID}
	for probe := c.memory.probe(about); ; {
		heard := c.ask(ctx, request, probe)
		found := c.weigh(ctx, request, heard)
		if heard.minted && probe != ProbeRevoke {
			c.memory.setProbe(about, ProbeRevoke)
		}
		if found != undecided && found != unknown {
			return heard.as(found)
		}
		next, ok := request.after(heard)
		if !ok {
			return heard.as(found)
		}
		if found == undecided {
			c.memory.setProbe(about, next)
		}
		probe = next
	}
}

// SecondOpinion asks /revoke, which Okta documents to need client authentication, about the same secret. It costs one
// request, and revokes nothing.
func (c *Checker) SecondOpinion(ctx context.Context, request Request) Answer {
	if refused := validate(request); refused != nil {
		return *refused
	}
	return c.ask(ctx, request, ProbeRevoke).answer
}

// weight is what an answer is worth after what more was asked.
type weight int

const (
	// asItIs: the answer means what its verdict says.
	asItIs weight = iota
	// proven: Okta answers a random secret otherwise, so that it authenticated this one.
	proven
	// undecided: this probe says the same to a right and to a wrong secret.
	undecided
	// unknown: it could not be found out this time.
	unknown
)

// weigh finds out what an answer proves.
func (c *Checker) weigh(ctx context.Context, request Request, h heard) weight {
	switch h.then {
	case askNothing:
		return asItIs
	case askElsewhere:
		return undecided
	default:
	}
	decides, ok := c.calibrate(ctx, request, h)
	switch {
	case ok && decides:
		return proven
	case ok:
		return undecided
	case h.answer.Verdict == Accepted:
		return asItIs
	default:
		return unknown
	}
}

// calibrate finds out whether Okta looks at the secret before it gives this answer, by asking with a random secret. ok is
// false where Okta could not be asked. One client answers for all at its place, but for the documented answers: that Okta
// gives one to any secret may be this client's peculiarity (a public one), which must not spoil the others.
func (c *Checker) calibrate(ctx context.Context, request Request, h heard) (decides, ok bool) {
	about := question{place: request.place(), method: request.method(), probe: h.answer.Probe, cause: h.cause()}
	ask := func() (decides, ok bool) { return c.askRandom(ctx, request, h) }
	found := c.memory.calibrated(ctx, about, request.ClientID, ask)
	if h.answer.Verdict == Accepted && found.decided && !found.decides && found.by != request.ClientID {
		about.clientID = request.ClientID
		found = c.memory.calibrated(ctx, about, request.ClientID, ask)
	}
	return found.decides, found.decided
}

// askRandom asks the same with a random secret, long enough to sign with. It decides where Okta then says that the client is
// not authenticated.
func (c *Checker) askRandom(ctx context.Context, request Request, h heard) (decides, ok bool) {
	request.Secret = redact.NewValue(rand.Text() + rand.Text())
	answered := c.ask(ctx, request, h.answer.Probe)
	switch answered.answer.Verdict {
	case Throttled, Unreachable:
		return false, false
	default:
		return answered.code == invalidClient && answered.cause() != h.cause(), true
	}
}

// ask sends one request, and a second one, encoded otherwise, before it believes that a value with special characters is
// wrong.
func (c *Checker) ask(ctx context.Context, request Request, probe string) heard {
	encoded := c.memory.encoding(request.place())
	first := c.send(ctx, request, probe, encoded)
	if !request.mayBeEncoding(first) {
		return first
	}
	second := c.send(ctx, request, probe, !encoded)
	if second.passed() {
		c.memory.setEncoding(request.place(), !encoded)
	}
	// With half of the evidence missing there is none, and the second answer says so: the next check asks both again.
	if !second.isRefusal() || second.understood() > first.understood() {
		return second
	}
	return first
}

// send puts one request on the wire.
func (c *Checker) send(ctx context.Context, request Request, probe string, encoded encoding) heard {
	path := request.endpoint(probe)
	release, err := c.limiter.Acquire(ctx, path) //nolint:bodyclose // release only reads headers of an answer that is closed here
	if err != nil {
		return heard{answer: held(err, probe)}
	}
	var response *http.Response
	defer func() { release(response) }()

	prepared, err := request.prepare(ctx, probe, encoded, c.clock.Now())
	if err != nil {
		return heard{answer: unsent(Unrecognized, err.Error(), "")}
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
		probe: probe, method: request.method(), custom: request.AuthorizationServer != "",
		status: response.StatusCode, contentType: response.Header.Get("Content-Type"), body: body,
	}, path)
}
