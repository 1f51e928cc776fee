package crash

import (
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// scenario is what happens to a credential, and what must come of it wherever the operator is killed.
type scenario struct {
	name string
	// given brings the world to rest; when is what happens then.
	given, when func(*world)
	// right are the sets of secrets that Okta may hold in the end.
	right []string
	// causes is how many values the operator may make.
	causes int
	// goes says that the credential is to be gone in the end.
	goes bool
}

var scenarios = []scenario{
	{
		name:  "rejected, one slot free",
		given: adopted,
		when: func(w *world) {
			change(w, w.secret(), func(s *corev1.Secret) { s.Data["client_secret"] = []byte(wrongValue) })
		},
		right: []string{"first ACTIVE, ours ACTIVE"}, causes: 1,
	},
	{
		name:  "rejected, INACTIVE beside a stranger's",
		given: adopted,
		when: func(w *world) {
			w.org.AddSecret(clientID, redact.NewValue(strangerValue), oktasim.Active)
			w.atOrg(w.org.DeactivateSecret(clientID, w.firstID))
			w.annotate(v1alpha1.AnnotationValidate)
		},
		right: []string{"stranger ACTIVE, ours ACTIVE"}, causes: 1,
	},
	{
		name:  "rejected, deleted at Okta",
		given: adopted,
		when: func(w *world) {
			w.atOrg(w.org.RevokeSecret(clientID, w.firstID))
			w.annotate(v1alpha1.AnnotationValidate)
		},
		right: []string{"stranger ACTIVE, ours ACTIVE"}, causes: 1,
	},
	{
		name:  "rotate command, adopted secret",
		given: adopted,
		when:  func(w *world) { w.annotate(v1alpha1.AnnotationRotate) },
		right: []string{"first INACTIVE, ours ACTIVE"}, causes: 1,
	},
	{
		name:  "rotate command, secret of ours",
		given: func(w *world) { created(w); w.eventually("the credential comes to rest", w.settled) },
		when:  func(w *world) { w.annotate(v1alpha1.AnnotationRotate) },
		right: []string{"ours ACTIVE"}, causes: 1,
	},
	{
		name:  "Secret deleted",
		given: func(w *world) { w.madeByOperator(); adopted(w) },
		when:  func(w *world) { w.delete(w.secret()) },
		right: []string{"first ACTIVE"},
	},
	{
		name:  "Secret created from nothing",
		given: func(*world) {},
		when:  created,
		right: []string{"ours ACTIVE"}, causes: 1,
	},
	{
		name:  "credential deleted in a rotation, Retain",
		given: adopted,
		when:  deletedInRotation,
		// Retain ends at once, and names in an event what it leaves.
		right: []string{"first ACTIVE", "first ACTIVE, ours ACTIVE"}, causes: 1, goes: true,
	},
	{
		name: "credential deleted in a rotation, Retire",
		given: func(w *world) {
			w.adopted(func(c *v1alpha1.OktaClientCredential) { c.Spec.DeletionPolicy = v1alpha1.DeletionRetire })
		},
		when: deletedInRotation,
		// What is at work is withdrawn, unless it was promoted before the operator heard of the deletion.
		right: []string{"first ACTIVE", "first INACTIVE, ours ACTIVE"}, causes: 1, goes: true,
	},
}

func adopted(w *world) { w.adopted() }

// created lets the operator make Secret and client secret.
func created(w *world) {
	w.madeByOperator()
	w.create(w.credential(func(c *v1alpha1.OktaClientCredential) { c.Spec.SecretRef.CreationPolicy = v1alpha1.CreationCreate }))
}

// deletedInRotation deletes the credential while the new secret is on its way to Okta, and lets that go on when the deletion
// can be seen.
func deletedInRotation(w *world) {
	w.recorder.during(createAtOkta, func() {
		watcher, err := bed.client.Watch(w.t.Context(), &v1alpha1.OktaClientCredentialList{}, client.InNamespace(w.namespace))
		if err != nil {
			w.t.Errorf("watch the credential: %v", err)

			return
		}
		defer watcher.Stop()
		w.delete(w.credential())
		for event := range watcher.ResultChan() {
			if c, ok := event.Object.(*v1alpha1.OktaClientCredential); ok && !c.DeletionTimestamp.IsZero() {
				return
			}
		}
	})
	w.annotate(v1alpha1.AnnotationRotate)
}

// atOrg fails the test when somebody at Okta could not do what the scenario says.
func (w *world) atOrg(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}
