package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// VerdictStatus is the last verdict on the secret with its evidence.
type VerdictStatus struct {
	// name of the verdict.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Name Verdict `json:"name,omitempty"`

	// evidence is what Okta answered, in words.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Evidence string `json:"evidence,omitempty"`

	// fix is what a person can do, when something is to be done.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Fix string `json:"fix,omitempty"`

	// since is when this verdict was first reached.
	// +optional
	Since metav1.Time `json:"since,omitzero"`

	// rejectedSince is when Okta first refused the client with its secret, since it last accepted one. It is set also while the
	// verdict names another cause, or none: Okta has a text that leaves open whether the secret is what is wrong.
	// +optional
	RejectedSince metav1.Time `json:"rejectedSince,omitzero"`
}

// SecretStatus is one client secret at Okta, never its value.
type SecretStatus struct {
	// id of the secret at Okta (ocs…), when it is known.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	ID string `json:"id,omitempty"`

	// since is when the secret came to this place: was first accepted, superseded or staged.
	// +optional
	Since metav1.Time `json:"since,omitzero"`
}

// SecretsStatus are the client secrets that the operator knows of.
type SecretsStatus struct {
	// current is the secret in the Kubernetes Secret, once Okta accepted it.
	// +optional
	Current SecretStatus `json:"current,omitzero"`

	// previous is the last superseded secret, until it is deleted at Okta.
	// +optional
	Previous SecretStatus `json:"previous,omitzero"`

	// pending is the secret of a rotation that is not promoted yet.
	// +optional
	Pending SecretStatus `json:"pending,omitzero"`
}

// RotationStatus is how a rotation stands.
type RotationStatus struct {
	// cause of the rotation at work, or of the last one.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Cause string `json:"cause,omitempty"`

	// step that comes next in the rotation at work; empty when none is.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Step string `json:"step,omitempty"`

	// attempts that failed in a row.
	// +optional
	Attempts int32 `json:"attempts,omitempty"`

	// next is what the operator does next with secrets at Okta, in words.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Next string `json:"next,omitempty"`

	// nextTime is when the next rotation may start, when it waits for a time.
	// +optional
	NextTime metav1.Time `json:"nextTime,omitzero"`
}

// HandledCommands are the last values of the command annotations that were carried out or acknowledged.
type HandledCommands struct {
	// rotate is the last handled value of oktacred.dev/rotate.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Rotate string `json:"rotate,omitempty"`

	// validate is the last handled value of oktacred.dev/validate.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Validate string `json:"validate,omitempty"`

	// resume is the last handled value of oktacred.dev/resume.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Resume string `json:"resume,omitempty"`

	// revoke is the last handled value of oktacred.dev/revoke.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Revoke string `json:"revoke,omitempty"`

	// rollback is the last handled value of oktacred.dev/rollback.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Rollback string `json:"rollback,omitempty"`

	// releaseSecret is the last handled value of oktacred.dev/release-secret.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	ReleaseSecret string `json:"releaseSecret,omitempty"`
}

// ConsumerStatus is one workload that uses the Secret.
type ConsumerStatus struct {
	// kind of the workload.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Kind string `json:"kind,omitempty"`

	// name of the workload.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// uses says how it reads the Secret, such as Env or Volume.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	Uses string `json:"uses,omitempty"`

	// state says how far it is.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	State string `json:"state,omitempty"`

	// message says more, in words.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Message string `json:"message,omitempty"`
}

// ConsumersStatus are the workloads that use the Secret, as far as they are known to the operator. With restart None there are
// none; of a credential that follows another, total and pending are then the pods that may still use the former client secret, or
// are not ready with the present one.
type ConsumersStatus struct {
	// total number of workloads that use the Secret.
	// +optional
	Total int32 `json:"total,omitempty"`

	// updated is how many of them use the present value.
	// +optional
	Updated int32 `json:"updated,omitempty"`

	// pending is how many of them do not yet.
	// +optional
	Pending int32 `json:"pending,omitempty"`

	// workloads that use the Secret, those that are not up to date first.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=50
	Workloads []ConsumerStatus `json:"workloads,omitempty"`
}

// HistoryEntry is something that happened to the credential.
type HistoryEntry struct {
	// time it happened.
	// +required
	Time metav1.Time `json:"time,omitzero"`

	// reason is the reason of the event that told of it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`

	// message in words.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`
}

// OktaClientCredentialStatus is what the operator found and did. It is written when something changed; the time of the last
// check at most once an hour besides.
type OktaClientCredentialStatus struct {
	// conditions are Ready, SecretValid, SecretSynced, RotationHealthy, ConsumersUpdated where workloads are restarted, and
	// Reconciling and Stalled while they apply.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation that the conditions speak of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// clientID that is kept: of the spec, or the first one found in the Secret, once Okta knew it as a client's.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	ClientID string `json:"clientID,omitempty"`

	// tokenEndpointAuthMethod that is used, when the application at Okta was asked for it.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	TokenEndpointAuthMethod TokenEndpointAuthMethod `json:"tokenEndpointAuthMethod,omitempty"`

	// verdict on the secret.
	// +optional
	Verdict VerdictStatus `json:"verdict,omitzero"`

	// lastCheckTime is when Okta last answered about the secret. It is written with every other change and at most once an
	// hour besides, so checks may be younger than it says.
	// +optional
	LastCheckTime metav1.Time `json:"lastCheckTime,omitzero"`

	// secrets that the operator knows of, by id.
	// +optional
	Secrets SecretsStatus `json:"secrets,omitzero"`

	// rotation at work, or to come.
	// +optional
	Rotation RotationStatus `json:"rotation,omitzero"`

	// consumers are the workloads that use the Secret, after the last change of its value.
	// +optional
	Consumers ConsumersStatus `json:"consumers,omitzero"`

	// handledCommands are the command annotations that need no more handling.
	// +optional
	HandledCommands HandledCommands `json:"handledCommands,omitzero"`

	// history is what happened, latest last.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	History []HistoryEntry `json:"history,omitempty"`
}
