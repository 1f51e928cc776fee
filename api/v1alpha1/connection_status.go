package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// CredentialsStatus is how many credentials a connection has. One that the connection does not allow, or that was not looked at
// yet, is none of them.
type CredentialsStatus struct {
	// total number of credentials.
	// +optional
	Total int32 `json:"total,omitempty"`

	// rejected is how many of them hold a client secret that Okta rejected at the last check.
	// +optional
	Rejected int32 `json:"rejected,omitempty"`

	// halted is how many of them wait for a person: their condition Stalled says for what.
	// +optional
	Halted int32 `json:"halted,omitempty"`
}

// BrakeStatus is the mass-failure brake: one that holds, or when the last one was released.
type BrakeStatus struct {
	// since is when it began to hold; unset when it does not hold.
	// +optional
	Since metav1.Time `json:"since,omitzero"`

	// rejected is how many credentials were rejected then.
	// +optional
	Rejected int32 `json:"rejected,omitempty"`

	// total is how many credentials the connection had then.
	// +optional
	Total int32 `json:"total,omitempty"`

	// releasedAt is when a person released the last one. What was rejected before does not count for another one.
	// +optional
	ReleasedAt metav1.Time `json:"releasedAt,omitzero"`
}

// RateLimitStatus is one of Okta's rate-limit buckets, as the headers X-Rate-Limit-* of the answer said that counted against it
// last. A bucket counts the requests of the whole org to some URLs; Okta gives one API token or service application a part of it.
type RateLimitStatus struct {
	// bucket is the URL that it limits, as Okta's rate-limit dashboard writes it, such as /api/v1/apps/{id}: there is never an
	// id in it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Bucket string `json:"bucket"`

	// limit is how many requests a window of a minute has: to the org, or to the operator alone where Okta's answer tells that
	// (X-Rate-Limit-Limit). The operator uses rateLimit.maxCapacityPercent of it at most.
	// +required
	// +kubebuilder:validation:Minimum=0
	Limit int32 `json:"limit"`

	// remaining is how many requests of limit were left in that window (X-Rate-Limit-Remaining).
	// +required
	// +kubebuilder:validation:Minimum=0
	Remaining int32 `json:"remaining"`

	// resetAt is when that window ended, by the operator's clock: at most a minute after the answer (X-Rate-Limit-Reset, less
	// the answer's Date). After it limit still holds, and remaining says nothing of the present.
	// +required
	ResetAt metav1.Time `json:"resetAt"`
}

// ConnectionStatus is what is known of an org and of the admin credential for it.
type ConnectionStatus struct {
	// conditions are Ready, Reachable, Authorized, and Following where the System Log is followed.
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

	// brake says whether the mass-failure brake holds: since is set while it does.
	// +optional
	Brake BrakeStatus `json:"brake,omitzero"`

	// credentials counts those that use this connection. It is written when it changed, at most once a minute.
	// +optional
	Credentials CredentialsStatus `json:"credentials,omitzero"`

	// rateLimits are Okta's rate-limit buckets as last seen by the budget that this connection uses. They are written along
	// with a change of something else, and by themselves about once an hour, so that they may be older than the last request.
	// +optional
	// +listType=map
	// +listMapKey=bucket
	// +kubebuilder:validation:MaxItems=16
	RateLimits []RateLimitStatus `json:"rateLimits,omitempty"`

	// systemLogReadUntil is until when the System Log was read, to go on from there after a restart. It is written about once an
	// hour.
	// +optional
	SystemLogReadUntil metav1.Time `json:"systemLogReadUntil,omitzero"`

	// handledResume is the last handled value of the annotation oktacred.dev/resume.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	HandledResume string `json:"handledResume,omitempty"`
}
