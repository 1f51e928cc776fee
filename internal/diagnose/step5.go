package diagnose

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// newSecret is the article's fifth step: whether a new secret would help, and who makes it.
func (c Case) newSecret(verdict Verdict) *Step {
	step := newStep(5, "Generate a new client secret")
	if because := advices[verdict.Name].because; because != "" {
		step.fail("A new secret would not help, because %s.", because)
		c.whoRepairs(step, verdict)
		return step
	}
	switch verdict.Name {
	case v1alpha1.VerdictAccepted:
		c.notNeeded(step)
	case v1alpha1.VerdictSecretRejected:
		c.needed(step)
	default:
		c.undecided(step, verdict)
	}
	c.history(step)
	return step
}

// whoRepairs says who mends a malformed value, and otherwise repeats what is to be done.
func (c Case) whoRepairs(step *Step, verdict Verdict) {
	if verdict.Name != v1alpha1.VerdictSecretMalformed || c.Cluster == nil {
		step.next("%s", verdict.Fix)
		return
	}
	credential := c.Cluster.Credential
	if credential.Spec.Mode == v1alpha1.ModeObserve {
		step.next("Write the clean value, or set spec.mode to Repair or Rotate: then the operator does.")
		return
	}
	step.next("%s", c.waitsFor("The operator writes the clean value by itself."))
}

func (c Case) notNeeded(step *Step) {
	step.pass("None is needed: Okta accepts the one that is there.")
	if c.Cluster == nil {
		return
	}
	c.health(step)
	if next := c.Cluster.Credential.Status.Rotation.Next; next != "" {
		step.pass("%s", next)
	}
}

// health says whether a rotation would work if it were needed.
func (c Case) health(step *Step) {
	healthy := c.condition(v1alpha1.ConditionRotationHealthy)
	if healthy != nil && healthy.Status == metav1.ConditionFalse {
		step.fail("But a rotation would not work if it were needed (%s): %s", healthy.Reason, healthy.Message)
		c.command(step, healthy.Reason)
	}
}

// maxHistory is how much of the history is told, the latest last.
const maxHistory = 3

// history is what happened lately.
func (c Case) history(step *Step) {
	if c.Cluster == nil {
		return
	}
	entries := c.Cluster.Credential.Status.History
	for _, entry := range entries[max(0, len(entries)-maxHistory):] {
		step.pass("%s %s: %s", entry.Time.UTC().Format(time.RFC3339), entry.Reason, entry.Message)
	}
}

// needed says who makes the new secret.
func (c Case) needed(step *Step) {
	if c.Cluster == nil {
		step.fail("Yes: a new secret is what helps.")
		step.next("In the Admin Console: Applications > the application > General > Client Secrets > Generate new secret. Give it to the " +
			"applications, and deactivate the old one when all of them use it.")
		step.next("Or let the operator do it: make an OktaClientCredential for this client.")
		return
	}
	credential := c.Cluster.Credential
	stalled, reconciling := c.condition(v1alpha1.ConditionStalled), c.condition(v1alpha1.ConditionReconciling)
	ready := c.condition(v1alpha1.ConditionReady)
	switch {
	case credential.Spec.Suspend:
		step.fail("Yes, but spec.suspend keeps the operator from making one.")
		step.next("Take spec.suspend away.")
	case reconciling != nil && reconciling.Status == metav1.ConditionTrue:
		step.pass("Yes, and the operator is at it (%s): %s", reconciling.Reason, reconciling.Message)
		c.progress(step)
	case credential.Spec.Mode != v1alpha1.ModeRotate && credential.Spec.Mode != "":
		step.fail("Yes, but in mode %s the operator makes none.", credential.Spec.Mode)
		step.next("Allow it, or put a working secret into the Secret:")
		step.next("%s", c.kubectl(`patch occ %s -n %s --type=merge -p '{"spec":{"mode":"Rotate"}}'`))
	case stalled != nil && stalled.Status == metav1.ConditionTrue:
		step.fail("Yes, but the operator cannot go on (%s): %s", stalled.Reason, stalled.Message)
		c.command(step, stalled.Reason)
	case ready != nil && ready.Status == metav1.ConditionTrue:
		step.unsure("Yes, but the operator still holds the credential for accepted.")
		step.next("Let it look again:")
		step.next("%s", c.annotate(v1alpha1.AnnotationValidate))
	default:
		step.unsure("Yes; the operator has not begun.")
		step.next("%s", c.waitsFor("It begins when a second answer confirms the rejection."))
	}
}

// progress is how far a rotation is.
func (c Case) progress(step *Step) {
	rotation := c.Cluster.Credential.Status.Rotation
	if rotation.Step != "" {
		step.pass("Rotation because of %s; next step: %s; failed attempts in a row: %d.", rotation.Cause, rotation.Step, rotation.Attempts)
	}
	if !rotation.NextTime.IsZero() {
		step.pass("It may go on at %s.", rotation.NextTime.UTC().Format(time.RFC3339))
	}
}

// undecided is where nobody knows what Okta says of the secret.
func (c Case) undecided(step *Step, verdict Verdict) {
	step.unsure("Not before it is known that the secret is what Okta refuses.")
	step.next("%s", verdict.Fix)
	if c.Cluster == nil {
		if c.Stored.Secret.IsEmpty() {
			step.next("Give the client secret on standard input, with --client-secret-stdin.")
		}
		return
	}
	if ready := c.condition(v1alpha1.ConditionReady); ready != nil {
		step.next("%s: %s", ready.Reason, ready.Message)
	}
	step.next("Let the operator ask now:")
	step.next("%s", c.annotate(v1alpha1.AnnotationValidate))
}

// command is what a person can tell the operator, given the reason that holds it up.
func (c Case) command(step *Step, reason string) {
	switch reason {
	case v1alpha1.ReasonHalted, v1alpha1.ReasonContested:
		step.next("When the cause is mended, let it go on:")
		step.next("%s", c.annotate(v1alpha1.AnnotationResume))
	case v1alpha1.ReasonOwnershipUnproven, v1alpha1.ReasonLimitReached, v1alpha1.ReasonBackoff:
		step.next("To rotate all the same:")
		step.next("%s", c.annotate(v1alpha1.AnnotationRotate))
	case v1alpha1.ReasonSlotsFull:
		step.next("Name the id (ocs…) of the one that may go:")
		step.next("%s", c.kubectl("annotate occ %s -n %s --overwrite "+v1alpha1.AnnotationReleaseSecret+"=ocs…"))
	case v1alpha1.ReasonConnectionUnusable, v1alpha1.ReasonConnectionDenied, v1alpha1.ReasonConnectionNotFound,
		v1alpha1.ReasonAdminSecretMissing, v1alpha1.ReasonAdminCredentialRejected, v1alpha1.ReasonScopeMissing,
		v1alpha1.ReasonPermissionMissing, v1alpha1.ReasonInvalidConfiguration:
		ref := c.Cluster.Credential.Spec.ConnectionRef
		step.next("See what the connection says:")
		step.next("kubectl describe %s %s -n %s", strings.ToLower(string(ref.Kind)), ref.Name, c.Cluster.Credential.Namespace)
	}
}

// waitsFor says what the operator waits for, by its own words where it has some.
func (c Case) waitsFor(otherwise string) string {
	for _, kind := range []string{v1alpha1.ConditionStalled, v1alpha1.ConditionReconciling} {
		if found := c.condition(kind); found != nil && found.Status == metav1.ConditionTrue {
			return fmt.Sprintf("The operator says (%s): %s", found.Reason, found.Message)
		}
	}
	return otherwise
}

func (c Case) condition(kind string) *metav1.Condition {
	return meta.FindStatusCondition(c.Cluster.Credential.Status.Conditions, kind)
}

// annotate is the command that gives an annotation a new value.
func (c Case) annotate(annotation string) string {
	return c.kubectl(`annotate occ %s -n %s --overwrite ` + annotation + `="$(date +%%s)"`)
}

// kubectl fills name and namespace into a command.
func (c Case) kubectl(format string) string {
	return "kubectl " + fmt.Sprintf(format, c.Cluster.Credential.Name, c.Cluster.Credential.Namespace)
}
