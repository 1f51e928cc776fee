package rotation

import (
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// Observation is everything that a decision rests on. Nothing in it was written by the operator as a conclusion: facts are
// read again each time, and what a former pass concluded does not count.
type Observation struct {
	Credential Credential
	Connection Connection
	Target     Target
	Journal    Journal
	// Check is the last answer of the token endpoint for the target's present value; nil when there is none that counts.
	Check *Check
	// Second is the answer of the revocation endpoint in this pass.
	Second *Check
	// StagedCheck is the last answer for the staged value.
	StagedCheck *Check
	// Okta is what the admin API says, asked in this pass; nil when it was not asked.
	Okta *OktaView
	// JustStaged says that this process wrote the journal's present version by staging, so that what Okta listed then is fresh.
	JustStaged bool
	// JustCreated is the id at Okta when this process created the staged secret since.
	JustCreated string
	// CreateRefused says why Okta refused to create the staged secret, when it did.
	CreateRefused string
	// Retry is what failed last and is not tried again before its time.
	Retry Retry
	// RetireNotBefore is when a retirement that was held up is looked at again, since every look is audited at Okta.
	RetireNotBefore time.Time
	// MissingSince is when the target was first seen missing.
	MissingSince time.Time
}

// Retry is a failure that waits for its time.
type Retry struct {
	// At is zero when nothing failed.
	At      time.Time
	Reason  string
	Message string
	// NeedsPerson says that trying again alone will not help.
	NeedsPerson bool
}

// Credential is what the OktaClientCredential says.
type Credential struct {
	Name           string
	Binding        Binding
	ClientID       string
	AuthMethod     v1alpha1.TokenEndpointAuthMethod
	Mode           v1alpha1.Mode
	CreationPolicy v1alpha1.CreationPolicy
	DeletionPolicy v1alpha1.DeletionPolicy
	Suspended      bool
	Deleting       bool
	// NamespaceTerminating means that nothing may wait.
	NamespaceTerminating bool
	HasFinalizer         bool
	// FirstSight says that the operator has never handled this object.
	FirstSight    bool
	Confirmations int
	Interval      time.Duration
	StaleAfter    time.Duration
	Policy        Policy
	// Jitter in [0,1) spreads the checks of many credentials.
	Jitter   float64
	Commands Commands
	// Handled are the commands that the status says were handled, for when there is no journal.
	Handled Commands
	// Validate says that the validate command has a value that was not handled.
	Validate bool
	// ConflictsWith is the name of an older credential for the same Secret.
	ConflictsWith string
}

// Policy is how often a rotation may happen and what becomes of a superseded secret.
type Policy struct {
	// Spacing is the least time between two answers that confirm a rejection.
	Spacing        time.Duration
	OverlapMinimum time.Duration
	// OverlapMaximum is zero when a superseded secret waits for its pods without limit.
	OverlapMaximum time.Duration
	Retire         v1alpha1.RetirePolicy
	DeleteAfter    time.Duration
	PerDay         int
	MaxAttempts    int
}

// Connection is what the connection says.
type Connection struct {
	// Problem is the reason why nothing may be asked at Okta: not there, not allowed; empty when all is well.
	Problem string
	Message string
	// Suspended stops everything.
	Suspended bool
	// Unusable is the reason why the admin API cannot be used; checks go on.
	Unusable        string
	UnusableMessage string
}

// Target is the Kubernetes Secret that applications read.
type Target struct {
	Found     bool
	Version   string
	Labelled  bool
	Immutable bool
	// HasKey says that the key of the client secret is there, perhaps empty.
	HasKey bool
	Value  redact.Value
	// ClientID beside the value; empty when the key is not there.
	ClientID string
	// Writers are the field managers of the target's data, for messages.
	Writers string
	// PodsOnOlder are pods that started before the last promotion and still use the Secret; nil when nobody looked.
	PodsOnOlder *[]string
}

// Journal is the journal as it was read.
type Journal struct {
	Found   bool
	Version string
	// Unreadable says why the journal could not be decoded.
	Unreadable string
	Record     Record
}

// Check is one answer about one value.
type Check struct {
	Verdict v1alpha1.Verdict
	At      time.Time
	// Evidence is what was answered, in words.
	Evidence string
	// Ambiguous says that Okta's text may as well mean another authentication method.
	Ambiguous bool
	// Fresh says that it was asked in this pass.
	Fresh bool
	// Failures is how many answers in a row were not Accepted, this one included.
	Failures int
	// Rejections is how many answers in a row, far enough apart, rejected the value, this one included.
	Rejections int
	// RetryAfter is how long Okta asks to wait; zero when it does not.
	RetryAfter time.Duration
}

// OktaView is what the admin API says of the application and its secrets.
type OktaView struct {
	// Problem is the reason why the admin API could not be asked; Message says more, and RetryAfter when to ask again.
	Problem    string
	Message    string
	RetryAfter time.Duration
	// NeedsPerson says that asking again will not help until somebody acts.
	NeedsPerson bool

	AppStatus     string
	AppClientID   string
	AppAuthMethod string
	Secrets       []Listed

	// hashKnown says that a listed hash is the one that we compute of a value that we know, see compared.
	hashKnown bool
}

// Listed is one client secret as Okta lists it.
type Listed struct {
	ID      string
	Active  bool
	Value   redact.Value
	Hash    string
	Created time.Time
}
