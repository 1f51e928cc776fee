package oktaclientcredential

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// waiter is a credential that waits for a place among the rotations of its connection.
type waiter struct {
	uid     types.UID
	request reconcile.Request
	// told is when it was first told that there is a place.
	told time.Time
}

// promise is how long a place is kept for the one that was told of it. Who does not come leaves it to whoever asks.
const promise = 5 * time.Second

// pacePoll is how often a rotation that waits for others is tried at least, should nobody tell it that its turn has come.
const pacePoll = 30 * time.Second

// poll is longer for those who wait behind others: a thousand of them must not look every half minute.
func (p *pace) poll(credential types.UID) time.Duration {
	return pacePoll + time.Duration(p.ahead(credential))*time.Second
}

// ahead counts those in the line before a credential; all are when it is not there.
func (p *pace) ahead(credential types.UID) int {
	if i := slices.IndexFunc(p.line, func(w waiter) bool { return w.uid == credential }); i >= 0 {
		return i
	}

	return len(p.line)
}

// promised counts the places that are kept for those before a credential.
func (p *pace) promised(credential types.UID, now time.Time) (n int) {
	for _, w := range p.line[:p.ahead(credential)] {
		if age := now.Sub(w.told); age >= 0 && age < promise {
			n++
		}
	}

	return n
}

// wait notes whether a credential waits for a place, so that it is told when there is one.
func (f *fleet) wait(c, credential types.UID, request reconcile.Request, waits bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.connections[c]
	if at == nil {
		return
	}
	place := slices.IndexFunc(at.line, func(w waiter) bool { return w.uid == credential })
	switch {
	case waits && place >= 0:
		// It came, and the place was gone: the next one is kept for it again.
		at.line[place].told = time.Time{}

		return
	case waits:
		at.line = append(at.line, waiter{uid: credential, request: request})
	case place >= 0:
		at.leaveLine(credential)
	default:
		return
	}
	// A place that was given back since this one was refused one called nobody; one that this one does not take is another's.
	f.call(at)
}

// stepAside takes a credential out of the line and gives back the place that it had for its questions; it asks again.
func (f *fleet) stepAside(credential types.UID) {
	c := f.homeOf(credential)
	f.leave(c, credential)
	f.wait(c, credential, reconcile.Request{}, false)
}

func (p *pace) leaveLine(credential types.UID) {
	p.line = slices.DeleteFunc(p.line, func(w waiter) bool { return w.uid == credential })
}

// call tells as many of those who wait as there are places; where rotations are spaced there is one at a time. They keep theirs in
// the line until they have a place.
func (f *fleet) call(at *pace) {
	now := f.clock.Now()
	free := max(0, at.most-at.taken("", now))
	if at.spacing > 0 {
		free = min(free, 1)
	}
	for i := range at.line[:min(free, len(at.line))] {
		w := &at.line[i]
		if w.told.IsZero() {
			w.told = now
		}
		select {
		case f.turns <- event.TypedGenericEvent[reconcile.Request]{Object: w.request}:
		default:
		}
	}
}
