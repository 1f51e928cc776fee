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
	if noticed := noticedChange(sighting, seen.memory.ownChange); seen.Check != nil && !noticed.IsZero() {
		seen.Credential.Hinted, seen.hintDue = hinted(noticed, seen.Check.At, seen.now)
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

// echoes are when a check is due after a change was noticed: at once, and again, since the token endpoint may honour a dead
// secret for a while.
func echoes() []time.Duration { return []time.Duration{0, 30 * time.Second, 2 * time.Minute} }

// hinted says whether a check is due because of a change that was noticed, and when the next one will be.
func hinted(noticed, checked, now time.Time) (due bool, next time.Time) {
	for _, after := range echoes() {
		at := noticed.Add(after)
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

// ownEcho is how long after our own change at Okta the System Log's word of a change by an operator is taken for that of our own.
const ownEcho = 20 * time.Second

// noticedChange is when a change was noticed that is not the echo of our own; zero when none was.
func noticedChange(sighting connection.Sighting, ownChange time.Time) time.Time {
	noticed, operated := sighting.Changed.Noticed, sighting.Operated.Noticed
	if operated.After(noticed) && !operated.Before(ownChange.Add(ownEcho)) {
		return operated
	}

	return noticed
}
