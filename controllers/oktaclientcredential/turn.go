package oktaclientcredential

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// terms are what a connection says about its rotations.
type terms struct {
	uid     types.UID
	version string
	name    string
	pace    v1alpha1.RotationPace
	brake   v1alpha1.BrakeStatus
}

func termsOf(c connection.Connection) terms {
	return terms{uid: c.UID, version: c.Version(), name: c.String(), pace: c.Spec.Rotation, brake: c.Brake()}
}

// observePace finds what keeps a rotation of this connection from starting now.
func (r *Reconciler) observePace(ctx context.Context, seen *scene) error {
	if seen.Connection.Problem != "" {
		return nil
	}
	uid := seen.credential.UID
	staged := seen.Journal.Record.Staged
	r.fleet.note(seen.connection.UID, uid, staged != nil && !staged.Adopted && seen.now.Sub(staged.At) < placeHolds)
	held := r.fleet.holds(termsOf(seen.connection), uid, seen.now)
	if held.trips {
		if err := r.Directory.Brake(ctx, seen.connection, held.rejected, held.total, seen.now); err != nil {
			return err
		}
	}
	seen.hold(held)

	return nil
}

// placeHolds is how long a rotation takes a place among those of its connection: one that something holds up must not keep all
// others from starting.
const placeHolds = 10 * time.Minute

func (s *scene) hold(h hold) {
	s.Connection.Hold, s.Connection.HoldMessage, s.Connection.HoldUntil = h.reason, h.message, h.until
}

// takeTurn decides with a place of the connection where one is needed. A rotation keeps it, and who waits for its share of Okta's
// rate limits: whoever had the place next would wait for the same.
func (r *Reconciler) takeTurn(ctx context.Context, seen *scene) (rotation.Action, error) {
	c, credential := seen.connection.UID, seen.credential.UID
	action, err := r.decide(ctx, seen)
	wait, _ := action.(rotation.Wait)
	if _, starts := action.(rotation.StageSecret); !starts && wait.Reason != v1alpha1.ReasonThrottled {
		r.fleet.leave(c, credential)
	}
	r.fleet.wait(c, credential, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(seen.credential)}, wait.Reason == v1alpha1.ReasonPaced)

	return action, err
}

// awaitTurn takes a place before facts are asked for that a rotation would rest on; without one they would be asked for again
// when there is one. What would be asked for without a rotation too needs no place.
func (r *Reconciler) awaitTurn(seen *scene) (rotation.Action, bool) {
	if seen.Connection.Hold != "" {
		return nil, false
	}
	waiting := seen.Observation
	waiting.Connection.Hold, waiting.Connection.HoldUntil = v1alpha1.ReasonPaced, seen.now.Add(pacePoll)
	if _, anyway := rotation.Decide(seen.now, waiting).(rotation.Look); anyway {
		return nil, false
	}
	held := r.fleet.ask(termsOf(seen.connection), seen.credential.UID, seen.now)
	if held.reason == "" {
		return nil, false
	}
	seen.hold(held)

	return rotation.Decide(seen.now, seen.Observation), true
}
