package v1alpha1

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

	// waitTimeout is how long new pods may take to become ready: 30s to 24h. The superseded secret is put back when a pod whose
	// program ran with the new one is not ready by then, its workload is known to have been ready before (the operator restarted
	// it and counted ready pods, or the pod itself was ready until it had the new one), and the superseded one is still ACTIVE at
	// Okta. That happens once, until the resume annotation. Nothing is put back with restart: None, nor for pods that
	// somebody else made anew (the workload opted out, or a person restarted it), or whose image is missing: there the superseded
	// secret just stays ACTIVE while such a pod is not ready, unless rotation.overlap.maximum is over.
	// +optional
	// +kubebuilder:default="10m"
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(s|m|h))+$') && duration(self) >= duration('30s') && duration(self) <= duration('24h')",message="waitTimeout must be a duration between 30s and 24h, such as 10m"
	WaitTimeout Duration `json:"waitTimeout,omitempty"`
}
