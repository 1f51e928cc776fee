package oktaclientcredential

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
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
	known    map[types.UID]rhythm
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
	// interval of its checks.
	interval time.Duration
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
		f.join(c, m.credential, m.interval)
		at.unseen[m.credential] = struct{}{}
		if !m.staged.IsZero() {
			at.places[m.credential] = &place{since: m.staged, rotates: true, staged: true}
		}
		at.startedAt(m.started, now)
	}
}

// startedAt notes a rotation that an earlier process started: the spacing counts from the last one, whoever started it.
func (p *pace) startedAt(at, now time.Time) {
	if at.After(p.last.at) && !at.After(now) {
		p.last = start{at: at}
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
			known: map[types.UID]rhythm{}, unseen: map[types.UID]struct{}{}, begun: f.clock.Now(),
			rejected: map[types.UID]rejection{}, places: map[types.UID]*place{},
		}
	}

	return f.connections[c]
}

// join counts a credential, with the interval of its checks, for a connection, and no longer for one of the same name before.
func (f *fleet) join(c, credential types.UID, interval time.Duration) *pace {
	if before, counted := f.home[credential]; counted && before != c {
		f.drop(credential)
	}
	at := f.of(c)
	f.home[credential] = c
	at.known[credential] = rhythm{interval: interval, inTurn: at.known[credential].inTurn}

	return at
}

// note what a pass found of a credential: the interval of its checks, and since when its journal has a new value that is not in use yet, zero when it has none.
func (f *fleet) note(c, credential types.UID, interval time.Duration, staged time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.join(c, credential, interval)
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
	at.startedAt(staged, f.clock.Now()) // its status may not have told
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
