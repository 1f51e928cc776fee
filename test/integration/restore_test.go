package integration

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

func (w *world) addStranger() {
	w.org.AddSecret(clientID, redact.NewValue(strangerValue), oktasim.Active)
}

func TestADeletedSecretComesBackFromTheJournal(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy()
	w.delete(w.secret(""))
	w.eventually("the status says that the Secret is missing", func() bool {
		return w.is(v1alpha1.ConditionSecretSynced, metav1.ConditionFalse, v1alpha1.ReasonSecretMissing)
	})
	w.eventually("the Secret is back with the same value", func() bool { return w.value() == firstValue && w.isReady() })
	if restored := w.target(); string(restored.Data["client_id"]) != clientID || restored.Labels[v1alpha1.LabelCredential] != "web-shop" {
		t.Errorf("the restored Secret lacks client id or label: %v", restored.Labels)
	}
	w.eventually("an event says so", func() bool { return w.hasEvent(v1alpha1.ReasonSecretRestored) })
	if changes := w.changesAtOkta(""); changes != 0 {
		t.Errorf("the operator made %d changes at Okta", changes)
	}
}

func TestASupersededValueThatComesBackIsReplacedByTheGoodOne(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		overlap v1alpha1.Duration
		atOkta  string
	}{
		"while Okta still accepts it":    {"1h", "first ACTIVE, ours ACTIVE"},
		"when Okta accepts it no longer": {"0s", "first INACTIVE, ours ACTIVE"},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{})
			w.healthy(overlap(test.overlap))
			good := w.rotated("now")
			w.eventuallyAtOkta(test.atOkta)
			for flip := range 3 {
				w.gitOps(firstValue, flip)
				w.eventually("the good value is back", func() bool { return w.value() == good && w.isReady() })
			}
			w.eventually("an event names the other writer", func() bool {
				return strings.Contains(w.told(v1alpha1.ReasonSecretRestored), "argocd-controller")
			})

			w.gitOps(firstValue, 4)
			w.eventually("the fight is stopped", func() bool {
				return w.is(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonContested) &&
					w.is(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonContested)
			})
			if message := w.message(v1alpha1.ConditionReady); !strings.Contains(message, "argocd-controller") || w.value() != firstValue {
				t.Errorf("the message does not name the writer, or the fight goes on: %s", message)
			}

			w.annotate(v1alpha1.AnnotationResume, "argocd is told")
			w.eventually("the good value is back", func() bool { return w.value() == good && w.isReady() })
			if got := w.atOkta(); got != test.atOkta || w.changesAtOkta("create") != 1 {
				t.Errorf("the fight made a new secret: at Okta %s", got)
			}
		})
	}
}

// gitOps puts a value into the Secret as another controller does; the flip makes it a change even of the same value.
func (w *world) gitOps(value string, flip int) {
	w.t.Helper()
	object := w.target()
	base := object.DeepCopy()
	object.Data["client_secret"] = []byte(value)
	metav1.SetMetaDataAnnotation(&object.ObjectMeta, "sync", strconv.Itoa(flip))
	if err := w.client().Patch(w.ctx(), object, client.MergeFrom(base), client.FieldOwner("argocd-controller")); err != nil {
		w.t.Fatal(err)
	}
}

func TestAWorkingValueThatAPersonPutsInIsLeftAlone(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(func(c *v1alpha1.OktaClientCredential) { c.Spec.Validation.Interval = "1h" })
	made := w.rotated("now")
	w.eventuallyAtOkta("first INACTIVE, ours ACTIVE")
	w.mustAtOkta(w.org.DeleteSecret(clientID, w.firstID))
	w.addStranger()
	checks := w.checks()
	w.put("client_secret", strangerValue)
	w.eventually("the value is checked at once", func() bool { return w.checks() > checks })
	w.eventuallyAtOkta("stranger ACTIVE") // ours is superseded and nobody else would retire it
	if w.value() != strangerValue || made == strangerValue || w.changesAtOkta("create") != 1 {
		t.Error("the value was not left alone")
	}
	w.eventually("the credential is Ready", w.isReady)
}

// TestALabelThatIsSetAgainDatesNoValue: the API server keeps one time a writer, and that of the value proves which pods are newer.
func TestALabelThatIsSetAgainDatesNoValue(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(overlap("1h"))
	w.rotated("now")
	change(w, w.target(), func(s *corev1.Secret) { delete(s.Labels, v1alpha1.LabelCredential) })
	w.eventually("the label is back", func() bool { return w.target().Labels[v1alpha1.LabelCredential] == "web-shop" })
	ours := slices.DeleteFunc(w.target().ManagedFields, func(e metav1.ManagedFieldsEntry) bool { return e.Manager != v1alpha1.FieldManager })
	if len(ours) != 1 || ours[0].FieldsV1 == nil {
		t.Fatalf("the writer of the value is noted otherwise than once: %v", ours)
	}
	fields := ours[0].FieldsV1.GetRawString()
	if !strings.Contains(fields, `"f:client_secret"`) || strings.Contains(fields, v1alpha1.LabelCredential) {
		t.Errorf("the writer of the value has written something else since: %s", fields)
	}
}
