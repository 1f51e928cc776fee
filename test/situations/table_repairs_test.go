package situations

import (
	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

func adopting(_ *scene, spec *v1alpha1.OktaClientCredentialSpec) {
	spec.Rotation.OnInvalidClient = v1alpha1.OnInvalidClientAdopt
}

// repairs are what the operator mends without a new secret, and what holds up a new one.
func repairs() map[string]situation {
	return map[string]situation{
		"Adopt, and Okta has another ACTIVE secret": {
			atOkta: deactivated(), spec: adopting, describe: "secret-adopted",
			want: outcome{verdict: v1alpha1.VerdictAccepted, reason: v1alpha1.ReasonAccepted, action: adopt, asked: "token 3, revoke 1, app 1, secrets 2"},
		},
		"Adopt in mode Repair, and Okta has another ACTIVE secret": {
			atOkta: deactivated(),
			spec: func(s *scene, spec *v1alpha1.OktaClientCredentialSpec) {
				adopting(s, spec)
				spec.Mode = v1alpha1.ModeRepair
			},
			want: outcome{verdict: v1alpha1.VerdictAccepted, reason: v1alpha1.ReasonAccepted, action: adopt, asked: "token 3, revoke 1, app 1, secrets 2"},
		},
		"Adopt in mode Observe, and Okta has another ACTIVE secret": {
			atOkta: deactivated(), describe: "secret-adopted-observe",
			spec: func(s *scene, spec *v1alpha1.OktaClientCredentialSpec) {
				adopting(s, spec)
				spec.Mode = v1alpha1.ModeObserve
			},
			want: outcome{
				verdict: v1alpha1.VerdictSecretRejected, reason: v1alpha1.ReasonObserving, action: explain, asked: diagnosedBy,
				says: []string{"the Secret would get client secret", "spec.mode is Observe, so nothing is done"},
			},
		},
		"Adopt, and Okta masks the other ACTIVE secret": {
			atOkta: deactivated(), admin: maskedSecrets, spec: adopting, describe: "adoption-impossible",
			want: outcome{
				verdict: v1alpha1.VerdictSecretRejected, reason: v1alpha1.ReasonAdoptionImpossible, action: explain, asked: "token 2, revoke 1, app 1, secrets 1",
				says: []string{"masks", "okta.apps.clientCredentials.read", "onInvalidClient: Generate"},
			},
		},
		"Adopt, and Okta has no other secret": {
			atOkta: []oktaSecret{{goodValue, oktasim.Inactive}}, spec: adopting, want: renewed(),
		},
		"rollback to the secret before": {
			then: func(s *scene) {
				s.annotate(v1alpha1.AnnotationRotate, "now")
				s.eventually("the new secret is in place", func() bool {
					return s.did(v1alpha1.ReasonSecretPromoted) && s.settled(v1alpha1.ReasonAccepted, v1alpha1.VerdictAccepted)
				})
				s.annotate(v1alpha1.AnnotationRollback, "now")
			},
			describe: "secret-rolled-back",
			want:     outcome{verdict: v1alpha1.VerdictAccepted, reason: v1alpha1.ReasonAccepted, action: rollback},
		},
		"rollback without a secret before": {
			then: func(s *scene) {
				s.annotate(v1alpha1.AnnotationRollback, "now")
				s.eventually("the command is acknowledged", func() bool { return s.now().Status.HandledCommands.Rollback == "now" })
			},
			want: accepted("token 1"),
		},
		"a refused secret that Okta lists as ACTIVE": {
			okta: refused("The client secret supplied for a confidential client is invalid."), describe: "rejected-but-active",
			want: explained(v1alpha1.VerdictRejectedButActive, diagnosedBy, "lists it as ACTIVE", "System Log"),
		},
		"a refused secret that Okta lists as ACTIVE, with the ambiguous text": {
			okta: refused("Client authentication failed. Either the client or the client credentials are invalid."),
			want: explained(v1alpha1.VerdictRejectedButActive, diagnosedAmbiguouslyBy, "lists it as ACTIVE"),
		},
		"a wrong value that nothing connects with this client": {
			stored: wrongValue, data: func(_ *scene, data map[string][]byte) { delete(data, "client_id") }, describe: "ownership-unproven",
			want: outcome{
				verdict: v1alpha1.VerdictSecretRejected, reason: v1alpha1.ReasonOwnershipUnproven, action: explain, asked: "token 2, revoke 1, app 1, secrets 1",
				says: []string{"nothing proves that it ever was a client secret of", "oktacred.dev/rotate"},
			},
		},
		"a wrong value, and both places for secrets are taken": {
			stored: wrongValue, atOkta: []oktaSecret{{goodValue, oktasim.Active}, {otherValue, oktasim.Active}}, describe: "slots-full",
			want: outcome{
				verdict: v1alpha1.VerdictSecretRejected, reason: v1alpha1.ReasonSlotsFull, action: explain, asked: "token 2, revoke 1, app 1, secrets 1",
				says: []string{"oktacred.dev/release-secret"},
			},
		},
	}
}

// refused answers the client at /token with 401 invalid_client, whatever it sends.
func refused(description string) func(*scene) {
	return answered(401, "invalid_client", description)
}

// answered lets /token answer the client with an error, whatever it sends.
func answered(status int, code, description string) func(*scene) {
	return func(s *scene) {
		for _, route := range []string{oktasim.RouteToken, oktasim.RouteServerToken} {
			fault := oktasim.OAuthErrorFault(route, status, code, description)
			fault.App = s.clientID
			s.org.Fault(fault)
		}
	}
}
