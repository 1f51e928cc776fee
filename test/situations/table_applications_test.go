package situations

import (
	"strings"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// applications are what an admin does to the application or its policies.
func applications() map[string]situation {
	all := map[string]situation{
		"a public client": {
			app: oktasim.App{Type: oktasim.TypeBrowser, TokenEndpointAuthMethod: oktasim.MethodNone}, describe: "public-client",
			want: explained(v1alpha1.VerdictPublicClient, diagnosedAmbiguouslyBy, "is a public client at Okta"),
		},
		"an application that authenticates with a private key": {
			app:      oktasim.App{Type: oktasim.TypeService, GrantTypes: []string{"client_credentials"}, TokenEndpointAuthMethod: oktasim.MethodPrivateKeyJWT},
			describe: "private-key-required", atOkta: []oktaSecret{},
			want: explained(v1alpha1.VerdictPrivateKeyRequired, diagnosedAmbiguouslyBy, "authenticates with a private key at Okta"),
		},
		"a client outside of its network zones": {
			app: oktasim.App{OutsideNetworkZone: true}, describe: "forbidden-network-zone",
			want: explained(v1alpha1.VerdictForbidden, "token 1"),
		},
		"a client outside of its network zones, looked at before the secret": {
			unknowns: oktasim.Unknowns{NetworkFirst: true}, app: oktasim.App{OutsideNetworkZone: true}, stored: wrongValue,
			want: explained(v1alpha1.VerdictForbidden, "token 1"),
		},
		"a client that no access policy matches": {
			at: atCustomServer, app: oktasim.App{NoPolicy: true}, describe: "forbidden-policy",
			want: explained(v1alpha1.VerdictForbidden, "token 1"),
		},
		"an applicationID of another application": {
			spec: func(s *scene, spec *v1alpha1.OktaClientCredentialSpec) {
				spec.ApplicationID = s.org.AddApp(oktasim.App{ID: strings.Replace(s.appID, "0oa1", "0oa2", 1)}).ID
			},
			stored: wrongValue, describe: "application-mismatch",
			want: outcome{
				verdict: v1alpha1.VerdictSecretRejected, reason: v1alpha1.ReasonApplicationMismatch, action: explain,
				says: []string{"another client id"},
			},
		},
		"a wrong secret of an application with a custom client id": {
			clientID: "web-shop-", stored: wrongValue,
			spec: func(s *scene, spec *v1alpha1.OktaClientCredentialSpec) { spec.ApplicationID = s.appID },
			want: outcome{verdict: v1alpha1.VerdictAccepted, reason: v1alpha1.ReasonAccepted, action: generate},
		},
		"a wrong secret of an application with a custom client id, without applicationID": {
			clientID: "web-shop-", stored: wrongValue, describe: "application-not-found",
			want: outcome{
				verdict: v1alpha1.VerdictUnrecognized, reason: v1alpha1.ReasonApplicationNotFound, action: explain, asked: "token 2, app 1",
				says: []string{"its id is not the client id", "spec.applicationID"},
			},
		},
		"a new application that /token does not know yet": {
			okta: func(s *scene) {
				for _, route := range []string{oktasim.RouteToken, oktasim.RouteServerToken} {
					fault := oktasim.OAuthErrorFault(route, 401, "invalid_client", "")
					fault.Body = `{"errorCode":"invalid_client","errorSummary":"Invalid value for 'client_id' parameter.","errorLink":"invalid_client","errorId":"oae1","errorCauses":[]}`
					fault.App = s.clientID
					s.org.Fault(fault)
				}
			},
			want: outcome{
				verdict: v1alpha1.VerdictUnrecognized, reason: v1alpha1.ReasonUnrecognized, action: explain, asked: "token 1, app 1, secrets 1",
				says: []string{"ACTIVE application", "lists the stored secret as ACTIVE"},
			},
		},
	}
	for name, answer := range map[string]oktasim.ClientRefusal{
		"answered as an unknown client":    oktasim.RefuseAsUnknownClient,
		"answered with the ambiguous text": oktasim.RefuseAsAmbiguous,
		"answered as a wrong secret":       oktasim.RefuseAsWrongSecret,
	} {
		asked := map[oktasim.ClientRefusal]string{
			oktasim.RefuseAsUnknownClient: "token 1, app 1, secrets 1", oktasim.RefuseAsAmbiguous: diagnosedAmbiguouslyBy, oktasim.RefuseAsWrongSecret: diagnosedBy,
		}[answer]
		all["an INACTIVE application, "+name] = situation{
			unknowns: oktasim.Unknowns{InactiveApp: answer}, app: oktasim.App{Status: oktasim.Inactive},
			want: explained(v1alpha1.VerdictApplicationInactive, asked, "The application is INACTIVE at Okta", "Activate the application"),
		}
		all["an application deleted after it worked, "+name] = situation{
			unknowns: oktasim.Unknowns{DeletedApp: answer}, then: deleteApp, want: deletedOutcome(answer),
		}
	}
	inactive := all["an INACTIVE application, answered as an unknown client"]
	inactive.describe = "application-inactive"
	all["an INACTIVE application, answered as an unknown client"] = inactive
	gone := all["an application deleted after it worked, answered as an unknown client"]
	gone.describe = "application-gone"
	all["an application deleted after it worked, answered as an unknown client"] = gone

	return all
}

// deleteApp deletes the application and asks for a check.
func deleteApp(s *scene) {
	must(s.t, s.org.DeleteApp(s.appID))
	s.annotate(v1alpha1.AnnotationValidate, "now")
}

// deletedOutcome: that Okta does not show an application is no proof that it is gone, unless /token says so too.
func deletedOutcome(answer oktasim.ClientRefusal) outcome {
	if answer == oktasim.RefuseAsUnknownClient {
		return explained(v1alpha1.VerdictApplicationGone, "token 2, app 1", "accepted this client before")
	}

	asked := map[oktasim.ClientRefusal]string{oktasim.RefuseAsAmbiguous: "token 3, app 2 or token 3, app 1", oktasim.RefuseAsWrongSecret: "token 3, app 1"}[answer]

	return outcome{verdict: v1alpha1.VerdictUnrecognized, reason: v1alpha1.ReasonApplicationNotFound, action: explain, asked: asked}
}
