package crash

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/journal"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// settled says whether the credential is at rest: Ready for its present generation, nothing under way, commands carried out,
// nothing waited for at Okta, and a value in the Secret that Okta takes.
func (w *world) settled() bool {
	c := w.credential()
	if !w.read(c) || len(c.Finalizers) > 0 || !w.recorder.quiet() {
		return false
	}
	conditions := c.Status.Conditions
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	if ready == nil || ready.Status != metav1.ConditionTrue || c.Status.ObservedGeneration != c.Generation ||
		meta.FindStatusCondition(conditions, v1alpha1.ConditionReconciling) != nil || meta.FindStatusCondition(conditions, v1alpha1.ConditionStalled) != nil {
		return false
	}
	record, found := w.journal()

	handled := c.Annotations[v1alpha1.AnnotationRotate] == record.Handled.Rotate

	return found && handled && record.Staged == nil && record.Promoting == nil && w.isActive(w.value())
}

// gone says whether the credential was let go, the operator has nothing more to do, and left a Secret that works.
func (w *world) gone() bool {
	return !w.read(w.credential()) && w.recorder.quiet() && w.isActive(w.value())
}

func (w *world) isActive(value redact.Value) bool {
	return slices.ContainsFunc(w.org.Secrets(clientID), func(s oktasim.Secret) bool { return s.Status == oktasim.Active && s.Value.Equal(value) })
}

// journal is what the operator would find after a restart.
func (w *world) journal() (rotation.Record, bool) {
	w.t.Helper()
	kept := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: journalName}}
	if !w.read(kept) {
		return rotation.Record{}, false
	}
	record, err := journal.Decode(kept.Data["journal.json"])
	if err != nil {
		w.t.Fatalf("read the journal: %v", err)
	}

	return record, true
}

// losesNothing holds the moment of the crash against I1: each secret that the operator made at Okta is one that it will
// know again, from the Secret or from the journal.
func (w *world) losesNothing() {
	w.t.Helper()
	record, _ := w.journal()
	target := w.value()
	for _, s := range w.org.Secrets(clientID) {
		if s.CreatedBy == adminID && !s.Value.Equal(target) && !knows(record, s.Value) {
			w.t.Errorf("secret %s of the operator at Okta has a value that neither the Secret nor the journal knows", s.ID)
		}
	}
}

// sparesTheTarget holds a request to deactivate or delete a secret against I2: it is not about the ACTIVE one that the
// application's Secret holds.
func (w *world) sparesTheTarget(in *http.Request) {
	target := w.secret()
	if err := bed.client.Get(in.Context(), client.ObjectKeyFromObject(target), target); err != nil {
		return // there is none to spare
	}
	held := redact.NewValue(string(target.Data["client_secret"]))
	for _, s := range w.org.Secrets(clientID) {
		if s.Status == oktasim.Active && s.Value.Equal(held) && strings.Contains(in.URL.Path, "/"+s.ID) {
			w.t.Errorf("the operator takes the secret away that the Secret holds: %s %s (I2)", in.Method, in.URL.Path)
		}
	}
}

func knows(record rotation.Record, value redact.Value) bool {
	holds := func(h *rotation.Held) bool { return h != nil && h.Value.Equal(value) }
	staged := record.Staged != nil && record.Staged.Value.Equal(value)

	return staged || holds(record.Current) || holds(record.Previous) || record.IsRetired(value)
}

// holdsWhatItMust checks what must hold at the end of every run.
func (w *world) holdsWhatItMust(s scenario, strangers []string) {
	w.t.Helper()
	if n := len(w.made()); n > s.causes {
		w.t.Errorf("the operator made %d values, want at most %d (I3)", n, s.causes)
	}
	if n := w.creates() - w.createsBefore; n > s.causes {
		w.t.Errorf("the operator created %d secrets at Okta, want at most %d (I3)", n, s.causes)
	}
	for _, event := range w.org.Events() {
		if event.ActorID == adminID && slices.Contains(strangers, event.SecretID) && strings.HasPrefix(event.Type, "app.oauth2.credentials.lifecycle.") {
			w.t.Errorf("the operator changed a stranger's secret: %s (I4)", event.Type)
		}
	}
	w.losesNothing()
	w.mu.Lock()
	lies := slices.Clone(w.lies)
	w.mu.Unlock()
	for _, lie := range lies {
		w.t.Error(lie + " (I6)")
	}
	printed := w.operator.log.since(w.logFrom)
	for spelling, what := range w.spellings() {
		if strings.Contains(printed, spelling) {
			w.t.Errorf("the operator's log holds %s (I7)", what)
		}
	}
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
		if event.ActorID == adminID && event.Type == "app.oauth2.credentials.lifecycle.create" {
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

// strangers are the secrets at Okta that are neither the operator's nor the one that the Secret held first.
func (w *world) strangers() []string {
	var ids []string
	for _, s := range w.org.Secrets(clientID) {
		if s.CreatedBy != adminID && s.ID != w.firstID {
			ids = append(ids, s.ID)
		}
	}

	return ids
}

// spellings are all ways in which a secret of this world might be printed.
func (w *world) spellings() map[string]string {
	w.mu.Lock()
	values := append(slices.Collect(maps.Keys(w.sent)), firstValue, strangerValue, wrongValue)
	w.mu.Unlock()
	const part = 12
	spellings := map[string]string{}
	for _, value := range values {
		for i := range max(0, len(value)-part+1) {
			spellings[value[i:i+part]] = "a part of a client secret"
		}
		spellings[base64.StdEncoding.EncodeToString([]byte(value))[:part*4/3]] = "a client secret in base64"
		spellings[hex.EncodeToString([]byte(value))[:2*part]] = "a client secret in hex"
	}
	for line := range strings.Lines(string(w.adminKey)) {
		if !strings.HasPrefix(line, "-----") {
			spellings[strings.TrimSpace(line)] = "a part of the admin key"
		}
	}

	return spellings
}

// watchTarget looks at every version of the application's Secret.
func (w *world) watchTarget() {
	w.t.Helper()
	watcher, err := bed.client.Watch(w.t.Context(), &corev1.SecretList{}, client.InNamespace(w.namespace), client.MatchingFields{"metadata.name": targetName})
	if err != nil {
		w.t.Fatal(err)
	}
	w.watcher = watcher
	w.watched.Go(func() {
		for event := range watcher.ResultChan() {
			version, ok := event.Object.(*corev1.Secret)
			if !ok {
				continue
			}
			if lie := w.lieOf(version); lie != "" {
				w.mu.Lock()
				w.lies = append(w.lies, fmt.Sprintf("version %s of the Secret: %s", version.ResourceVersion, lie))
				w.mu.Unlock()
			}
		}
	})
}

// lieOf is what is wrong about a version of the Secret; empty when nothing is.
func (w *world) lieOf(version *corev1.Secret) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	value := string(version.Data["client_secret"])
	switch {
	case string(version.Data["client_id"]) != clientID:
		return "it has no client id"
	case value != firstValue && value != wrongValue && !w.sent[value]:
		return "it holds a value that Okta was never given"
	case w.bare:
		return ""
	case string(version.Data["issuer"]) != "https://example.okta.com" || version.Annotations["team"] != "shop" || len(version.Data) != 3:
		return "what somebody else keeps in it was changed"
	default:
		return ""
	}
}
