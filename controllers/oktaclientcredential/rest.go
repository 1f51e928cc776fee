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

// describe names everything in the cluster and in memory that a decision rests on, by versions and hashes.
func (s *scene) describe() string {
	var checked time.Time
	if s.Check != nil {
		checked = s.Check.At
	}

	return strings.Join([]string{
		s.memory.checkKey, s.memory.connectionKey, s.Target.Version, s.Journal.Version, s.Connection.Problem, s.Connection.Unusable,
		fmt.Sprint(s.Credential.Commands, s.Credential.Validate, s.Credential.Deleting, s.Credential.HasFinalizer, s.Credential.ConflictsWith),
		fmt.Sprint(checked.UnixNano(), s.memory.retry.At.UnixNano(), s.memory.justStaged, s.memory.justCreated, s.memory.createRefused != ""),
	}, "|")
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
