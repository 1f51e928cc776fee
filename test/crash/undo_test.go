package crash

import (
	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// failsWithNew has a rotation behind it whose new secret the workload does not like. It is in the Secret, and the restart that
// brings it to the workload is to come.
func failsWithNew(w *world) {
	w.adopted(func(c *v1alpha1.OktaClientCredential) {
		// No check comes by itself, which would be a call in one run and not in the next.
		c.Spec.Validation.Interval = "1h"
		c.Spec.Consumers = v1alpha1.ConsumersSpec{Restart: v1alpha1.RestartAuto, WaitTimeout: "30s"}
	})
	w.runs("web", func(value string) bool { return value == firstValue })
	w.annotate(v1alpha1.AnnotationRotate)
	w.eventually("the new secret is in the Secret", func() bool {
		record, found := w.journalAt(w.home())

		return w.recorder.quiet() && found && w.stepsDone(record) && record.Current.Made && record.Undelivered
	})
}

// usedByWorkload has a workload that is restarted when the Secret has changed, and likes whatever it finds.
func usedByWorkload(w *world) {
	w.adopted(func(c *v1alpha1.OktaClientCredential) {
		c.Spec.Consumers = v1alpha1.ConsumersSpec{Restart: v1alpha1.RestartAuto}
	})
	w.runs("web", func(string) bool { return true })
}

// delivered says that the workload has the new secret, and nothing is left to do.
func delivered(w *world) bool {
	return w.settled() && w.workload.programs() == 1 && w.workload.uses(w.value())
}

// undone says that the superseded secret is back for good, the workload has it, and the credential waits for a person.
func undone(w *world) bool {
	record, found := w.journalAt(w.home())
	back := found && record.Halt != nil && !record.Undelivered && !w.isHeld(w.home()) && w.isActive(w.value())

	return back && blocked(v1alpha1.ReasonUndone)(w) && w.workload.programs() == 1 && w.workload.uses(w.value())
}
