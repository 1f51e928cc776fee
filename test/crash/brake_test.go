package crash

import (
	"context"
	"net/http"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

const (
	// bystanderName is a second credential of the connection, and its Secret; bystanderID is its client.
	bystanderName = "back-office"
	bystanderID   = "0oabackoffice0000001"
)

// besideARejectedOne has, on one connection with an adopted credential, another one whose secret Okta rejects. That one is in mode
// Observe: it counts for the mass-failure brake, which trips at two, and makes no secret before it does.
func besideARejectedOne(w *world) {
	change(w, w.connection(), func(c *v1alpha1.ClusterOktaConnection) {
		c.Spec.Allow[0].ClientIDs = append(c.Spec.Allow[0].ClientIDs, bystanderID)
		c.Spec.Rotation.MassFailureBrake.Minimum = 2
	})
	w.adopted()
	w.org.AddApp(oktasim.App{ID: bystanderID, Label: "Back office"})
	w.org.AddSecret(bystanderID, redact.NewValue(strangerValue), oktasim.Active)
	target := w.secret()
	target.Name, target.Data["client_id"], target.Data["client_secret"] = bystanderName, []byte(bystanderID), []byte(wrongValue)
	w.create(target)
	bystander := w.credential(func(c *v1alpha1.OktaClientCredential) {
		c.Name, c.Spec.ClientID, c.Spec.SecretRef.Name, c.Spec.Mode = bystanderName, bystanderID, bystanderName, v1alpha1.ModeObserve
		c.Spec.Validation.Interval = "24h"
	})
	w.create(bystander)
	w.t.Cleanup(func() { _ = bed.client.Delete(context.Background(), bystander) }) // or the next world of the operator would have it
	w.eventually("the other credential is rejected", func() bool {
		return w.read(bystander) && w.recorder.quiet() && isBecause(bystander, v1alpha1.ConditionSecretValid, string(v1alpha1.VerdictSecretRejected))
	})
}

// rejectedUntilResumed puts a wrong value into the Secret. A person releases the brake when the credential says that it waits for
// that.
func rejectedUntilResumed(w *world) {
	w.brakes(true)
	put(wrongValue)(w)
	stop := w.t.Context().Done()
	w.watched.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if w.recorder.quiet() && w.isBraked() {
					w.resume()

					return
				}
			case <-stop:
				return
			}
		}
	})
}

// isBraked says whether the brake holds and the credential says so.
func (w *world) isBraked() bool {
	ctx, connection, c := w.t.Context(), w.connection(), w.credential()
	if bed.client.Get(ctx, client.ObjectKeyFromObject(connection), connection) != nil || bed.client.Get(ctx, client.ObjectKeyFromObject(c), c) != nil {
		return false // the next tick looks again
	}

	return !connection.Status.Brake.Since.IsZero() && isBecause(c, v1alpha1.ConditionRotationHealthy, v1alpha1.ReasonMassFailure)
}

// resume releases the brake as a person does.
func (w *world) resume() {
	w.brakes(false)
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"annotations":{"`+v1alpha1.AnnotationResume+`":"found it"}}}`))
	if err := bed.client.Patch(w.t.Context(), w.connection(), patch); err != nil && w.t.Context().Err() == nil {
		w.violated("the brake cannot be released: %v", err)
	}
}

// brakes says whether no secret may be made, since too many were rejected and nobody has released the brake.
func (w *world) brakes(does bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.braked = does
}

// heedsBrake holds a request to create a secret against statement 6.
func (w *world) heedsBrake() {
	w.mu.Lock()
	braked := w.braked
	w.mu.Unlock()
	if braked {
		w.violated("a secret is created though too many were rejected and nobody has released the brake (statement 6)")
	}
}

// released says that the brake holds no more, and the credential is healed.
func released(w *world) bool {
	connection := w.connection()

	return w.read(connection) && connection.Status.Brake.Since.IsZero() && !connection.Status.Brake.ReleasedAt.IsZero() && w.settled()
}

func isBecause(c *v1alpha1.OktaClientCredential, condition, reason string) bool {
	is := meta.FindStatusCondition(c.Status.Conditions, condition)

	return is != nil && is.Status == metav1.ConditionFalse && is.Reason == reason
}

// isOfBystander says whether a request asks about the other credential's client, which a run is not about.
func isOfBystander(in *http.Request) bool {
	user, _, _ := in.BasicAuth()

	return user == bystanderID || strings.Contains(in.URL.Path, "/"+bystanderID)
}
