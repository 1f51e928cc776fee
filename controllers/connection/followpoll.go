package connection

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/okta"
)

const (
	// followPages bounds the requests of one poll.
	followPages = 10
	// followInterval is for a connection without one, which the CRD sees to that none is.
	followInterval = 15 * time.Second
)

// Reconcile reads a feed when it is due. It implements reconcile.TypedReconciler, which never runs it twice at once for a feed.
func (f *Follower) Reconcile(ctx context.Context, feed Feed) (reconcile.Result, error) {
	members, interval, err := f.membersOf(ctx, feed)
	if err != nil {
		return reconcile.Result{}, err
	}
	if len(members) == 0 {
		f.forget(feed)

		return reconcile.Result{}, nil
	}
	state := f.join(feed, members, interval)
	if wait := state.wait(f.now()); wait > 0 {
		return reconcile.Result{RequeueAfter: wait}, nil
	}
	f.settle(state, f.poll(ctx, state))
	if err := f.hint(ctx, state); err != nil {
		return reconcile.Result{}, err
	}

	return reconcile.Result{RequeueAfter: max(state.wait(f.now()), time.Millisecond)}, nil
}

func (f *Follower) now() time.Time { return f.options.Directory.options.Clock.Now() }

// membersOf are the connections that take part in a feed and may, the oldest first, and the shortest interval that one of
// them asks for.
func (f *Follower) membersOf(ctx context.Context, feed Feed) (members []Connection, shortest time.Duration, err error) {
	found, err := f.options.Directory.connectionsOf(ctx, feed)
	if err != nil {
		return nil, 0, err
	}
	for _, c := range found {
		if !c.Spec.SystemLog.Follow || c.Spec.Suspend || FeedOf(c) != feed || f.options.Directory.PermitHost(c) != nil {
			continue
		}
		interval := c.Spec.SystemLog.Interval.OrDefault(followInterval)
		if members = append(members, c); len(members) == 1 || interval < shortest {
			shortest = interval
		}
	}
	slices.SortFunc(members, func(a, b Connection) int {
		age := a.object.GetCreationTimestamp().Compare(b.object.GetCreationTimestamp().Time)

		return cmp.Or(age, strings.Compare(a.Name, b.Name))
	})

	return members, shortest, nil
}

// connectionsOf lists what could take part in a feed, from the cache.
func (d *Directory) connectionsOf(ctx context.Context, feed Feed) ([]Connection, error) {
	if feed.name != "" {
		found, err := d.Find(ctx, feed.namespace, v1alpha1.ConnectionReference{Kind: v1alpha1.ConnectionKindNamespaced, Name: feed.name})
		if err != nil {
			return nil, client.IgnoreNotFound(err)
		}

		return []Connection{found}, nil
	}
	var list v1alpha1.ClusterOktaConnectionList
	if err := d.options.Reader.List(ctx, &list); err != nil {
		return nil, fmt.Errorf("list ClusterOktaConnections: %w", err)
	}
	found := make([]Connection, 0, len(list.Items))
	for i := range list.Items {
		found = append(found, fromCluster(&list.Items[i], d.options.OperatorNamespace))
	}

	return found, nil
}

// poll reads what is new, by the first member whose admin credential may. Its error is that of the member that was asked
// first: the one that a person would mend.
func (f *Follower) poll(ctx context.Context, state *feedState) error {
	state.polled = f.now()
	var first error
	for _, c := range state.readers() {
		err := f.pollBy(ctx, state, c)
		if err == nil {
			state.reader = c

			return nil
		}
		if first == nil {
			first = err
		}
		if !isRefusal(err) {
			// The org does not answer, or not now: it would not answer the next one either.
			return err
		}
	}

	return first
}

// pollBy reads what is new by one member.
func (f *Follower) pollBy(ctx context.Context, state *feedState, c Connection) error {
	reader, err := f.logReader(ctx, state, c)
	if err != nil {
		return err
	}
	for range followPages {
		if state.position.IsZero() {
			state.position = okta.LogSince(f.resumeAt(state, c))
		}
		page, err := reader.LogEvents(ctx, state.position)
		if err != nil {
			return state.failedToRead(err)
		}
		if state.advance(page, f.notice(ctx, state, page.Events)); !page.Full {
			break
		}
	}

	return nil
}

// logClient is a client of the admin API for the System Log alone, and what it was made from.
type logClient struct {
	client     *okta.Client
	uid        types.UID
	generation int64
	version    string
}

// logReader makes a client whose access token can do nothing but read the log, and keeps it as long as nothing changes.
func (f *Follower) logReader(ctx context.Context, state *feedState, c Connection) (*okta.Client, error) {
	org, err := f.options.Directory.org(c)
	if err != nil {
		return nil, err
	}
	auth, version, err := f.options.Directory.readAuth(ctx, c)
	if err != nil {
		return nil, err
	}
	if kept := state.client; kept.client != nil && kept.uid == c.UID && kept.generation == c.Generation && kept.version == version {
		return kept.client, nil
	}
	if auth.PrivateKeyJWT != nil {
		auth.PrivateKeyJWT.Scopes = []string{okta.ScopeLogsRead}
	}
	made, err := org.newAdmin(auth)
	if err != nil {
		return nil, &AdminSecretError{Reason: v1alpha1.ReasonInvalidConfiguration, Message: err.Error()}
	}
	state.client = logClient{client: made, uid: c.UID, generation: c.Generation, version: version}

	return made, nil
}
