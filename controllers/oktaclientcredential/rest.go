package oktaclientcredential

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// rest is a decision to wait that took questions to Okta. It holds until its time, or until something that it rests on changes:
// a pass that something else caused asks nothing again.
type rest struct {
	circumstances string
	wait          rotation.Wait
}

// describe names everything in the cluster and in memory that a decision rests on, by versions and hashes. Of the target it is
// what it holds and not its version: somebody's annotation there is no cause to send a rejected value again.
func (s *scene) describe() string {
	var checked time.Time
	if s.Check != nil {
		checked = s.Check.At
	}

	return strings.Join([]string{
		s.memory.checkKey, s.memory.connectionKey, s.targetHolds(), s.Journal.Version, s.Connection.Problem, s.Connection.Unusable, s.brake(),
		fmt.Sprint(s.Credential.Commands, s.Credential.Validate, s.Credential.Hinted, s.Credential.Deleting, s.Credential.HasFinalizer, s.Credential.ConflictsWith),
		fmt.Sprint(s.Credential.Policy.Window.Closed, s.Credential.Leader != nil, s.Credential.Followers, s.newestFailure().UnixNano()), s.leaderSecret(),
		fmt.Sprint(checked.UnixNano(), s.memory.retry.At.UnixNano(), s.memory.justStaged, s.memory.justCreated, s.memory.createRefused != ""),
	}, "|")
}

// newestFailure is when the client failed last, of what the System Log told; zero when it told of no failure. How many are known
// says less: only the last ones are remembered.
func (s *scene) newestFailure() time.Time {
	if len(s.Failures) == 0 {
		return time.Time{}
	}

	return s.Failures[len(s.Failures)-1].At
}

// brake is what keeps rotations of the connection from starting until a person acts. What keeps them apart for a moment is part
// of a wait's time, and no change of its circumstances.
func (s *scene) brake() string {
	if !s.Connection.HoldUntil.IsZero() {
		return ""
	}

	return s.Connection.Hold
}

// targetHolds is what a decision reads of the target besides its value, which checkKey has.
func (s *scene) targetHolds() string {
	t := s.Target

	return fmt.Sprintf("%t %t %t %t %q %q %q", t.Found, t.Labelled, t.Immutable, t.HasKey, t.ClientID, t.ManagedBy, t.Writers)
}

func (s *scene) leaderSecret() string {
	if s.Credential.Leader == nil {
		return ""
	}

	return s.Credential.Leader.SecretID
}

// restUntilChange keeps a decision that took questions. A question that failed in this pass until a person acts is one of its
// circumstances, and no change of them.
func (r *Reconciler) restUntilChange(ctx context.Context, s *scene, wait rotation.Wait) {
	s.memory.rest = rest{}
	if !s.looked || wait.Until.IsZero() || wait.Reason == v1alpha1.ReasonPaced {
		// A turn may come at any time, and nothing was asked that is asked again then.
		return
	}
	s.memory.connectionKey = r.withAdminVersion(ctx, s)
	s.memory.rest = rest{circumstances: s.describe(), wait: wait}
}

// resting returns the decision that still holds, if one does.
func (s *scene) resting() (rotation.Wait, bool) {
	kept := s.memory.rest

	return kept.wait, kept.circumstances != "" && s.now.Before(kept.wait.Until) && kept.circumstances == s.describe()
}
