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
	uid := seen.credential.UID
	if seen.Connection.Problem != "" {
		// Whom the connection does not allow takes no place there, and makes the fleet no larger for the brake.
		r.fleet.forget(uid)

		return nil
	}
	if err := r.meet(ctx, seen.connection); err != nil {
		return err
	}
	var stagedAt time.Time
	if staged := seen.Journal.Record.Staged; staged != nil && !staged.Adopted {
		stagedAt = staged.At
	}
	r.fleet.note(seen.connection.UID, uid, seen.Credential.Interval, stagedAt)
	held := r.fleet.holds(termsOf(seen.connection), uid)
	if held.trips {
		if err := r.Directory.Brake(ctx, seen.connection, held.rejected, held.total, seen.now); err != nil {
			return err
		}
		// The passes that began before read the connection as it was: they are told by this.
		held = r.fleet.holds(termsOf(seen.connection), uid)
	}
	seen.hold(held)

	return nil
}

func (s *scene) hold(h hold) {
	s.Connection.Hold, s.Connection.HoldMessage, s.Connection.HoldUntil = h.reason, h.message, h.until
}

// meet takes over from the statuses, once a process, what an earlier one left at work on a connection.
func (r *Reconciler) meet(ctx context.Context, c connection.Connection) error {
	if r.fleet.knows(c.UID) {
		return nil
	}
	credentials, err := usersOf(ctx, r.Client, c)
	if err != nil {
		return err
	}
	members := make([]found, 0, len(credentials))
	for i := range credentials {
		members = append(members, foundOf(&credentials[i]))
		// One that goes before its first pass is forgotten as the others are.
		r.memories.LoadOrStore(client.ObjectKeyFromObject(&credentials[i]), &memory{uid: credentials[i].UID})
	}
	r.fleet.begin(c.UID, members)

	return nil
}

func foundOf(credential *v1alpha1.OktaClientCredential) found {
	staged := credential.Status.Secrets.Pending.Since.Time
	member := found{credential: credential.UID, interval: intervalOf(credential), staged: staged, started: staged}
	for _, entry := range credential.Status.History {
		if entry.Reason == v1alpha1.ReasonRotationStarted && entry.Time.After(member.started) {
			member.started = entry.Time.Time
		}
	}

	return member
}

// takeTurn decides with a place of the connection where one is needed.
func (r *Reconciler) takeTurn(ctx context.Context, seen *scene) (rotation.Action, error) {
	c, credential := seen.connection.UID, seen.credential.UID
	action, err := r.decide(ctx, seen)
	if !seen.keepsPlace(action) {
		r.fleet.leave(c, credential)
	}
	wait, _ := action.(rotation.Wait)
	r.fleet.wait(c, credential, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(seen.credential)}, wait.Reason == v1alpha1.ReasonPaced)

	return action, err
}

// keepsPlace says whether a credential keeps the place that it asked in. A rotation does, and who waits for its share of the admin
// API's rate limits: whoever had the place next would wait for the same. What throttles a check may throttle this one alone.
func (s *scene) keepsPlace(action rotation.Action) bool {
	if _, starts := action.(rotation.StageSecret); starts {
		return true
	}
	wait, _ := action.(rotation.Wait)

	return wait.Reason == v1alpha1.ReasonThrottled && s.Retry.Reason == v1alpha1.ReasonThrottled && s.now.Before(s.Retry.At)
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
	held := r.fleet.ask(termsOf(seen.connection), seen.credential.UID)
	if held.reason == "" {
		return nil, false
	}
	seen.hold(held)

	return rotation.Decide(seen.now, seen.Observation), true
}
