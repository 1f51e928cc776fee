package v1alpha1

import "strings"

const (
	// LabelCredential is the one label that the operator sets on the Secret of a credential and on its rotation journal. Its
	// value is the name of the OktaClientCredential; only Secrets that carry it are watched, and as metadata only.
	LabelCredential = "oktacred.dev/credential"

	// Finalizer is on a rotation journal just while something at Okta still depends on it: a secret that was made but is not
	// in the Kubernetes Secret yet, or a superseded one that is not retired yet. With deletionPolicy Retire it is then on the
	// OktaClientCredential too, whose deletion waits for that; under Retain the journal outlives it until an event has named
	// what stays at Okta.
	Finalizer = "oktacred.dev/rotation"

	// FieldManager is the name under which the operator writes.
	FieldManager = "okta-credential-operator"
)

// Commands are annotations on an OktaClientCredential. Each is carried out once per new value; a value that is there when
// the operator first sees the object (a restored or copied one), or that it sees in mode Observe, is acknowledged and not carried
// out; AnnotationValidate alone works in mode Observe.
const (
	// AnnotationRotate asks for a rotation now. It passes backoff and limits, and stands in for the proof that the stored
	// value belongs to the client (OwnershipUnproven). Any new value triggers it, by custom the current time.
	AnnotationRotate = "oktacred.dev/rotate"

	// AnnotationValidate asks for a check at Okta's token endpoint now.
	AnnotationValidate = "oktacred.dev/validate"

	// AnnotationResume clears a halt: the counters of failed attempts and of flips start again. Where another tool keeps the
	// Secret (OtherWriter), it is the consent to write over that one. On a connection it releases the mass-failure brake.
	AnnotationResume = "oktacred.dev/resume"

	// AnnotationRevoke asks for a rotation now because the present secret is compromised: the old one is deactivated as soon as the
	// new one is in the Kubernetes Secret, without an overlap.
	AnnotationRevoke = "oktacred.dev/revoke"

	// AnnotationRollback asks for the previous client secret to be put back into the Kubernetes Secret, while Okta still has
	// it: in mode Rotate, and in mode Repair while it is ACTIVE.
	AnnotationRollback = "oktacred.dev/rollback"

	// AnnotationReleaseSecret holds the id (ocs…) of one client secret at Okta that may be deactivated and deleted to make
	// room for a new one.
	AnnotationReleaseSecret = "oktacred.dev/release-secret"
)

// maxCommand bounds a command's value as the statuses do.
const maxCommand = 256

// CommandValue is the value of a command annotation as it is carried out and noted: cut, and without what is no text. A rune that
// the cut left half would come back from the journal and from the status as another value, and the command would never end.
func CommandValue(annotations map[string]string, name string) string {
	value := annotations[name]

	return strings.ToValidUTF8(value[:min(len(value), maxCommand)], "")
}
