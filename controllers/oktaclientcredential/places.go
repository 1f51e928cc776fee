package oktaclientcredential

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

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

// spaced keeps rotations apart: one starts when the last one's start is long enough ago and no other is about to. Who has no
// place yet leaves it to those that wait longer and were told: else one that comes again and again would have every turn.
func (p *pace) spaced(credential types.UID, now time.Time) hold {
	// A pass began before the rotation that another one has started since: without a spacing that keeps nothing apart.
	if p.spacing == 0 {
		return hold{}
	}
	p.last.at = earlier(p.last.at, now)
	next := p.last.at.Add(p.spacing)
	if !now.Before(next) && (p.places[credential] != nil || (p.noneAsks(now) && p.isNext(credential, now, next))) {
		return hold{}
	}

	return hold{reason: v1alpha1.ReasonPaced, until: p.comesAt(credential, now, next), message: fmt.Sprintf(
		"The connection's rotation.minSpacing keeps rotations %s apart. This one starts when its turn comes.", p.spacing)}
}

// isNext says that nobody who waits longer is about to come, because it was told or because the spacing is over just now.
func (p *pace) isNext(credential types.UID, now, next time.Time) bool {
	return p.promised(credential, now) == 0 && (p.ahead(credential) == 0 || !now.Before(next.Add(promise)))
}

// comesAt is when one that waits for its time looks again by itself: the first of the line when the spacing is over, and those
// behind it after that, one a second. Hundreds that came together would be as many passes at once, for a single turn.
func (p *pace) comesAt(credential types.UID, now, next time.Time) time.Time {
	until, ahead := now.Add(p.poll(credential)), p.ahead(credential)
	behind := next.Add(promise + time.Duration(ahead)*time.Second)
	switch {
	case now.Before(next) && ahead == 0:
		return next
	case now.Before(next) && until.Before(behind):
		return behind
	default:
		return until
	}
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
	if kept := at.places[credential]; kept != nil && !kept.rotates && now.Sub(kept.since) >= placeHolds {
		// Whatever kept it from an answer: those that wait come first now, and it goes behind them.
		delete(at.places, credential)
		f.call(at)
	}
	held := at.holds(c, credential, now)
	if held.reason != "" {
		return held
	}
	if at.places[credential] == nil {
		at.places[credential] = &place{since: now}
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

// refused gives back the place of a start whose journal the API server refused: it did not begin, and may not for long.
func (f *fleet) refused(credential types.UID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if at := f.connections[f.home[credential]]; at != nil {
		f.end(at, credential)
	}
}
