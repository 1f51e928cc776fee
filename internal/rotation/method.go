package rotation

import (
	"fmt"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// The values of token_endpoint_auth_method that are checked with a client secret (RFC 7591).
type oktaMethod string

const (
	methodBasic oktaMethod = "client_secret_basic"
	methodPost  oktaMethod = "client_secret_post"
)

// useMethod goes over to the application's own authentication method, where a rejection may be due to another one.
func useMethod(now time.Time, o Observation) Action {
	used, theirs := o.usedMethod(), o.Okta.method()
	if used == theirs {
		return nil
	}
	if o.Credential.AuthMethod == v1alpha1.AuthMethodAuto {
		return WriteJournal{Record: o.Journal.Record.UseMethod(string(theirs))}
	}

	return blocked(o.nextCheck(now), v1alpha1.ReasonMethodMismatch, fmt.Sprintf(
		"The application authenticates with %s at Okta and spec.tokenEndpointAuthMethod is %s. Set it to Auto or %s.", o.Okta.AppAuthMethod, used, theirs))
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

// method is how the application authenticates, when it does so with a client secret.
func (v OktaView) method() v1alpha1.TokenEndpointAuthMethod {
	if oktaMethod(v.AppAuthMethod) == methodPost {
		return v1alpha1.AuthMethodPost
	}

	return v1alpha1.AuthMethodBasic
}

// learnMethod asks the application once how it authenticates, when Okta's answer may be due to another method than the one
// that was used: Okta has one text for both.
func learnMethod(now time.Time, o Observation) Action {
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
	if o.Okta.Problem != "" {
		return nil
	}
	switch oktaMethod(o.Okta.AppAuthMethod) {
	case methodBasic, methodPost:
		return WriteJournal{Record: o.Journal.Record.UseMethod(string(o.Okta.method()))}
	default:
		return nil
	}
}
