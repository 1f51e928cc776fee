package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ConnectionKind is the kind of a connection.
// +kubebuilder:validation:Enum=OktaConnection;ClusterOktaConnection
type ConnectionKind string

const (
	// ConnectionKindNamespaced is a connection in the credential's own namespace.
	ConnectionKindNamespaced ConnectionKind = "OktaConnection"
	// ConnectionKindCluster is a cluster-scoped connection, usable from the namespaces that it allows.
	ConnectionKindCluster ConnectionKind = "ClusterOktaConnection"
)

// ConnectionReference names a connection.
type ConnectionReference struct {
	// kind is OktaConnection (in the same namespace) or ClusterOktaConnection.
	// +optional
	// +kubebuilder:default=OktaConnection
	Kind ConnectionKind `json:"kind,omitempty"`

	// name of the connection.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`
}

// TokenEndpointAuthMethod is how the client sends its secret to the token endpoint.
// +kubebuilder:validation:Enum=Auto;ClientSecretBasic;ClientSecretPost;ClientSecretJWT
type TokenEndpointAuthMethod string

const (
	// AuthMethodAuto is basic, until the application at Okta, asked after a rejection, says otherwise.
	AuthMethodAuto TokenEndpointAuthMethod = "Auto"
	// AuthMethodBasic is client_secret_basic: client id and secret in the Authorization header.
	AuthMethodBasic TokenEndpointAuthMethod = "ClientSecretBasic"
	// AuthMethodPost is client_secret_post: client id and secret in the request's form.
	AuthMethodPost TokenEndpointAuthMethod = "ClientSecretPost"
	// AuthMethodSecretJWT is client_secret_jwt: a JWT that the client signs with its secret (HMAC), which stays at home. Okta
	// takes secrets of at least 32 characters for it.
	AuthMethodSecretJWT TokenEndpointAuthMethod = "ClientSecretJWT"
)

// CreationPolicy says who makes the Kubernetes Secret.
// +kubebuilder:validation:Enum=Adopt;Create;Owner
type CreationPolicy string

const (
	// CreationAdopt waits for a Secret that somebody else makes.
	CreationAdopt CreationPolicy = "Adopt"
	// CreationCreate makes the Secret when it is missing, and leaves it when the credential goes.
	CreationCreate CreationPolicy = "Create"
	// CreationOwner makes the Secret when it is missing; it goes with the credential.
	CreationOwner CreationPolicy = "Owner"
)

// SecretReference names the Kubernetes Secret that applications read, in the credential's namespace.
type SecretReference struct {
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// clientIDKey is the key that holds, or gets, the client id.
	// +optional
	// +kubebuilder:default=client_id
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$')",message="no Secret can have this key: use letters, digits, '-', '_' and '.'"
	ClientIDKey string `json:"clientIDKey,omitempty"`

	// clientSecretKey is the key that holds the client secret and nothing else: composite values (dotenv, JSON) are not
	// supported.
	// +optional
	// +kubebuilder:default=client_secret
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$')",message="no Secret can have this key: use letters, digits, '-', '_' and '.'"
	ClientSecretKey string `json:"clientSecretKey,omitempty"`

	// issuerKey is the key that holds the issuer URL which the applications use, such as https://example.okta.com/oauth2/default. When
	// it is given, the issuer is compared with the connection's org and with authorizationServer, so that a client that is sent
	// to another org is named (WrongTenant). The operator only reads it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$')",message="no Secret can have this key: use letters, digits, '-', '_' and '.'"
	IssuerKey string `json:"issuerKey,omitempty"`

	// creationPolicy says who makes the Secret.
	// +optional
	// +kubebuilder:default=Adopt
	CreationPolicy CreationPolicy `json:"creationPolicy,omitempty"`
}

// Mode says how far the operator may go.
// +kubebuilder:validation:Enum=Observe;Repair;Rotate
type Mode string

const (
	// ModeObserve checks and says what it would do, and writes nothing but status and events.
	ModeObserve Mode = "Observe"
	// ModeRepair also repairs what needs no new secret, such as a Kubernetes Secret that was deleted.
	ModeRepair Mode = "Repair"
	// ModeRotate also makes new secrets.
	ModeRotate Mode = "Rotate"
)

// ValidationSpec says when the client secret is checked at the token endpoint.
type ValidationSpec struct {
	// interval between two checks of a healthy secret, a few percent of jitter added: 10s to 24h. A change of the Secret, the
	// credential or its connection is checked at once.
	// +optional
	// +kubebuilder:default="10m"
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(s|m|h))+$') && duration(self) >= duration('10s') && duration(self) <= duration('24h')",message="interval must be a duration between 10s and 24h, such as 10m"
	Interval Duration `json:"interval,omitempty"`

	// confirmations is how many answers, at least 15 seconds apart, must reject the secret before it counts as rejected.
	// +optional
	// +kubebuilder:default=2
	// +kubebuilder:validation:Minimum=2
	// +kubebuilder:validation:Maximum=10
	Confirmations int32 `json:"confirmations,omitempty"`

	// staleAfter is the age at which the last answer no longer counts: Ready becomes Unknown. Default: three intervals.
	// +optional
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(s|m|h))+$') && duration(self) >= duration('30s') && duration(self) <= duration('168h')",message="staleAfter must be a duration between 30s and 168h, such as 30m, and longer than the interval"
	StaleAfter Duration `json:"staleAfter,omitempty"`
}

// Overlap says how long a superseded secret that still works stays ACTIVE beside the new one.
type Overlap struct {
	// minimum of the overlap, 0s to 8760h. Until then a superseded secret is never touched.
	// +optional
	// +kubebuilder:default="1h"
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(s|m|h))+$') && duration(self) <= duration('8760h')",message="overlap.minimum must be a duration of at most 8760h, such as 1h"
	Minimum Duration `json:"minimum,omitempty"`

	// maximum after which the superseded secret is deactivated although pods may still use it. Unset by default: then it
	// stays until no pod does.
	// +optional
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(s|m|h))+$') && duration(self) <= duration('8760h')",message="overlap.maximum must be a duration of at most 8760h, such as 24h, and not shorter than overlap.minimum"
	Maximum Duration `json:"maximum,omitempty"`
}

// RetirePolicy says what becomes of a superseded secret at Okta.
// +kubebuilder:validation:Enum=DeactivateThenDelete;Deactivate;Retain
type RetirePolicy string

const (
	// RetireDelete deactivates it after the overlap and deletes it after deleteAfter.
	RetireDelete RetirePolicy = "DeactivateThenDelete"
	// RetireDeactivate deactivates it after the overlap, and deletes it only when room for a new one is needed.
	RetireDeactivate RetirePolicy = "Deactivate"
	// RetireRetain leaves it ACTIVE.
	RetireRetain RetirePolicy = "Retain"
)

// Limits bound how often the operator makes a new secret by itself. A rotate command passes them.
type Limits struct {
	// perDay is how many rotations may start in 24 hours.
	// +optional
	// +kubebuilder:default=3
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=24
	PerDay int32 `json:"perDay,omitempty"`

	// attempts is how many rotations may fail in a row before the credential halts and waits for a person.
	// +optional
	// +kubebuilder:default=5
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=20
	Attempts int32 `json:"attempts,omitempty"`
}

// OnInvalidClient says where the next secret comes from when Okta rejects the stored one.
// +kubebuilder:validation:Enum=Generate;Adopt
type OnInvalidClient string

const (
	// OnInvalidClientGenerate makes a new secret.
	OnInvalidClientGenerate OnInvalidClient = "Generate"
	// OnInvalidClientAdopt takes over an ACTIVE secret that Okta already has, as another cluster or a person made it; a new one
	// is made only when Okta has none.
	OnInvalidClientAdopt OnInvalidClient = "Adopt"
)

// WindowType says what a rotation window does.
// +kubebuilder:validation:Enum=Allow;Deny
type WindowType string

const (
	// WindowAllow lets rotations by age start while it is open.
	WindowAllow WindowType = "Allow"
	// WindowDeny lets none start while it is open.
	WindowDeny WindowType = "Deny"
)

// RotationWindow is a time that comes back, in which rotations by age may or may not start.
type RotationWindow struct {
	// type is Allow or Deny.
	// +required
	Type WindowType `json:"type,omitempty"`

	// schedule is when the window opens: a cron expression of five fields, such as "0 2 * * 1-5".
	// +required
	// +kubebuilder:validation:MinLength=9
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="self.matches('^ *([^ ]+ +){4}[^ ]+ *$')",message="schedule is a cron expression of five fields (minute, hour, day, month, weekday), such as 0 2 * * 1-5"
	Schedule string `json:"schedule,omitempty"`

	// duration for which the window stays open: 1m to 168h.
	// +required
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(s|m|h))+$') && duration(self) >= duration('1m') && duration(self) <= duration('168h')",message="duration must be a duration between 1m and 168h, such as 4h"
	Duration Duration `json:"duration,omitempty"`

	// timeZone of the schedule, by its IANA name, such as Europe/Berlin. Default: UTC.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	TimeZone string `json:"timeZone,omitempty"`
}

// OnSlotsFull says what happens when Okta has no room for another client secret.
// +kubebuilder:validation:Enum=Halt;ReplaceInactive
type OnSlotsFull string

const (
	// OnSlotsFullHalt waits for a person, and names the secrets that are in the way.
	OnSlotsFullHalt OnSlotsFull = "Halt"
	// OnSlotsFullReplaceInactive deletes an INACTIVE secret, whoever made it.
	OnSlotsFullReplaceInactive OnSlotsFull = "ReplaceInactive"
)

// RotationSpec says how a new secret is made and how the superseded one is retired.
// +kubebuilder:validation:XValidation:rule="!has(self.overlap) || !has(self.overlap.maximum) || !has(self.overlap.minimum) || duration(self.overlap.maximum) >= duration(self.overlap.minimum)",message="overlap.maximum must not be shorter than overlap.minimum"
type RotationSpec struct {
	// onInvalidClient says where the next secret comes from when Okta rejects the stored one: Generate makes a new one, Adopt takes
	// over an ACTIVE one that Okta already has, where Okta shows its value.
	// +optional
	// +kubebuilder:default=Generate
	OnInvalidClient OnInvalidClient `json:"onInvalidClient,omitempty"`

	// maxAge after which a working secret is replaced by a new one: 24h to 17520h. Counted from when the operator made the secret
	// or first saw it accepted; the rotation starts up to a tenth earlier, so that many made the same day do not rotate the same
	// minute. Unset: no rotation by age.
	// +optional
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(s|m|h))+$') && duration(self) >= duration('24h') && duration(self) <= duration('17520h')",message="maxAge must be a duration between 24h and 17520h, such as 2160h"
	MaxAge Duration `json:"maxAge,omitempty"`

	// windows in which a rotation by age may start. One that heals a rejected secret, or that a person asks for, waits for none.
	// Deny wins over Allow; without an Allow window every time is allowed that no Deny window forbids.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	Windows []RotationWindow `json:"windows,omitempty"`

	// onSlotsFull says what happens when Okta has two client secrets of the application already: Halt waits for a person,
	// ReplaceInactive deletes an INACTIVE one, whoever made it. An ACTIVE one is never removed but by the release-secret command.
	// +optional
	// +kubebuilder:default=Halt
	OnSlotsFull OnSlotsFull `json:"onSlotsFull,omitempty"`

	// overlap of the superseded secret with the new one.
	// +optional
	// +kubebuilder:default={}
	Overlap Overlap `json:"overlap,omitzero"`

	// retire says what becomes of a superseded secret.
	// +optional
	// +kubebuilder:default=DeactivateThenDelete
	Retire RetirePolicy `json:"retire,omitempty"`

	// deleteAfter is how long a deactivated secret stays at Okta, where it could be activated again: 0s to 8760h.
	// +optional
	// +kubebuilder:default="168h"
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(s|m|h))+$') && duration(self) <= duration('8760h')",message="deleteAfter must be a duration of at most 8760h, such as 168h"
	DeleteAfter Duration `json:"deleteAfter,omitempty"`

	// limits on rotations that the operator starts by itself.
	// +optional
	// +kubebuilder:default={}
	Limits Limits `json:"limits,omitzero"`
}

// RestartPolicy says which workloads are restarted when the Secret got another client secret.
// +kubebuilder:validation:Enum=None;Auto;Listed
type RestartPolicy string

const (
	// RestartNone restarts nothing: the applications reload by themselves, or a tool does it.
	RestartNone RestartPolicy = "None"
	// RestartAuto restarts the workloads of the namespace that read the Secret through their environment or a file that does not
	// reload.
	RestartAuto RestartPolicy = "Auto"
	// RestartListed restarts the workloads that are listed.
	RestartListed RestartPolicy = "Listed"
)

// WorkloadKind is a kind of workload that can be restarted.
// +kubebuilder:validation:Enum=Deployment;StatefulSet;DaemonSet;Rollout
type WorkloadKind string

// ConsumerReference names a workload of the credential's namespace.
type ConsumerReference struct {
	// kind of the workload; Rollout is Argo Rollouts'.
	// +required
	Kind WorkloadKind `json:"kind,omitempty"`

	// name of the workload.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`
}

// ConsumersSpec says how the applications get onto another client secret.
// +kubebuilder:validation:XValidation:rule="(has(self.targets) && size(self.targets) > 0) == (has(self.restart) && self.restart == 'Listed')",message="give targets with restart: Listed, and only then"
type ConsumersSpec struct {
	// restart says which workloads are restarted. It needs a role that an install opts into (config/consumers). A workload with
	// the annotation oktacred.dev/restart: "false" is left alone.
	// +optional
	// +kubebuilder:default=None
	Restart RestartPolicy `json:"restart,omitempty"`

	// targets are the workloads to restart, with restart: Listed.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	Targets []ConsumerReference `json:"targets,omitempty"`

	// waitTimeout is how long new pods may take to become ready: 30s to 24h. When they are not ready by then, and the superseded
	// secret still works, it is put back.
	// +optional
	// +kubebuilder:default="10m"
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(s|m|h))+$') && duration(self) >= duration('30s') && duration(self) <= duration('24h')",message="waitTimeout must be a duration between 30s and 24h, such as 10m"
	WaitTimeout Duration `json:"waitTimeout,omitempty"`
}

// DeletionPolicy says what happens at Okta when the credential is deleted.
// +kubebuilder:validation:Enum=Retain;Retire
type DeletionPolicy string

const (
	// DeletionRetain changes nothing at Okta and names in an event what it leaves behind.
	DeletionRetain DeletionPolicy = "Retain"
	// DeletionRetire first finishes retiring what was superseded.
	DeletionRetire DeletionPolicy = "Retire"
)

// OktaClientCredentialSpec is what its owner wants of a client credential.
// +kubebuilder:validation:XValidation:rule="has(self.connectionRef)",message="connectionRef is required: name the OktaConnection of this namespace, or a ClusterOktaConnection with kind: ClusterOktaConnection"
// +kubebuilder:validation:XValidation:rule="has(self.secretRef)",message="secretRef is required: name the Secret that holds the client secret"
// +kubebuilder:validation:XValidation:rule="has(self.clientID) == has(oldSelf.clientID) && (!has(self.clientID) || self.clientID == oldSelf.clientID)",message="clientID is immutable: make a new OktaClientCredential for another client"
// +kubebuilder:validation:XValidation:rule="has(self.applicationID) == has(oldSelf.applicationID) && (!has(self.applicationID) || self.applicationID == oldSelf.applicationID)",message="applicationID is immutable: make a new OktaClientCredential for another application"
// +kubebuilder:validation:XValidation:rule="has(self.clientID) || !has(self.secretRef) || !has(self.secretRef.creationPolicy) || self.secretRef.creationPolicy == 'Adopt'",message="clientID is required when the operator makes the Secret: set clientID, or creationPolicy: Adopt"
// +kubebuilder:validation:XValidation:rule="!has(self.secretRef) || !has(self.secretRef.clientIDKey) || !has(self.secretRef.clientSecretKey) || self.secretRef.clientIDKey != self.secretRef.clientSecretKey",message="clientIDKey and clientSecretKey must be two different keys of the Secret"
// +kubebuilder:validation:XValidation:rule="!has(self.validation) || !has(self.validation.staleAfter) || duration(self.validation.staleAfter) > duration(self.validation.interval)",message="validation.staleAfter must be longer than validation.interval"
type OktaClientCredentialSpec struct {
	// connectionRef names the org. Immutable.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="connectionRef is immutable: make a new OktaClientCredential for another org"
	ConnectionRef ConnectionReference `json:"connectionRef,omitzero"`

	// clientID of the application. Left out, it is read from the Secret; the first one found is kept. Immutable.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:XValidation:rule="self.matches('^[!-~]+$')",message="a client id consists of printable ASCII characters without spaces: copy it from the application's page in Okta"
	ClientID string `json:"clientID,omitempty"`

	// applicationID (0oa…) of the application. The default is the client id, as Okta has it unless somebody chose a custom
	// client id. The application found there must have this client id. Immutable.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-zA-Z0-9_-]+$')",message="an application id consists of letters and digits, such as 0oa1gjh63g214q0Hq0g4"
	ApplicationID string `json:"applicationID,omitempty"`

	// authorizationServer whose token endpoint is asked: left out the org's own, else "default" or an id (aus…).
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-zA-Z0-9_-]+$')",message="authorizationServer is an id such as aus9s3ami4MYXHX9H2p7, or default, or left out for the org's own: not a URL"
	AuthorizationServer string `json:"authorizationServer,omitempty"`

	// tokenEndpointAuthMethod is how the secret is sent.
	// +optional
	// +kubebuilder:default=Auto
	TokenEndpointAuthMethod TokenEndpointAuthMethod `json:"tokenEndpointAuthMethod,omitempty"`

	// secretRef names the Kubernetes Secret that applications read. Immutable.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="secretRef is immutable: make a new OktaClientCredential for another Secret"
	SecretRef SecretReference `json:"secretRef,omitzero"`

	// mode says how far the operator may go.
	// +optional
	// +kubebuilder:default=Rotate
	Mode Mode `json:"mode,omitempty"`

	// validation says when the secret is checked.
	// +optional
	// +kubebuilder:default={}
	Validation ValidationSpec `json:"validation,omitzero"`

	// rotation says how a new secret is made and the superseded one retired.
	// +optional
	// +kubebuilder:default={}
	Rotation RotationSpec `json:"rotation,omitzero"`

	// consumers says how the applications get onto another client secret.
	// +optional
	// +kubebuilder:default={}
	Consumers ConsumersSpec `json:"consumers,omitzero"`

	// deletionPolicy says what happens at Okta when this object is deleted.
	// +optional
	// +kubebuilder:default=Retain
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// suspend stops checks and changes for this credential while it is true.
	// +optional
	Suspend bool `json:"suspend,omitempty"`
}

// OktaClientCredential keeps the client secret of one Okta application, in one Kubernetes Secret, working.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=occ,categories=okta
// +kubebuilder:selectablefield:JSONPath=`.spec.clientID`
// +kubebuilder:selectablefield:JSONPath=`.spec.connectionRef.name`
// +kubebuilder:selectablefield:JSONPath=`.spec.secretRef.name`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="metadata.name must be at most 63 characters, since it becomes the value of a label"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Verdict",type=string,JSONPath=`.status.verdict.name`
// +kubebuilder:printcolumn:name="Secret-Age",type=date,JSONPath=`.status.secrets.current.since`
// +kubebuilder:printcolumn:name="Last-Check",type=date,JSONPath=`.status.lastCheckTime`
// +kubebuilder:printcolumn:name="Next-Rotation",type=string,JSONPath=`.status.rotation.nextTime`
// +kubebuilder:printcolumn:name="Client-ID",type=string,priority=1,JSONPath=`.status.clientID`
// +kubebuilder:printcolumn:name="Connection",type=string,priority=1,JSONPath=`.spec.connectionRef.name`
// +kubebuilder:printcolumn:name="Secret",type=string,priority=1,JSONPath=`.spec.secretRef.name`
// +kubebuilder:printcolumn:name="Mode",type=string,priority=1,JSONPath=`.spec.mode`
// +kubebuilder:printcolumn:name="Okta-Secret",type=string,priority=1,JSONPath=`.status.secrets.current.id`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
type OktaClientCredential struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what its owner wants.
	// +required
	Spec OktaClientCredentialSpec `json:"spec,omitzero"`

	// status is what the operator found and did.
	// +optional
	Status OktaClientCredentialStatus `json:"status,omitzero"`
}

// OktaClientCredentialList is a list of OktaClientCredentials.
// +kubebuilder:object:root=true
type OktaClientCredentialList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []OktaClientCredential `json:"items"`
}
