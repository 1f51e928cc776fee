// Package oktasim is a simulated Okta org over HTTP, with faults, for tests, the demo and benchmarks. It must not import the
// operator's packages other than redact, nor know how the operator works: it answers as Okta does, and nothing else.
package oktasim

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// Options describe a simulated org. The zero value is a usable Identity Engine org without rate limits.
type Options struct {
	// Clock is where the org takes the time from; the real clock when nil. Propagation, token expiry, rate-limit windows and
	// delays all follow it.
	Clock clock.Clock
	// Seed makes generated ids and secrets repeatable: two orgs with one seed and one history answer alike.
	Seed uint64
	// URL is the org's own URL without a trailing slash. When empty it is what the client called (scheme and Host), as at an
	// org with custom domains. Set it where a proxy stands in between.
	URL string
	// OrgID is the org's id; one is generated when empty.
	OrgID string
	// Pipeline is "idx" (Identity Engine, the default) or "v1" (Classic Engine).
	Pipeline string
	// NoAPIAccessManagement makes custom authorization servers answer as in an org that did not buy the feature: 401 E0000015.
	NoAPIAccessManagement bool
	// Limits are the org's rate limits; the zero value reports limits in headers but refuses nothing.
	Limits Limits
	// Unknowns choose an answer where nobody knows what Okta does.
	Unknowns Unknowns
	// Propagation is how long /token takes to learn of a change of a secret.
	Propagation Propagation
	// LogDelay is how long an event takes to show up in the System Log.
	LogDelay time.Duration
}

// Propagation is how long the token endpoints lag behind the admin API. Okta documents no delay; other vendors show 4 to 18 s.
type Propagation struct {
	// Accept is the time until a new or activated secret is honoured.
	Accept time.Duration
	// Refuse is the time until a deactivated or deleted secret is refused.
	Refuse time.Duration
}

// Org is a simulated Okta org. Its methods are safe for concurrent use.
type Org struct {
	clock clock.Clock
	mux   *http.ServeMux

	// mu guards everything below: one lock, because an answer must show one moment of the org.
	mu      sync.Mutex
	options Options
	world   world
	audit   eventLog
	ledger  ledger
	limiter limiter
	faults  []*Fault
	hook    func(Call)
	random  *rand.Rand
}

// world is what an org holds; Reset replaces it whole.
type world struct {
	apps      map[string]*app
	clients   map[string]*app
	order     []string
	deleted   map[string]bool
	servers   map[string]AuthorizationServer
	apiTokens map[string]apiToken
	tokens    map[string]accessToken
	jtis      map[string]time.Time
	failures  map[string]int
}

func newWorld() world {
	return world{
		apps:      map[string]*app{},
		clients:   map[string]*app{},
		deleted:   map[string]bool{},
		servers:   map[string]AuthorizationServer{},
		apiTokens: map[string]apiToken{},
		tokens:    map[string]accessToken{},
		jtis:      map[string]time.Time{},
		failures:  map[string]int{},
	}
}

// New makes an org that holds nothing: no app, no authorization server, nobody who may call its admin API.
func New(options Options) *Org {
	if options.Clock == nil {
		options.Clock = clock.RealClock{}
	}
	if options.Pipeline == "" {
		options.Pipeline = "idx"
	}
	o := &Org{
		clock:   options.Clock,
		options: options,
		world:   newWorld(),
		ledger:  newLedger(),
		limiter: newLimiter(),
		random:  rand.New(rand.NewPCG(options.Seed, 0x0ca)), //nolint:gosec // repeatable ids are the purpose; nothing real is protected
	}
	if o.options.OrgID == "" {
		o.options.OrgID = o.newID("00o")
	}
	o.mux = o.routes()
	return o
}

// Reset empties the org: apps, admins, events, counters and faults. Options stay.
func (o *Org) Reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.world = newWorld()
	o.audit = eventLog{}
	o.ledger = newLedger()
	o.limiter.forget()
	o.faults = nil
}

// SetUnknowns changes how the org answers where nobody knows what Okta does.
func (o *Org) SetUnknowns(unknowns Unknowns) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.options.Unknowns = unknowns
}

// SetPropagation changes how long /token takes to learn of changes made from now on.
func (o *Org) SetPropagation(propagation Propagation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.options.Propagation = propagation
}

// SetLogDelay changes how long an event takes to show up in the System Log, of those that are there already too. An hour holds
// the log back; zero again lets everything show up at once.
func (o *Org) SetLogDelay(delay time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.options.LogDelay = delay
}

// SetLimits changes the org's rate limits and forgets what was counted.
func (o *Org) SetLimits(limits Limits) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.options.Limits = limits
	o.limiter.forget()
}

// alphabet is what Okta makes ids of; secretAlphabet what it makes client secrets of (seen in recordings).
const (
	alphabet       = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	secretAlphabet = alphabet + "_-"
)

// newID makes an id of 20 characters with a prefix that names its kind, as Okta's do. The lock is held by the caller.
func (o *Org) newID(prefix string) string {
	return prefix + o.randomText(alphabet, 20-len(prefix))
}

func (o *Org) randomText(letters string, length int) string {
	text := make([]byte, length)
	for i := range text {
		text[i] = letters[o.random.IntN(len(letters))]
	}
	return string(text)
}

// now is the org's time in UTC and milliseconds, which is what its API shows.
func (o *Org) now() time.Time {
	return o.clock.Now().UTC().Truncate(time.Millisecond)
}

// timestamp is how Okta writes a time.
func timestamp(at time.Time) string {
	return at.UTC().Format("2006-01-02T15:04:05.000Z")
}
