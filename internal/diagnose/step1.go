package diagnose

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// Okta takes client secrets of its own making (64 characters, 40 before 2023-07) and others of 14 to 100 printable ASCII
// characters (documented at "create a client secret").
const (
	shortestSecret = 14
	longestSecret  = 100
)

// idAndSecret is the article's first step.
func (c Case) idAndSecret(verdict Verdict) *Step {
	step := newStep(1, "Compare client id and secret")
	c.compareIDs(step)
	if c.Client.ID != "" {
		judgeClient(step, verdict)
	}
	if c.Stored.Problem != "" {
		step.add(c.Stored.ProblemMark, "%s", c.Stored.Problem)
		step.next("%s", c.Stored.Fix)
	}
	if !c.Stored.Secret.IsEmpty() {
		c.judgeShape(step, verdict)
	}
	c.judgeSecret(step, verdict)
	c.judgeAge(step, verdict)
	return step
}

// compareIDs compares the client ids of spec, Secret and status.
func (c Case) compareIDs(step *Step) {
	if c.Client.ID == "" {
		step.fail("There is no client id: neither in the credential nor in the Secret.")
		step.next("Copy the client id from the application's page in the Admin Console into spec.clientID, or into the Secret.")
		return
	}
	id := c.showClientID()
	if strings.ContainsFunc(c.Client.ID, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r > unicode.MaxASCII }) {
		step.fail("The client id %s has a space, a newline or another character in it that no client id of Okta has.", id)
		step.next("Remove it: compare with the application's page in the Admin Console.")
		return
	}
	if c.Cluster == nil || !c.Cluster.SecretRead {
		step.pass("The client id is %s.", id)
		return
	}
	ref := c.Cluster.Credential.Spec.SecretRef
	switch held := c.Cluster.SecretClientID; held {
	case c.Client.ID:
		step.pass("The client id is %s in the credential and in the Secret alike.", id)
	case "":
		step.pass("The client id is %s; the Secret has none under key %q.", id, ref.ClientIDKey)
	default:
		step.fail("The client id is %s, but key %q of Secret %q holds %s.", id, ref.ClientIDKey, ref.Name, showID(held, true))
		step.next("Put %s under key %q of the Secret, or make a new OktaClientCredential for the other client.", id, ref.ClientIDKey)
		if issuedID.MatchString(c.Stored.Secret.Reveal()) {
			step.next("Compare the two keys: what stands under %q looks like a client id, so they may be swapped.", ref.ClientSecretKey)
		}
	}
}

// showClientID shows the client's id, unless it comes from the Secret alone and may be a secret.
func (c Case) showClientID() string {
	if c.Cluster == nil {
		return showID(c.Client.ID, false)
	}
	credential := c.Cluster.Credential
	named := c.Client.ID == credential.Spec.ClientID || c.Client.ID == credential.Status.ClientID
	return showID(c.Client.ID, !named)
}

// judgeClient says whether Okta knows the client.
func judgeClient(step *Step, verdict Verdict) {
	switch {
	case clientFound(verdict.Name):
		step.pass("Okta knows this client.")
	case verdict.Name == v1alpha1.VerdictClientUnknown, verdict.Name == v1alpha1.VerdictApplicationInactive, verdict.Name == v1alpha1.VerdictApplicationGone:
		step.fail("%s", verdict.Evidence)
		step.next("%s", verdict.Fix)
	}
}

// judgeShape looks at what the value is made of; what Okta accepts is right whatever it looks like.
func (c Case) judgeShape(step *Step, verdict Verdict) {
	value := c.Stored.Secret.Reveal()
	length := utf8.RuneCountInString(value)
	if verdict.Name == v1alpha1.VerdictAccepted && (verdict.Source == SourceNow || isPrintable(value)) {
		step.pass("The client secret (%s) has %d characters.", c.Stored.Place, length)
		return
	}
	if value == c.Client.ID || issuedID.MatchString(value) {
		step.fail("What is stored as the client secret (%s) is a client id.", c.Stored.Place)
		step.next("Put the client secret there.")
		return
	}
	printable := isPrintable(value)
	switch defect, mark := c.defect(verdict); {
	case defect != "":
		step.add(mark, "The client secret (%s) has %d characters, with %s.", c.Stored.Place, length, defect)
		step.next("%s", c.cleanFix(defect))
	case !printable:
		step.fail("The client secret (%s) has characters that no client secret of Okta has: those are printable ASCII.", c.Stored.Place)
		step.next("Copy the client secret from the Admin Console again.")
	case length < shortestSecret || length > longestSecret:
		step.fail("The client secret (%s) has %d characters; those of Okta have %d to %d.", c.Stored.Place, length, shortestSecret, longestSecret)
		step.next("Copy the client secret from the Admin Console again: the whole of it, and nothing else.")
	default:
		step.pass("The client secret (%s) has %d characters and looks like one: no newline, spaces, quotes or encoding around it.", c.Stored.Place, length)
	}
}

// defect says what does not belong into the value, and how sure that is; empty when nothing is known to be wrong with it.
func (c Case) defect(verdict Verdict) (words string, mark Mark) {
	if accepted, ok := c.Asked.accepted(); ok && accepted.Removed != "" {
		return accepted.Removed + "; Okta accepts it when that is mended", Failed
	}
	cleanings := rotation.Cleanings(c.Stored.Secret, c.Client.ID)
	if len(cleanings) == 0 {
		return "", Passed
	}
	words = cleanings[0].Removed
	printable := isPrintable(c.Stored.Secret.Reveal())
	if len(c.Asked.Attempts) > 1 {
		words += "; Okta refuses it when that is mended as well"
		if printable && len(c.Stored.Secret.Reveal()) < shortestSecret {
			// What is too short was more likely cut off than encoded.
			return "", Passed
		}
	}
	// A secret that somebody chose may begin with a quote: only Okta knows.
	if printable && verdict.Name != v1alpha1.VerdictSecretMalformed && verdict.Name != v1alpha1.VerdictSecretRejected {
		return words, Unknown
	}
	return words, Failed
}

func (c Case) cleanFix(defect string) string {
	if c.Cluster == nil && strings.Contains(defect, "a newline at the end") {
		return "If `echo` added it here and now, nothing is wrong: use printf %s, or echo -n. Otherwise mend it where the value comes from."
	}
	if c.Cluster == nil {
		return "Mend it where the value comes from."
	}
	ref := c.Cluster.Credential.Spec.SecretRef
	return fmt.Sprintf("Write the clean value to key %q of Secret %q (in mode Repair or Rotate the operator does, once Okta's list proves it), "+
		"and mend what writes it: `echo` adds a newline, `data:` wants base64 once and `stringData:` not at all.", ref.ClientSecretKey, ref.Name)
}

func isPrintable(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' })
}

// judgeSecret says what Okta says of the secret.
func (c Case) judgeSecret(step *Step, verdict Verdict) {
	if accepted, ok := c.Asked.accepted(); ok && verdict.Name == v1alpha1.VerdictMethodMismatch {
		step.pass("Okta accepts the client secret when it comes by %s.", methodNames[accepted.Method])
		return
	}
	if c.Asked.ambiguous() {
		step.fail("Okta refuses the client or its credentials, and does not say which. %s", verdict.Evidence)
		step.next("See step 3.")
		return
	}
	switch verdict.Name {
	case v1alpha1.VerdictAccepted:
		step.pass("Okta accepts the client secret. %s", verdict.Evidence)
	case v1alpha1.VerdictSecretRejected:
		step.fail("Okta refuses the client secret: it is wrong, expired or revoked. %s", verdict.Evidence)
		step.next("See step 5.")
	case v1alpha1.VerdictSecretMalformed:
		step.fail("Okta refuses the client secret as it is stored. %s", verdict.Evidence)
	case v1alpha1.VerdictRejectedButActive:
		step.fail("Okta's token endpoint refuses this secret, and its admin API lists it as ACTIVE. %s", verdict.Evidence)
		step.next("%s", verdict.Fix)
	case "":
		step.unsure("Whether Okta accepts the client secret is not known: %s", c.notAsked())
	default:
		step.unsure("Whether Okta accepts the client secret cannot be told yet. %s", verdict.Evidence)
	}
}

// judgeAge says where the operator's verdict is not, or no longer, certain.
func (c Case) judgeAge(step *Step, verdict Verdict) {
	if verdict.Source != SourceOperator {
		return
	}
	valid := c.condition(v1alpha1.ConditionSecretValid)
	if valid != nil && valid.Status == metav1.ConditionUnknown {
		step.unsure("The operator is not certain of that (%s): %s", valid.Reason, valid.Message)
	}
}

// notAsked says why nobody asked Okta.
func (c Case) notAsked() string {
	switch {
	case c.Asked.Skipped != "":
		return c.Asked.Skipped
	case c.Stored.Secret.IsEmpty():
		return "there is none to ask about."
	case c.Cluster != nil:
		return "the operator has not asked it yet, and --ask-okta was not given."
	default:
		return "it was not asked."
	}
}
