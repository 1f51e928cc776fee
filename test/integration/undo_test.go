package integration

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

func TestTheRollbackCommandPutsThePreviousSecretBack(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(overlap("1h"))
	newer := w.rotated("first")
	w.annotate(v1alpha1.AnnotationRollback, "back")
	w.eventually("the Secret holds the previous value, which Okta accepts", func() bool { return w.value() == firstValue && w.isReady() })
	w.eventually("the command counts as handled", func() bool { return w.now().Status.HandledCommands.Rollback == "back" })
	w.eventually("an event says so", func() bool { return w.hasEvent(v1alpha1.ReasonSecretRolledBack) })
	if got := w.atOkta(); got != "first ACTIVE, ours ACTIVE" || w.changesAtOkta("") != 1 {
		t.Errorf("Okta lists %s after %d changes of ours", got, w.changesAtOkta(""))
	}
	w.annotate(v1alpha1.AnnotationRollback, "forth")
	w.eventually("the newer one is the previous one now", func() bool { return w.value() == newer && w.isReady() })
}

// TestARollbackActivatesWhatWasRetired: until it is deleted, the previous secret can be had back.
func TestARollbackActivatesWhatWasRetired(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(func(c *v1alpha1.OktaClientCredential) { c.Spec.Rotation.DeleteAfter = "1h" })
	w.rotated("first")
	w.eventuallyAtOkta("first INACTIVE, ours ACTIVE")
	w.annotate(v1alpha1.AnnotationRollback, "back")
	w.eventually("the Secret holds the previous value, which Okta accepts", func() bool { return w.value() == firstValue && w.isReady() })
	w.eventually("an event tells that it was activated", func() bool { return w.hasEvent(v1alpha1.ReasonSecretActivated) })
}

// TestARollbackInModeRepairActivatesNothing: the mode changes nothing at Okta, and that is no failed rotation.
func TestARollbackInModeRepairActivatesNothing(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(func(c *v1alpha1.OktaClientCredential) { c.Spec.Rotation.DeleteAfter = "1h" })
	newer := w.rotated("first")
	w.eventuallyAtOkta("first INACTIVE, ours ACTIVE")
	change(w, w.credential(), func(c *v1alpha1.OktaClientCredential) { c.Spec.Mode = v1alpha1.ModeRepair })
	w.annotate(v1alpha1.AnnotationRollback, "back")
	w.eventually("the command counts as handled", func() bool { return w.now().Status.HandledCommands.Rollback == "back" })
	w.eventually("an event says what to do", func() bool { return strings.Contains(w.told(v1alpha1.ReasonCommandAcknowledged), "Set mode: Rotate") })
	if w.value() != newer || w.hasEvent(v1alpha1.ReasonRotationWithdrawn) || w.now().Status.Rotation.Attempts != 0 {
		t.Error("it was tried")
	}
}

func TestARollbackWithoutAPreviousSecretIsRefused(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy()
	before := w.target().ResourceVersion
	w.annotate(v1alpha1.AnnotationRollback, "back")
	w.eventually("the command counts as handled", func() bool { return w.now().Status.HandledCommands.Rollback == "back" })
	w.eventually("an event says why", func() bool {
		return strings.Contains(w.told(v1alpha1.ReasonCommandAcknowledged), "no previous client secret")
	})
	w.unchanged(before)
}

func TestTheRevokeCommandLeavesNoOverlap(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(overlap("24h"))
	w.annotate(v1alpha1.AnnotationRevoke, "leaked")
	w.eventually("the Secret holds a new value that Okta accepts", func() bool { return w.value() != firstValue && w.isReady() })
	w.eventuallyAtOkta("first INACTIVE, ours ACTIVE")
	w.eventually("the command counts as handled", func() bool { return w.now().Status.HandledCommands.Revoke == "leaked" })
}

// TestARevokeCommandSaysWhatItCouldNotDeactivate: where Okta does not show which of its secrets the compromised one was.
func TestARevokeCommandSaysWhatItCouldNotDeactivate(t *testing.T) {
	w := given(t, oktasim.Options{Unknowns: oktasim.Unknowns{Values: oktasim.ValueMasked, ForeignHash: true}})
	w.healthy()
	w.annotate(v1alpha1.AnnotationRevoke, "leaked")
	w.eventually("the Secret holds a new value that Okta accepts", func() bool { return w.value() != firstValue && w.isReady() })
	w.eventually("a person is asked", func() bool {
		return w.is(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonHalted) &&
			strings.Contains(w.message(v1alpha1.ConditionStalled), w.firstID)
	})
	w.mustAtOkta(w.org.DeactivateSecret(clientID, w.firstID))
	w.annotate(v1alpha1.AnnotationResume, "done")
	w.eventually("nothing is left to do", func() bool { return w.is(v1alpha1.ConditionRotationHealthy, metav1.ConditionTrue, v1alpha1.ReasonIdle) })
}

// TestAToolThatKeepsTheSecretIsNamedBeforeTheFirstWrite, and a person's command is its consent.
func TestAToolThatKeepsTheSecretIsNamedBeforeTheFirstWrite(t *testing.T) {
	w := given(t, oktasim.Options{})
	kept := w.secret(firstValue)
	kept.Labels = map[string]string{"reconcile.external-secrets.io/managed": "true"}
	w.create(kept)
	w.create(w.credential())
	w.eventually("the credential is Ready", w.isReady)
	w.revoke()
	w.checkNow()
	w.eventually("the tool is named", func() bool {
		return w.is(v1alpha1.ConditionRotationHealthy, metav1.ConditionFalse, v1alpha1.ReasonOtherWriter) &&
			strings.Contains(w.message(v1alpha1.ConditionRotationHealthy), "External Secrets")
	})
	if w.value() != firstValue || w.changesAtOkta("") != 0 {
		t.Error("it was written all the same")
	}
	w.rotated("go on")
	w.killHeld()
	w.checkNow()
	held := w.value()
	w.eventually("what the operator wrote once it heals by itself", func() bool { return w.value() != held && w.isReady() })
}
