package situations

import (
	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// special is a value with every character that Basic credentials may write in two ways.
const special = "a:b+c/d=e%f&g:h+i/j=k%l&m-0123456789"

func method(m v1alpha1.TokenEndpointAuthMethod) func(*scene, *v1alpha1.OktaClientCredentialSpec) {
	return func(_ *scene, spec *v1alpha1.OktaClientCredentialSpec) { spec.TokenEndpointAuthMethod = m }
}

// learntBy are the requests of Auto, until it knows what the application uses.
const learntBy = "token 2, app 1, secrets 1 or token 3, app 1, secrets 1"

// methods are ways to pass the credentials.
func methods() map[string]situation {
	post := oktasim.App{TokenEndpointAuthMethod: oktasim.MethodPost}
	jwt := oktasim.App{TokenEndpointAuthMethod: oktasim.MethodClientSecretJWT}

	return map[string]situation{
		"Auto, and the application uses client_secret_post": {app: post, want: accepted(learntBy)},
		"Auto, and the application uses client_secret_jwt":  {app: jwt, want: accepted(learntBy)},
		"client_secret_post on both sides":                  {app: post, spec: method(v1alpha1.AuthMethodPost), want: accepted("token 1")},
		"client_secret_jwt on both sides":                   {app: jwt, spec: method(v1alpha1.AuthMethodSecretJWT), want: accepted("token 1")},
		"client_secret_jwt with a wrong secret":             {app: jwt, stored: wrongValue, spec: method(v1alpha1.AuthMethodSecretJWT), want: renewed()},
		"client_secret_jwt with a value that is too short to sign with": {
			app: jwt, stored: "tooShortToSignWith", spec: method(v1alpha1.AuthMethodSecretJWT), describe: "method-mismatch-short",
			want: outcome{verdict: v1alpha1.VerdictMethodMismatch, reason: v1alpha1.ReasonMethodMismatch, action: explain, asked: "app 1, secrets 1"},
		},
		"client_secret_basic is set, and the application uses client_secret_post": {
			app: post, spec: method(v1alpha1.AuthMethodBasic), describe: "method-mismatch",
			want: explained(v1alpha1.VerdictMethodMismatch, diagnosedBy, "authenticates with client_secret_post at Okta", "Set spec.tokenEndpointAuthMethod to Auto or ClientSecretPost"),
		},
		"client_secret_post is set, and the application uses client_secret_basic": {
			spec: method(v1alpha1.AuthMethodPost),
			want: explained(v1alpha1.VerdictMethodMismatch, diagnosedBy, "authenticates with client_secret_basic at Okta"),
		},
		"client_secret_jwt is set, and the application uses client_secret_basic": {
			spec: method(v1alpha1.AuthMethodSecretJWT),
			want: explained(v1alpha1.VerdictMethodMismatch, diagnosedBy, "authenticates with client_secret_basic at Okta"),
		},
		"a secret with special characters, which Okta takes from Basic as they are": {
			alone: true, atOkta: []oktaSecret{{special, oktasim.Active}}, stored: special, want: accepted("token 2"),
		},
		"a secret with special characters, which Okta decodes from Basic": {
			alone: true, unknowns: oktasim.Unknowns{DecodeBasic: true},
			atOkta: []oktaSecret{{special, oktasim.Active}}, stored: special, want: accepted("token 1"),
		},
		"a secret with special characters, sent by post": {
			app: post, atOkta: []oktaSecret{{special, oktasim.Active}}, stored: special, spec: method(v1alpha1.AuthMethodPost), want: accepted("token 1"),
		},
		"a wrong secret with special characters": {
			stored: special, want: outcome{verdict: v1alpha1.VerdictAccepted, reason: v1alpha1.ReasonAccepted, action: generate},
		},
	}
}
