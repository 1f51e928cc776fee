package situations

import (
	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// accepted is the outcome where all is well.
func accepted(asked string) outcome {
	return outcome{verdict: v1alpha1.VerdictAccepted, reason: v1alpha1.ReasonAccepted, action: nothing, asked: asked}
}

// explained is the outcome where a person must act, with a verdict whose name is the reason.
func explained(verdict v1alpha1.Verdict, asked string, says ...string) outcome {
	return outcome{verdict: verdict, reason: string(verdict), action: explain, asked: asked, says: says}
}

// renewed is the outcome of a rotation.
func renewed() outcome {
	return outcome{verdict: v1alpha1.VerdictAccepted, reason: v1alpha1.ReasonAccepted, action: generate, asked: healedBy}
}

func renewedAmbiguously() outcome {
	o := renewed()
	o.asked = healedAmbiguouslyBy

	return o
}

// healedBy are the requests of a whole rotation: two refusals and a second opinion; the application and its secrets, to find
// the cause; the new secret, which is checked before it is written.
const healedBy = "token 3, revoke 1, app 1, secrets 1, change 1"

// healedAmbiguouslyBy: the text may mean another authentication method, so the application is asked before the confirmation too.
const healedAmbiguouslyBy = "token 3, revoke 1, app 2, secrets 2, change 1 or token 3, revoke 1, app 1, secrets 1, change 1"

// diagnosedAmbiguouslyBy: as above.
const diagnosedAmbiguouslyBy = "token 2, app 2, secrets 2 or token 2, app 1, secrets 1"

// diagnosedBy are the requests of a refusal whose cause is found: it is confirmed, and the admin API is asked once.
const diagnosedBy = "token 2, app 1, secrets 1"

// inactive, beside another secret that nobody knows of, since Okta does not deactivate the only one.
func deactivated() []oktaSecret {
	return []oktaSecret{{goodValue, oktasim.Inactive}, {otherValue, oktasim.Active}}
}

func mode(m v1alpha1.Mode) func(*scene, *v1alpha1.OktaClientCredentialSpec) {
	return func(_ *scene, spec *v1alpha1.OktaClientCredentialSpec) { spec.Mode = m }
}

// healthy situations: an answer that Okta gives only to a client that authenticated, whatever the kind of application.
func healthy() map[string]situation {
	return map[string]situation{
		"a web application with the right secret": {want: accepted("token 1"), describe: "accepted"},
		"an application without the authorization code grant, where the grant is looked at after the secret": {
			app: oktasim.App{GrantTypes: []string{"refresh_token"}}, want: accepted("token 1"),
		},
		"a service application with client_credentials alone, at a custom authorization server": {
			at: atCustomServer, app: oktasim.App{Type: oktasim.TypeService, GrantTypes: []string{"client_credentials"}},
			want: accepted("token 1"),
		},
		"a service application with client_credentials alone, at the org authorization server": {
			at: atOrgServer, app: oktasim.App{Type: oktasim.TypeService, GrantTypes: []string{"client_credentials"}},
			want: accepted("token 1"),
		},
		"a service application whose grant is looked at before the secret, at a custom authorization server": {
			at: atCustomServer, unknowns: oktasim.Unknowns{GrantFirst: true},
			app:  oktasim.App{Type: oktasim.TypeService, GrantTypes: []string{"client_credentials"}},
			want: accepted("token 2"),
		},
		"a service application whose grant is looked at before the secret, at the org authorization server": {
			at: atOrgServer, unknowns: oktasim.Unknowns{GrantFirst: true},
			app:  oktasim.App{Type: oktasim.TypeService, GrantTypes: []string{"client_credentials"}},
			want: accepted("token 1, revoke 1"),
		},
		"a service application with a wrong secret, whose grant is looked at before the secret": {
			unknowns: oktasim.Unknowns{GrantFirst: true}, stored: wrongValue,
			app:  oktasim.App{Type: oktasim.TypeService, GrantTypes: []string{"client_credentials"}},
			want: outcome{verdict: v1alpha1.VerdictAccepted, reason: v1alpha1.ReasonAccepted, action: generate},
		},
		"an application that requires PKCE": {
			unknowns: oktasim.Unknowns{PKCEFirst: true}, app: oktasim.App{PKCERequired: true}, want: accepted("token 1"),
		},
		"an application bound to DPoP, looked at after the secret": {
			app: oktasim.App{DPoPBound: true}, want: accepted("token 1"),
		},
		"an application bound to DPoP, looked at before the secret": {
			unknowns: oktasim.Unknowns{DPoPFirst: true}, app: oktasim.App{DPoPBound: true}, want: accepted("token 1, revoke 1"),
		},
		"an application bound to DPoP with a wrong secret": {
			app: oktasim.App{DPoPBound: true}, stored: wrongValue, want: renewed(),
		},
		"an application with a custom client id": {
			clientID: "web-shop-", spec: func(s *scene, spec *v1alpha1.OktaClientCredentialSpec) { spec.ApplicationID = s.appID },
			want: accepted("token 1"),
		},
	}
}

// article are the causes of invalid_client that Okta's support article has for client id and secret.
func article() map[string]situation {
	return map[string]situation{
		"the client id has a typing mistake": {
			noApp: true, describe: "client-unknown",
			want: explained(v1alpha1.VerdictClientUnknown, "token 1, app 1", "no client with this client id", "Compare the client id"),
		},
		"the client secret is wrong": {stored: wrongValue, want: renewed(), describe: "secret-rejected-healed"},
		"the client secret was revoked: it is INACTIVE": {
			atOkta: []oktaSecret{{goodValue, oktasim.Inactive}}, want: renewed(), describe: "secret-revoked-healed",
		},
		"the client secret was revoked in favour of another one": {
			atOkta: deactivated(), want: outcome{verdict: v1alpha1.VerdictAccepted, reason: v1alpha1.ReasonAccepted, action: generate},
		},
		"the client secret was deleted": {
			atOkta: []oktaSecret{{otherValue, oktasim.Active}}, want: renewed(),
		},
		"the client secret was deleted, and the application has none left": {
			atOkta: []oktaSecret{},
			want: outcome{
				verdict: v1alpha1.VerdictUnrecognized, reason: v1alpha1.ReasonUnrecognized, action: explain, asked: diagnosedAmbiguouslyBy,
				says: []string{"oktacred.dev/rotate"},
			},
		},
		"the client secret is wrong, in mode Repair": {
			stored: wrongValue, spec: mode(v1alpha1.ModeRepair), describe: "secret-rejected-repair",
			want: outcome{
				verdict: v1alpha1.VerdictSecretRejected, reason: v1alpha1.ReasonObserving, action: explain, asked: diagnosedBy,
				says: []string{"In mode Rotate a new client secret would be made", "spec.mode is Repair, so nothing is done"},
			},
		},
		"the client secret is wrong, in mode Observe": {
			stored: wrongValue, spec: mode(v1alpha1.ModeObserve), describe: "secret-rejected-observe",
			want: outcome{
				verdict: v1alpha1.VerdictSecretRejected, reason: v1alpha1.ReasonObserving, action: explain, asked: diagnosedBy,
				says: []string{"it was deleted, or never was one of them", "In mode Rotate a new client secret would be made", "spec.mode is Observe, so nothing is done"},
			},
		},
		"the client secret is wrong, and a person puts the right one in": {
			stored: wrongValue, spec: mode(v1alpha1.ModeRepair), first: v1alpha1.ReasonObserving,
			then: func(s *scene) { s.put(goodValue) },
			want: outcome{
				verdict: v1alpha1.VerdictAccepted, reason: v1alpha1.ReasonAccepted, action: nothing, asked: "token 3, app 1, secrets 1", holds: goodValue,
			},
		},
		"the client secret was revoked, in mode Observe": {
			atOkta: deactivated(), spec: mode(v1alpha1.ModeObserve), describe: "secret-revoked-observe",
			want: outcome{
				verdict: v1alpha1.VerdictSecretRejected, reason: v1alpha1.ReasonObserving, action: explain, asked: diagnosedBy,
				says: []string{"lists it as INACTIVE", "spec.mode is Observe, so nothing is done"},
			},
		},
		"the client id and the client secret are swapped": {
			data: func(s *scene, data map[string][]byte) {
				data["client_id"], data["client_secret"] = []byte(s.stored), []byte(s.clientID)
			},
			describe: "client-id-mismatch",
			want:     outcome{reason: v1alpha1.ReasonClientIDMismatch, action: explain, says: []string{"another client id"}},
		},
		"the client id is wrong in the Secret, which alone has it": {
			noApp: true, spec: func(_ *scene, spec *v1alpha1.OktaClientCredentialSpec) { spec.ClientID = "" },
			// It may be a client secret under the wrong key, so nothing is asked of the admin API with it.
			want: explained(v1alpha1.VerdictClientUnknown, "token 1", "Compare the client id"),
		},
	}
}

// wordings are what Okta may say for a secret that is INACTIVE or deleted: nobody knows which.
func wordings() map[string]situation {
	ambiguous := oktasim.Unknowns{WrongSecret: oktasim.RefuseAsAmbiguous, InactiveSecret: oktasim.RefuseAsAmbiguous}
	unknown := oktasim.Unknowns{InactiveSecret: oktasim.RefuseAsUnknownClient}

	return map[string]situation{
		"an INACTIVE secret is answered with the ambiguous text": {
			unknowns: ambiguous, atOkta: []oktaSecret{{goodValue, oktasim.Inactive}}, want: renewedAmbiguously(),
		},
		"a deleted secret is answered with the ambiguous text": {
			unknowns: ambiguous, atOkta: []oktaSecret{{otherValue, oktasim.Active}}, want: renewedAmbiguously(),
		},
		"a wrong secret is answered with the ambiguous text, and Okta masks values": {
			unknowns: ambiguous, admin: maskedSecrets, stored: wrongValue, describe: "unrecognized-masked",
			want: outcome{
				verdict: v1alpha1.VerdictUnrecognized, reason: v1alpha1.ReasonUnrecognized, action: explain, asked: diagnosedAmbiguouslyBy,
				says: []string{"okta.apps.clientCredentials.read", "oktacred.dev/rotate"},
			},
		},
		"an INACTIVE secret is answered as an unknown client": {
			unknowns: unknown, atOkta: deactivated(), describe: "unrecognized-inactive",
			want: outcome{
				verdict: v1alpha1.VerdictUnrecognized, reason: v1alpha1.ReasonUnrecognized, action: explain, asked: "token 1, app 1, secrets 1",
				says: []string{"lists the stored secret as INACTIVE", "oktacred.dev/rotate"},
			},
		},
		"an unknown client is answered with status 400": {
			unknowns: oktasim.Unknowns{UnknownClient400: true}, noApp: true,
			want: explained(v1alpha1.VerdictClientUnknown, "token 1, app 1"),
		},
		"a wrong secret, where Okta masks values and says so exactly": {
			admin: maskedSecrets, stored: wrongValue,
			want: outcome{verdict: v1alpha1.VerdictAccepted, reason: v1alpha1.ReasonAccepted, action: generate},
		},
	}
}
