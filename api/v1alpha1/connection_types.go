package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// LocalSecretKeyReference names one key of a Secret: in the connection's own namespace, or for a ClusterOktaConnection in
// the operator's own.
type LocalSecretKeyReference struct {
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// key in the Secret's data.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$')",message="no Secret can have this key: use letters, digits, '-', '_' and '.', as in the Secret's data"
	Key string `json:"key,omitempty"`
}

// ConnectionAuth is the admin credential: exactly one of its fields.
// +kubebuilder:validation:XValidation:rule="has(self.privateKeyJWT) != has(self.apiToken)",message="give exactly one kind of admin authentication: either privateKeyJWT (recommended) or apiToken"
type ConnectionAuth struct {
	// privateKeyJWT is a service application of the org that authenticates with a signed JWT. Recommended: it can be given
	// just the scopes and the role that the operator needs, and no person's account is behind it.
	// +optional
	PrivateKeyJWT *PrivateKeyJWTAuth `json:"privateKeyJWT,omitempty"`

	// apiToken is an API token (SSWS). It carries all roles of the person who made it and dies after 30 days without use.
	// +optional
	APIToken *APITokenAuth `json:"apiToken,omitempty"`
}

// PrivateKeyJWTAuth is a service application that authenticates with private_key_jwt.
type PrivateKeyJWTAuth struct {
	// clientID of the service application in Okta.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	ClientID string `json:"clientID,omitempty"`

	// keyID is the kid of the public key registered at the service application. Left out, it is taken from the private key
	// when that is a JWK with a kid; without one Okta tries all registered keys.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	KeyID string `json:"keyID,omitempty"`

	// privateKeySecretRef names the private key: PEM (PKCS #8, PKCS #1 or SEC 1) or JWK.
	// +required
	PrivateKeySecretRef LocalSecretKeyReference `json:"privateKeySecretRef,omitzero"`

	// scopes to ask for. The default is what the operator needs: okta.apps.read and okta.apps.manage.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	Scopes []string `json:"scopes,omitempty"`
}

// APITokenAuth is an Okta API token (SSWS).
type APITokenAuth struct {
	// secretRef names the token.
	// +required
	SecretRef LocalSecretKeyReference `json:"secretRef,omitzero"`
}

// RateLimit is the share of the org's rate limits that the operator may use. People log in through the same limits.
type RateLimit struct {
	// maxCapacityPercent is the share of each of Okta's rate-limit buckets that the operator uses at most, by the limits
	// that Okta's answers state. The ClusterOktaConnections to one org share one budget, and the smallest share of them applies;
	// an OktaConnection has a budget of its own.
	// +optional
	// +kubebuilder:default=25
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	MaxCapacityPercent int32 `json:"maxCapacityPercent,omitempty"`

	// maxConcurrentRequests to the org. Okta allows 75 in all (35 in an Integrator org).
	// +optional
	// +kubebuilder:default=5
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=50
	MaxConcurrentRequests int32 `json:"maxConcurrentRequests,omitempty"`
}

// MassFailureBrake stops rotations when many credentials of a connection are rejected at once: then the cause is rather the org,
// or an accident, and thousands of new secrets would make it worse. Where credentials have a validation.interval that is longer
// than within, a rejection counts for that long; and what was rejected at a check that was just due counts as a part of what was
// checked so within that time, not only of all.
type MassFailureBrake struct {
	// percent of the connection's credentials that must be rejected, or of those that were due for a check within that time.
	// 0 turns the brake off.
	// +optional
	// +kubebuilder:default=20
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	Percent *int32 `json:"percent,omitempty"`

	// within is the time in which they must have been rejected: 1m to 24h. For a credential with a longer validation.interval it
	// is that interval.
	// +optional
	// +kubebuilder:default="15m"
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(s|m|h))+$') && duration(self) >= duration('1m') && duration(self) <= duration('24h')",message="within must be a duration between 1m and 24h, such as 15m"
	Within Duration `json:"within,omitempty"`

	// minimum is how many must be rejected at least.
	// +optional
	// +kubebuilder:default=10
	// +kubebuilder:validation:Minimum=2
	// +kubebuilder:validation:Maximum=10000
	Minimum int32 `json:"minimum,omitempty"`
}

// RotationPace bounds the rotations of all credentials of a connection together.
type RotationPace struct {
	// maxConcurrent is how many rotations may be at work at once.
	// +optional
	// +kubebuilder:default=5
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	MaxConcurrent int32 `json:"maxConcurrent,omitempty"`

	// minSpacing is the least time between the starts of two rotations: 0s to 24h.
	// +optional
	// +kubebuilder:default="0s"
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(s|m|h))+$') && duration(self) <= duration('24h')",message="minSpacing must be a duration of at most 24h, such as 10s"
	MinSpacing Duration `json:"minSpacing,omitempty"`

	// massFailureBrake stops healing rotations when many credentials are rejected at once. It holds until a person sets the
	// annotation oktacred.dev/resume on the connection.
	// +optional
	// +kubebuilder:default={}
	MassFailureBrake MassFailureBrake `json:"massFailureBrake,omitzero"`
}

// SystemLog says whether the org's System Log is followed.
type SystemLog struct {
	// follow polls the System Log, so that a secret that is revoked at Okta is checked within seconds. It needs the scope
	// okta.logs.read. It is a hint only: checks go on at their interval.
	// +optional
	Follow bool `json:"follow,omitempty"`

	// interval between two polls: 5s to 10m.
	// +optional
	// +kubebuilder:default="15s"
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(s|m|h))+$') && duration(self) >= duration('5s') && duration(self) <= duration('10m')",message="interval must be a duration between 5s and 10m, such as 15s"
	Interval Duration `json:"interval,omitempty"`
}

// ConnectionSpec is what OktaConnection and ClusterOktaConnection have in common.
// +kubebuilder:validation:XValidation:rule="has(self.auth)",message="auth is required: give auth.privateKeyJWT (recommended) or auth.apiToken"
type ConnectionSpec struct {
	// orgURL is the org's own address, such as https://example.okta.com, without path and not the -admin host. Immutable: the
	// secrets of one org mean nothing to another, so make a new connection for another org.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() == 'https'",message="orgURL must be an https URL such as https://example.okta.com: client secrets are never sent in clear"
	// +kubebuilder:validation:XValidation:rule="!isURL(self) || (url(self).getEscapedPath() in ['', '/'] && size(url(self).getQuery()) == 0)",message="orgURL is the org's address alone, such as https://example.okta.com: remove the path and the query"
	// +kubebuilder:validation:XValidation:rule="!self.matches('-admin\\\\.(okta|oktapreview|okta-emea|okta-gov)\\\\.com|-admin\\\\.okta\\\\.mil')",message="the -admin host serves the admin console, not the API: remove -admin from the host of orgURL"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="orgURL is immutable: make a new connection for another org"
	OrgURL string `json:"orgURL,omitempty"`

	// auth is the admin credential for the org.
	// +optional
	Auth ConnectionAuth `json:"auth,omitzero"`

	// suspend stops every request to the org, checks included, while it is true.
	// +optional
	Suspend bool `json:"suspend,omitempty"`

	// rateLimit is the share of the org's rate limits that the operator may use.
	// +optional
	// +kubebuilder:default={}
	RateLimit RateLimit `json:"rateLimit,omitzero"`

	// rotation bounds the rotations of all credentials of this connection together.
	// +optional
	// +kubebuilder:default={}
	Rotation RotationPace `json:"rotation,omitzero"`

	// systemLog says whether the org's System Log is followed.
	// +optional
	SystemLog SystemLog `json:"systemLog,omitzero"`
}

// OktaConnection says where an Okta org is and holds the admin credential for it, for the credentials of one namespace. Its
// host must be an Okta domain, or a custom domain that the operator's flag --allowed-org-domains names.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=oconn,categories=okta
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Org",type=string,JSONPath=`.spec.orgURL`
// +kubebuilder:printcolumn:name="Engine",type=string,JSONPath=`.status.engine`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
type OktaConnection struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the org and the admin credential.
	// +required
	Spec ConnectionSpec `json:"spec,omitzero"`

	// status is what the operator found.
	// +optional
	Status ConnectionStatus `json:"status,omitzero"`
}

// OktaConnectionList is a list of OktaConnections.
// +kubebuilder:object:root=true
type OktaConnectionList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []OktaConnection `json:"items"`
}
