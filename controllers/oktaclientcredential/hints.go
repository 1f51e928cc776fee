package oktaclientcredential

import (
	"cmp"
	"context"
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// indexApplication finds credentials by the application id that their spec names.
const indexApplication = ".spec.applicationID"

func applicationKey(object client.Object) []string {
	credential, ok := object.(*v1alpha1.OktaClientCredential)
	if !ok || credential.Spec.ApplicationID == "" {
		return nil
	}

	return []string{credential.Spec.ApplicationID}
}

// Keepers finds, in the cache alone, the credentials of a connection that keep a client or an application.
func Keepers(reader client.Reader) func(context.Context, connection.Connection, string) []reconcile.Request {
	return func(ctx context.Context, c connection.Connection, id string) []reconcile.Request {
		var requests []reconcile.Request
		for _, index := range []string{indexClient, indexApplication} {
			var found v1alpha1.OktaClientCredentialList
			if err := reader.List(ctx, &found, client.MatchingFields{index: id}, client.UnsafeDisableDeepCopy); err != nil {
				continue
			}
			for i := range found.Items {
				if credential := &found.Items[i]; c.IsOf(credential.Namespace, credential.Spec.ConnectionRef) {
					requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(credential)})
				}
			}
		}

		return requests
	}
}

// lookNow looks at credentials that somebody names.
func lookNow(named <-chan event.TypedGenericEvent[reconcile.Request]) source.Source {
	return source.TypedChannel(named, handler.TypedFuncs[reconcile.Request, reconcile.Request]{
		GenericFunc: func(_ context.Context, hint event.TypedGenericEvent[reconcile.Request], queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			queue.Add(hint.Object)
		},
	})
}

// heed takes from the System Log what it says of this credential's client: that a check is due, and who fails where. It proves
// nothing by itself.
func (r *Reconciler) heed(seen *scene) {
	sighting := r.Follower.Sighting(client.ObjectKeyFromObject(seen.credential))
	if seen.Check != nil {
		hints := hintsOf(sighting, seen.memory.ownChange, r.started, seen.restartDelay())
		seen.Credential.Hinted, seen.hintDue = hinted(hints, seen.Check.At, seen.now)
	}
	for _, failure := range sighting.Failures {
		seen.Failures = append(seen.Failures, rotation.Failure{At: failure.Published, From: whence(failure.IP, failure.UserAgent)})
	}
}

// whence says from where a request came, as far as Okta told.
func whence(address, program string) string {
	from := cmp.Or(address, "from an address that Okta did not tell")
	if program == "" {
		return from
	}

	return from + ", " + program
}

// hint is a change that the System Log told of, and how long after it was noticed checks are due.
type hint struct {
	noticed time.Time
	checks  []time.Duration
}

// echoes are when checks are due for a change that just happened: at once, and again, since the token endpoint may honour a dead
// secret for a while.
func echoes() []time.Duration { return []time.Duration{0, 30 * time.Second, 2 * time.Minute} }

// ownEcho is how long after our own change at Okta the System Log's word of a change by an operator is taken for that of our own.
const ownEcho = 20 * time.Second

// isOwn says whether a change by an operator is taken for our own. It may be read long after it was made, and Okta's clock may be
// ahead of ours.
func isOwn(operated connection.Notice, ownChange time.Time) bool {
	until := ownChange.Add(ownEcho)

	return operated.Noticed.Before(until) || operated.Published.Before(until)
}

// hintsOf are the changes that checks are due for, without the echo of our own. After a restart nobody knows any more which those
// by an operator were our own, and there may be hundreds in the log: each is worth one check, delayed by another time each.
func hintsOf(sighting connection.Sighting, ownChange, started time.Time, delay time.Duration) (hints []hint) {
	changed, operated := sighting.Changed, sighting.Operated
	switch {
	case changed.Noticed.IsZero():
	case changed.IsOld():
		hints = append(hints, hint{changed.Noticed, []time.Duration{0}})
	default:
		hints = append(hints, hint{changed.Noticed, echoes()})
	}
	switch {
	case operated.Noticed.IsZero() || isOwn(operated, ownChange):
	case operated.Published.Before(started) || operated.IsOld():
		hints = append(hints, hint{operated.Noticed, []time.Duration{delay}})
	default:
		hints = append(hints, hint{operated.Noticed, echoes()})
	}

	return hints
}

// hinted says whether a check is due because of any hint, and when the next one will be; zero when none will.
func hinted(hints []hint, checked, now time.Time) (due bool, next time.Time) {
	for _, h := range hints {
		isDue, then := h.due(checked, now)
		due = due || isDue
		if next.IsZero() || (!then.IsZero() && then.Before(next)) {
			next = then
		}
	}

	return due, next
}

// due says whether a check is due now, and when the next one will be. Where one is enough, any since the change was noticed does.
func (h hint) due(checked, now time.Time) (due bool, next time.Time) {
	if len(h.checks) == 1 && !checked.Before(h.noticed) {
		return false, time.Time{}
	}
	for _, after := range h.checks {
		at := h.noticed.Add(after)
		switch {
		case !checked.Before(at):
		case now.Before(at):
			return due, at
		default:
			due = true
		}
	}

	return due, time.Time{}
}
