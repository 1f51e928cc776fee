package rotation

import (
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// oktaMethod is a value of token_endpoint_auth_method (RFC 7591).
type oktaMethod string

const (
	methodBasic      oktaMethod = "client_secret_basic"
	methodPost       oktaMethod = "client_secret_post"
	methodSecretJWT  oktaMethod = "client_secret_jwt"
	methodPrivateKey oktaMethod = "private_key_jwt"
	methodNone       oktaMethod = "none"
)

// inSpec is the method as spec.tokenEndpointAuthMethod writes it; empty for one without a client secret.
func (m oktaMethod) inSpec() v1alpha1.TokenEndpointAuthMethod {
	switch m {
	case methodBasic:
		return v1alpha1.AuthMethodBasic
	case methodPost:
		return v1alpha1.AuthMethodPost
	case methodSecretJWT:
		return v1alpha1.AuthMethodSecretJWT
	case methodPrivateKey, methodNone:
		return ""
	default:
		return ""
	}
}

// usedMethod is how the check authenticates the client.
func (o Observation) usedMethod() v1alpha1.TokenEndpointAuthMethod {
	switch kept := o.Journal.Record.AuthMethod; {
	case o.Credential.AuthMethod != v1alpha1.AuthMethodAuto:
		return o.Credential.AuthMethod
	case kept != "":
		return v1alpha1.TokenEndpointAuthMethod(kept)
	default:
		return v1alpha1.AuthMethodBasic
	}
}

// learnMethod goes over to the application's own method under Auto, since Okta may refuse a good secret that is sent in
// another way.
func learnMethod(o Observation) Action {
	if o.Okta == nil || o.Okta.Problem != "" || o.Credential.AuthMethod != v1alpha1.AuthMethodAuto || !o.writes() {
		return nil
	}
	theirs := oktaMethod(o.Okta.AppAuthMethod).inSpec()
	if theirs == "" || theirs == o.usedMethod() {
		return nil
	}

	return WriteJournal{Record: o.Journal.Record.UseMethod(string(theirs))}
}

// methodInDoubt asks the application how it authenticates before a second answer is waited for, where Okta's text may as well
// mean the method, and nobody asked yet.
func methodInDoubt(now time.Time, o Observation) Action {
	unknown := o.Check.Ambiguous && o.Credential.AuthMethod == v1alpha1.AuthMethodAuto && o.Journal.Record.AuthMethod == ""
	if !unknown || !o.writes() || o.Connection.Unusable != "" {
		return nil
	}
	if o.Okta == nil {
		if now.Before(o.Retry.At) {
			return nil
		}

		return Look{LookApplication}
	}
	if action := learnMethod(o); action != nil {
		return action
	}
	if o.Okta.Problem != "" || oktaMethod(o.Okta.AppAuthMethod).inSpec() == "" {
		return nil
	}

	return WriteJournal{Record: o.Journal.Record.UseMethod(string(o.usedMethod()))}
}
