package connection

import (
	"context"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// followAtOnce is how many orgs are read at the same time: one that hangs must not keep the others waiting.
const followAtOnce = 8

// FollowerOptions of a Follower. All are required but ReadUntil.
type FollowerOptions struct {
	Directory *Directory
	// Keepers names the credentials of a connection that have this client id or application id. It must be cheap: it is asked
	// for every event, and most are about applications that nobody keeps here.
	Keepers func(ctx context.Context, c Connection, id string) []reconcile.Request
	// ReadUntil is until when an earlier process had read the log, if that was written down somewhere; zero where not.
	ReadUntil func(Connection) time.Time
}

// Follower reads the System Logs of orgs, one request an interval and org however many credentials there are, and says which
// credentials to look at. What it says is a hint: it moves a check forward, and proves nothing. Losing one costs time until
// the next check and nothing else, so all that it knows is in memory.
type Follower struct {
	options FollowerOptions
	hints   chan event.TypedGenericEvent[reconcile.Request]
	states  map[v1alpha1.ConnectionKind]chan event.GenericEvent

	mu        sync.Mutex
	feeds     map[Feed]*feedState
	sightings sightings
}

// Feed is a System Log as it is read: that of an org, for all ClusterOktaConnections to its host, or for one OktaConnection
// alone, since a namespace must learn nothing by what another one asks.
type Feed struct {
	host string
	// namespace and name are empty for ClusterOktaConnections.
	namespace, name string
}

// FeedOf is the feed that a connection takes part in.
func FeedOf(c Connection) Feed {
	feed := Feed{host: c.Spec.OrgURL}
	if c.Kind == v1alpha1.ConnectionKindNamespaced {
		feed.namespace, feed.name = c.SecretNamespace, c.Name
	}

	return feed
}

// NewFollower makes a Follower that follows nothing until its controller runs.
func NewFollower(options FollowerOptions) *Follower {
	return &Follower{
		options: options,
		hints:   make(chan event.TypedGenericEvent[reconcile.Request]),
		states: map[v1alpha1.ConnectionKind]chan event.GenericEvent{
			v1alpha1.ConnectionKindNamespaced: make(chan event.GenericEvent, statesKept),
			v1alpha1.ConnectionKindCluster:    make(chan event.GenericEvent, statesKept),
		},
		feeds: map[Feed]*feedState{}, sightings: sightings{},
	}
}

// SetupWithManager registers the controller that reads the logs, on the leader only.
func (f *Follower) SetupWithManager(mgr ctrl.Manager) error {
	changed := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	enqueue := handler.TypedEnqueueRequestsFromMapFunc(f.feedOfObject)

	return builder.TypedControllerManagedBy[Feed](mgr).Named("systemlog").
		Watches(&v1alpha1.OktaConnection{}, enqueue, changed).
		Watches(&v1alpha1.ClusterOktaConnection{}, enqueue, changed).
		WithOptions(controller.TypedOptions[Feed]{MaxConcurrentReconciles: followAtOnce}).
		Complete(f)
}

func (f *Follower) feedOfObject(_ context.Context, object client.Object) []Feed {
	switch o := object.(type) {
	case *v1alpha1.OktaConnection:
		return []Feed{FeedOf(fromNamespaced(o))}
	case *v1alpha1.ClusterOktaConnection:
		return []Feed{FeedOf(fromCluster(o, f.options.Directory.options.OperatorNamespace))}
	default:
		return nil
	}
}

// Hints are credentials to look at now. Somebody must receive them while the controller runs: reading waits for it.
func (f *Follower) Hints() <-chan event.TypedGenericEvent[reconcile.Request] { return f.hints }

// statesKept bounds how many changes of Following wait to be received; what is more is dropped.
const statesKept = 256

// StateChanges are connections of a kind whose Following changed. One that is dropped, because nobody receives, is found when
// the connection is reconciled next.
func (f *Follower) StateChanges(kind v1alpha1.ConnectionKind) <-chan event.GenericEvent {
	return f.states[kind]
}

// source of those changes, for the controller of a kind.
func (f *Follower) source(kind v1alpha1.ConnectionKind) source.Source {
	return source.Channel(f.StateChanges(kind), &handler.EnqueueRequestForObject{})
}

// Following is the condition of a connection that says whether its org's System Log is read; nothing where the connection
// does not want that.
func (f *Follower) Following(c Connection) (metav1.Condition, bool) {
	if !c.Spec.SystemLog.Follow {
		return metav1.Condition{}, false
	}
	found := unknown(v1alpha1.ReasonNotChecked, "The System Log was not read yet.")
	if c.Spec.Suspend {
		found = unknown(v1alpha1.ReasonSuspended, "spec.suspend is true: nothing is asked of the org.")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if state := f.feeds[FeedOf(c)]; state != nil && !c.Spec.Suspend && state.found.reason != "" {
		found = state.found
	}

	return metav1.Condition{Type: v1alpha1.ConditionFollowing, Status: found.status, Reason: found.reason, Message: found.message, ObservedGeneration: c.Generation}, true
}

// ReadUntil is until when the log of a connection's org was read, by our clock; zero before the first time. Written down, and
// given back by FollowerOptions.ReadUntil, it lets another process go on from there.
func (f *Follower) ReadUntil(c Connection) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if state := f.feeds[FeedOf(c)]; state != nil {
		return state.readUntil
	}

	return time.Time{}
}
