package crash

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// The statements are those of "What must always hold" in docs/design/crash.md. Each check below says which it holds a run
// against; the end of a run, atRest, is statement 1 itself, and for two credentials of one client statement 8.

// losesNothing holds a moment, the one after a crash above all, against statement 1: each secret that the operator made at Okta
// is one that it will know again, from a Secret or from a journal. Okta is asked first, so that what is made meanwhile by an
// operator that lives does not count.
func (w *world) losesNothing() {
	w.t.Helper()
	listed := w.org.Secrets(clientID)
	for _, s := range listed {
		if s.CreatedBy != adminID {
			continue
		}
		if !slices.ContainsFunc(w.places(), func(p place) bool {
			record, _ := w.journalAt(p)

			return knows(record, s.Value) || w.valueAt(p).Equal(s.Value)
		}) {
			w.t.Errorf("secret %s of the operator at Okta has a value that neither the Secret nor the journal knows (statement 1)", s.ID)
		}
	}
}

func knows(record rotation.Record, value redact.Value) bool {
	holds := func(h *rotation.Held) bool { return h != nil && h.Value.Equal(value) }
	staged := record.Staged != nil && record.Staged.Value.Equal(value)

	return staged || holds(record.Current) || holds(record.Previous) || record.IsRetired(value)
}

// spares holds a request to deactivate or delete a secret against statement 2: it is not about an ACTIVE one that a Secret holds
// or a pod needs, nor about the last ACTIVE one. Of the Secrets of another cluster an operator cannot know.
func (w *world) spares(o *operator, in *http.Request) {
	secrets := w.org.Secrets(clientID)
	i := slices.IndexFunc(secrets, func(s oktasim.Secret) bool { return strings.Contains(in.URL.Path, "/"+s.ID) })
	if i < 0 || secrets[i].Status != oktasim.Active {
		return
	}
	asked := secrets[i]
	// A create that was sent twice makes a value twice; then the newer secret goes, and the value works on.
	twice := slices.ContainsFunc(secrets, func(s oktasim.Secret) bool {
		return s.ID != asked.ID && s.Status == oktasim.Active && s.Value.Equal(asked.Value)
	})
	for _, p := range w.places() {
		if !w.sees(o, p) {
			continue
		}
		var held corev1.Secret
		if bed.client.Get(in.Context(), client.ObjectKey{Namespace: p.namespace, Name: targetName}, &held) != nil {
			continue // there is none to spare
		}
		if !twice && asked.Value.Equal(redact.NewValue(string(held.Data["client_secret"]))) {
			w.violated("%s %s takes the ACTIVE secret away that the Secret of %s holds (statement 2)", in.Method, in.URL.Path, p.namespace)
		}
	}
	if asked.ID == w.needed() || w.workload.uses(asked.Value) {
		w.violated("%s %s takes the ACTIVE secret away that a pod needs (statement 2)", in.Method, in.URL.Path)
	}
	if !slices.ContainsFunc(secrets, func(s oktasim.Secret) bool { return s.ID != asked.ID && s.Status == oktasim.Active }) {
		w.violated("%s %s takes the last ACTIVE secret away (statement 2)", in.Method, in.URL.Path)
	}
}

// confirmed holds a request to create a secret against statement 5: where the cause is a rejection, Okta has rejected the value
// twice.
func (w *world) confirmed() {
	if !w.scenario.heals {
		return
	}
	rejections := 0
	w.mu.Lock()
	asked := w.org.Requests()[w.requestsBefore:]
	w.mu.Unlock()
	for _, request := range asked {
		if request.Route == oktasim.RouteToken && request.Status == http.StatusUnauthorized {
			rejections++
		}
	}
	if rejections < 2 {
		w.violated("a secret is created after %d rejections (statement 5)", rejections)
	}
}

// violated notes what must not be, from where a test cannot be failed at once.
func (w *world) violated(format string, arguments ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.violations = append(w.violations, fmt.Sprintf(format, arguments...))
}

// holdsWhatItMust checks what must hold at the end of every run.
func (w *world) holdsWhatItMust() {
	w.t.Helper()
	if n := len(w.made()); n > w.scenario.causes {
		w.t.Errorf("the operator made %d values, want at most %d (statement 4)", n, w.scenario.causes)
	}
	// A request whose answer is lost may be sent again while the first is on its way; then the newer one goes.
	if n := w.creates() - w.createsBefore; n > w.scenario.causes && !w.repeats {
		w.t.Errorf("the operator created %d secrets at Okta, want at most %d (statement 4)", n, w.scenario.causes)
	}
	if w.workload != nil && w.workload.restarts() != w.scenario.restarts {
		w.t.Errorf("the workload was restarted %d times, want %d: once for each change of the Secret (statement 9)", w.workload.restarts(), w.scenario.restarts)
	}
	w.sparesStrangers()
	w.losesNothing()
	w.namesWhatItLeaves()
	w.keepsSecret()
	w.mu.Lock()
	violations := slices.Clone(w.violations)
	w.mu.Unlock()
	for _, what := range violations {
		w.t.Error(what)
	}
}

// namesWhatItLeaves holds a credential that went against statement 4: what it leaves at Okta is named in an event, by its id or,
// where the answer that had the id was lost, by the time of its rotation.
func (w *world) namesWhatItLeaves() {
	w.t.Helper()
	if !w.scenario.goes {
		return
	}
	record, _ := w.journalAt(w.home())
	for _, s := range w.org.Secrets(clientID) {
		if s.CreatedBy != adminID || s.Value.Equal(w.value()) || (record.Current != nil && s.Value.Equal(record.Current.Value)) {
			continue
		}
		w.eventually("an event names secret "+s.ID+", which is left at Okta", func() bool {
			events := w.printed(&corev1.EventList{}, client.InNamespace(w.namespace))

			return strings.Contains(events, s.ID) || strings.Contains(events, "id unknown")
		})
	}
}

// sparesStrangers holds Okta's audit log against statement 2: the operator changed only what it made, what the Secret held first
// and what it was allowed to remove.
func (w *world) sparesStrangers() {
	w.t.Helper()
	ours := map[string]bool{w.firstID: true, w.released: true}
	for _, event := range w.org.Events() {
		if event.ActorID != adminID || !strings.HasPrefix(event.Type, lifecycleEvents) {
			continue
		}
		if event.Type == createdEvent {
			ours[event.SecretID] = true
		}
		if !ours[event.SecretID] {
			w.t.Errorf("the operator changed a stranger's secret: %s (statement 2)", event.Type)
		}
	}
}

// The events of Okta's System Log about client secrets.
const (
	lifecycleEvents = "app.oauth2.credentials.lifecycle."
	createdEvent    = lifecycleEvents + "create"
)
