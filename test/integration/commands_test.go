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

func overlap(minimum v1alpha1.Duration) func(*v1alpha1.OktaClientCredential) {
	return func(c *v1alpha1.OktaClientCredential) { c.Spec.Rotation.Overlap.Minimum = minimum }
}

// endOverlap lets the overlap of a rotation end that began with a longer one.
func (w *world) endOverlap() {
	w.t.Helper()
	change(w, w.credential(), overlap("1s"))
}

// rotated waits until the rotate command has put another value into the Secret, and returns it.
func (w *world) rotated(command string) string {
	w.t.Helper()
	before := w.value()
	w.annotate(v1alpha1.AnnotationRotate, command)
	w.eventually("the Secret holds a new value that Okta accepts", func() bool {
		return w.value() != before && w.holdsWorkingValue() && w.isReady() && w.now().Status.HandledCommands.Rotate == command
	})

	return w.value()
}

func TestTheRotateCommandReplacesAndRetires(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy()
	w.rotated("first")
	w.eventuallyAtOkta("first INACTIVE, ours ACTIVE") // an adopted original is deleted only when room is needed
	w.rotated("second")
	w.eventuallyAtOkta("ours ACTIVE")
	if creates := w.changesAtOkta("create"); creates != 2 {
		t.Errorf("two commands made %d secrets", creates)
	}
	w.eventually("the journal is not held once nothing at Okta depends on it", func() bool { return !w.isHeld() })
}

func TestTheSupersededSecretWorksThroughTheOverlap(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(overlap("1h"))
	if w.isHeld() {
		t.Error("the journal is held before anything at Okta depends on it")
	}
	w.rotated("now")
	if got := w.atOkta(); got != "first ACTIVE, ours ACTIVE" {
		t.Errorf("right after the rotation Okta lists %s", got)
	}
	w.eventually("the status tells what is retired when", func() bool { return strings.Contains(w.now().Status.Rotation.Next, w.firstID) })
	if !w.isHeld() || len(w.now().Finalizers) != 0 {
		t.Error("during the overlap the journal is not held, or the credential is")
	}
	w.endOverlap()
	w.eventuallyAtOkta("first INACTIVE, ours ACTIVE")
}

// TestAnOverlapIsWaitedFor by Okta's own times, whenever the test gets to look.
func TestAnOverlapIsWaitedFor(t *testing.T) {
	const minimum = 5 * time.Second
	w := given(t, oktasim.Options{})
	w.healthy(overlap(v1alpha1.Duration(minimum.String())))
	w.rotated("now")
	w.eventuallyAtOkta("first INACTIVE, ours ACTIVE")
	// The overlap begins with the write of the Secret, whose time is a whole second.
	if lasted := w.doneAtOkta("deactivate").Sub(w.doneAtOkta("create")); lasted < minimum-time.Second {
		t.Errorf("the first secret was deactivated %s after the new one was made", lasted)
	}
}

func TestAPodThatStillUsesTheOldValueHoldsItBack(t *testing.T) {
	w := given(t, oktasim.Options{})
	pod := w.podUsingIt("shop-0")
	w.create(pod)
	w.runs(pod)
	w.healthy()
	w.rotated("now")
	w.eventually("the status names the pod", func() bool { return strings.Contains(w.now().Status.Rotation.Next, "shop-0") })
	if got := w.atOkta(); got != "first ACTIVE, ours ACTIVE" {
		t.Errorf("while a pod uses the old value Okta lists %s", got)
	}
	w.delete(pod)
	w.eventuallyAtOkta("first INACTIVE, ours ACTIVE")
}

// TestAPodThatIsNotReadyWithTheNewValueHoldsTheOldOneBack: with restart None too, where nothing is known of its workload.
func TestAPodThatIsNotReadyWithTheNewValueHoldsTheOldOneBack(t *testing.T) {
	w := given(t, oktasim.Options{})
	older, newer := w.podUsingIt("shop-0"), w.podUsingIt("shop-1")
	w.create(older)
	w.runs(older)
	w.healthy()
	w.rotated("now")
	w.eventually("the status names the older pod", func() bool { return strings.Contains(w.now().Status.Rotation.Next, "shop-0") })
	w.eventually("what is made now is newer, to the second", func() bool {
		return time.Now().After(w.now().Status.Secrets.Current.Since.Add(2 * time.Second))
	})
	w.create(newer)
	w.delete(older)
	w.eventually("the status names the newer pod", func() bool { return strings.Contains(w.now().Status.Rotation.Next, "shop-1 (Pending)") })
	if got := w.atOkta(); got != "first ACTIVE, ours ACTIVE" {
		t.Errorf("while a pod is not ready with the new value Okta lists %s", got)
	}
	base := newer.DeepCopy()
	newer.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.Now()}}
	if err := w.client().Status().Patch(w.ctx(), newer, client.MergeFrom(base)); err != nil {
		t.Fatalf("let the pod be ready: %v", err)
	}
	w.eventuallyAtOkta("first INACTIVE, ours ACTIVE")
}

// podUsingIt is a pod that reads the client secret into its environment.
func (w *world) podUsingIt(name string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "shop", Image: "shop", Env: []corev1.EnvVar{{
			Name: "CLIENT_SECRET", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
				LocalObjectReference: corev1.LocalObjectReference{Name: "web-shop"}, Key: "client_secret",
			}},
		}}}}},
	}
}

// runs says of a pod what a kubelet does once its containers run: they have read their environment.
func (w *world) runs(pod *corev1.Pod) {
	w.t.Helper()
	base := pod.DeepCopy()
	pod.Status.Phase = corev1.PodRunning
	for _, container := range pod.Spec.Containers {
		pod.Status.ContainerStatuses = append(pod.Status.ContainerStatuses, corev1.ContainerStatus{
			Name: container.Name, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Now()}},
		})
	}
	if err := w.client().Status().Patch(w.ctx(), pod, client.MergeFrom(base)); err != nil {
		w.t.Fatalf("let the pod run: %v", err)
	}
}

func TestCommandsThatAreThereAtFirstSightAreNotCarriedOut(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(func(c *v1alpha1.OktaClientCredential) {
		c.Annotations = map[string]string{
			v1alpha1.AnnotationRotate: "copied", v1alpha1.AnnotationResume: "copied", v1alpha1.AnnotationValidate: "copied",
			v1alpha1.AnnotationReleaseSecret: w.firstID,
		}
	})
	want := v1alpha1.HandledCommands{Rotate: "copied", Resume: "copied", Validate: "copied", ReleaseSecret: w.firstID}
	w.eventually("the commands count as handled", func() bool { return w.now().Status.HandledCommands == want })
	w.eventually("an event says so", func() bool { return w.hasEvent(v1alpha1.ReasonCommandAcknowledged) })
	checks := w.checks()
	w.eventually("the next check passes", func() bool { return w.checks() > checks })
	if w.value() != firstValue || w.changesAtOkta("") != 0 {
		t.Error("a command that came with the object was carried out")
	}
	w.rotated("meant")
}

func TestTheValidateCommandAsksAtOnceAndOnce(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(func(c *v1alpha1.OktaClientCredential) { c.Spec.Validation.Interval = "1h" })
	before := w.checks()
	w.annotate(v1alpha1.AnnotationValidate, "please")
	w.eventually("the command counts as handled", func() bool { return w.now().Status.HandledCommands.Validate == "please" })
	if asked := w.checks() - before; asked != 1 {
		t.Errorf("the token endpoint was asked %d times", asked)
	}
}

func TestModeObserveWritesNothing(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.createAll(w.secret(firstValue), w.credential(func(c *v1alpha1.OktaClientCredential) { c.Spec.Mode = v1alpha1.ModeObserve }))
	before := w.target().ResourceVersion
	w.eventually("the credential is Ready", w.isReady)
	w.revokeBeside()
	w.checkNow()
	w.eventually("the status says what would be done", func() bool {
		return w.is(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonObserving) &&
			strings.Contains(w.message(v1alpha1.ConditionReady), "a new client secret would be made")
	})
	w.eventually("a Warning says so", func() bool { return w.warned(v1alpha1.ReasonObserving, "web-shop") })
	w.annotate(v1alpha1.AnnotationRotate, "now")
	checks := w.checks()
	w.eventually("the value is checked again, since Okta may honour it again", func() bool { return w.checks() > checks })
	w.unchanged(before)
	if w.exists(w.journal()) || len(w.target().Labels) != 0 || len(w.now().Finalizers) != 0 {
		t.Error("there is a journal, a label or a finalizer")
	}
	w.mustAtOkta(w.org.ActivateSecret(clientID, w.firstID))
	w.eventually("the credential is Ready when the secret was activated again", w.isReady)
	w.unchanged(before)
}

// revokeBeside deactivates the Secret's value at Okta beside a stranger's.
func (w *world) revokeBeside() {
	w.t.Helper()
	w.addStranger()
	w.mustAtOkta(w.org.DeactivateSecret(clientID, w.firstID))
}

func TestModeRepairRestoresAndDoesNotRotate(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(func(c *v1alpha1.OktaClientCredential) { c.Spec.Mode = v1alpha1.ModeRepair })
	w.delete(w.secret(""))
	w.eventually("the deleted Secret is back", func() bool { return w.value() == firstValue && w.isReady() })
	w.annotate(v1alpha1.AnnotationRotate, "now")
	w.eventually("an event says that the command is not carried out", func() bool {
		return strings.Contains(w.told(v1alpha1.ReasonCommandAcknowledged), "spec.mode is Repair")
	})
	w.revokeBeside()
	w.checkNow()
	w.eventually("the status says what would be done", func() bool {
		return w.is(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonObserving)
	})
	if w.changesAtOkta("") != 0 || w.value() != firstValue {
		t.Error("it rotated")
	}
}

// TestCommandsOfModeObserveAreNotCarriedOutLater: not when the mode changes, with a journal from before or without one. New values
// are.
func TestCommandsOfModeObserveAreNotCarriedOutLater(t *testing.T) {
	for name, journal := range map[string]bool{"with a journal": true, "without a journal": false} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{})
			observes := func(c *v1alpha1.OktaClientCredential) { c.Spec.Mode = v1alpha1.ModeObserve }
			if journal {
				w.healthy()
				change(w, w.credential(), observes)
			} else {
				w.createAll(w.secret(firstValue), w.credential(observes))
			}
			w.eventually("the status is of mode Observe", func() bool { return w.isReady() && w.now().Status.ObservedGeneration == w.now().Generation })
			for _, command := range []string{v1alpha1.AnnotationRotate, v1alpha1.AnnotationRevoke, v1alpha1.AnnotationRollback} {
				w.annotate(command, "observed")
			}
			want := v1alpha1.HandledCommands{Rotate: "observed", Revoke: "observed", Rollback: "observed"}
			w.eventually("the commands count as handled", func() bool { return w.now().Status.HandledCommands == want })
			w.eventually("a Warning says that they are not carried out", func() bool {
				return w.warned(v1alpha1.ReasonCommandAcknowledged, "web-shop") &&
					strings.Contains(w.told(v1alpha1.ReasonCommandAcknowledged), "spec.mode is Observe")
			})
			change(w, w.credential(), func(c *v1alpha1.OktaClientCredential) { c.Spec.Mode = v1alpha1.ModeRotate })
			w.eventually("the status is of mode Rotate", func() bool { return w.isReady() && w.now().Status.ObservedGeneration == w.now().Generation })
			checks := w.checks()
			w.eventually("the next check passes", func() bool { return w.checks() > checks })
			if w.value() != firstValue || w.changesAtOkta("") != 0 || w.now().Status.HandledCommands != want {
				t.Errorf("a command of mode Observe was carried out, or is forgotten: %+v", w.now().Status.HandledCommands)
			}
			w.rotated("meant")
		})
	}
}

// TestALongCommandOfAnyTextIsCarriedOutOnce: the value is cut, and in the middle of a letter that would come back as another one.
func TestALongCommandOfAnyTextIsCarriedOutOnce(t *testing.T) {
	long, noted := "x"+strings.Repeat("é", 200), "x"+strings.Repeat("é", 127)
	w := given(t, oktasim.Options{})
	w.healthy()
	w.annotate(v1alpha1.AnnotationResume, long)
	w.eventually("the status says that resume is handled", func() bool { return w.now().Status.HandledCommands.Resume == noted })
	w.annotate(v1alpha1.AnnotationRotate, long)
	w.eventually("the status says that rotate is handled", func() bool { return w.isReady() && w.now().Status.HandledCommands.Rotate == noted })
	w.checkNow()
	w.eventually("the superseded secret is retired", func() bool { return w.atOkta() == "first INACTIVE, ours ACTIVE" })
	if creates := w.changesAtOkta("create"); creates != 1 {
		t.Errorf("one command made %d secrets", creates)
	}
	change(w, w.connection(), func(c *v1alpha1.ClusterOktaConnection) {
		metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.AnnotationResume, long)
	})
	w.eventually("the connection's status says that resume is handled", func() bool {
		c := w.connection()

		return w.exists(c) && c.Status.HandledResume == noted
	})
}
