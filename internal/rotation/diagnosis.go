package rotation

import (
	"fmt"
	"strings"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// Diagnosis is what an answer of the token endpoint comes down to, together with what the admin API and public metadata say.
type Diagnosis struct {
	Verdict v1alpha1.Verdict
	// Reason is the verdict's name, or one that says more.
	Reason string
	// Evidence is what was seen, Fix what a person can do: whole sentences.
	Evidence string
	Fix      string
	// clean is the value to repair the target with, when the verdict is SecretMalformed.
	clean *Held
	note  string
}

// Diagnose says what the last answer comes down to as far as the facts go that this observation holds; false when it is
// Accepted, not confirmed yet, or says nothing about the client.
func Diagnose(o Observation) (Diagnosis, bool) {
	o.Okta = o.compared()
	if o.Check == nil || !o.calledForDiagnosis() || o.unconfirmed() {
		return Diagnosis{}, false
	}
	d, missing := diagnose(o)

	return d, missing == nil
}

// calledForDiagnosis says whether the last answer refuses the client, so that its cause is looked for.
func (o Observation) calledForDiagnosis() bool {
	return o.Check.RejectsSecret() || o.serverInDoubt() ||
		(o.Check.Verdict.Decides() && o.Check.Verdict != v1alpha1.VerdictAccepted && o.Check.Verdict != v1alpha1.VerdictForbidden)
}

// serverInDoubt says whether the answer means, or may mean, that there is no such authorization server.
func (o Observation) serverInDoubt() bool {
	const notFound = 404
	if o.Check.Verdict == v1alpha1.VerdictWrongAuthorizationServer {
		return true
	}

	return !o.Check.Verdict.Decides() && o.Check.Status == notFound && o.Credential.AuthorizationServer != ""
}

// unconfirmed says whether a rejection waits for its second answer.
func (o Observation) unconfirmed() bool {
	return o.Check.RejectsSecret() && o.Check.Rejections < o.Credential.Confirmations
}

// diagnose goes from what would explain a refusal whatever the secret is to the secret itself. The Look is the fact that is
// missing, if one is; then the diagnosis is what can be said without it.
func diagnose(o Observation) (Diagnosis, Action) {
	if o.serverInDoubt() {
		return o.byServer()
	}
	if o.Connection.Unusable != "" {
		return o.asTold(fmt.Sprintf("The cause cannot be looked for, because the connection's admin credential cannot be used (%s).", o.Connection.Unusable)), nil
	}
	view := o.Okta
	switch {
	case view == nil:
		return o.asTold(""), Look{LookApplication}
	case view.Problem == v1alpha1.ReasonApplicationNotFound:
		return o.withoutApplication()
	case view.Problem != "":
		return o.asTold("The cause cannot be looked for: " + view.Message), nil
	case view.AppStatus == "" && view.AppClientID == "":
		return o.asTold(""), Look{LookApplication}
	case view.AppClientID != o.ClientID():
		return o.mismatched(), nil
	case view.AppStatus != appActive:
		return o.inactive(), nil
	}
	if d, found := o.byMethod(); found {
		return d, nil
	}
	if !o.Check.RejectsSecret() {
		return o.contradicted()
	}

	return o.byValue()
}

// appActive and appDeleted are statuses of an application at Okta.
const (
	appActive  = "ACTIVE"
	appDeleted = "DELETED"
)

func diagnosis(verdict v1alpha1.Verdict, evidence, fix string) Diagnosis {
	return Diagnosis{Verdict: verdict, Reason: string(verdict), Evidence: evidence, Fix: fix}
}

// told is what the token endpoint answered, when it was asked.
func (o Observation) told() string {
	if o.Check == nil || o.Check.Verdict == v1alpha1.VerdictAccepted {
		return ""
	}

	return " " + o.Check.Evidence
}

// asTold is what the token endpoint alone says.
func (o Observation) asTold(addition string) Diagnosis {
	d := diagnosis(o.Check.Verdict, o.Check.Evidence, o.Check.Fix)
	if addition != "" {
		d.Evidence += " " + addition
	}

	return d
}

// unexplained is a refusal that the facts do not explain, or contradict: nothing is concluded from it.
func (o Observation) unexplained(reason, evidence, fix string) Diagnosis {
	return Diagnosis{Verdict: v1alpha1.VerdictUnrecognized, Reason: reason, Evidence: strings.TrimSpace(o.told() + " " + evidence), Fix: fix}
}

// withoutApplication: the admin API has no such application. That alone is no proof that it is gone: a role may hide it.
func (o Observation) withoutApplication() (Diagnosis, Action) {
	const hidden = "The admin API shows no application with this id: its id is not the client id, or it is in no resource set of the connection's admin role."
	switch {
	case o.Okta.Unasked && o.Check.Verdict != v1alpha1.VerdictClientUnknown:
		return o.asTold(o.Okta.Message + " With spec.clientID, in a new OktaClientCredential, it is asked."), nil
	case o.Check.Verdict != v1alpha1.VerdictClientUnknown:
		return o.unexplained(v1alpha1.ReasonApplicationNotFound, hidden,
			"Add the application to the resource set of the admin role, or make a new OktaClientCredential with spec.applicationID."), nil
	case o.Journal.Record.Current != nil:
		return diagnosis(v1alpha1.VerdictApplicationGone,
			o.Check.Evidence+" The admin API has no such application either, and Okta accepted this client before: it was deleted, or the admin role no longer covers it.",
			"Ask who removed it. If it is to be replaced, make a new application and a new OktaClientCredential for it."), nil
	case o.Tenants == nil:
		return o.asTold(""), Look{LookTenants}
	default:
		return o.elsewhere(), nil
	}
}

func (o Observation) mismatched() Diagnosis {
	return o.unexplained(v1alpha1.ReasonApplicationMismatch,
		fmt.Sprintf("The application has client id %q, but this credential keeps another one: %s.", o.Okta.AppClientID, o.keptClientID()),
		"Make a new OktaClientCredential with the right applicationID.")
}

// therefore says what the token endpoint made of a cause that it does not name.
func (o Observation) therefore() string {
	if told := o.told(); told != "" {
		return " Therefore its token endpoint answers so:" + told
	}

	return ""
}

func (o Observation) inactive() Diagnosis {
	if o.Okta.AppStatus == appDeleted {
		return diagnosis(v1alpha1.VerdictApplicationGone, "Okta lists the application as DELETED, so no client secret works."+o.therefore(),
			"If it is to be replaced, make a new application and a new OktaClientCredential for it.")
	}

	return diagnosis(v1alpha1.VerdictApplicationInactive, fmt.Sprintf("The application is %s at Okta, so no client secret works.%s", o.Okta.AppStatus, o.therefore()),
		"Activate the application in Okta (Applications, the application, Active), or ask who deactivated it.")
}

// byMethod compares how the application authenticates with what was used.
func (o Observation) byMethod() (Diagnosis, bool) {
	switch theirs := oktaMethod(o.Okta.AppAuthMethod); theirs {
	case methodNone:
		return diagnosis(v1alpha1.VerdictPublicClient, "The application is a public client at Okta (token_endpoint_auth_method none), so it has no client secret to check."+o.therefore(),
			"Delete this OktaClientCredential, or give the application client authentication with a client secret in Okta."), true
	case methodPrivateKey:
		return diagnosis(v1alpha1.VerdictPrivateKeyRequired, "The application authenticates with a private key at Okta (private_key_jwt), so no client secret works."+o.therefore(),
			"Choose a client secret as its client authentication in Okta, or delete this OktaClientCredential."), true
	case methodBasic, methodPost, methodSecretJWT:
		if used := o.usedMethod(); used != theirs.inSpec() {
			return diagnosis(v1alpha1.VerdictMethodMismatch, fmt.Sprintf("The application authenticates with %s at Okta, and the secret is sent as %s.%s", theirs, used, o.therefore()),
				fmt.Sprintf("Set spec.tokenEndpointAuthMethod to Auto or %s, and see that the applications that use the Secret do the same.", theirs.inSpec())), true
		}

		return Diagnosis{}, false
	default:
		return o.unexplained(v1alpha1.ReasonUnrecognized, fmt.Sprintf("The application authenticates with %q at Okta, which this operator does not know.", o.Okta.AppAuthMethod),
			"Choose client_secret_basic, client_secret_post or client_secret_jwt in Okta."), true
	}
}

// contradicted: the token endpoint refuses the client for a cause that the application does not show.
func (o Observation) contradicted() (Diagnosis, Action) {
	if o.Check.Verdict != v1alpha1.VerdictClientUnknown {
		return o.asTold(""), nil
	}
	listed := "masks its secrets"
	switch held, presence := o.findTarget(); {
	case presence == Present && held.Active:
		listed = "lists the stored secret as ACTIVE"
	case presence == Present:
		listed = "lists the stored secret as INACTIVE"
	case presence == Absent:
		listed = "does not list the stored secret"
	}

	return o.unexplained(v1alpha1.ReasonUnrecognized,
		fmt.Sprintf("Yet the admin API has this client as an ACTIVE application, and %s.", listed),
		fmt.Sprintf("If the application is new, wait. If its secret was revoked, set the annotation %s to the current time to have a new one made.", v1alpha1.AnnotationRotate)), nil
}

// byValue compares the stored value with what Okta lists.
func (o Observation) byValue() (Diagnosis, Action) {
	listed, presence := o.findTarget()
	if presence == Present && listed.Active {
		return o.rejectedButActive(listed)
	}
	if d, found := o.malformed(); found {
		return d, nil
	}
	switch presence {
	case Present:
		return diagnosis(v1alpha1.VerdictSecretRejected, fmt.Sprintf("%s Okta lists it as INACTIVE (%s): it was deactivated.", o.Check.Evidence, listed.ID), needsNewSecret), nil
	case Absent:
		return diagnosis(v1alpha1.VerdictSecretRejected, fmt.Sprintf("%s It is not among the client secrets that Okta lists for the application (%d): it was deleted, or never was one of them.",
			o.Check.Evidence, len(o.Okta.Secrets)), needsNewSecret), nil
	case Unknown:
	}
	if d, missing, found := o.byCleanForms(); found {
		return d, missing
	}
	if o.Check.Ambiguous {
		return o.unexplained(v1alpha1.ReasonUnrecognized, "Okta masks the application's secrets or shows none, so it cannot be told whether the stored one is among them.",
			fmt.Sprintf("Grant the admin role okta.apps.clientCredentials.read, or set the annotation %s to the current time if a new secret is wanted.", v1alpha1.AnnotationRotate)), nil
	}

	return o.asTold("Okta masks the application's secrets or shows none, so its list is no second proof."), nil
}

const needsNewSecret = "A new client secret is needed."

// rejectedButActive: a new secret would not help, so what else it can be is looked for.
func (o Observation) rejectedButActive(listed Listed) (Diagnosis, Action) {
	if o.Credential.AuthorizationServer != "" && o.Tenants == nil {
		return o.asTold(""), Look{LookTenants}
	}
	if o.Tenants != nil && o.Tenants.Server == Missing {
		d, _ := o.byServer()

		return d, nil
	}

	return diagnosis(v1alpha1.VerdictRejectedButActive,
		fmt.Sprintf("Okta's token endpoint rejects the client secret, but Okta lists it as ACTIVE (%s), and method and application are as they should be: a new one would not help. %s", listed.ID, o.Check.Evidence),
		"Look at the application's sign-on policy and at Okta's System Log for this client. If the secret was just activated, wait."), nil
}

// explained waits for a person with what was found. The value that Okta refuses is not sent again but at the slow recheck.
func explained(now time.Time, o Observation, d Diagnosis) Action {
	message := d.Evidence
	if d.Fix != "" {
		message += " " + d.Fix
	}

	return blocked(o.nextCheck(now), d.Reason, message)
}
