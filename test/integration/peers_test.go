package integration

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// secondName comes after web-shop in the alphabet: of two that are made in the same second the first name leads.
const secondName = "web-shop-two"

// second makes another credential for the same client, in another Secret of the same namespace.
func (w *world) second(value string, changes ...func(*v1alpha1.OktaClientCredential)) *v1alpha1.OktaClientCredential {
	w.t.Helper()
	secret := w.secret(value)
	secret.Name = secondName
	c := w.credential(append(changes, overlap("0s"))...)
	c.Name, c.Spec.SecretRef.Name = secondName, secondName
	w.createAll(secret, c)

	return c
}

// held is the value in another Secret.
func (w *world) held(name string) string {
	s := &corev1.Secret{}
	if err := w.client().Get(w.ctx(), client.ObjectKey{Namespace: w.namespace, Name: name}, s); err != nil {
		return ""
	}

	return string(s.Data["client_secret"])
}

func (w *world) isReadyNamed(name string) bool {
	c := w.named(name)

	return w.exists(c) && has(c, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonAccepted)
}

// TestAYoungerCredentialFollows: two credentials for one client come to rest on one secret, and the old one stays until both
// have moved.
func TestAYoungerCredentialFollows(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy()
	w.second(firstValue)
	w.eventually("the second is Ready", func() bool { return w.isReadyNamed(secondName) })
	made := w.rotated("now")
	w.eventually("the second holds the secret that the first made", func() bool { return w.held(secondName) == made && w.isReadyNamed(secondName) })
	w.eventuallyAtOkta("first INACTIVE, ours ACTIVE")
	if creates := w.changesAtOkta("create"); creates != 1 {
		t.Errorf("one command made %d secrets", creates)
	}
}

// TestWhatStoodInForALeaderFollowsItAgain: a credential that rotated while its leader was suspended goes back to the leader's
// secret, and removes what it made, since nobody else would.
func TestWhatStoodInForALeaderFollowsItAgain(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy()
	w.second(firstValue)
	w.eventually("the second is Ready", func() bool { return w.isReadyNamed(secondName) })
	w.eventually("both know which secret that is", func() bool {
		second := w.named(secondName)

		return w.exists(second) && second.Status.Secrets.Current.ID == w.firstID && w.now().Status.Secrets.Current.ID == w.firstID
	})
	suspend := func(yes bool) {
		change(w, w.named("web-shop"), func(c *v1alpha1.OktaClientCredential) { c.Spec.Suspend = yes })
	}
	suspend(true)
	w.eventually("the first is suspended", func() bool { return !w.isReady() })
	change(w, w.named(secondName), func(c *v1alpha1.OktaClientCredential) {
		c.Annotations = map[string]string{v1alpha1.AnnotationRotate: "now"}
	})
	w.eventually("the second makes a secret", func() bool { return w.held(secondName) != firstValue && w.isReadyNamed(secondName) })
	suspend(false)
	w.eventually("the second holds the secret of the first", func() bool { return w.held(secondName) == firstValue && w.isReadyNamed(secondName) })
	w.eventuallyAtOkta("first ACTIVE")
}

// TestWhereOktaMasksValuesAFollowerSaysThatItCannot, and the superseded secret stays for it.
func TestWhereOktaMasksValuesAFollowerSaysThatItCannot(t *testing.T) {
	w := given(t, oktasim.Options{Unknowns: oktasim.Unknowns{Values: oktasim.ValueMasked}})
	w.healthy()
	w.second(firstValue)
	w.eventually("the second is Ready", func() bool { return w.isReadyNamed(secondName) })
	w.rotated("now")
	w.eventually("the second says that it cannot follow", func() bool {
		c := w.named(secondName)

		return w.exists(c) && has(c, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonCannotFollow)
	})
	w.eventually("the first says for whom it waits", func() bool {
		return w.now().Status.Rotation.Next != "" && w.atOkta() == "first ACTIVE, ours ACTIVE"
	})
	if w.held(secondName) != firstValue {
		t.Error("the second got another value")
	}
}

// TestWhatOktaHidFromAFollowerIsLookedForWhenAPersonAsks, and not an hour later.
func TestWhatOktaHidFromAFollowerIsLookedForWhenAPersonAsks(t *testing.T) {
	t.Parallel()
	for _, command := range []string{v1alpha1.AnnotationValidate, v1alpha1.AnnotationResume} {
		t.Run(command, func(t *testing.T) {
			w := given(t, oktasim.Options{Unknowns: oktasim.Unknowns{Values: oktasim.ValueMasked}})
			w.healthy()
			w.second(firstValue)
			w.eventually("the second is Ready", func() bool { return w.isReadyNamed(secondName) })
			made := w.rotated("now")
			w.eventually("the second cannot follow", func() bool { return w.cannotFollow(secondName) })
			w.org.SetUnknowns(oktasim.Unknowns{})
			change(w, w.named(secondName), func(c *v1alpha1.OktaClientCredential) { c.Annotations = map[string]string{command: "granted"} })
			w.eventually("the second holds the secret that the first made", func() bool { return w.held(secondName) == made })
		})
	}
}

// TestALeaderThatComesBackWithADeadSecretTakesThatOfItsStandIn: one secret is made for one cause, also where Okta has no room.
func TestALeaderThatComesBackWithADeadSecretTakesThatOfItsStandIn(t *testing.T) {
	t.Parallel()
	for name, stranger := range map[string]bool{"with room for another": false, "with a stranger's beside it": true} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{})
			w.healthy()
			w.second(firstValue)
			w.eventually("the second is Ready", func() bool { return w.isReadyNamed(secondName) })
			suspend := func(yes bool) {
				change(w, w.named("web-shop"), func(c *v1alpha1.OktaClientCredential) { c.Spec.Suspend = yes })
			}
			suspend(true)
			w.eventually("the first is suspended", func() bool { return w.is(v1alpha1.ConditionReady, metav1.ConditionUnknown, v1alpha1.ReasonSuspended) })
			if stranger {
				w.org.AddSecret(clientID, redact.NewValue(strangerValue), oktasim.Active)
			}
			w.mustAtOkta(w.org.RevokeSecret(clientID, w.firstID))
			w.eventually("the second makes a secret", func() bool { return w.held(secondName) != firstValue && w.isReadyNamed(secondName) })
			made := w.held(secondName)
			suspend(false)
			w.eventually("the first holds it too", func() bool { return w.value() == made && w.isReady() })
			w.eventually("both rest", func() bool {
				return w.isReadyNamed(secondName) && !w.cannotFollow(secondName) && w.held(secondName) == made
			})
			if creates := w.changesAtOkta("create"); creates != 1 {
				t.Errorf("one cause made %d secrets", creates)
			}
		})
	}
}

// daily is a check a day.
func daily(c *v1alpha1.OktaClientCredential) { c.Spec.Validation.Interval = "24h" }

// TestALeaderLooksWhenAFollowersSecretIsRejected: it holds the same one, and its own check may be a day away.
func TestALeaderLooksWhenAFollowersSecretIsRejected(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(daily)
	w.second(firstValue)
	w.eventually("both know which secret that is", func() bool {
		second := w.named(secondName)

		return w.exists(second) && second.Status.Secrets.Current.ID == w.firstID && w.now().Status.Secrets.Current.ID == w.firstID
	})
	w.mustAtOkta(w.org.RevokeSecret(clientID, w.firstID))
	w.eventually("the first has a new secret", func() bool { return w.value() != firstValue && w.isReady() })
	w.eventually("the second holds it too", func() bool { return w.held(secondName) == w.value() && w.isReadyNamed(secondName) })
	if creates := w.changesAtOkta("create"); creates != 1 {
		t.Errorf("one cause made %d secrets", creates)
	}
}

// TestTheLastOneIsFreeWhenItsLeaderIsDeleted, and not at its next check, which may be a day away.
func TestTheLastOneIsFreeWhenItsLeaderIsDeleted(t *testing.T) {
	w := given(t, oktasim.Options{Unknowns: oktasim.Unknowns{Values: oktasim.ValueMasked}})
	w.healthy()
	w.second(firstValue, daily)
	w.eventually("the second is Ready", func() bool { return w.isReadyNamed(secondName) })
	w.rotated("now")
	w.eventually("the second cannot follow", func() bool { return w.cannotFollow(secondName) })
	w.eventually("the first has said all that it has to say", func() bool { return w.now().Status.Rotation.Next != "" })
	w.delete(w.now())
	w.eventually("the second has nobody to follow", func() bool { return w.isReadyNamed(secondName) && !w.cannotFollow(secondName) })
}

func (w *world) cannotFollow(name string) bool {
	c := w.named(name)

	return w.exists(c) && has(c, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonCannotFollow)
}

// TestAdoptTakesOverWhatOktaHas: another cluster made the next secret.
func TestAdoptTakesOverWhatOktaHas(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(func(c *v1alpha1.OktaClientCredential) {
		c.Spec.Rotation.OnInvalidClient = v1alpha1.OnInvalidClientAdopt
	})
	w.org.AddSecret(clientID, redact.NewValue(strangerValue), oktasim.Active)
	w.mustAtOkta(w.org.DeactivateSecret(clientID, w.firstID))
	w.checkNow()
	w.eventually("the Secret holds the other secret", func() bool { return w.value() == strangerValue && w.isReady() })
	w.eventually("an event says so", func() bool { return w.hasEvent(v1alpha1.ReasonSecretAdopted) })
	if n := w.changesAtOkta(""); n != 0 {
		t.Errorf("%d changes at Okta", n)
	}
}

// fleet makes n more credentials, each with an application and a Secret of its own.
func (w *world) fleet(n int) []string {
	w.t.Helper()
	ids := make([]string, 0, n)
	for i := range n {
		id := fmt.Sprintf("0oafleet%012d", i)
		w.org.AddApp(oktasim.App{ID: id})
		w.org.AddSecret(id, redact.NewValue(firstValue), oktasim.Active)
		secret := w.secret(firstValue)
		secret.Name, secret.Data["client_id"] = id, []byte(id)
		c := w.credential()
		c.Name, c.Spec.ClientID, c.Spec.SecretRef.Name = id, id, id
		w.createAll(secret, c)
		ids = append(ids, id)
	}
	for _, id := range ids {
		w.eventually(id+" is Ready", func() bool { return w.isReadyNamed(id) })
	}

	return ids
}

func anyClient(_ *world, c *v1alpha1.ClusterOktaConnection) {
	c.Spec.Allow[0].ClientIDs = []string{"*"}
}

// TestAMassFailureBrakes: when many credentials turn bad at once, no new secrets are made until a person says so.
func TestAMassFailureBrakes(t *testing.T) {
	w := given(t, oktasim.Options{}, anyClient, func(_ *world, c *v1alpha1.ClusterOktaConnection) {
		c.Spec.Rotation = v1alpha1.RotationPace{MaxConcurrent: 1, MassFailureBrake: v1alpha1.MassFailureBrake{Percent: new(int32(50)), Minimum: 3}}
	})
	ids := w.fleet(4)
	for _, id := range ids {
		change(w, w.named(id), func(c *v1alpha1.OktaClientCredential) { c.Spec.Suspend = true })
	}
	for _, id := range ids {
		w.org.AddSecret(id, redact.NewValue(strangerValue), oktasim.Active)
		for _, s := range w.org.Secrets(id) {
			if s.Value.Equal(redact.NewValue(firstValue)) {
				w.mustAtOkta(w.org.RevokeSecret(id, s.ID))
			}
		}
		change(w, w.named(id), func(c *v1alpha1.OktaClientCredential) { c.Spec.Suspend = false })
	}
	connection := func() *v1alpha1.ClusterOktaConnection {
		c := w.connection()
		_ = w.client().Get(w.ctx(), client.ObjectKeyFromObject(c), c)

		return c
	}
	w.eventually("the connection says that the brake holds", func() bool { return !connection().Status.Brake.Since.IsZero() })
	w.eventually("those that are left say so", func() bool {
		for _, id := range ids {
			c := w.named(id)
			if w.exists(c) && meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionStalled) &&
				has(c, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonMassFailure) {
				return true
			}
		}

		return false
	})
	if creates := w.changesAtOkta("create"); creates > 2 {
		t.Errorf("%d secrets were made before the brake held", creates)
	}
	c := connection()
	base := c.DeepCopy()
	metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.AnnotationResume, "found it")
	if err := w.client().Patch(w.ctx(), c, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	w.eventually("all heal once a person releases it", func() bool {
		for _, id := range ids {
			if w.held(id) == firstValue || !w.isReadyNamed(id) {
				return false
			}
		}

		return true
	})
	if creates := w.changesAtOkta("create"); creates != len(ids) {
		t.Errorf("%d credentials got %d secrets", len(ids), creates)
	}
}
