package oktaclientcredential

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// fleet counts, for each connection, the credentials, the rejected ones and the rotations at work. It is rebuilt from what
// each credential's pass finds; a brake that holds is in the connection's status and outlives it.
type fleet struct {
	mu          sync.Mutex
	connections map[types.UID]*pace
	turns       chan event.TypedGenericEvent[reconcile.Request]
}

// pace is the state of one connection.
type pace struct {
	known    map[types.UID]struct{}
	rejected map[types.UID]time.Time // when a credential was first rejected since it was accepted
	healed   map[types.UID]struct{}  // those of them that are accepted again
	rotating map[types.UID]struct{}
	asking   map[types.UID]struct{} // those that ask Okta for what a rotation rests on, before it starts
	started  time.Time              // of the last rotation
	brakedAt string                 // the version of the connection whose status last had the brake
	most     int                    // how many may have a place, as last read
	line     []waiter               // who waits for one, the longest first
}

type waiter struct {
	uid     types.UID
	request reconcile.Request
}

// turnsKept bounds how many turns wait to be received; who misses one finds the place free some time later.
const turnsKept = 256

func newFleet() *fleet {
	return &fleet{connections: map[types.UID]*pace{}, turns: make(chan event.TypedGenericEvent[reconcile.Request], turnsKept)}
}

func (f *fleet) of(c types.UID) *pace {
	if f.connections[c] == nil {
		f.connections[c] = &pace{
			known: map[types.UID]struct{}{}, rejected: map[types.UID]time.Time{},
			healed: map[types.UID]struct{}{}, rotating: map[types.UID]struct{}{}, asking: map[types.UID]struct{}{},
		}
	}

	return f.connections[c]
}

// note what a pass found of a credential.
func (f *fleet) note(c, credential types.UID, rotating bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.of(c)
	at.known[credential] = struct{}{}
	if rotating {
		at.rotating[credential] = struct{}{}

		return
	}
	if _, was := at.rotating[credential]; was {
		delete(at.rotating, credential)
		f.call(at)
	}
}

// answered notes what Okta said about a credential's secret. One that is healed still counts as rejected for a while: the brake
// is about how many were.
func (f *fleet) answered(c, credential types.UID, verdict v1alpha1.Verdict, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.of(c)
	_, rejected := at.rejected[credential]
	_, healed := at.healed[credential]
	switch verdict {
	case v1alpha1.VerdictSecretRejected:
		if !rejected || healed {
			at.rejected[credential] = now
			delete(at.healed, credential)
		}
	case v1alpha1.VerdictAccepted:
		if rejected {
			at.healed[credential] = struct{}{}
		}
	default:
	}
}

// forget a credential that is gone.
func (f *fleet) forget(credential types.UID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, at := range f.connections {
		delete(at.known, credential)
		delete(at.rejected, credential)
		delete(at.healed, credential)
		delete(at.rotating, credential)
		delete(at.asking, credential)
		at.leaveLine(credential)
		f.call(at)
	}
}

// hold is why no rotation of a credential may start now.
type hold struct {
	reason, message string
	// until is zero when a person must act.
	until time.Time
	// trips says that the mass-failure brake begins to hold.
	trips           bool
	rejected, total int
}

// pacePoll is how often a rotation that waits for others is tried, should nobody tell it that its turn has come.
const pacePoll = 30 * time.Second

// holds says what keeps a rotation of a credential from starting.
func (f *fleet) holds(c terms, credential types.UID, now time.Time) hold {
	f.mu.Lock()
	defer f.mu.Unlock()

	return f.of(c.uid).holds(c, credential, now)
}

func (p *pace) holds(c terms, credential types.UID, now time.Time) hold {
	if held, is := p.braked(c); is {
		return held
	}
	if rejected, total := p.recentlyRejected(c.pace.MassFailureBrake, now), len(p.known); tripped(c.pace.MassFailureBrake, rejected, total) {
		found := braked(c.name, rejected, total)
		found.trips, found.rejected, found.total = true, rejected, total

		return found
	}
	// What is told stays the same while it holds, or hundreds that wait would write it anew at every start of another one.
	if p.most = max(1, int(c.pace.MaxConcurrent)); p.others(credential) >= p.most {
		return hold{reason: v1alpha1.ReasonPaced, until: now.Add(pacePoll), message: fmt.Sprintf(
			"The connection's rotation.maxConcurrent lets %d rotations be at work at once. This one starts when one of them has ended.", p.most)}
	}
	return p.spaced(c, credential, now)
}

// spaced keeps rotations apart: one starts when the last one's start is long enough ago and no other is about to.
func (p *pace) spaced(c terms, credential types.UID, now time.Time) hold {
	// A pass began before the rotation that another one has started since: without a spacing that keeps nothing apart.
	spacing := c.pace.MinSpacing.OrDefault(0)
	if spacing == 0 {
		return hold{}
	}
	until := now.Add(pacePoll)
	_, mine := p.asking[credential]
	switch next := p.started.Add(spacing); {
	case !p.started.IsZero() && now.Before(next):
		until = next
	case mine, len(p.asking) == 0:
		return hold{}
	}

	return hold{reason: v1alpha1.ReasonPaced, until: until, message: fmt.Sprintf(
		"The connection's rotation.minSpacing keeps rotations %s apart. This one starts when its turn comes.", spacing)}
}

// braked says whether the mass-failure brake holds. A connection that was read before the brake began to hold says nothing of
// its release.
func (p *pace) braked(c terms) (hold, bool) {
	if !c.brake.Since.IsZero() {
		p.brakedAt = c.version

		return braked(c.name, int(c.brake.Rejected), int(c.brake.Total)), true
	}
	if p.brakedAt == "" {
		return hold{}, false
	}
	if order, err := resourceversion.CompareResourceVersion(c.version, p.brakedAt); err == nil && order < 0 {
		return braked(c.name, len(p.rejected), len(p.known)), true
	}
	// It was released: what was rejected until now counts no more, though it is rejected still.
	p.brakedAt = ""
	for credential := range p.rejected {
		p.rejected[credential] = time.Time{}
	}

	return hold{}, false
}

// others counts the credentials that have a place, without one.
func (p *pace) others(credential types.UID) (n int) {
	for _, placed := range []map[types.UID]struct{}{p.rotating, p.asking} {
		for other := range placed {
			if other != credential {
				n++
			}
		}
	}

	return n
}

// ask takes a place for the questions that a rotation rests on, so that no more credentials ask than may rotate; leave gives it
// back. The answer is what keeps it from having one.
func (f *fleet) ask(c terms, credential types.UID, now time.Time) hold {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.of(c.uid)
	held := at.holds(c, credential, now)
	if held.reason == "" {
		at.asking[credential] = struct{}{}
		at.leaveLine(credential)
	}

	return held
}

func (f *fleet) leave(c, credential types.UID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.of(c)
	if _, was := at.asking[credential]; was {
		delete(at.asking, credential)
		f.call(at)
	}
}

// wait notes whether a credential waits for a place, so that it is told when there is one.
func (f *fleet) wait(c, credential types.UID, request reconcile.Request, waits bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.of(c)
	if is := slices.ContainsFunc(at.line, func(w waiter) bool { return w.uid == credential }); is == waits {
		return
	}
	at.leaveLine(credential)
	if waits {
		at.line = append(at.line, waiter{credential, request})
	}
	// A place that was given back since this one was refused one called nobody; one that this one does not take is another's.
	f.call(at)
}

func (p *pace) leaveLine(credential types.UID) {
	p.line = slices.DeleteFunc(p.line, func(w waiter) bool { return w.uid == credential })
}

// call tells as many of those who wait as there are places. They keep theirs in the line until they have a place.
func (f *fleet) call(at *pace) {
	free := max(0, at.most-at.others(""))
	for _, w := range at.line[:min(free, len(at.line))] {
		select {
		case f.turns <- event.TypedGenericEvent[reconcile.Request]{Object: w.request}:
		default:
		}
	}
}

// start takes a place for a rotation; false when there is none any more.
func (f *fleet) start(c terms, credential types.UID, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.of(c.uid)
	if at.holds(c, credential, now).reason != "" {
		return false
	}
	delete(at.asking, credential)
	at.leaveLine(credential)
	at.rotating[credential], at.started = struct{}{}, now

	return true
}

func (p *pace) recentlyRejected(brake v1alpha1.MassFailureBrake, now time.Time) int {
	within := brake.Within.OrDefault(15 * time.Minute)
	n := 0
	for credential, at := range p.rejected {
		switch _, healed := p.healed[credential]; {
		case now.Sub(at) <= within:
			n++
		case healed:
			delete(p.rejected, credential)
			delete(p.healed, credential)
		}
	}

	return n
}

func tripped(brake v1alpha1.MassFailureBrake, rejected, total int) bool {
	const defaultPercent, defaultMinimum = 20, 10
	percent, minimum := defaultPercent, int(brake.Minimum)
	if brake.Percent != nil {
		percent = int(*brake.Percent)
	}
	if minimum == 0 {
		minimum = defaultMinimum
	}

	return percent > 0 && rejected >= minimum && rejected*100 >= percent*total
}

func braked(c string, rejected, total int) hold {
	return hold{reason: v1alpha1.ReasonMassFailure, message: fmt.Sprintf(
		"%d of the %d credentials of %s were rejected within a short time, so no new secret is made: the cause is rather the org, or an accident there. Find it in Okta's System Log; when new secrets are wanted, set the annotation %s on the connection.",
		rejected, total, c, v1alpha1.AnnotationResume)}
}
