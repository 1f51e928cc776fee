package crash

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// watchTarget looks at every version of the application's Secret in a namespace.
func (w *world) watchTarget(namespace string) {
	w.t.Helper()
	watcher, err := bed.client.Watch(w.t.Context(), &corev1.SecretList{}, client.InNamespace(namespace), client.MatchingFields{"metadata.name": targetName})
	if err != nil {
		w.t.Fatal(err)
	}
	w.watchers = append(w.watchers, watcher)
	w.watched.Go(func() {
		for event := range watcher.ResultChan() {
			version, ok := event.Object.(*corev1.Secret)
			if !ok {
				continue
			}
			if lie := w.lieOf(version); lie != "" {
				w.violated("version %s of the Secret in %s: %s (I6)", version.ResourceVersion, namespace, lie)
			}
		}
	})
}

// lieOf is what is wrong about a version of the Secret; empty when nothing is.
func (w *world) lieOf(version *corev1.Secret) string {
	value := string(version.Data["client_secret"])
	known := w.isKnown(value)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case string(version.Data["client_id"]) != clientID:
		return "it has no client id"
	case !known:
		return "it holds a value that Okta was never given"
	case w.bare:
		return ""
	case string(version.Data["issuer"]) != "https://example.okta.com" || version.Annotations["team"] != "shop" || len(version.Data) != 3:
		return "what somebody else keeps in it was changed"
	default:
		return ""
	}
}

// isKnown says whether a value may be in the Secret: what somebody put there, what Okta has, or what the operator sent there.
func (w *world) isKnown(value string) bool {
	w.mu.Lock()
	sent := w.sent[value]
	w.mu.Unlock()
	if sent || strings.TrimSpace(value) == firstValue || value == wrongValue {
		return true
	}
	for _, s := range w.org.Secrets(clientID) {
		if s.Value.Equal(redact.NewValue(value)) {
			return true
		}
	}

	return false
}
