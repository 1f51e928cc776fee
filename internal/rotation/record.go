package rotation

import (
	"slices"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// Record is what the journal of one credential holds: everything that a rotation must not forget. Its methods are the
// transitions of the protocol; each returns a changed copy, which becomes true when the journal is written.
type Record struct {
	// Binding ties the journal to one object and one application. A journal of another binding is never used.
	Binding Binding
	// ClientID that is kept: of the spec, or the first one found in the Secret.
	ClientID string
	// AuthMethod that the application at Okta was found to use; empty until it was asked.
	AuthMethod string
	// Current is the value that Okta accepted last while the target held it.
	Current *Held
	// Previous is the superseded value, kept in clear while Okta lists it.
	Previous *Held
	// Staged is the value of the rotation at work.
	Staged *Staged
	// Promoting is the intent to write Staged to the target.
	Promoting *Promotion
	// Retired are values that must never be used again, with what is still to be done about them at Okta.
	Retired []Retired
	// Attempts that failed in a row, and when the last one did.
	Attempts    int
	LastFailure time.Time
	// Starts are the times of the rotations that the operator started by itself in the last day.
	Starts []time.Time
	// LastCause is the cause of the rotation at work or of the last one.
	LastCause Cause
	// Flips counts how often a retired value was put back into the target since FlipsSince.
	Flips      int
	FlipsSince time.Time
	// FlipVersion is the target's resourceVersion of the last counted flip, or notCounted; empty when the current value is there again.
	FlipVersion string
	// Handled are the command values that need no more handling.
	Handled Commands
	// Undelivered says that the target got another value and it is not proven yet that every consumer uses it.
	Undelivered bool
	// Restored is when the current value was last in the target again after another one; zero when it was there all the time.
	Restored time.Time
	// Owned says that the Secret goes with the credential (creationPolicy Owner), and the current secret is in no other place then.
	Owned bool
	// Followed is the id at Okta of the leader's secret that was last taken over.
	Followed string
	// Consented is the tool that keeps the Secret's content and that a person agreed to write over; AnyTool in a journal of an
	// operator that did not note which.
	Consented string
	// Halt stops rotations by the operator itself until a person resumes.
	Halt *Halt
	// Released is the id that a person gave free for removal.
	Released string
}

// AnyTool is the consent to write over whatever tool keeps the Secret's content.
const AnyTool = "*"

// Halt is why rotations wait for a person.
type Halt struct {
	Reason  string
	Message string
	At      time.Time
}

// Binding says whose journal it is.
type Binding struct {
	CredentialUID string
	Org           string
	ApplicationID string
}

// Held is a value in clear with its id at Okta.
type Held struct {
	Value redact.Value
	// ID at Okta; empty while nobody had to know it.
	ID string
	// Made says that the operator made this secret.
	Made bool
	// Since is when it came into the target, or when it was superseded. It begins anew when another value was in the target meanwhile.
	Since time.Time
	// First is when it came into the target first, where that is not Since: its age counts from then.
	First time.Time
}

// born is when a value's age begins to count.
func (h Held) born() time.Time {
	if h.First.IsZero() {
		return h.Since
	}

	return h.First
}

// Staged is a value that may be at Okta already, and is not in the target yet.
type Staged struct {
	Value redact.Value
	Cause Cause
	At    time.Time
	// Adopted says that Okta had the value already: it is written to the target, and not the operator's to remove.
	Adopted bool
	// ID of an adopted value at Okta; empty when it could not be told.
	ID string
	// Note says in words what an adopted value is.
	Note string
	// IDsBefore are the ids that Okta listed when the value was staged: what is listed besides may be ours.
	IDsBefore []string
	// Replaces is what Okta listed of the value that the target held then.
	Replaces Replaced
	// RefusedSince is when the token endpoint first refused the value.
	RefusedSince time.Time
}

// Replaced is the value that a rotation replaces.
type Replaced struct {
	// Hash of the value; empty when the target held none.
	Hash string
	// ID under which Okta listed it; empty when it was not found there.
	ID string
	// Inactive says that Okta listed it as INACTIVE.
	Inactive bool
	// Masked says that Okta did not show which of its secrets it was, if any.
	Masked bool
}

// Promotion is the intent to write the staged value to the target.
type Promotion struct {
	// TargetVersion is the target's resourceVersion that the write expects; empty when the target is to be created.
	TargetVersion string
	// Replaces is the value that is overwritten.
	Replaces Replaced
	// Previous is that value when Okta lists it, so that it can be retired and, until then, brought back.
	Previous *Held
	// ID of the staged secret at Okta; empty when it could not be told from others.
	ID string
}

// Cause is why a secret was made.
type Cause string

const (
	// CauseRejected: Okta rejected the stored secret, confirmed.
	CauseRejected Cause = "SecretRejected"
	// CauseCommand: the rotate annotation.
	CauseCommand Cause = "RotateCommand"
	// CauseMalformed: the stored value becomes an ACTIVE secret when it is cleaned.
	CauseMalformed Cause = "SecretMalformed"
	// CauseAdopted: Okta rejected the stored secret, confirmed, or lists it as INACTIVE, and has another ACTIVE one.
	CauseAdopted Cause = "SecretAdopted"
	// CauseScheduled: the secret is older than maxAge.
	CauseScheduled Cause = "MaxAge"
	// CauseRevoked: the revoke annotation.
	CauseRevoked Cause = "RevokeCommand"
	// CauseUndone: what uses the secret failed with the new one.
	CauseUndone Cause = "ConsumersFailed"
	// CauseFollowed: another credential for the same client has a newer secret.
	CauseFollowed Cause = "LeaderRotated"
	// CauseRollback: the rollback annotation.
	CauseRollback Cause = "RollbackCommand"
	// CauseCreated: the Kubernetes Secret had to be made.
	CauseCreated Cause = "SecretMissing"
)

// Makes says whether a new secret is made for it, in place of one that Okta has already.
func (c Cause) Makes() bool {
	switch c {
	case CauseRejected, CauseCommand, CauseScheduled, CauseRevoked, CauseCreated:
		return true
	default:
		return false
	}
}

// commanded says whether a person asked for it, so that it passes limits and backoff.
func (c Cause) commanded() bool { return c == CauseCommand || c == CauseRevoked || c == CauseRollback }

// unlimited says whether it passes limits and backoff.
func (c Cause) unlimited() bool { return c.commanded() || c == CauseUndone || c == CauseFollowed }

// clone returns a copy whose slices and pointers are its own.
func (r Record) clone() Record {
	r.Retired = slices.Clone(r.Retired)
	r.Starts = slices.Clone(r.Starts)
	r.Current = cloneOf(r.Current)
	r.Previous = cloneOf(r.Previous)
	r.Staged = cloneOf(r.Staged)
	r.Promoting = cloneOf(r.Promoting)
	r.Halt = cloneOf(r.Halt)

	return r
}

func cloneOf[T any](p *T) *T {
	if p == nil {
		return nil
	}
	copied := *p

	return &copied
}
