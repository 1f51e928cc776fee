package diagnose

import "github.com/oktacred/okta-credential-operator/api/v1alpha1"

// advice is what a verdict means for the question whether a new secret would help.
type advice struct {
	// because completes "A new secret would not help, because …"; empty where it would, or where nothing is wrong.
	because string
	fix     string
}

// advices has every verdict; with Accepted nothing is to be done, and with Unrecognized the answer speaks for itself.
var advices = map[v1alpha1.Verdict]advice{
	v1alpha1.VerdictAccepted:     {},
	v1alpha1.VerdictUnrecognized: {},
	v1alpha1.VerdictClientUnknown: {
		because: "the org has no client with this id",
		fix:     "Compare the client id with the one on the application's page in the org's Admin Console, and make sure that it is this org's.",
	},
	v1alpha1.VerdictWrongTenant: {
		because: "the client, or the issuer that its applications use, belongs to another org",
		fix:     "Use the org where the application is, for /authorize and for /token.",
	},
	v1alpha1.VerdictWrongAuthorizationServer: {
		because: "the authorization server is not there, or does not serve this client",
		fix:     "Take the issuer from Security > API > Authorization Servers in the Admin Console; leave the server out for the org's own.",
	},
	v1alpha1.VerdictMethodMismatch: {
		because: "the application authenticates in another way than the one that is used",
		fix:     "Let the client send its secret in the way that the application is set to at Okta, or change that setting.",
	},
	v1alpha1.VerdictPublicClient: {
		because: "the application is a public client and has no secret",
		fix:     "Let the client send no secret (PKCE instead), or make the application a confidential client in the Admin Console.",
	},
	v1alpha1.VerdictPrivateKeyRequired: {
		because: "the application authenticates with a private key (private_key_jwt)",
		fix:     "Sign a client_assertion with the application's private key, or set the application to a client secret in the Admin Console.",
	},
	v1alpha1.VerdictApplicationInactive: {
		because: "the application is deactivated, and then no secret works",
		fix:     "Activate the application in the Admin Console.",
	},
	v1alpha1.VerdictApplicationGone: {
		because: "the application is not there any more",
		fix:     "Make a new application, and a new OktaClientCredential with its client id.",
	},
	v1alpha1.VerdictForbidden: {
		because: "a policy or a network zone of the org refuses the request, whatever the secret",
		fix:     "Let an Okta admin look at the access policies of the authorization server and at the application's network zones.",
	},
	v1alpha1.VerdictRejectedButActive: {
		because: "Okta lists this very secret as ACTIVE",
		fix:     "Look at what stands between the client and Okta, and at the application's settings; the org's System Log names each failure.",
	},
	v1alpha1.VerdictSecretMalformed: {
		because: "the right secret is there, with something around it that does not belong there",
		fix:     "Write the clean value.",
	},
	v1alpha1.VerdictSecretRejected: {fix: "Make a new client secret (step 5)."},
	v1alpha1.VerdictThrottled:      {fix: "Ask again in a minute: Okta's rate limit is used up."},
	v1alpha1.VerdictUnreachable:    {fix: "Check the way to Okta: host, DNS, proxy (--proxy), firewall, certificate authority (--ca-file)."},
}

func fixFor(verdict v1alpha1.Verdict) string { return advices[verdict].fix }

// clientFound says whether Okta found the client before it gave this verdict.
func clientFound(verdict v1alpha1.Verdict) bool {
	switch verdict {
	case v1alpha1.VerdictAccepted, v1alpha1.VerdictSecretRejected, v1alpha1.VerdictSecretMalformed, v1alpha1.VerdictRejectedButActive,
		v1alpha1.VerdictMethodMismatch, v1alpha1.VerdictPublicClient, v1alpha1.VerdictPrivateKeyRequired, v1alpha1.VerdictForbidden:
		return true
	default:
		return false
	}
}
