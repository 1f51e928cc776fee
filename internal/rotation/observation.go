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
	// Cleaned are the answers of the token endpoint about the first of CleanForms, asked in this pass.
	Cleaned []Check
	// Consumers is how far the workloads that use the target got with its present value, asked in this pass.
	Consumers *Delivery
	// DeliverNotBefore is when the workloads are looked at again.
	DeliverNotBefore time.Time
	// UndoNotBefore is when Okta is asked again for a secret that is to be brought back and that it did not show.
	UndoNotBefore time.Time
	// LagsFor is what LooksFor said when Okta did not show it a moment ago: it is not asked for again at once.
	LagsFor string
	// LagsGone says that Okta listed others then and that one not as ACTIVE, so that no permission would show it.
	LagsGone bool
	// Failures are failed authentications of this client that Okta's System Log tells of, newest last.
	Failures []Failure
	// Tenants is what the public metadata of the org and of the applications' issuer say; nil when they were not asked.
	Tenants *TenantView
	// StagedCheck is the last answer for the staged value.
	StagedCheck *Check
	// Okta is what the admin API says, asked in this pass; nil when it was not asked.
	Okta *OktaView
	// JustStaged says that this process wrote the journal's present version by staging and has sent no creation since, so that what
	// Okta listed then still counts for a moment.
	JustStaged bool
	// Twin is the id at Okta when this process created the current value a second time: another one, which believed that it leads
	// too, was faster.
	Twin string
	// JustCreated is the id at Okta when this process created the staged secret since.
	JustCreated string
	// CreateRefused says why Okta refused to create the staged secret, when it did.
	CreateRefused string
	// Retry is what failed last and is not tried again before its time.
	Retry Retry
	// Refused is the id of a secret that could not be changed at Okta lately: a rejected value does not wait for that.
	Refused string
	// RetireNotBefore is when a retirement that was held up is looked at again, since every look is audited at Okta.
	RetireNotBefore time.Time
	// Overdue is why a rotation by age that is due did not begin when Okta was asked last, since the last check; nil when it was not
	// asked.
	Overdue *Wait
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
	Namespace, Name string
	Binding         Binding
	ClientID        string
	// AuthorizationServer is empty for the org's own.
	AuthorizationServer string
	AuthMethod          v1alpha1.TokenEndpointAuthMethod
	Mode                v1alpha1.Mode
	CreationPolicy      v1alpha1.CreationPolicy
	DeletionPolicy      v1alpha1.DeletionPolicy
	Suspended           bool
	Deleting            bool
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
	Jitter float64
	// Leader is the older credential for the same client that makes its secrets; nil when this one does.
	Leader *Peer
	// Followers are the others for the same client, which take over what this one makes; where it follows itself, those that follow
	// with it, and their leader.
	Followers []Peer
	// Adopts says that a secret which Okta already has is preferred to a new one.
	Adopts   bool
	Commands Commands
	// Handled are the commands that the status says were handled: without a journal, and in mode Observe, nothing else does.
	Handled Commands
	// Validate says that the validate command has a value that was not handled.
	Validate bool
	// Hinted says that Okta's System Log tells of a change since the last check, or that a follower's secret, which is this one's too,
	// was rejected since.
	Hinted bool
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
	// OnlyMade says that nothing is retired but what the operator made for this very credential.
	OnlyMade    bool
	DeleteAfter time.Duration
	PerDay      int
	MaxAttempts int
	// MaxAge is zero when secrets do not rotate by age.
	MaxAge time.Duration
	// Window says whether a rotation by age may start now.
	Window Window
	// ReplaceInactive lets an INACTIVE secret of anybody be deleted to make room.
	ReplaceInactive bool
	// Restarts says that workloads are restarted.
	Restarts bool
}

// Window is how the rotation windows stand.
type Window struct {
	// Closed says that no rotation by age may start now, and Opens when one may; zero when never.
	Closed bool
	Opens  time.Time
	// Problem says why the windows cannot be understood.
	Problem string
}

// Peer is another credential for the same client.
type Peer struct {
	// Name with its namespace.
	Name string
	// SecretID at Okta of the secret that it holds; empty when it does not know.
	SecretID string
	// PreviousID at Okta of the secret that it superseded and will retire by itself; empty when there is none.
	PreviousID string
	// PendingID at Okta of the secret that is about to be written to its Secret; empty when none is, or that could not be told.
	PendingID string
	// Made says that the last thing that was done for it was to make a secret, so that what it holds is nobody else's.
	Made bool
	// Moving says that pods may still use the secret which it held before.
	Moving bool
}

// Failure is a failed authentication of the client, from wherever it came.
type Failure struct {
	At time.Time
	// From is the address and program that Okta saw.
	From string
}

// Connection is what the connection says.
type Connection struct {
	// Problem is the reason why nothing may be asked at Okta: not there, not allowed; empty when all is well.
	Problem string
	Message string
	// Suspended stops everything.
	Suspended bool
	// Hold is the reason why no rotation may start on this connection now; empty when one may. Until is zero when a person must act.
	Hold        string
	HoldMessage string
	HoldUntil   time.Time
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
	// Owned says that it goes with the credential, whose it is by its owner reference.
	Owned bool
	// HasKey says that the key of the client secret is there, perhaps empty.
	HasKey bool
	Value  redact.Value
	// ClientID beside the value; empty when the key is not there.
	ClientID string
	// Issuer that the applications use; empty when no key for it is named, or it is not there.
	Issuer string
	// ManagedBy names a tool that keeps the target's content, as "External Secrets (what it was recognised by)"; empty when none is
	// recognised.
	ManagedBy string
	// Writers are the field managers of the target's data, for messages.
	Writers string
	// PodsOnOlder are pods that started before the last promotion and still use the Secret; nil when nobody looked.
	PodsOnOlder *[]string
	// PodsUnready are pods that came since, or were ready until then, and are not ready with the present value, each with what
	// is wrong; asked with PodsOnOlder.
	PodsUnready []string
	// PodsProblem says why the pods could not be looked at; empty when they were.
	PodsProblem string
}

// Journal is the journal as it was read.
type Journal struct {
	Found   bool
	Version string
	// Unreadable says why the journal could not be decoded.
	Unreadable string
	Record     Record
	// Held says that it has our finalizer, and so outlives its credential until what it leaves at Okta is named.
	Held bool
	// Deleted says that it goes as soon as it is no longer held.
	Deleted bool
}

// Check is one answer about one value.
type Check struct {
	Verdict v1alpha1.Verdict
	At      time.Time
	// Evidence is what was answered, in words.
	Evidence string
	// Fix is what a person can do about it; empty when nothing is to be done.
	Fix string
	// Status is the HTTP status; 0 when there was no answer.
	Status int
	// Ambiguous says that Okta's text may as well mean another authentication method.
	Ambiguous bool
	// Fresh says that it was asked in this pass.
	Fresh bool
	// Failures is how many answers in a row were not Accepted, this one included.
	Failures int
	// Rejections is how many answers in a row, far enough apart, may have rejected the value, this one included.
	Rejections int
	// RetryAfter is how long Okta asks to wait; zero when it does not.
	RetryAfter time.Duration
}

// RejectsSecret says whether the answer may mean that the secret is wrong: Okta says so, or uses the text that it has for that
// and for other causes.
func (c Check) RejectsSecret() bool {
	return c.Verdict == v1alpha1.VerdictSecretRejected || c.Ambiguous
}

// OktaView is what the admin API says of the application and its secrets.
type OktaView struct {
	// Problem is the reason why the admin API could not be asked; Message says more, and RetryAfter when to ask again.
	Problem    string
	Message    string
	RetryAfter time.Duration
	// NeedsPerson says that asking again will not help until somebody acts.
	NeedsPerson bool
	// Unasked says that the application was not asked for, because what stands for its id may be something else; see Message.
	Unasked bool

	AppStatus   string
	AppClientID string
	// AppType is web, native, browser or service.
	AppType       string
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

// TenantView is what public metadata says of the org, the authorization server and the issuer that applications use. An empty
// field was not asked for, or not answered.
type TenantView struct {
	// OrgID is the id of the org at the connection's orgURL.
	OrgID string
	// Server says whether the org has the credential's authorization server.
	Server Existence
	// IssuerOrgID is the id of the org at the host of the applications' issuer.
	IssuerOrgID string
	// IssuerProblem says why that host could not be asked.
	IssuerProblem string
}

// Existence says whether something is there.
type Existence int

const (
	// Unclear: nobody looked, or the answer does not tell.
	Unclear Existence = iota
	// Exists: it is there.
	Exists
	// Missing: it is not there.
	Missing
)
