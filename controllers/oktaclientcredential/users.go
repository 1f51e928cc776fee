package oktaclientcredential

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/controllers/connection"
)

// usersOf lists, from the cache alone, the credentials that use a connection: those that were looked at and are allowed. The
// items are the cache's own and must not be changed.
func usersOf(ctx context.Context, reader client.Reader, c connection.Connection) ([]v1alpha1.OktaClientCredential, error) {
	options := []client.ListOption{client.MatchingFields{indexConnection: string(c.Kind) + "/" + c.Name}, client.UnsafeDisableDeepCopy}
	if c.Kind == v1alpha1.ConnectionKindNamespaced {
		options = append(options, client.InNamespace(c.SecretNamespace))
	}
	var found v1alpha1.OktaClientCredentialList
	if err := reader.List(ctx, &found, options...); err != nil {
		return nil, fmt.Errorf("list credentials of %s: %w", c, err)
	}
	var users []v1alpha1.OktaClientCredential
	for i := range found.Items {
		ready := meta.FindStatusCondition(found.Items[i].Status.Conditions, v1alpha1.ConditionReady)
		if ready != nil && ready.Reason != v1alpha1.ReasonConnectionDenied {
			users = append(users, found.Items[i])
		}
	}

	return users, nil
}

// Counts counts the credentials that use a connection, from the cache alone, by what their statuses say.
func Counts(reader client.Reader) func(context.Context, connection.Connection) (v1alpha1.CredentialsStatus, error) {
	return func(ctx context.Context, c connection.Connection) (counts v1alpha1.CredentialsStatus, err error) {
		users, err := usersOf(ctx, reader, c)
		for i := range users {
			counts.Total++
			if isRejected(users[i].Status.Verdict) {
				counts.Rejected++
			}
			if meta.IsStatusConditionTrue(users[i].Status.Conditions, v1alpha1.ConditionStalled) {
				counts.Halted++
			}
		}

		return counts, err
	}
}

// isRejected says whether Okta rejects the secret, as far as is known: in the text that says so, or in one that may mean something
// else, which was not found.
func isRejected(verdict v1alpha1.VerdictStatus) bool {
	return verdict.Name == v1alpha1.VerdictSecretRejected || (!verdict.Name.Decides() && !verdict.RejectedSince.IsZero())
}
