package diagnose

import (
	"slices"
	"strings"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// method is the article's third step.
func (c Case) method(verdict Verdict) *Step {
	step := newStep(3, "Check the client authentication method")
	used := c.Client.usedMethod()
	name := string(methodNames[used])
	switch verdict.Name {
	case v1alpha1.VerdictAccepted:
		step.pass("Okta accepts the client by %s.", name)
	case v1alpha1.VerdictSecretRejected, v1alpha1.VerdictRejectedButActive:
		step.pass("Okta looks at the secret that comes by %s, so the method is not what it refuses.", name)
	case v1alpha1.VerdictSecretMalformed:
		step.pass("Okta takes the cleaned secret by %s.", name)
	case v1alpha1.VerdictMethodMismatch:
		c.mismatch(step, verdict, name)
	case v1alpha1.VerdictPrivateKeyRequired, v1alpha1.VerdictPublicClient:
		step.fail("%s", verdict.Evidence)
		step.next("%s", verdict.Fix)
	default:
		c.methodUnknown(step, name)
	}
	c.methodServed(step, name)
	return step
}

func (c Case) mismatch(step *Step, verdict Verdict, name string) {
	step.fail("%s", verdict.Evidence)
	if accepted, ok := c.Asked.accepted(); ok {
		right := string(methodNames[accepted.Method])
		step.next("Let the client use %s in place of %s (tokenEndpointAuthMethod: %s), or set the application to %s in the Admin Console.",
			right, name, accepted.Method, name)
		return
	}
	step.next("%s", verdict.Fix)
}

func (c Case) methodUnknown(step *Step, name string) {
	if !c.Asked.ambiguous() {
		step.unsure("Whether the application is set to %s cannot be told from what is known.", name)
		step.next("Compare it with General > Client Credentials > Client authentication on the application's page in the Admin Console.")
		return
	}
	step.unsure("Okta says that either the client or its credentials are wrong, whether the secret comes by %s: "+
		"the secret is wrong, or the application has none (a public client, or private_key_jwt).", strings.Join(c.Asked.methods(), " or by "))
	step.next("Look at General > Client Credentials on the application's page in the Admin Console; in a cluster the operator asks Okta's admin API.")
}

// methodServed compares the method with those that the server says it takes.
func (c Case) methodServed(step *Step, name string) {
	served := c.Public.Server.AuthMethods
	if len(served) > 0 && !slices.Contains(served, name) {
		step.fail("The authorization server does not take %s from anybody.", name)
		step.next("Use one of the methods that %s lists.", c.Public.Server.URL)
	}
}
