// Package oktaclientcredential keeps client secrets working: observe, decide, carry out one action, report. What to do is
// decided by internal/rotation; this package must not decide anything about secrets itself.
package oktaclientcredential

import (
	"context"
	"io"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/internal/journal"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// +kubebuilder:rbac:groups=oktacred.dev,resources=oktaclientcredentials,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=oktacred.dev,resources=oktaclientcredentials/status,verbs=patch
// +kubebuilder:rbac:groups=oktacred.dev,resources=oktaclientcredentials/finalizers,verbs=update
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch;create;update;patch
// +kubebuilder:rbac:groups="",resources=pods,verbs=list
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Options of a Reconciler.
type Options struct {
	// Client reads from the cache and writes.
	Client client.Client
	// Live reads past the cache: what a write rests on is never old.
	Live      client.Reader
	Directory *connection.Directory
	// Follower tells what the System Log said of a credential's client.
	Follower *connection.Follower
	Recorder events.EventRecorder
	Clock    clock.Clock
	// Rand makes client secrets. It must be cryptographically secure.
	Rand io.Reader
	// ConfirmationSpacing is the least time between two answers that confirm a rejection.
	ConfirmationSpacing time.Duration
}

// Reconciler keeps the client secret of each OktaClientCredential working.
type Reconciler struct {
	Options

	journals *journal.Store
	// started is when this process first looked at a credential. It may have stood by for days before it was elected.
	started  time.Time
	begun    sync.Once
	fleet    *fleet
	memories sync.Map // types.NamespacedName -> *memory
	created  sync.Map // types.NamespacedName of a credential in a rotation -> id of the secret that was created at Okta
}

// New makes a Reconciler.
func New(options Options) *Reconciler {
	return &Reconciler{
		Options: options, journals: journal.NewStore(options.Live, options.Client), fleet: newFleet(options.Clock),
	}
}

// cacheLag is how long the cache is given to see our own write.
const cacheLag = 20 * time.Millisecond

// maxLooks bounds how often one pass asks for more facts.
const maxLooks = 12

// Reconcile makes one pass: at most one change, in the cluster or at Okta.
func (r *Reconciler) Reconcile(ctx context.Context, credential *v1alpha1.OktaClientCredential) (reconcile.Result, error) {
	r.begun.Do(func() { r.started = r.Clock.Now() })
	if r.memoryOf(credential).isBehind(credential, r.Clock.Now()) {
		return reconcile.Result{RequeueAfter: cacheLag}, nil
	}
	seen, err := r.observe(ctx, credential)
	if err != nil {
		return r.again(err)
	}
	defer func() { seen.memory.saw(seen.now) }()
	if wait, ok := seen.resting(); ok {
		return r.report(ctx, seen, wait)
	}
	action, err := r.takeTurn(ctx, seen)
	if err != nil {
		return r.again(err)
	}
	if wait, ok := action.(rotation.Wait); ok {
		r.restUntilChange(ctx, seen, wait)

		return r.report(ctx, seen, wait)
	}
	err = r.act(ctx, seen, action)
	if isRefused(err) {
		return r.report(ctx, seen, refused(seen, action, err))
	}
	if err != nil {
		return r.again(err)
	}

	return reconcile.Result{RequeueAfter: time.Millisecond}, nil
}

// decide asks for facts until they suffice for an action.
func (r *Reconciler) decide(ctx context.Context, seen *scene) (rotation.Action, error) {
	action := rotation.Decide(seen.now, seen.Observation)
	for range maxLooks {
		look, more := action.(rotation.Look)
		if !more {
			break
		}
		if wait, waits := r.awaitTurn(seen); waits {
			return wait, nil
		}
		if err := r.look(ctx, seen, look.At); err != nil {
			return nil, err
		}
		seen.looked = true
		action = rotation.Decide(seen.now, seen.Observation)
	}
	if d, found := rotation.Diagnose(seen.Observation); found && seen.looked {
		seen.memory.diagnosed(d)
	}

	return action, nil
}

// again turns the errors that a moment heals into another pass; the others back off.
func (r *Reconciler) again(err error) (reconcile.Result, error) {
	if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) || apierrors.IsNotFound(err) {
		return reconcile.Result{RequeueAfter: 50 * time.Millisecond}, nil
	}

	return reconcile.Result{}, err
}
