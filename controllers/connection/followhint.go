package connection

import (
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/internal/okta"
)

const (
	// followHints bounds the hints of one poll, since each may cost a request to a token endpoint; the others come with the next.
	followHints = 250
	// failuresKept is how many failures of one client are remembered.
	failuresKept = 8
	// sightingsKept is how long what was seen of a client is remembered.
	sightingsKept = 24 * time.Hour
)

// Sighting is what the System Log said lately of the client of a credential. It proves nothing.
type Sighting struct {
	// Changed is the newest change of the client's secrets or application, and Operated the newest that came from an operator like
	// this one, maybe from this one; the zero Notice where none was seen. Each was noticed when the last of its kind was read, which
	// may be one that came late.
	Changed, Operated Notice
	// Failures are times at which the client failed to authenticate, the oldest first, eight at most: of each address and program
	// the first of a day and the last. Those of operators like this one are left out.
	Failures []Notice
}

// Notice is an event and when it was read.
type Notice struct {
	okta.LogEvent

	// Noticed is by our clock, where Published is by Okta's.
	Noticed time.Time
}

// IsOld says that it had happened long before it was read, so that the token endpoints know of it. Our clock may be ahead of
// Okta's.
func (n Notice) IsOld() bool { return n.Noticed.Sub(n.Published) > followOverlap }

// sightings are kept by credential, so that there are never more of them than credentials, however many applications an org
// has.
type sightings map[client.ObjectKey]Sighting

// Sighting returns what was seen of the client of a credential in the last 24 hours.
func (f *Follower) Sighting(credential client.ObjectKey) Sighting {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := f.sightings[credential]
	seen.Failures = slices.Clone(seen.Failures)

	return seen
}

// notice remembers what events say of credentials, puts these in the line for hints, and returns how many events were new.
func (f *Follower) notice(ctx context.Context, state *feedState, events []okta.LogEvent) (fresh int) {
	for _, e := range events {
		if !state.seen.add(e.UUID) {
			continue
		}
		fresh++
		if !e.IsChange() && (!e.IsFailedAuthentication() || e.IsOwn()) {
			continue
		}
		for _, request := range f.keepersOf(ctx, state, e) {
			f.see(request.NamespacedName, e)
			state.pending.add(request)
		}
	}

	return fresh
}

// keepersOf are the credentials, by any member of the feed, that an event is about, each once.
func (f *Follower) keepersOf(ctx context.Context, state *feedState, e okta.LogEvent) []reconcile.Request {
	keepers := sets.New[reconcile.Request]()
	for _, c := range state.members {
		for _, id := range []string{e.ClientID, e.AppID} {
			if id != "" {
				keepers.Insert(f.options.Keepers(ctx, c, id)...)
			}
		}
	}

	return keepers.UnsortedList()
}

// see remembers an event of a credential. Events may come out of order.
func (f *Follower) see(credential client.ObjectKey, e okta.LogEvent) {
	now := f.now()
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := f.sightings[credential]
	switch notice := (Notice{LogEvent: e, Noticed: now}); {
	case !e.IsChange():
		seen.Failures = withFailure(seen.Failures, notice)
	case e.IsOwn():
		seen.Operated = newer(seen.Operated, notice)
	default:
		seen.Changed = newer(seen.Changed, notice)
	}
	f.sightings[credential] = seen
}

// withFailure adds a failure. Of somebody who fails again and again the first one of a day and the last are enough: they tell since
// when, and they push nobody else out.
func withFailure(kept []Notice, failure Notice) []Notice {
	next := slices.DeleteFunc(slices.Clone(kept), func(n Notice) bool { return failure.Noticed.Sub(n.Noticed) > sightingsKept })
	same := func(n Notice) bool { return n.IP == failure.IP && n.UserAgent == failure.UserAgent }
	if first := slices.IndexFunc(next, same); first >= 0 {
		if again := slices.IndexFunc(next[first+1:], same); again >= 0 {
			next = slices.Delete(next, first+1+again, first+2+again)
		}
	}
	next = append(next, failure)

	return slices.Clone(next[max(0, len(next)-failuresKept):])
}

// newer keeps the newest event. One that comes late, behind newer ones, is news all the same: it was not looked at.
func newer(kept, notice Notice) Notice {
	if notice.Published.Before(kept.Published) {
		kept.Noticed = notice.Noticed

		return kept
	}

	return notice
}

// hint hands out what is in the line, and forgets what was seen long ago.
func (f *Follower) hint(ctx context.Context, state *feedState) error {
	for range followHints {
		request, ok := state.pending.take()
		if !ok {
			break
		}
		select {
		case f.hints <- event.TypedGenericEvent[reconcile.Request]{Object: request}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	oldest := f.now().Add(-sightingsKept)
	f.mu.Lock()
	defer f.mu.Unlock()
	for credential, seen := range f.sightings {
		newest := latest(seen.Changed.Noticed, seen.Operated.Noticed)
		for _, failure := range seen.Failures {
			newest = latest(newest, failure.Noticed)
		}
		if newest.Before(oldest) {
			delete(f.sightings, credential)
		}
	}

	return nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}

	return b
}
