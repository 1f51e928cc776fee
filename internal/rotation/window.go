package rotation

import (
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// windowProblem says of a secret that is young and works that nothing will replace it when it is old, as long as there is time to
// mend that. A worse problem goes before.
func (o Observation) windowProblem(wait Wait) Wait {
	window, policy := o.Credential.Policy.Window, o.Credential.Policy
	if wait.State != Settled || policy.MaxAge == 0 || o.Credential.Mode != v1alpha1.ModeRotate || o.Credential.Leader != nil {
		return wait
	}
	switch {
	case window.Problem != "":
		wait.Message = "The rotation windows cannot be understood, so no rotation by age will start: " + window.Problem
	case window.Closed && window.Opens.IsZero():
		wait.Message = "No rotation window opens within five years, so no rotation by age will start."
	default:
		return wait
	}
	wait.State, wait.Reason, wait.RotationAt = Blocked, v1alpha1.ReasonOutsideWindow, time.Time{}

	return wait
}
