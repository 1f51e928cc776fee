package diagnose

import (
	"strings"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// basicHeader is the article's fourth step: what a client makes the Authorization header of.
func (c Case) basicHeader(verdict Verdict) *Step {
	step := newStep(4, "Check the base64 of the Basic header")
	if used := c.Client.usedMethod(); used != v1alpha1.AuthMethodBasic {
		step.pass("No such header is sent: the client uses %s.", methodNames[used])
		return step
	}
	secret := c.Stored.Secret
	_, defect := c.defect(verdict)
	switch {
	case secret.IsEmpty() && verdict.Name == v1alpha1.VerdictAccepted:
		step.pass("Okta accepts the header that the operator makes of what is stored; the value itself was not read here.")
		return step
	case secret.IsEmpty() || c.Client.ID == "":
		step.unsure("What the header is made of is not known: it takes the client id and the client secret.")
		return step
	case verdict.Name == v1alpha1.VerdictSecretMalformed, verdict.Name != v1alpha1.VerdictAccepted && defect == Failed:
		step.fail("The header is made of the value as it is stored, so what does not belong there is in its base64 too (step 1).")
		step.next("Make the header of the clean value; in a shell with printf '%%s:%%s', never with echo, which adds a newline.")
		return step
	}
	if !formsDiffer(c.Client.ID, secret) {
		step.pass("The header is base64 of client id, colon and client secret: %d characters after \"Basic \". No character of them needs encoding, "+
			"so every client writes the same.", len(basicHeader(c.Client.ID, secret, formRaw)))
		return step
	}
	c.judgeForms(step, verdict)
	return step
}

// judgeForms deals with characters that some clients form-encode and some do not.
func (c Case) judgeForms(step *Step, verdict Verdict) {
	step.pass("Client id or secret has characters that RFC 6749 section 2.3.1 wants form-encoded before base64 (%s): the header has %d characters "+
		"after \"Basic \" when they are, and %d when not.", strings.Join(specials(c.Client.ID, c.Stored.Secret.Reveal()), ", "),
		len(basicHeader(c.Client.ID, c.Stored.Secret, formEncoded)), len(basicHeader(c.Client.ID, c.Stored.Secret, formRaw)))
	const advice = "Make sure that the clients write the header the same way, or use client_secret_post, or rotate: the operator's secrets are letters and digits alone."
	accepted, ok := c.Asked.accepted()
	switch {
	case ok && accepted.Form != "":
		step.pass("Okta takes them %s here.", accepted.Form)
		step.next(advice)
	case len(c.Asked.Attempts) > 0 && refusesSecret(c.Asked.Attempts[0].Answer):
		step.pass("Okta refuses both, so the encoding is not what is wrong.")
	case verdict.Name == v1alpha1.VerdictAccepted:
		step.pass("Okta accepts one of the two; the operator tries both.")
		step.next(advice)
	case verdict.Name == v1alpha1.VerdictSecretRejected:
		step.pass("The operator tried both, and Okta refuses both: the encoding is not what is wrong.")
	default:
		step.unsure("Which of the two Okta takes is not known.")
		step.next(advice)
	}
}
