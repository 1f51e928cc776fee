package connection

import (
	"errors"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/okta"
)

const (
	// followOverlap is how far a position by time reaches back: our clock may be ahead of Okta's, and events may come late.
	followOverlap = 5 * time.Minute
	// followCatchUp bounds how far back the reading of an earlier process is taken up.
	followCatchUp = 24 * time.Hour
	// followFastRetry is the longest wait after failures that go by themselves; lastRetry is that after refusals.
	followFastRetry = time.Minute
	// followPatience is how many failures in a row that may go by themselves do not show in the condition.
	followPatience = 2
	// recentEvents is how many ids of events are kept to tell what was read before: several times what the overlap holds.
	recentEvents = 4096
)

// feedState is what is remembered of a feed while somebody follows it. But for what mu guards, only the one Reconcile of the
// feed uses it.
type feedState struct {
	members  []Connection
	interval time.Duration
	// reader is the member by whose admin credential the log was read last, which is asked first.
	reader Connection
	client logClient

	position okta.LogPosition
	// reached is until when the log is read when a poll ends now.
	reached time.Time
	seen    recent
	pending queue

	polled    time.Time
	failures  int
	notBefore time.Time

	// readUntil and found are guarded by Follower.mu.
	readUntil time.Time
	found     finding
}

// join returns the state of a feed with its present members. When one of them has changed, failures count no more.
func (f *Follower) join(feed Feed, members []Connection, interval time.Duration) *feedState {
	f.mu.Lock()
	defer f.mu.Unlock()
	state := f.feeds[feed]
	if state == nil {
		state = &feedState{}
		f.feeds[feed] = state
	}
	same := func(a, b Connection) bool { return a.UID == b.UID && a.Generation == b.Generation }
	if !slices.EqualFunc(state.members, members, same) {
		state.failures, state.notBefore = 0, time.Time{}
	}
	state.members, state.interval = members, interval

	return state
}

func (f *Follower) forget(feed Feed) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.feeds, feed)
}

// wait is how long until the next poll. An interval lies between two whatever happens, so that editing a connection does not
// become requests to Okta.
func (s *feedState) wait(now time.Time) time.Duration {
	if s.polled.IsZero() {
		return 0
	}

	return max(s.polled.Add(s.interval).Sub(now), s.notBefore.Sub(now), 0)
}

// readers are the members in the order in which they are asked.
func (s *feedState) readers() []Connection {
	readers := slices.Clone(s.members)
	slices.SortStableFunc(readers, func(a, b Connection) int {
		switch s.reader.UID {
		case a.UID:
			return -1
		case b.UID:
			return 1
		default:
			return 0
		}
	})

	return readers
}

// resumeAt is since when the log is read where Okta gave no position: a little before the last reading, this process's or an
// earlier one's, else a little before now.
func (f *Follower) resumeAt(state *feedState, c Connection) time.Time {
	now, until := f.now(), state.readUntil
	if until.IsZero() && f.options.ReadUntil != nil {
		until = f.options.ReadUntil(c)
	}
	if until.IsZero() || until.After(now) {
		until = now
	}
	if oldest := now.Add(-followCatchUp); until.Before(oldest) {
		until = oldest
	}

	return until.Add(-followOverlap)
}

// advance goes on after a page of which so many events were new.
func (s *feedState) advance(page okta.LogPage, fresh int) {
	s.position, s.reached = page.Next, s.polled
	if !page.Full || len(page.Events) == 0 {
		return
	}
	s.reached = page.Events[len(page.Events)-1].Published
	if !s.position.IsZero() {
		return
	}
	// Without a link, go on at the last event; past it, where a whole page of one moment would come for ever.
	since := s.reached
	if fresh == 0 {
		since = since.Add(time.Millisecond)
	}
	s.position = okta.LogSince(since)
}

// failedToRead drops a position that Okta no longer knows.
func (s *feedState) failedToRead(err error) error {
	if kind := okta.KindOf(err); s.position.IsLink() && (kind == okta.KindInvalidRequest || kind == okta.KindNotFound) {
		s.position = okta.LogPosition{}
	}

	return err
}

// settle notes how a poll ended, and tells of it where it changes what is to be said.
func (f *Follower) settle(state *feedState, err error) {
	found := state.settled(f.now(), err)
	f.mu.Lock()
	changed := found != state.found
	state.found = found
	// What was read before a failure was read.
	if state.reached.After(state.readUntil) {
		state.readUntil = state.reached
	}
	f.mu.Unlock()
	if !changed {
		return
	}
	for _, c := range state.members {
		select {
		case f.states[c.Kind] <- event.GenericEvent{Object: c.object}:
		default:
		}
	}
}

func (s *feedState) settled(now time.Time, err error) finding {
	if err == nil {
		s.failures, s.notBefore = 0, time.Time{}

		return finding{metav1.ConditionTrue, v1alpha1.ReasonFollowing, fmt.Sprintf("The org's System Log is read every %s, through %s.", s.interval, s.reader)}
	}
	s.failures++
	longest := followFastRetry
	if isRefusal(err) {
		longest = lastRetry
	}
	wait := min(longest, s.interval<<min(s.failures-1, 10))
	if _, ok := errors.AsType[*AdminSecretError](err); ok {
		// Okta was not asked, and is not until the Secret is there.
		wait = secretRecheck
	}
	s.notBefore = now.Add(max(wait, okta.RetryAfter(err)))
	if !isRefusal(err) && s.failures <= followPatience && s.found.reason != "" {
		return s.found
	}

	return failed(followReason(err), sentence(fmt.Errorf("%s, credentials are checked at their interval all the same: %w", notRead(err), err)))
}

// notRead names the scope, which Okta does not when it refuses an access token for the lack of it.
func notRead(err error) string {
	if okta.KindOf(err) == okta.KindMissingScope {
		return "the System Log is not read for lack of the scope " + okta.ScopeLogsRead
	}

	return "the System Log is not read"
}

// isRefusal says that a person has to do something before the log can be read by this admin credential.
func isRefusal(err error) bool {
	if _, ok := errors.AsType[*AdminSecretError](err); ok {
		return true
	}
	switch okta.KindOf(err) {
	case okta.KindMissingScope, okta.KindForbidden, okta.KindAdminCredentialRejected, okta.KindUnauthenticated:
		return true
	default:
		return false
	}
}

func followReason(err error) string {
	if _, ok := errors.AsType[*AdminSecretError](err); ok {
		return adminReason(err)
	}
	switch okta.KindOf(err) {
	case okta.KindMissingScope:
		return v1alpha1.ReasonScopeMissing
	case okta.KindForbidden:
		return v1alpha1.ReasonPermissionMissing
	default:
		return orgReason(err)
	}
}

// recent remembers the ids of the last events.
type recent struct {
	ids   sets.Set[string]
	order []string
}

// add says whether an id is new, and remembers it.
func (r *recent) add(id string) bool {
	if r.ids == nil {
		r.ids = sets.New[string]()
	}
	if r.ids.Has(id) {
		return false
	}
	if len(r.order) == recentEvents {
		r.ids.Delete(r.order[0])
		r.order = r.order[1:]
	}
	r.ids.Insert(id)
	r.order = append(r.order, id)

	return true
}

// queue is a list of credentials, each in it once.
type queue struct {
	requests sets.Set[reconcile.Request]
	order    []reconcile.Request
}

func (q *queue) add(request reconcile.Request) {
	if q.requests == nil {
		q.requests = sets.New[reconcile.Request]()
	}
	if q.requests.Has(request) {
		return
	}
	q.requests.Insert(request)
	q.order = append(q.order, request)
}

func (q *queue) take() (reconcile.Request, bool) {
	if len(q.order) == 0 {
		return reconcile.Request{}, false
	}
	first := q.order[0]
	q.order = q.order[1:]
	q.requests.Delete(first)

	return first, true
}
