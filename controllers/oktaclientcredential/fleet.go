package oktaclientcredential

import (
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// fleet counts, for each connection, the credentials, the rejected ones and the rotations at work. It begins with what the
// statuses say, and each credential's pass corrects that; the brake is in the connection's status and outlives it.
type fleet struct {
	clock clock.PassiveClock
	turns chan event.TypedGenericEvent[reconcile.Request]

	mu          sync.Mutex
	connections map[types.UID]*pace
	// home is the connection that each credential counts for: the one that its name meant last.
	home map[types.UID]types.UID
}

// pace is the state of one connection.
type pace struct {
	known    map[types.UID]struct{}
	rejected map[types.UID]rejection
	places   map[types.UID]*place
	line     []waiter // the longest first
	// unseen are those that were there before this process and that it did not look at yet, since begun.
	unseen map[types.UID]struct{}
	begun  time.Time
	latest latest
	last   start
	// most and spacing are what the connection allows, as last read.
	most    int
	spacing time.Duration
}

// place is one of a connection's rotations at work, or the questions that come before one.
type place struct {
	since   time.Time
	rotates bool
	// staged says that the journal was seen to hold the new value, so that the rotation did begin.
	staged bool
}

// placeHolds is how long a rotation takes a place among those of its connection: one that something holds up must not keep all
// others from starting.
const placeHolds = 10 * time.Minute

// start is the last rotation that took a turn, and when the one before did.
type start struct {
	by         types.UID
	at, before time.Time
}

// turnsKept bounds how many turns wait to be received; who misses one finds the place free some time later.
const turnsKept = 256

func newFleet(now clock.PassiveClock) *fleet {
	return &fleet{
		clock: now, turns: make(chan event.TypedGenericEvent[reconcile.Request], turnsKept),
		connections: map[types.UID]*pace{}, home: map[types.UID]types.UID{},
	}
}

// found is what the status says of a credential that was there before this process.
type found struct {
	credential types.UID
	// staged is when the rotation at work began, and started when the last one did; zero when there was none.
	staged, started time.Time
}

// knows says whether a connection was met before.
func (f *fleet) knows(c types.UID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()

	return f.connections[c] != nil
}

// begin takes over what an earlier process left. Until this one has looked at all of them, what they do is not certain.
func (f *fleet) begin(c types.UID, members []found) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.connections[c] != nil {
		return
	}
	now, at := f.clock.Now(), f.of(c)
	for _, m := range members {
		f.join(c, m.credential)
		at.unseen[m.credential] = struct{}{}
		if !m.staged.IsZero() {
			at.places[m.credential] = &place{since: m.staged, rotates: true, staged: true}
		}
		if m.started.After(at.last.at) && !m.started.After(now) {
			at.last.at = m.started
		}
	}
}

func (f *fleet) homeOf(credential types.UID) types.UID {
	f.mu.Lock()
	defer f.mu.Unlock()

	return f.home[credential]
}

func (f *fleet) of(c types.UID) *pace {
	if f.connections[c] == nil {
		f.connections[c] = &pace{
			known: map[types.UID]struct{}{}, unseen: map[types.UID]struct{}{}, begun: f.clock.Now(),
			rejected: map[types.UID]rejection{}, places: map[types.UID]*place{},
		}
	}

	return f.connections[c]
}

// join counts a credential for a connection, and no longer for one of the same name before.
func (f *fleet) join(c, credential types.UID) *pace {
	if before, counted := f.home[credential]; counted && before != c {
		f.drop(credential)
	}
	at := f.of(c)
	f.home[credential] = c
	at.known[credential] = struct{}{}

	return at
}

// note what a pass found of a credential: since when its journal has a new value that is not in use yet, zero when it has none.
func (f *fleet) note(c, credential types.UID, staged time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.join(c, credential)
	f.look(at, credential)
	if staged.IsZero() {
		f.end(at, credential)

		return
	}
	if kept := at.places[credential]; kept != nil && kept.rotates {
		kept.staged = true

		return
	}
	at.places[credential] = &place{since: staged, rotates: true, staged: true}
}

// look notes that this process has looked at a credential.
func (f *fleet) look(at *pace, credential types.UID) {
	if _, was := at.unseen[credential]; !was {
		return
	}
	if delete(at.unseen, credential); len(at.unseen) == 0 {
		f.call(at)
	}
}

// end gives back the place of a rotation that is no longer at work. One that never began has not used up the spacing either.
func (f *fleet) end(at *pace, credential types.UID) {
	kept := at.places[credential]
	if kept == nil || !kept.rotates {
		return
	}
	if at.last.by == credential && !kept.staged {
		at.last = start{at: at.last.before}
	}
	delete(at.places, credential)
	f.call(at)
}

// idle notes that nothing is done for a credential, and leaves open whether it counts: who is not allowed is not known yet.
func (f *fleet) idle(credential types.UID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.connections[f.home[credential]]
	if at == nil {
		return
	}
	f.look(at, credential)
	if at.places[credential] != nil {
		delete(at.places, credential)
		f.call(at)
	}
}

// forget a credential that is gone, or that its connection does not allow.
func (f *fleet) forget(credential types.UID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drop(credential)
}

func (f *fleet) drop(credential types.UID) {
	c := f.home[credential]
	at := f.connections[c]
	delete(f.home, credential)
	if at == nil {
		return
	}
	delete(at.known, credential)
	delete(at.rejected, credential)
	delete(at.places, credential)
	delete(at.unseen, credential)
	at.leaveLine(credential)
	if len(at.known) == 0 {
		delete(f.connections, c)

		return
	}
	f.call(at)
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

// holds says what keeps a rotation of a credential from starting.
func (f *fleet) holds(c terms, credential types.UID) hold {
	f.mu.Lock()
	defer f.mu.Unlock()

	return f.of(c.uid).holds(c, credential, f.clock.Now())
}

func (p *pace) holds(c terms, credential types.UID, now time.Time) hold {
	if held := p.brakes(c, now); held.reason != "" {
		return held
	}
	p.most, p.spacing = max(1, int(c.pace.MaxConcurrent)), c.pace.MinSpacing.OrDefault(0)
	// What is told stays the same while it holds, or hundreds that wait would write it anew at every start of another one.
	if p.full(credential, now) {
		return hold{reason: v1alpha1.ReasonPaced, until: now.Add(p.poll(credential)), message: fmt.Sprintf(
			"The connection's rotation.maxConcurrent lets %d rotations be at work at once. This one starts when one of them has ended.", p.most)}
	}

	return p.spaced(credential, now)
}

// full says whether a credential has to wait for a place: all are taken, or promised to those that wait longer. One that is not
// looked at yet may be in the middle of a rotation.
func (p *pace) full(credential types.UID, now time.Time) bool {
	taken := p.taken(credential, now)
	if p.places[credential] != nil {
		return taken >= p.most
	}

	return taken+p.promised(credential, now) >= p.most || p.looksAround(now)
}

// lookAround is how long rotations wait at most, after a start, for the first pass of every credential that was there before.
const lookAround = 30 * time.Second

func (p *pace) looksAround(now time.Time) bool {
	p.begun = earlier(p.begun, now)

	return len(p.unseen) > 0 && now.Sub(p.begun) < lookAround
}

// taken counts the places of the credentials, without one. A place from a clock that was ahead counts from now on.
func (p *pace) taken(without types.UID, now time.Time) (n int) {
	for credential, kept := range p.places {
		kept.since = earlier(kept.since, now)
		if credential != without && now.Sub(kept.since) < placeHolds {
			n++
		}
	}

	return n
}

// spaced keeps rotations apart: one starts when the last one's start is long enough ago and no other is about to.
func (p *pace) spaced(credential types.UID, now time.Time) hold {
	// A pass began before the rotation that another one has started since: without a spacing that keeps nothing apart.
	if p.spacing == 0 {
		return hold{}
	}
	p.last.at = earlier(p.last.at, now)
	until := now.Add(p.poll(credential))
	next := p.last.at.Add(p.spacing)
	switch waits := !p.last.at.IsZero() && now.Before(next); {
	case waits && p.ahead(credential) == 0:
		until = next
	case waits && until.Before(next):
		until = next
	case !waits && (p.places[credential] != nil || p.noneAsks(now)):
		return hold{}
	}

	return hold{reason: v1alpha1.ReasonPaced, until: until, message: fmt.Sprintf(
		"The connection's rotation.minSpacing keeps rotations %s apart. This one starts when its turn comes.", p.spacing)}
}

func (p *pace) noneAsks(now time.Time) bool {
	for _, kept := range p.places {
		if !kept.rotates && now.Sub(kept.since) < placeHolds {
			return false
		}
	}

	return true
}

// ask takes a place for the questions that a rotation rests on, so that no more credentials ask than may rotate; leave gives it
// back. The answer is what keeps it from having one.
func (f *fleet) ask(c terms, credential types.UID) hold {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, now := f.of(c.uid), f.clock.Now()
	held := at.holds(c, credential, now)
	if held.reason != "" {
		return held
	}
	if kept := at.places[credential]; kept == nil {
		at.places[credential] = &place{since: now}
	} else if !kept.rotates {
		kept.since = now
	}
	at.leaveLine(credential)

	return hold{}
}

func (f *fleet) leave(c, credential types.UID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.connections[c]
	if at == nil {
		return
	}
	if kept := at.places[credential]; kept != nil && !kept.rotates {
		delete(at.places, credential)
		f.call(at)
	}
}

// start takes a place for a rotation; false when there is none any more.
func (f *fleet) start(c terms, credential types.UID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, now := f.of(c.uid), f.clock.Now()
	if at.holds(c, credential, now).reason != "" {
		return false
	}
	at.places[credential] = &place{since: now, rotates: true}
	at.last = start{by: credential, at: now, before: at.last.at}
	at.leaveLine(credential)
	f.call(at)

	return true
}
