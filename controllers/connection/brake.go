package connection

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// Brake of the connection; Since is zero while it does not hold.
func (c Connection) Brake() v1alpha1.BrakeStatus { return c.status.Brake }

// Version of the connection as it was read: the API server counts them up.
func (c Connection) Version() string { return c.object.GetResourceVersion() }

// IsCurrent says whether a connection still is what was read of it: the cache may lag behind an administrator who suspends it or
// narrows its allow.
func (d *Directory) IsCurrent(ctx context.Context, c Connection) (bool, error) {
	live, ok := c.object.DeepCopyObject().(client.Object)
	if !ok {
		return false, fmt.Errorf("read %s: it cannot be copied", c)
	}
	if err := d.options.Live.Get(ctx, client.ObjectKeyFromObject(c.object), live); err != nil {
		return false, client.IgnoreNotFound(err)
	}

	return live.GetUID() == c.UID && live.GetGeneration() == c.Generation, nil
}

// Brake makes the mass-failure brake of a connection hold, until a person releases it. It is in the status, so that it
// outlives the operator; a connection that changed meanwhile is a conflict, and looked at again.
func (d *Directory) Brake(ctx context.Context, c Connection, rejected, total int, now time.Time) error {
	base, ok := c.object.DeepCopyObject().(client.Object)
	if !ok {
		return fmt.Errorf("brake %s: it cannot be copied", c)
	}
	//nolint:gosec // a cluster has fewer objects
	c.status.Brake = v1alpha1.BrakeStatus{Since: metav1.NewTime(now), Rejected: int32(rejected), Total: int32(total)}
	patch := client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{})
	if err := d.options.Status.Status().Patch(ctx, c.object, patch, client.FieldOwner(v1alpha1.FieldManager)); err != nil {
		return fmt.Errorf("brake %s: %w", c, err)
	}
	d.options.Recorder.Eventf(c.object, nil, corev1.EventTypeWarning, v1alpha1.ReasonMassFailure, "Brake",
		"%d of %d credentials were rejected within a short time: rotations wait until the annotation %s is set.", rejected, total, v1alpha1.AnnotationResume)

	return nil
}

// release takes the brake off when a person asks for it; one that is there at first sight is acknowledged.
func (o *observation) release(c Connection) {
	given := c.resume()
	if given == "" {
		return
	}
	o.resumed = given
	o.released = c.status.ObservedGeneration != 0 && !c.status.Brake.Since.IsZero()
}

// resume is a value of the resume annotation that was not handled yet; empty when there is none.
func (c Connection) resume() string {
	given := v1alpha1.CommandValue(c.object.GetAnnotations(), v1alpha1.AnnotationResume)
	if given == c.status.HandledResume {
		return ""
	}

	return given
}
