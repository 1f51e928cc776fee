package integration

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// soon is how long a deletion under Retain may take.
const soon = 15 * time.Second

func retire(c *v1alpha1.OktaClientCredential) { c.Spec.DeletionPolicy = v1alpha1.DeletionRetire }

// down makes Okta answer 503 to everything.
func (w *world) down() {
	w.org.Fault(oktasim.Fault{Kind: oktasim.FaultStatus, Status: 503})
}

// isHeld says whether the journal outlives its credential.
func (w *world) isHeld() bool {
	w.t.Helper()
	journal := w.journal()

	return w.exists(journal) && len(journal.GetFinalizers()) == 1
}

func (w *world) isGone() bool { return !w.exists(w.credential()) }

func TestRetainLetsGoInTheMiddleOfARotationWithOktaDown(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy()
	w.org.OnCall(func(call oktasim.Call) {
		if call.Phase == oktasim.AfterEffect && call.Route == oktasim.RouteCreateSecret {
			w.down()
		}
	})
	w.revoke()
	w.checkNow()
	w.eventually("the new secret cannot be tested", func() bool { return w.now().Status.Rotation.Step == "VerifyAtTokenEndpoint" })
	w.delete(w.credential())
	w.within(soon, "the credential is gone", w.isGone)
	w.eventually("a Warning names what stays at Okta", func() bool {
		return strings.Contains(w.told(v1alpha1.ReasonSecretsLeftBehind), w.org.Secrets(clientID)[1].ID)
	})
	if got := w.atOkta(); got != "stranger ACTIVE, ours ACTIVE" {
		t.Errorf("Retain changed something at Okta: %s", got)
	}
}

func TestRetainNamesTheSupersededSecretThatItLeaves(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(overlap("1h"))
	w.rotated("now")
	w.down()
	w.delete(w.credential())
	w.within(soon, "the credential is gone", w.isGone)
	w.eventually("a Warning names what stays at Okta", func() bool {
		return strings.Contains(w.told(v1alpha1.ReasonSecretsLeftBehind), w.firstID)
	})
	if got := w.atOkta(); got != "first ACTIVE, ours ACTIVE" {
		t.Errorf("Retain changed something at Okta: %s", got)
	}
	if cluster.HasControllerManager {
		w.eventually("the journal is gone", func() bool { return !w.exists(w.journal()) })
	}
}

func TestAJournalThatIsOrphanedNamesWhatItKnows(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(overlap("1h"))
	w.rotated("now")
	w.delete(w.credential(), client.PropagationPolicy(metav1.DeletePropagationOrphan))
	w.within(soon, "the credential is gone", w.isGone)
	w.eventually("a Warning names what stays at Okta", func() bool {
		return strings.Contains(w.told(v1alpha1.ReasonSecretsLeftBehind), w.firstID)
	})
	w.eventually("nothing holds the journal", func() bool { return !w.isHeld() })
}

func TestAJournalThatIsDeletedStaysUntilTheRotationIsOver(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(overlap("1h"))
	w.rotated("now")
	w.delete(w.journal())
	if !w.exists(w.journal()) {
		t.Fatal("the journal is gone while the superseded secret waits for its end")
	}
	w.endOverlap()
	w.eventuallyAtOkta("first INACTIVE, ours ACTIVE")
	w.eventually("there is a new journal", func() bool {
		journal := w.journal()

		return w.exists(journal) && journal.GetDeletionTimestamp().IsZero()
	})
	w.eventually("the credential is Ready", w.isReady)
}

func TestAHeldJournalThatCannotBeReadCanBeDeleted(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(overlap("1h"))
	w.rotated("now")
	change(w, w.journal(), func(s *corev1.Secret) { s.Data["journal.json"] = []byte("{") })
	w.annotate(v1alpha1.AnnotationValidate, "now")
	w.eventually("the status says so", func() bool {
		return w.is(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonJournalUnreadable)
	})
	w.delete(w.journal())
	w.eventually("there is a new journal", func() bool {
		journal := w.journal()

		return w.exists(journal) && journal.GetDeletionTimestamp().IsZero()
	})
	w.annotate(v1alpha1.AnnotationValidate, "again")
	w.eventually("the credential is Ready", w.isReady)
	if told := w.told(v1alpha1.ReasonSecretsLeftBehind); !strings.Contains(told, "cannot be read") {
		t.Errorf("the event about what the journal knew says %q", told)
	}
}

func TestRetireFinishesFirstWhenDependentsGoFirst(t *testing.T) {
	if !cluster.HasControllerManager {
		t.Skip("dependents go only where there is a controller manager, which KUBEBUILDER_ASSETS lacks")
	}
	w := given(t, oktasim.Options{})
	w.healthy(overlap("10s"), retire)
	w.rotated("now")
	w.delete(w.credential(), client.PropagationPolicy(metav1.DeletePropagationForeground))
	w.eventually("the credential and its journal are gone", func() bool { return w.isGone() && !w.exists(w.journal()) })
	if got := w.atOkta(); got != "first INACTIVE, ours ACTIVE" {
		t.Errorf("it went and left Okta with %s", got)
	}
	if told := w.told(v1alpha1.ReasonSecretsLeftBehind); told != "" {
		t.Errorf("an event says %q", told)
	}
}

func TestRetireFinishesFirst(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(overlap("1h"), retire)
	w.rotated("now")
	w.delete(w.credential())
	w.eventually("the status says what the deletion waits for", func() bool {
		return w.is(v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonDeleting)
	})
	if got := w.atOkta(); got != "first ACTIVE, ours ACTIVE" {
		t.Errorf("the overlap was cut short: %s", got)
	}
	w.endOverlap()
	w.eventually("the credential is gone", w.isGone)
	if got := w.atOkta(); got != "first INACTIVE, ours ACTIVE" {
		t.Errorf("it went and left Okta with %s", got)
	}
}

func TestRetireThatCannotFinishSaysSoAndRetainIsTheWayOut(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(overlap("1s"), retire, func(c *v1alpha1.OktaClientCredential) { c.Spec.Validation.Interval = "1h" })
	w.org.OnCall(func(call oktasim.Call) {
		if call.Phase == oktasim.AfterEffect && call.Route == oktasim.RouteCreateSecret {
			w.org.Fault(oktasim.Fault{Route: oktasim.RouteListSecrets, Kind: oktasim.FaultStatus, Status: 403})
		}
	})
	w.rotated("now")
	w.delete(w.credential())
	w.eventually("the status says what a person must do", func() bool {
		return w.is(v1alpha1.ConditionStalled, metav1.ConditionTrue, "")
	})
	change(w, w.credential(), func(c *v1alpha1.OktaClientCredential) { c.Spec.DeletionPolicy = v1alpha1.DeletionRetain })
	w.within(soon, "the credential is gone", w.isGone)
}

func TestANamespaceGoesWhateverItHolds(t *testing.T) {
	w := given(t, oktasim.Options{})
	if !cluster.HasControllerManager {
		t.Skip("a namespace goes only where there is a controller manager, which KUBEBUILDER_ASSETS lacks")
	}
	w.healthy(overlap("1h"), retire)
	w.rotated("now")
	w.down()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}}
	w.delete(namespace)
	w.eventually("the namespace is gone", func() bool { return !w.exists(namespace) })
}

func TestTheOperatorMakesTheSecretThatItIsToMake(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		policy v1alpha1.CreationPolicy
		stays  bool
	}{
		"Create: it stays":              {v1alpha1.CreationCreate, true},
		"Owner: it goes with its owner": {v1alpha1.CreationOwner, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{})
			w.create(w.credential(func(c *v1alpha1.OktaClientCredential) { c.Spec.SecretRef.CreationPolicy = test.policy }))
			w.eventually("the Secret holds a new value that Okta accepts", func() bool { return w.isReady() && w.holdsWorkingValue() })
			if w.atOkta() != "first ACTIVE, ours ACTIVE" || string(w.target().Data["client_id"]) != clientID {
				t.Errorf("at Okta %s, client id %q", w.atOkta(), w.target().Data["client_id"])
			}
			if owned := len(w.target().OwnerReferences) == 1; owned == test.stays {
				t.Errorf("the Secret is owned: %v", owned)
			}
			w.delete(w.credential())
			w.eventually("the credential is gone", w.isGone)
			if !test.stays {
				w.eventually("a Warning names the secret that is in no other place", func() bool {
					return strings.Contains(w.told(v1alpha1.ReasonSecretsLeftBehind), w.org.Secrets(clientID)[1].ID)
				})
			}
			if !test.stays && cluster.HasControllerManager {
				w.eventually("the Secret is gone", func() bool { return w.target() == nil })
			}
			if test.stays && cluster.HasControllerManager {
				w.eventually("the journal is gone", func() bool { return !w.exists(w.journal()) })
				if w.target() == nil {
					t.Error("the Secret is gone")
				}
			}
		})
	}
}
