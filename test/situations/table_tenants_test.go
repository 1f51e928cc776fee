package situations

import (
	"fmt"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

func issuerKey(_ *scene, spec *v1alpha1.OktaClientCredentialSpec) {
	spec.SecretRef.IssuerKey = "issuer"
}

// issuer writes an issuer into the Secret: of a host, and of the authorization server that is asked.
func issuer(host func(*scene) string) func(*scene, map[string][]byte) {
	return func(s *scene, data map[string][]byte) { data["issuer"] = []byte("https://" + host(s) + s.issuerPath()) }
}

func (s *scene) issuerPath() string {
	if s.server == "" {
		return ""
	}

	return "/oauth2/" + s.server
}

func elsewhere(*scene) string { return cluster.orgs.another.host() }

func missingServer(_ *scene, spec *v1alpha1.OktaClientCredentialSpec) {
	spec.AuthorizationServer = "ausNoSuchServer00001"
}

// tenants are requests that go to another org or authorization server than they should.
func tenants() map[string]situation {
	all := map[string]situation{
		"the issuer of the applications is the one that is asked": {
			spec: issuerKey, data: issuer(func(s *scene) string { return s.org.host() }), want: accepted("token 1"),
		},
		"the issuer of the applications is a custom domain of the same org": {
			spec: issuerKey, data: issuer((*scene).customDomain), want: accepted("token 1"),
		},
		"the client is unknown, and its applications use the issuer of another org": {
			noApp: true, spec: issuerKey, data: issuer(elsewhere), describe: "wrong-tenant",
			want: explained(v1alpha1.VerdictWrongTenant, "token 1, app 1", "which is another Okta org", "Correct the issuer in the Secret"),
		},
		"the secret works, and the applications use the issuer of another org": {
			spec: issuerKey, data: issuer(elsewhere), describe: "wrong-tenant-accepted",
			want: outcome{
				verdict: v1alpha1.VerdictAccepted, reason: v1alpha1.ReasonWrongTenant, action: explain, asked: "token 1",
				says: []string{"which is another Okta org", "Correct the issuer in the Secret"},
			},
		},
		"the secret works, and the applications use another authorization server": {
			spec: issuerKey, describe: "wrong-authorization-server-issuer",
			data: func(s *scene, data map[string][]byte) {
				data["issuer"] = fmt.Appendf(nil, "https://%s/oauth2/aus1", s.org.host())
			},
			want: outcome{
				verdict: v1alpha1.VerdictAccepted, reason: v1alpha1.ReasonWrongAuthorizationServer, action: explain, asked: "token 1",
				says: []string{`The Secret's issuer names authorization server "aus1"`},
			},
		},
		"the client is unknown, and its applications use an issuer that may not be asked": {
			noApp: true, spec: issuerKey, data: issuer(func(*scene) string { return "login.example.com" }),
			want: explained(v1alpha1.VerdictClientUnknown, "token 1, app 1"),
		},
		"the org has no custom authorization servers: API Access Management is missing": {
			at: atCustomServer, noAPIAM: true, describe: "no-api-access-management",
			want: outcome{verdict: v1alpha1.VerdictWrongAuthorizationServer, reason: v1alpha1.ReasonWrongAuthorizationServer, action: explain, asked: "token 1"},
		},
	}
	for name, answer := range map[string]oktasim.ServerRefusal{
		"an authorization server that is not there, answered as JSON":            oktasim.ServerNotFound,
		"an authorization server that is not there, answered as a page":          oktasim.ServerNotFoundHTML,
		"an authorization server that is not there, answered as invalid_request": oktasim.ServerInvalidRequest,
	} {
		all[name] = situation{
			at: atCustomServer, unknowns: oktasim.Unknowns{UnknownServer: answer}, spec: missingServer,
			want: explained(v1alpha1.VerdictWrongAuthorizationServer, askedOnce(answer), "authorizationServer"),
		}
	}
	json := all["an authorization server that is not there, answered as JSON"]
	json.describe = "wrong-authorization-server"
	all["an authorization server that is not there, answered as JSON"] = json

	return all
}

// askedOnce, but where the answer is a page: that may be a proxy's, so it is asked for again soon.
func askedOnce(answer oktasim.ServerRefusal) string {
	if answer == oktasim.ServerNotFoundHTML {
		return ""
	}

	return "token 1"
}

// customDomain is one of the org whose hosts the operator was told of.
func (s *scene) customDomain() string { return s.org.customDomain() }
