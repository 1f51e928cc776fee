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
