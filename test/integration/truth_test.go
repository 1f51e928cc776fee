package integration

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// truth watches every version of a world's credentials for what a status must never say.
type truth struct {
	watcher watch.Interface
	done    sync.WaitGroup
	lies    []string
}

func (w *world) watchTruth() *truth {
	w.t.Helper()
	watcher, err := w.client().Watch(w.t.Context(), &v1alpha1.OktaClientCredentialList{}, client.InNamespace(w.namespace))
	if err != nil {
		w.t.Fatal(err)
	}
	found := &truth{watcher: watcher}
	found.done.Go(func() {
		for event := range watcher.ResultChan() {
			if c, ok := event.Object.(*v1alpha1.OktaClientCredential); ok {
				found.lies = append(found.lies, liesOf(c)...)
			}
		}
	})

	return found
}

// liesOf are kstatus's rules, and that Ready is no more than what it sums up.
func liesOf(c *v1alpha1.OktaClientCredential) []string {
	var lies []string
	conditions := c.Status.Conditions
	if len(conditions) == 0 {
		return nil
	}
	lie := func(format string, arguments ...any) {
		lies = append(lies, fmt.Sprintf("%s at version %s: ", c.Name, c.ResourceVersion)+fmt.Sprintf(format, arguments...))
	}
	if meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReconciling) && meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled) {
		lie("Reconciling and Stalled both")
	}
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	if ready == nil {
		lie("no Ready condition")

		return lies
	}
	if ready.Status == metav1.ConditionTrue && !meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionSecretValid) {
		lie("Ready while SecretValid is not True")
	}
	for _, condition := range conditions {
		if condition.ObservedGeneration != c.Status.ObservedGeneration || condition.ObservedGeneration > c.Generation {
			lie("%s observed generation %d of %d, the status %d", condition.Type, condition.ObservedGeneration, c.Generation, c.Status.ObservedGeneration)
		}
		if condition.Message == "" || condition.Reason == "" {
			lie("%s=%s gives no reason or message", condition.Type, condition.Status)
		}
	}

	return lies
}

// end checks what must hold at the end of every test, and takes the world's objects away.
func (w *world) end() {
	if !w.t.Failed() {
		w.within(30*time.Second, "every status speaks of its credential's generation", w.observed)
		w.holdsNoSecretIn(w.describe())
	}
	w.truth.watcher.Stop()
	w.truth.done.Wait()
	for _, lie := range w.truth.lies {
		w.t.Error("a status lied: " + lie)
	}
	if w.t.Failed() {
		w.diagnose()
	}
	_ = w.client().DeleteAllOf(w.ctx(), &v1alpha1.OktaClientCredential{}, client.InNamespace(w.namespace))
	_ = w.client().Delete(w.ctx(), w.connection())
}

func (w *world) observed() bool {
	for _, c := range w.credentials() {
		ready := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionReady)
		if c.DeletionTimestamp.IsZero() && (c.Status.ObservedGeneration != c.Generation || ready == nil || ready.ObservedGeneration != c.Generation) {
			return false
		}
	}

	return true
}

func (w *world) credentials() []v1alpha1.OktaClientCredential {
	var list v1alpha1.OktaClientCredentialList
	if err := w.client().List(w.ctx(), &list, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}

	return list.Items
}

// describe is everything that the operator writes where people without a right to Secrets can read it.
func (w *world) describe() map[string]any {
	connection := w.connection()
	_ = w.client().Get(w.ctx(), client.ObjectKeyFromObject(connection), connection)

	return map[string]any{"credentials": w.credentials(), "events": w.events(), "connection": connection}
}

// holdsNoSecretIn fails the test when one of the client secrets can be read from objects, in any of the usual spellings.
func (w *world) holdsNoSecretIn(objects map[string]any) {
	w.t.Helper()
	spellings := w.spellings()
	for name, object := range objects {
		text, err := json.Marshal(object)
		if err != nil {
			w.t.Fatal(err)
		}
		for spelling, what := range spellings {
			if strings.Contains(string(text), spelling) {
				w.t.Errorf("%s hold %s", name, what)
			}
		}
	}
}

// spellings of every client secret that Okta or the Secret holds, and of their parts.
func (w *world) spellings() map[string]string {
	values := []string{firstValue, strangerValue, otherValue, wrongValue, w.value()}
	for _, s := range w.org.Secrets(clientID) {
		values = append(values, s.Value.Reveal())
	}
	spellings := map[string]string{}
	const part = 12
	for _, value := range values {
		if len(value) < part {
			continue
		}
		for i := range len(value) - part + 1 {
			spellings[value[i:i+part]] = "a part of a client secret"
		}
		spellings[base64.StdEncoding.EncodeToString([]byte(value))] = "a client secret in base64"
		spellings[base64.RawURLEncoding.EncodeToString([]byte(value))] = "a client secret in base64url"
		spellings[hex.EncodeToString([]byte(value))] = "a client secret in hex"
		spellings[redact.NewValue(value).Hash()] = "the hash of a client secret"
	}

	return spellings
}

// diagnose tells what a failed test's world looks like.
func (w *world) diagnose() {
	for _, c := range w.credentials() {
		w.t.Logf("credential %s, generation %d, observed %d, finalizers %v", c.Name, c.Generation, c.Status.ObservedGeneration, c.Finalizers)
		for _, condition := range c.Status.Conditions {
			w.t.Logf("%s=%s %s: %s", condition.Type, condition.Status, condition.Reason, condition.Message)
		}
		w.t.Logf("rotation: %+v, commands: %+v", c.Status.Rotation, c.Status.HandledCommands)
	}
	w.t.Logf("at Okta: %s; requests: %v", w.atOkta(), w.org.Counts())
	connection := w.connection()
	_ = w.client().Get(w.ctx(), client.ObjectKeyFromObject(connection), connection)
	for _, condition := range connection.Status.Conditions {
		w.t.Logf("connection: %s=%s %s: %s", condition.Type, condition.Status, condition.Reason, condition.Message)
	}
	w.tellEvents()
}

func (w *world) tellEvents() {
	events := w.events()
	for i := range events {
		w.t.Logf("event %s %s %s: %s", events[i].EventTime.Format(time.TimeOnly), events[i].Type, events[i].Reason, events[i].Note)
	}
}

// warned says whether a Warning with this reason tells of an object.
func (w *world) warned(reason, object string) bool {
	for _, event := range w.events() {
		if event.Reason == reason && event.Type == corev1.EventTypeWarning && event.Regarding.Name == object {
			return true
		}
	}

	return false
}

// told is the note of the newest event with this reason.
func (w *world) told(reason string) string { return w.newest(reason).Note }

// toldAt is when the newest event of a reason was recorded.
func (w *world) toldAt(reason string) time.Time { return w.newest(reason).EventTime.Time }

func (w *world) newest(reason string) eventsv1.Event {
	var newest eventsv1.Event
	for _, event := range w.events() {
		if event.Reason == reason && event.EventTime.After(newest.EventTime.Time) {
			newest = event
		}
	}

	return newest
}
