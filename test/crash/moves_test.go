package crash

import (
	"encoding/json"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

func adopted(w *world) { w.adopted() }

// created lets the operator make Secret and client secret.
func created(w *world) {
	w.madeByOperator()
	w.create(w.credential(func(c *v1alpha1.OktaClientCredential) { c.Spec.SecretRef.CreationPolicy = v1alpha1.CreationCreate }))
}

// The moments of a rotation at which a credential may be deleted: while the new secret is on its way to Okta, while the intent to
// promote it is on its way to the journal, while it is on its way to the Secret, and while the old one is being deactivated.
var (
	atPush       = call{createAtOkta, 1}
	atIntent     = call{"PUT journal", 2}
	atWrite      = call{"PATCH target", 1}
	atRetirement = call{deactivateAtOkta, 1}
)

// deleted deletes the credential in a rotation, at a moment of it.
func deleted(at call) func(*world) {
	return func(w *world) { w.deletedBy(at, func() { w.delete(w.credential()) }) }
}

// deletedBy deletes the credential while a call is on its way, and lets that go on when the deletion can be seen.
func (w *world) deletedBy(at call, deletes func()) {
	w.recorder.during(at, func() {
		watcher, err := bed.client.Watch(w.t.Context(), &v1alpha1.OktaClientCredentialList{}, client.InNamespace(w.namespace))
		if err != nil {
			w.t.Errorf("watch the credential: %v", err)

			return
		}
		defer watcher.Stop()
		deletes()
		for event := range watcher.ResultChan() {
			c, ok := event.Object.(*v1alpha1.OktaClientCredential)
			if ok && (event.Type == watch.Deleted || !c.DeletionTimestamp.IsZero()) {
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

// hides adopts a secret at an org that shows less of its secrets.
func hides(unknowns oktasim.Unknowns) func(*world) {
	return func(w *world) {
		w.org.SetUnknowns(unknowns)
		w.adopted()
	}
}

// hesitates adopts a secret at an org whose token endpoint takes a new one only some time after it was made.
func hesitates(w *world) {
	w.adopted()
	w.org.SetPropagation(oktasim.Propagation{Accept: 2 * time.Second})
}

// secretWithoutCredential has everything that a credential needs, but not the credential.
func secretWithoutCredential(w *world) {
	w.firstID = w.org.AddSecret(clientID, redact.NewValue(firstValue), oktasim.Active)
	w.create(w.secret())
}

// adoptedWithCommands makes a credential as a backup or a copy brings it: with commands that were given to another one, which are
// never carried out.
func adoptedWithCommands(w *world) {
	w.create(w.credential(func(c *v1alpha1.OktaClientCredential) {
		for _, command := range []string{v1alpha1.AnnotationRotate, v1alpha1.AnnotationRevoke, v1alpha1.AnnotationRollback} {
			metav1.SetMetaDataAnnotation(&c.ObjectMeta, command, "given long ago")
		}
	}))
}

func retires(s *v1alpha1.OktaClientCredentialSpec) { s.DeletionPolicy = v1alpha1.DeletionRetire }

// with makes what adopts a secret for a credential of another spec.
func with(edit func(*v1alpha1.OktaClientCredentialSpec)) func(*world) {
	return func(w *world) { w.adopted(func(c *v1alpha1.OktaClientCredential) { edit(&c.Spec) }) }
}

// rotated has an adopted secret and a rotation behind it.
func rotated(w *world) {
	w.adopted()
	w.annotate(v1alpha1.AnnotationRotate)
	w.eventually("the first rotation is over", func() bool { return w.atOkta() == "first INACTIVE, ours ACTIVE" && w.settled() })
}

// put writes a value into the Secret, as somebody else does.
func put(value string) func(*world) {
	return func(w *world) {
		change(w, w.secret(), func(s *corev1.Secret) { s.Data["client_secret"] = []byte(value) })
	}
}

// give gives commands.
func give(commands ...string) func(*world) { return func(w *world) { w.annotate(commands...) } }

// revokedAtOkta is what an admin does after a leak: another secret, and the first one gone.
func revokedAtOkta(w *world) {
	w.atOrg(w.org.RevokeSecret(clientID, w.firstID))
	w.annotate(v1alpha1.AnnotationValidate)
}

// crowded adds a stranger's secret, so that Okta has no room, and then gives commands. The stranger's may be removed.
func crowded(status oktasim.Status, commands ...string) func(*world) {
	return func(w *world) {
		w.released = w.org.AddSecret(clientID, redact.NewValue(strangerValue), status)
		w.annotate(commands...)
	}
}

// aged makes the journal say that the present secret is older than maxAge, whose least is a day.
func aged(w *world) {
	kept := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: journalName}}
	change(w, kept, func(s *corev1.Secret) {
		var record map[string]any
		if err := json.Unmarshal(s.Data["journal.json"], &record); err != nil {
			w.t.Fatalf("read the journal: %v", err)
		}
		current, ok := record["current"].(map[string]any)
		if !ok {
			w.t.Fatal("the journal has no current value")
		}
		current["since"] = time.Now().Add(-48 * time.Hour).UTC().Format(time.RFC3339)
		var err error
		if s.Data["journal.json"], err = json.Marshal(record); err != nil {
			w.t.Fatal(err)
		}
	})
	w.annotate(v1alpha1.AnnotationValidate)
}

// usedByPod has a pod that read the first value into its environment.
func usedByPod(w *world) {
	w.adopted()
	reference := corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: targetName}, Key: "client_secret"}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "web-shop"},
		Spec: corev1.PodSpec{NodeName: "node", Containers: []corev1.Container{{
			Name: "web", Image: "web", Env: []corev1.EnvVar{{Name: "SECRET", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &reference}}},
		}}},
	}
	w.create(pod)
	pod.Status.Phase, pod.Status.StartTime = corev1.PodRunning, &metav1.Time{Time: time.Now().Add(-time.Minute)}
	if err := bed.client.Status().Update(w.t.Context(), pod); err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.neededByPod = w.firstID
}

// needed is the secret at Okta that a pod still uses; empty when none does.
func (w *world) needed() string {
	w.mu.Lock()
	defer w.mu.Unlock()

	return w.neededByPod
}

// overlaps says that the rotation is over but for the superseded secret, which is kept.
func overlaps(w *world) bool {
	c := w.credential()
	record, found := w.journalAt(w.home())

	return w.read(c) && w.recorder.quiet() && isReady(c) && found && w.stepsDone(record) && handled(c, record) && record.Previous != nil && w.isActive(w.value())
}

// togetherFromTheStart has two credentials for one client made in the same second.
func togetherFromTheStart(w *world) {
	w.firstID = w.org.AddSecret(clientID, redact.NewValue(firstValue), oktasim.Active)
	w.second = w.secondNamespace()
	for _, p := range w.places() {
		target, credential := w.secret(), w.credential()
		target.Namespace, credential.Namespace = p.namespace, p.namespace
		w.create(target)
		w.create(credential)
	}
	w.eventually("both credentials come to rest", w.settled)
}
