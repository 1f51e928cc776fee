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
}

// ConnectionStatus is what is known of an org and of the admin credential for it.
type ConnectionStatus struct {
	// conditions are Ready, Reachable, Authorized.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation that the conditions speak of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// organizationID is the org's id (00o…), as its public metadata says.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	OrganizationID string `json:"organizationID,omitempty"`

	// engine is Classic or IdentityEngine, as the org's public metadata says.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	Engine string `json:"engine,omitempty"`

	// issuer of the org authorization server.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	Issuer string `json:"issuer,omitempty"`

	// missingScopes are the scopes that the operator needs and that Okta did not grant.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=128
	MissingScopes []string `json:"missingScopes,omitempty"`
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
