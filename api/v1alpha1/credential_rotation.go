package v1alpha1

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

	// duration for which the window stays open: 1m to 2160h.
	// +required
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(s|m|h))+$') && duration(self) >= duration('1m') && duration(self) <= duration('2160h')",message="duration must be a duration between 1m and 2160h, such as 4h"
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

	// maxAge after which a working secret is replaced by a new one: 24h to 17520h. Counted from when the operator put the secret into
	// the Secret or first saw it accepted there, also where another value was there since; the rotation starts up to a tenth earlier, so that many made the same day do not rotate the same
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
