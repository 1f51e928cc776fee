package oktaclientcredential

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// maxText bounds messages in conditions, events and history, in bytes: an event takes 1024.
const maxText = 1000

// tell records what happened as events, and in the history that the next status shows.
func (r *Reconciler) tell(seen *scene, tellings ...rotation.Telling) {
	for _, telling := range tellings {
		r.event(seen.credential, telling.Warning, telling.Reason, telling.Message)
		seen.memory.history = append(seen.memory.history, v1alpha1.HistoryEntry{
			Time: metav1.NewTime(seen.now), Reason: telling.Reason, Message: sentence(telling.Message),
		})
		// More than the status can hold would pile up while it cannot be written.
		seen.memory.history = seen.memory.history[max(0, len(seen.memory.history)-maxHistory):]
	}
}

func (r *Reconciler) event(credential *v1alpha1.OktaClientCredential, warning bool, reason, message string) {
	kind := corev1.EventTypeNormal
	if warning {
		kind = corev1.EventTypeWarning
	}
	r.Recorder.Eventf(credential, nil, kind, reason, "KeepClientSecret", "%s", sentence(message))
}

// sentence bounds a message.
func sentence(text string) string { return cut(text, maxText) }

// cut bounds a text, in bytes.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}

	return strings.ToValidUTF8(text[:limit-3], "") + "..."
}
