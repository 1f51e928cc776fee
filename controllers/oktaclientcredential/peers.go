package oktaclientcredential

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// indexClient finds credentials by the client id that they keep.
const indexClient = ".clientID"

func clientKey(object client.Object) []string {
	credential, ok := object.(*v1alpha1.OktaClientCredential)
	if !ok {
		return nil
	}
	id := credential.Spec.ClientID
	if id == "" {
		id = credential.Status.ClientID
	}
	if id == "" {
		return nil
	}

	return []string{id}
}

// observePeers finds the other credentials for the same client of the same org. The oldest one in mode Rotate leads; the others
// follow it through Okta, never through its Secret.
func (r *Reconciler) observePeers(ctx context.Context, seen *scene) error {
	id := seen.ClientID()
	if id == "" || seen.Connection.Problem != "" {
		return nil
	}
	var same v1alpha1.OktaClientCredentialList
	if err := r.Client.List(ctx, &same, client.MatchingFields{indexClient: id}, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list credentials of the same client: %w", err)
	}
	if len(same.Items) < 2 {
		return nil
	}
	leader, peers := seen.credential, []*v1alpha1.OktaClientCredential{}
	for i := range same.Items {
		peer := &same.Items[i]
		counts, mayLead, err := r.isPeer(ctx, seen, peer, id)
		if err != nil {
			return err
		}
		if !counts {
			continue
		}
		peers = append(peers, peer)
		if mayLead && (!leads(leader) || older(peer, leader)) {
			leader = peer
		}
	}
	if leader != seen.credential {
		seen.Credential.Leader = peerOf(leader)
	}
	for _, peer := range peers {
		seen.Credential.Followers = append(seen.Credential.Followers, *peerOf(peer))
		seen.doubt(peer)
	}

	return nil
}

// doubt notes when Okta began to reject a follower's secret that is its leader's too: that one makes the next, and its own check may
// be a day away.
func (s *scene) doubt(follower *v1alpha1.OktaClientCredential) {
	current := s.Journal.Record.Current
	if s.Credential.Leader != nil || !isRejected(follower.Status.Verdict) || current == nil || current.ID != follower.Status.Secrets.Current.ID {
		return
	}
	if since := follower.Status.Verdict.Since.Time; since.After(s.doubted) {
		s.doubted = since
	}
}

// heedFollowers makes a check due for what was doubted, as the System Log's word does: at once, and twice more, since Okta may honour
// a dead secret for a moment. A follower that stays rejected while this one's secret works brings no more than that.
func (s *scene) heedFollowers() {
	if s.Check == nil || s.Check.RejectsSecret() || s.doubted.IsZero() {
		return
	}
	due, next := hinted([]hint{{s.doubted, echoes()}}, s.Check.At, s.now)
	s.Credential.Hinted = s.Credential.Hinted || due
	if s.hintDue.IsZero() || (!next.IsZero() && next.Before(s.hintDue)) {
		s.hintDue = next
	}
}

func leads(c *v1alpha1.OktaClientCredential) bool { return c.Spec.Mode == v1alpha1.ModeRotate }

// isPeer says whether another credential keeps the same client of the same org in another Secret, is allowed to, and has shown
// that it can: Okta accepted its secret (I10). Only one whose own connection works, and that is at work, may lead; one that
// merely holds a secret is waited for all the same.
func (r *Reconciler) isPeer(ctx context.Context, seen *scene, peer *v1alpha1.OktaClientCredential, id string) (counts, mayLead bool, err error) {
	ours := seen.credential
	sameSecret := peer.Namespace == ours.Namespace && peer.Spec.SecretRef.Name == ours.Spec.SecretRef.Name
	shown := !peer.Status.Secrets.Current.Since.IsZero() || peer.Status.Verdict.Name == v1alpha1.VerdictAccepted
	if peer.UID == ours.UID || sameSecret || !peer.DeletionTimestamp.IsZero() || !shown {
		return false, false, nil
	}
	theirs, err := r.Directory.Find(ctx, peer.Namespace, peer.Spec.ConnectionRef)
	if apierrors.IsNotFound(err) {
		return false, false, nil
	}
	if err != nil || theirs.Spec.OrgURL != seen.connection.Spec.OrgURL {
		return false, false, err
	}
	err = r.Directory.Permit(ctx, theirs, peer.Namespace, id, peer.Spec.Mode)
	if _, denied := errors.AsType[*connection.DeniedError](err); denied {
		return false, false, nil
	}
	atWork := leads(peer) && !peer.Spec.Suspend && !theirs.Spec.Suspend && !peer.Status.Secrets.Current.Since.IsZero()

	return err == nil, atWork && adminWorked(theirs), err
}

// adminWorked says whether a connection's admin credential worked when it was tried last. That the org does not answer for a
// while changes nothing.
func adminWorked(c connection.Connection) bool {
	authorized := meta.FindStatusCondition(c.Conditions(), v1alpha1.ConditionAuthorized)

	return authorized != nil && (authorized.Status == metav1.ConditionTrue || (!adminIsAtFault(authorized.Reason) && c.OrganizationID() != ""))
}

func peerOf(c *v1alpha1.OktaClientCredential) *rotation.Peer {
	secrets := c.Status.Secrets
	peer := &rotation.Peer{
		Name: c.Namespace + "/" + c.Name, SecretID: secrets.Current.ID, PreviousID: secrets.Previous.ID, PendingID: secrets.Pending.ID,
		Made: rotation.Cause(c.Status.Rotation.Cause).Makes(),
	}
	if c.Status.Consumers.Pending > 0 {
		// Its Secret has moved, and pods that read it have not.
		peer.Moving = true
	}

	return peer
}

// holdsAnother lets through that a credential holds another secret, or is another peer than before: its peers follow, or go on.
func holdsAnother(e event.UpdateEvent) bool {
	was, ok := e.ObjectOld.(*v1alpha1.OktaClientCredential)
	is, also := e.ObjectNew.(*v1alpha1.OktaClientCredential)

	return ok && also && (was.Status.Secrets.Current.ID != is.Status.Secrets.Current.ID ||
		was.Status.Secrets.Previous.ID != is.Status.Secrets.Previous.ID ||
		was.Status.Secrets.Pending.ID != is.Status.Secrets.Pending.ID || (!isRejected(was.Status.Verdict) && isRejected(is.Status.Verdict)) ||
		(was.Status.Consumers.Pending > 0) != (is.Status.Consumers.Pending > 0) || was.Spec.Mode != is.Spec.Mode ||
		was.Spec.Suspend != is.Spec.Suspend || was.DeletionTimestamp.IsZero() != is.DeletionTimestamp.IsZero())
}

// peersOf are the other credentials for the same client. One that is gone is in no index any more, so it is not counted.
func (r *Reconciler) peersOf(ctx context.Context, object client.Object) []reconcile.Request {
	keys := clientKey(object)
	if len(keys) == 0 {
		return nil
	}
	itself := reconcile.Request{NamespacedName: client.ObjectKeyFromObject(object)}

	return slices.DeleteFunc(r.requests(ctx, client.MatchingFields{indexClient: keys[0]}), func(other reconcile.Request) bool { return other == itself })
}
