package connection

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// +kubebuilder:rbac:groups=oktacred.dev,resources=oktaconnections;clusteroktaconnections,verbs=get;list;watch
// +kubebuilder:rbac:groups=oktacred.dev,resources=oktaconnections/status;clusteroktaconnections/status,verbs=patch
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get

const (
	// recheck of a connection that works. Its admin credential is used, and so tested, by every rotation besides.
	recheck = time.Hour
	// secretRecheck is how often the admin Secret of a connection that does not work is read again.
	secretRecheck = 15 * time.Second
	// connectionsAtOnce is how many connections are tried at the same time: an org that hangs must not keep the others waiting.
	connectionsAtOnce = 8
	// firstRetry and lastRetry bound the doubling delay of asking Okta again with the same admin credential.
	firstRetry = 30 * time.Second
	lastRetry  = 10 * time.Minute
)

// Reconciler says in a connection's status whether the org answers and the admin credential works.
type Reconciler struct {
	directory *Directory
	client    client.Client
	recorder  events.EventRecorder
	clock     clock.Clock
	follower  *Follower

	mu    sync.Mutex
	tries map[types.NamespacedName]try
}

// try is the last time that Okta was asked about a connection that does not work.
type try struct {
	uid        types.UID
	generation int64
	secret     string
	failures   int
	notBefore  time.Time
}

// NewReconciler makes a Reconciler for one of the two kinds.
func NewReconciler(directory *Directory, follower *Follower, c client.Client, recorder events.EventRecorder, clk clock.Clock) *Reconciler {
	return &Reconciler{directory: directory, follower: follower, client: c, recorder: recorder, clock: clk, tries: map[types.NamespacedName]try{}}
}

// SetupWithManager registers a controller for OktaConnection and one for ClusterOktaConnection.
// They say whether the System Log is followed, as the follower finds.
func SetupWithManager(mgr ctrl.Manager, directory *Directory, follower *Follower, clk clock.Clock) error {
	recorder := mgr.GetEventRecorder(v1alpha1.FieldManager)
	changed := builder.WithPredicates(predicate.Or(predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))
	options := controller.Options{MaxConcurrentReconciles: connectionsAtOnce}
	namespaced := NewReconciler(directory, follower, mgr.GetClient(), recorder, clk)
	if err := ctrl.NewControllerManagedBy(mgr).Named("oktaconnection").For(&v1alpha1.OktaConnection{}, changed).
		WatchesRawSource(follower.source(v1alpha1.ConnectionKindNamespaced)).WithOptions(options).
		Complete(reconcile.Func(namespaced.reconcileNamespaced)); err != nil {
		return err
	}
	cluster := NewReconciler(directory, follower, mgr.GetClient(), recorder, clk)

	return ctrl.NewControllerManagedBy(mgr).Named("clusteroktaconnection").For(&v1alpha1.ClusterOktaConnection{}, changed).
		WatchesRawSource(follower.source(v1alpha1.ConnectionKindCluster)).WithOptions(options).
		Complete(reconcile.Func(cluster.reconcileCluster))
}

func (r *Reconciler) reconcileNamespaced(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	return r.reconcile(ctx, request, v1alpha1.ConnectionReference{Kind: v1alpha1.ConnectionKindNamespaced, Name: request.Name})
}

func (r *Reconciler) reconcileCluster(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	return r.reconcile(ctx, request, v1alpha1.ConnectionReference{Kind: v1alpha1.ConnectionKindCluster, Name: request.Name})
}

func (r *Reconciler) reconcile(ctx context.Context, request reconcile.Request, ref v1alpha1.ConnectionReference) (reconcile.Result, error) {
	found, err := r.directory.Find(ctx, request.Namespace, ref)
	if apierrors.IsNotFound(err) {
		r.forget(request.NamespacedName)

		return reconcile.Result{}, nil
	}
	if err != nil {
		return reconcile.Result{}, err
	}
	r.remember(request.NamespacedName, found)
	// A brake is released whether Okta answers or not.
	if wait := r.notYet(ctx, request.NamespacedName, found); wait > 0 && found.resume() == "" {
		return reconcile.Result{RequeueAfter: wait}, nil
	}
	if r.lastTry(request.NamespacedName).failures > 0 {
		r.directory.renewAdmin(found)
	}
	seen := r.observe(ctx, found)
	if err := r.report(ctx, found, seen); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}

	return reconcile.Result{RequeueAfter: r.next(request.NamespacedName, seen)}, nil
}

// remember keeps the UID, so that what belongs to the connection can be dropped when it is gone.
func (r *Reconciler) remember(name types.NamespacedName, c Connection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, known := r.tries[name]; !known || last.uid != c.UID {
		if known {
			r.directory.Forget(last.uid)
		}
		r.tries[name] = try{uid: c.UID, generation: c.Generation}
	}
}

func (r *Reconciler) forget(name types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, known := r.tries[name]; known {
		r.directory.Forget(last.uid)
		delete(r.tries, name)
	}
}

func (r *Reconciler) lastTry(name types.NamespacedName) try {
	r.mu.Lock()
	defer r.mu.Unlock()

	return r.tries[name]
}

// notYet is how long to wait before Okta is asked again about a connection that did not work, unless it or its admin Secret
// has changed.
func (r *Reconciler) notYet(ctx context.Context, name types.NamespacedName, c Connection) time.Duration {
	last := r.lastTry(name)
	left := last.notBefore.Sub(r.clock.Now())
	if last.failures == 0 || last.generation != c.Generation || left <= 0 || r.directory.AdminVersion(ctx, c) != last.secret {
		return 0
	}

	return min(left, secretRecheck)
}

// next is when to look again: soon and ever later while the connection does not work.
func (r *Reconciler) next(name types.NamespacedName, seen observation) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.tries[name]
	last.generation, last.secret = seen.generation, seen.secretVersion
	wait := recheck
	if seen.ready() || seen.suspended {
		last.failures, last.notBefore = 0, time.Time{}
	} else {
		last.failures++
		delay := max(seen.retryAfter, min(lastRetry, firstRetry<<min(last.failures-1, 5)))
		last.notBefore = r.clock.Now().Add(delay)
		wait = min(delay, secretRecheck)
	}
	r.tries[name] = last

	return wait
}

// reportFollowing adds the condition Following, where the connection wants its System Log followed.
func (r *Reconciler) reportFollowing(c Connection) {
	following, wanted := r.follower.Following(c)
	if !wanted {
		meta.RemoveStatusCondition(&c.status.Conditions, v1alpha1.ConditionFollowing)
		c.status.SystemLogReadUntil = metav1.Time{}

		return
	}
	if read := r.follower.ReadUntil(c); read.Sub(c.status.SystemLogReadUntil.Time) >= recheck/2 {
		c.status.SystemLogReadUntil = metav1.NewTime(read)
	}
	meta.SetStatusCondition(&c.status.Conditions, following)
}

// report writes the status when it changed or its rate limits are old, and tells of a changed reason in an event.
func (r *Reconciler) report(ctx context.Context, c Connection, seen observation) error {
	before := c.status.DeepCopy()
	base, _ := c.object.DeepCopyObject().(client.Object)
	seen.writeTo(c.status)
	r.reportFollowing(c)
	buckets := r.directory.buckets(c)
	if equality.Semantic.DeepEqual(before, c.status) && !outdated(before.RateLimits, buckets) {
		return nil
	}
	c.status.RateLimits = refreshed(before.RateLimits, buckets)
	if err := r.client.Status().Patch(ctx, c.object, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{})); err != nil {
		return err
	}
	r.tell(c, seen, before.Conditions, c.status.Conditions)

	return nil
}
