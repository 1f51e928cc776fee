package crash

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/journal"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// settled says whether the credential is at rest, and its follower's if there is one, on one value.
func (w *world) settled() bool {
	if !w.recorder.quiet() {
		return false
	}
	for _, p := range w.places() {
		if !w.settledAt(p) || !w.valueAt(p).Equal(w.value()) {
			return false
		}
	}

	return true
}

// settledAt says whether a credential is at rest: Ready for its present generation, nothing under way, commands carried out,
// nothing waited for at Okta, and a value in the Secret that Okta takes.
func (w *world) settledAt(p place) bool {
	c := w.credentialAt(p)
	if !w.read(c) || len(c.Finalizers) > 0 || w.isHeld(p) || !isReady(c) || isStalled(c) {
		return false
	}
	record, found := w.journalAt(p)

	return found && w.stepsDone(record) && handled(c, record) && w.isActive(w.valueAt(p))
}

func (w *world) stepsDone(record rotation.Record) bool {
	return record.Staged == nil && record.Promoting == nil
}

func isReady(c *v1alpha1.OktaClientCredential) bool {
	return meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionReady) && c.Status.ObservedGeneration == c.Generation &&
		meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionReconciling) == nil
}

func isStalled(c *v1alpha1.OktaClientCredential) bool {
	return meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionStalled)
}

// handled says whether each command was carried out, or acknowledged: what is there at first sight is in the status before the
// journal has it.
func handled(c *v1alpha1.OktaClientCredential, record rotation.Record) bool {
	done, told := record.Handled, c.Status.HandledCommands
	is := func(name string, handled ...string) bool { return slices.Contains(handled, c.Annotations[name]) }

	return is(v1alpha1.AnnotationRotate, done.Rotate, told.Rotate) && is(v1alpha1.AnnotationRevoke, done.Revoke, told.Revoke) &&
		is(v1alpha1.AnnotationRollback, done.Rollback, told.Rollback) && is(v1alpha1.AnnotationReleaseSecret, done.ReleaseSecret, told.ReleaseSecret)
}

// blocked says whether the credential rests because it waits for a person, for a reason that it names.
func blocked(reason string) func(*world) bool {
	return func(w *world) bool {
		c := w.credential()
		if !w.read(c) || !w.recorder.quiet() {
			return false
		}
		named := slices.ContainsFunc(c.Status.Conditions, func(condition metav1.Condition) bool { return condition.Reason == reason })
		record, found := w.journalAt(w.home())

		return named && found && w.stepsDone(record)
	}
}

// gone says whether the credential was let go, the operator has nothing more to do, and left a Secret that works.
func (w *world) gone() bool {
	return !w.read(w.credential()) && !w.isHeld(w.home()) && w.recorder.quiet() && w.isActive(w.value())
}

// isHeld says whether the journal waits for something at Okta.
func (w *world) isHeld(p place) bool {
	kept := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: p.namespace, Name: journalName}}

	return w.read(kept) && len(kept.Finalizers) > 0
}

func (w *world) isActive(value redact.Value) bool {
	return slices.ContainsFunc(w.org.Secrets(clientID), func(s oktasim.Secret) bool { return s.Status == oktasim.Active && s.Value.Equal(value) })
}

// journalAt is what the operator would find after a restart.
func (w *world) journalAt(p place) (rotation.Record, bool) {
	w.t.Helper()
	kept := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: p.namespace, Name: journalName}}
	if !w.read(kept) {
		return rotation.Record{}, false
	}
	record, err := journal.Decode(kept.Data["journal.json"])
	if err != nil {
		w.t.Fatalf("read the journal: %v", err)
	}

	return record, true
}

// made are the values that the operator has sent to Okta since the run began.
func (w *world) made() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var made []string
	for value := range w.sent {
		if !w.sentBefore[value] {
			made = append(made, value)
		}
	}

	return made
}

// creates is how many secrets the operator has created, by Okta's own audit log.
func (w *world) creates() int {
	n := 0
	for _, event := range w.org.Events() {
		if event.ActorID == adminID && event.Type == createdEvent {
			n++
		}
	}

	return n
}

// changesAtOkta is how often the operator changed a secret, by Okta's own audit log.
func (w *world) changesAtOkta() int {
	n := 0
	for _, event := range w.org.Events() {
		if event.ActorID == adminID && strings.HasPrefix(event.Type, lifecycleEvents) {
			n++
		}
	}

	return n
}

// atOkta describes the application's secrets: "first INACTIVE, stranger ACTIVE, ours ACTIVE".
func (w *world) atOkta() string {
	var names []string
	for _, s := range w.org.Secrets(clientID) {
		name := "stranger"
		switch {
		case s.ID == w.firstID:
			name = "first"
		case s.CreatedBy == adminID:
			name = "ours"
		}
		names = append(names, fmt.Sprintf("%s %s", name, s.Status))
	}

	return strings.Join(names, ", ")
}
