package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// settle is how long an entry waits for earlier ones that are still on their way, so that they are shown in order.
const settle = 500 * time.Millisecond

const (
	fromKubernetes = "k8s"
	fromOkta       = "Okta"
)

// entry is one thing that happened: an event of the credential in Kubernetes, or one of Okta's audit log.
type entry struct {
	at      time.Time
	source  string
	what    string
	who     string
	message string
	warning bool
}

// timeline remembers what was shown of both logs.
type timeline struct {
	world *world
	from  time.Time
	next  int // index into Okta's audit log
	seen  map[types.UID]bool
	held  []entry
	shown []entry
}

func newTimeline(w *world) timeline { return timeline{world: w, seen: map[types.UID]bool{}} }

// showFrom forgets what happened before.
func (t *timeline) showFrom(at time.Time) { t.from, t.held, t.shown = at, nil, nil }

// told says whether an event with this reason was shown.
func (t *timeline) told(reason string) bool { return !t.lastTold(reason).IsZero() }

// lastTold is when an event with this reason was recorded last.
func (t *timeline) lastTold(reason string) time.Time {
	var last time.Time
	for _, e := range t.shown {
		if e.source == fromKubernetes && e.what == reason {
			last = e.at
		}
	}

	return last
}

// watch shows what happens until a condition holds and everything before it is shown. onEntry may add to an entry.
func (t *timeline) watch(ctx context.Context, out *page, deadline time.Duration, what string, onEntry func(context.Context, entry) error, holds func(context.Context) (bool, error)) error {
	began := time.Now()
	defer out.still()

	return t.world.until(ctx, deadline, what, func(ctx context.Context) (bool, error) {
		for _, e := range t.newEntries(ctx) {
			out.entry(e)
			if onEntry == nil {
				continue
			}
			if err := onEntry(ctx, e); err != nil {
				return false, err
			}
		}
		out.pulse("%.0f s", time.Since(began).Seconds())
		held, err := holds(ctx)

		return held && len(t.held) == 0 && len(t.shown) > 0, err
	})
}

// newEntries are those that were not returned before, in order. Those of the last moment are held back.
func (t *timeline) newEntries(ctx context.Context) []entry {
	t.held = append(t.held, t.fromOkta()...)
	t.held = append(t.held, t.fromKubernetes(ctx)...)
	slices.SortStableFunc(t.held, func(a, b entry) int { return a.at.Compare(b.at) })
	n := 0
	for n < len(t.held) && time.Since(t.held[n].at) > settle {
		n++
	}
	ready := slices.Clone(t.held[:n])
	t.held = slices.Delete(t.held, 0, n)
	t.shown = append(t.shown, ready...)

	return ready
}

// oktaNow are the new entries of Okta's audit log alone, without waiting for Kubernetes' events.
func (t *timeline) oktaNow() []entry {
	entries := t.fromOkta()
	t.shown = append(t.shown, entries...)

	return entries
}

// fromOkta are the new events of the audit log that are about client secrets; logins and checks are left out, and so is
// everything until there is a time to show it from.
func (t *timeline) fromOkta() []entry {
	events := t.world.org.Events()
	recent := events[min(t.next, len(events)):]
	t.next = len(events)
	if t.from.IsZero() {
		return nil
	}
	entries := []entry{}
	for _, e := range recent {
		about := strings.HasPrefix(e.Type, "app.oauth2.credentials.") || strings.HasSuffix(e.Type, ".read_client_secret") ||
			strings.HasSuffix(e.Type, ".invalid_client_credentials")
		if e.Published.Before(t.from.Truncate(time.Millisecond)) || !about || e.AppID != t.world.org.appID {
			continue
		}
		who := t.world.org.name(e.ActorID)
		entries = append(entries, entry{
			at: e.Published, source: fromOkta, what: e.Type, who: strings.TrimSpace(fmt.Sprintf("%-9s  %s", who, e.SecretID)), warning: e.Result == "FAILURE",
		})
	}

	return entries
}

// fromKubernetes are the new events of the credential. One that cannot be read now is read the next time.
func (t *timeline) fromKubernetes(ctx context.Context) []entry {
	var list eventsv1.EventList
	if err := t.world.client.List(ctx, &list, client.InNamespace(t.world.target.Namespace)); err != nil {
		return nil
	}
	entries := []entry{}
	for i := range list.Items {
		e := &list.Items[i]
		if t.seen[e.UID] || e.Regarding.Kind != "OktaClientCredential" {
			continue
		}
		t.seen[e.UID] = true
		if !e.EventTime.Time.Before(t.from) {
			entries = append(entries, entry{
				at: e.EventTime.Time, source: fromKubernetes, what: e.Reason, message: e.Note, warning: e.Type == "Warning",
			})
		}
	}

	return entries
}
