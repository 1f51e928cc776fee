package situations

import (
	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// broken lets /token and /revoke fail for the client.
func broken(fault oktasim.Fault) func(*scene) {
	return func(s *scene) {
		for _, route := range []string{oktasim.RouteToken, oktasim.RouteServerToken, oktasim.RouteRevoke, oktasim.RouteServerRevoke} {
			mine := fault
			mine.Route, mine.App = route, s.clientID
			s.org.Fault(mine)
		}
	}
}

// waits is the outcome where Okta could not be asked, which says nothing about the secret.
func waits(verdict v1alpha1.Verdict) outcome {
	return outcome{verdict: verdict, reason: string(verdict), action: wait}
}

// outages are answers that say nothing about the secret, and an admin API that cannot be asked.
func outages() map[string]situation {
	return map[string]situation{
		"Okta answers 429": {alone: true, okta: broken(oktasim.Fault{Kind: oktasim.FaultStatus, Status: 429}), want: waits(v1alpha1.VerdictThrottled), describe: "throttled"},
		"Okta answers 503": {alone: true, okta: broken(oktasim.Fault{Kind: oktasim.FaultStatus, Status: 503}), want: waits(v1alpha1.VerdictUnreachable), describe: "unreachable"},
		"an HTML page of a proxy": {
			okta: broken(oktasim.Fault{Kind: oktasim.FaultHTML, Status: 403}), want: waits(v1alpha1.VerdictUnreachable), describe: "unreachable-page",
		},
		"a connection that is reset": {okta: broken(oktasim.Fault{Kind: oktasim.FaultResetBefore}), want: waits(v1alpha1.VerdictUnreachable)},
		"Okta answers 429 after the secret was accepted": {
			alone: true, want: outcome{verdict: v1alpha1.VerdictAccepted, reason: v1alpha1.ReasonAccepted, action: wait},
			then: func(s *scene) {
				broken(oktasim.Fault{Kind: oktasim.FaultStatus, Status: 429})(s)
				s.annotate(v1alpha1.AnnotationValidate, "now")
				s.eventually("that is told", func() bool { return s.isWorking(v1alpha1.ReasonThrottled) })
			},
		},
		"an invalid_client with words that nobody knows": {
			okta: refused("The moon is in the wrong house."), want: waits(v1alpha1.VerdictUnrecognized), describe: "unrecognized",
		},
		"scopes that a policy rejects": {
			okta: answered(400, "access_denied", "Policy evaluation succeeded, but all the requested scopes were rejected."), want: accepted("token 1, revoke 1"),
		},
		"consent that is missing": {
			okta: answered(400, "consent_required", "You are not allowed any of the requested scopes."), want: accepted("token 1, revoke 1"),
		},
		"consent that is missing, and a wrong secret": {
			okta: answered(400, "consent_required", "You are not allowed any of the requested scopes."), stored: wrongValue, spec: mode(v1alpha1.ModeObserve),
			want: outcome{verdict: v1alpha1.VerdictSecretRejected, reason: v1alpha1.ReasonObserving, action: explain, asked: "token 1, revoke 2, app 1, secrets 1"},
		},
		"an admin credential without an admin role": {
			admin: noRole, stored: wrongValue, describe: "connection-unusable-role",
			want: outcome{
				verdict: v1alpha1.VerdictSecretRejected, reason: v1alpha1.ReasonConnectionUnusable, action: explain, asked: "token 2",
				says: []string{"cannot be used (PermissionMissing)"},
			},
		},
		"an admin credential without the scope to read": {
			admin: noReadScope, stored: wrongValue, describe: "connection-unusable-scope",
			want: outcome{
				verdict: v1alpha1.VerdictSecretRejected, reason: v1alpha1.ReasonConnectionUnusable, action: explain, asked: "token 2",
				says: []string{"cannot be used (ScopeMissing)"},
			},
		},
		"an admin credential without rights, and the right secret": {admin: noRole, want: accepted("token 1")},
		"an application outside of the admin role's resource set, answered 403": {
			admin: otherApps, stored: wrongValue, describe: "permission-missing",
			want: outcome{verdict: v1alpha1.VerdictSecretRejected, reason: v1alpha1.ReasonPermissionMissing, action: explain},
		},
		"an application outside of the admin role's resource set, answered 404": {
			admin: otherApps, unknowns: oktasim.Unknowns{HiddenApp: oktasim.HiddenNotFound}, stored: wrongValue,
			want: outcome{verdict: v1alpha1.VerdictUnrecognized, reason: v1alpha1.ReasonApplicationNotFound, action: explain},
		},
	}
}

// targets are Secrets that have nothing to check.
func targets() map[string]situation {
	return map[string]situation{
		"a Secret without the key": {
			data: func(_ *scene, data map[string][]byte) { delete(data, "client_secret") }, describe: "key-missing",
			want: outcome{reason: v1alpha1.ReasonKeyMissing, action: explain, says: []string{"secretRef.clientSecretKey"}},
		},
		"an empty client secret": {
			data: func(_ *scene, data map[string][]byte) { data["client_secret"] = []byte{} },
			want: outcome{reason: v1alpha1.ReasonValueEmpty, action: explain, says: []string{"Put the value in"}},
		},
		"no client id anywhere": {
			spec: func(_ *scene, spec *v1alpha1.OktaClientCredentialSpec) { spec.ClientID = "" },
			data: func(_ *scene, data map[string][]byte) { delete(data, "client_id") },
			want: outcome{reason: v1alpha1.ReasonClientIDMissing, action: explain, says: []string{"Add the client id to the Secret"}},
		},
	}
}
