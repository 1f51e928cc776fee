package oktaclientcredential

import (
	"fmt"
	"strings"
	"time"

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
		s.memory.checkKey, s.memory.connectionKey, s.targetHolds(), s.Journal.Version, s.Connection.Problem, s.Connection.Unusable, s.Connection.Hold,
		fmt.Sprint(s.Credential.Commands, s.Credential.Validate, s.Credential.Deleting, s.Credential.HasFinalizer, s.Credential.ConflictsWith),
		fmt.Sprint(s.Credential.Policy.Window.Closed, s.Credential.Leader != nil, s.Credential.Followers, len(s.Failures)), s.leaderSecret(),
		fmt.Sprint(checked.UnixNano(), s.memory.retry.At.UnixNano(), s.memory.justStaged, s.memory.justCreated, s.memory.createRefused != ""),
	}, "|")
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

// restUntilChange keeps a decision that took questions.
func (s *scene) restUntilChange(wait rotation.Wait) {
	s.memory.rest = rest{}
	if s.looked && !wait.Until.IsZero() {
		s.memory.rest = rest{circumstances: s.describe(), wait: wait}
	}
}

// resting returns the decision that still holds, if one does.
func (s *scene) resting() (rotation.Wait, bool) {
	kept := s.memory.rest

	return kept.wait, kept.circumstances != "" && s.now.Before(kept.wait.Until) && kept.circumstances == s.describe()
}
