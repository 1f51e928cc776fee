package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AllowRule lets credentials of some namespaces use a ClusterOktaConnection for some clients. A credential is allowed when
// one rule allows its namespace, its client id and its mode.
// +kubebuilder:validation:XValidation:rule="has(self.namespaces) != has(self.namespaceSelector)",message="name the namespaces of an allow rule in one way: either namespaces or namespaceSelector"
type AllowRule struct {
	// namespaces by name.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	Namespaces []string `json:"namespaces,omitempty"`

	// namespaceSelector selects namespaces by their labels. An empty selector selects all.
	// +optional
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector,omitempty"`

	// clientIDs that those namespaces may keep. "*" allows every client of the org: only for namespaces that may as well
	// have the admin credential itself.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=1024
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=255
	ClientIDs []string `json:"clientIDs,omitempty"`

	// modes that those credentials may have. Left out, all of them.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=3
	Modes []Mode `json:"modes,omitempty"`
}

// ClusterConnectionSpec is a ConnectionSpec with what only a cluster's administrator may choose.
type ClusterConnectionSpec struct {
	ConnectionSpec `json:",inline"`

	// caBundle is PEM of the certificate authorities that the org's certificate is checked against, in place of the system's.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=65536
	// +kubebuilder:validation:XValidation:rule="self.contains('-----BEGIN CERTIFICATE-----')",message="caBundle must be PEM: paste the certificate with its BEGIN CERTIFICATE line"
	CABundle string `json:"caBundle,omitempty"`

	// proxy is the http or https URL of a forward proxy for requests to this org. The operator takes none from its environment.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https'] && !self.contains('@')",message="proxy must be an http or https URL without user and password, such as http://proxy.example.com:3128"
	Proxy string `json:"proxy,omitempty"`

	// allow says who may use this connection. Empty means nobody.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=256
	Allow []AllowRule `json:"allow,omitempty"`
}

// ClusterOktaConnection says where an Okta org is and holds the admin credential for it, for the namespaces that it allows.
// Its Secrets are read from the operator's own namespace alone.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=coconn,categories=okta
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Org",type=string,JSONPath=`.spec.orgURL`
// +kubebuilder:printcolumn:name="Engine",type=string,JSONPath=`.status.engine`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
type ClusterOktaConnection struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the org, the admin credential and who may use it.
	// +required
	Spec ClusterConnectionSpec `json:"spec,omitzero"`

	// status is what the operator found.
	// +optional
	Status ConnectionStatus `json:"status,omitzero"`
}

// ClusterOktaConnectionList is a list of ClusterOktaConnections.
// +kubebuilder:object:root=true
type ClusterOktaConnectionList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []ClusterOktaConnection `json:"items"`
}
