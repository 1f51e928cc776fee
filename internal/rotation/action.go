package rotation

import (
	"time"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// Action is what comes next: exactly one of the types of this file. Look asks for more facts in the same pass; Wait and the
// others end it, with at most one change in the cluster or at Okta.
//
//sumtype:decl
type Action interface{ isAction() }

// Subject is something that can be looked at.
type Subject string

const (
	// LookTarget asks the token endpoint about the target's value.
	LookTarget Subject = "target value at the token endpoint"
	// LookSecond asks the revocation endpoint about the target's value.
	LookSecond Subject = "target value at the revocation endpoint"
	// LookStaged asks the token endpoint about the staged value.
	LookStaged Subject = "staged value at the token endpoint"
	// LookCleaned asks the token endpoint about the next one of CleanForms.
	LookCleaned Subject = "clean form of the target's value at the token endpoint"
	// LookTenants asks for the public metadata of the org and of the applications' issuer.
	LookTenants Subject = "metadata of the org and of the issuer"
	// LookApplication asks the admin API for the application and its secrets.
	LookApplication Subject = "application and its secrets"
	// LookSecrets asks the admin API for the application's secrets alone.
	LookSecrets Subject = "secrets of the application"
	// LookConsumers asks how far the workloads that use the target are.
	LookConsumers Subject = "workloads that use the target"
	// LookPods asks which pods still use an older value of the target.
	LookPods Subject = "pods that use the target"
)

type (
	// Look asks for more facts.
	Look struct{ At Subject }

	// WriteJournal makes a transition true.
	WriteJournal struct {
		Record Record
		Tell   []Telling
	}

	// StageSecret makes a value and writes it to the journal.
	StageSecret struct {
		Cause     Cause
		Command   string
		IDsBefore []string
		Replaces  Replaced
		Tell      []Telling
	}

	// LabelTarget sets our label on the target, so that its changes are seen.
	LabelTarget struct{ Version string }

	// WriteTarget writes a value to the target; Create when it is not there.
	WriteTarget struct {
		Value   redact.Value
		Version string
		Create  bool
		Tell    []Telling
	}

	// CreateSecret creates the staged value at Okta.
	CreateSecret struct {
		Value redact.Value
		Tell  []Telling
	}

	// ActivateSecret activates an INACTIVE secret at Okta.
	ActivateSecret struct {
		ID   string
		Tell []Telling
	}

	// DeactivateSecret deactivates a secret at Okta.
	DeactivateSecret struct {
		ID   string
		Tell []Telling
	}

	// DeleteSecret deletes an INACTIVE secret at Okta.
	DeleteSecret struct {
		ID   string
		Tell []Telling
	}

	// RestartWorkload restarts a workload, by kind/name, so that it gets the present value.
	RestartWorkload struct {
		Name string
		Tell []Telling
	}

	// AddFinalizer comes before the first change at Okta.
	AddFinalizer struct{}

	// RemoveFinalizer lets the object go, or says that nothing at Okta depends on it any more.
	RemoveFinalizer struct{ Tell []Telling }

	// Wait ends the pass with nothing to do until a time, or until something changes.
	Wait struct {
		// Until is zero when only a change helps.
		Until time.Time
		State State
		// Reason and Message say why, for conditions and events.
		Reason  string
		Message string
		// RotationAt is when the next rotation may start; zero when none waits for a time.
		RotationAt time.Time
		// Step is the step of the rotation that comes next, empty when none is at work.
		Step string
		// HoldsUp is the cause of a rotation that is due and waits for this, where another pass has to know.
		HoldsUp Cause
	}
)

// State is how the credential stands while it waits.
type State int

const (
	// Settled: nothing is wrong that the operator or a person must act on.
	Settled State = iota
	// Working: the operator goes on by itself.
	Working
	// Blocked: a person must act; trying again alone will not help.
	Blocked
)

// Telling is an event: what happened, by reason and message.
type Telling struct {
	Reason  string
	Message string
	// Warning says that somebody should look.
	Warning bool
}

func (Look) isAction()             {}
func (WriteJournal) isAction()     {}
func (StageSecret) isAction()      {}
func (LabelTarget) isAction()      {}
func (WriteTarget) isAction()      {}
func (CreateSecret) isAction()     {}
func (ActivateSecret) isAction()   {}
func (DeactivateSecret) isAction() {}
func (DeleteSecret) isAction()     {}
func (RestartWorkload) isAction()  {}
func (AddFinalizer) isAction()     {}
func (RemoveFinalizer) isAction()  {}
func (Wait) isAction()             {}
