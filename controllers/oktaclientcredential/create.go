package oktaclientcredential

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// createSecret creates the staged value at Okta. Its outcome may stay unknown; then it is looked up, never generated again.
func (r *Reconciler) createSecret(ctx context.Context, seen *scene, a rotation.CreateSecret) error {
	if err := r.unchanged(ctx, seen); err != nil {
		return err
	}
	admin, err := r.Directory.Admin(ctx, seen.connection)
	if err != nil {
		r.adminFailed(seen, err)

		return nil
	}
	staged := seen.memory.justStaged
	seen.memory.justStaged, seen.memory.createRefused, seen.memory.stagedKey = "", "", a.Value.Hash()
	created, err := admin.CreateSecret(ctx, seen.applicationID(), a.Value)
	seen.now = r.Clock.Now()
	if _, unsent := errors.AsType[*okta.ThrottledError](err); unsent {
		seen.memory.justStaged = staged
	}
	switch kind := okta.KindOf(err); {
	case kind == okta.KindInvalidRequest:
		seen.memory.createRefused = sentence(err.Error() + ".")

		return nil
	case kind == okta.KindSlotsFull:
		return r.refusedForRoom(ctx, seen, err)
	case err != nil:
		r.adminFailed(seen, err)

		return nil
	}
	seen.memory.worked()
	seen.memory.ownChange = seen.now
	if !created.Value.IsEmpty() && !created.Value.Equal(a.Value) {
		return r.restage(ctx, seen, created)
	}
	seen.memory.justCreated = created.ID
	r.created.Store(client.ObjectKeyFromObject(seen.credential), created.ID)
	r.tell(seen, rotation.Telling{Reason: v1alpha1.ReasonSecretCreated, Message: fmt.Sprintf("Client secret %s was created at Okta and is tested next.", created.ID)})

	return nil
}

// refusedForRoom looks what takes the room. Where Okta lists it, the next pass makes room, or gives up and says what is in the way.
func (r *Reconciler) refusedForRoom(ctx context.Context, seen *scene, refusal error) error {
	if err := r.lookAtOkta(ctx, seen, false); err != nil || seen.Okta.Problem != "" {
		return err
	}
	if taken, full := seen.SlotsTaken(); !full {
		seen.memory.failed(seen.now, v1alpha1.ReasonSlotsFull, sentence(fmt.Sprintf(
			"Okta has no room for another client secret, though it lists no more than %s: %s.", cmp.Or(taken, "none"), refusal)), 0, false)
	}

	return nil
}

// restage takes the value that Okta made in place of ours: what Okta returns is the truth.
func (r *Reconciler) restage(ctx context.Context, seen *scene, created okta.ClientSecret) error {
	staged := *seen.Journal.Record.Staged
	staged.Value = created.Value
	record := seen.Journal.Record
	record.Staged = &staged
	_, err := r.journals.Write(ctx, seen.credential, seen.Journal, record, seen.Holds(record))

	return err
}
