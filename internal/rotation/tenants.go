package rotation

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// byServer says whether the credential's authorization server is there.
func (o Observation) byServer() (Diagnosis, Action) {
	if o.Tenants == nil {
		return o.asTold(""), Look{LookTenants}
	}
	if o.Tenants.Server != Missing {
		return o.asTold(""), nil
	}

	return diagnosis(v1alpha1.VerdictWrongAuthorizationServer,
		fmt.Sprintf("The org %s has no authorization server %q: its discovery document is not there. %s", o.Credential.Binding.Org, o.Credential.AuthorizationServer, o.Check.Evidence),
		"Set spec.authorizationServer to the id in the issuer of your applications (…/oauth2/<id>), or leave it out for the org's own."), nil
}

// elsewhere: this org does not know the client, and never accepted it here.
func (o Observation) elsewhere() Diagnosis {
	if d, wrong := o.tenants(); wrong {
		return d
	}
	evidence := fmt.Sprintf("%s The admin API of %s has no such application either.", o.Check.Evidence, o.Credential.Binding.Org)
	if o.Okta.Unasked {
		evidence = o.Check.Evidence + " " + o.Okta.Message
	}
	fix := "Compare the client id with the application's page in Okta, and the org there with the connection's orgURL."
	if strings.Contains(o.Credential.Binding.Org, ".oktapreview.com") {
		fix += " The connection is to a preview org (oktapreview.com), whose applications are not those of the production org."
	}

	return diagnosis(v1alpha1.VerdictClientUnknown, evidence, fix)
}

// foreignIssuer says whether the applications' issuer is at another host than the connection's org, so that it takes the
// metadata of both to tell whether they are one org.
func (o Observation) foreignIssuer() bool {
	issuer, ok := o.issuer()

	return ok && issuer.Host != "" && !strings.EqualFold(issuer.Host, hostOf(o.Credential.Binding.Org))
}

// tenants compares the issuer that the applications use with the connection's org and the credential's authorization server.
func (o Observation) tenants() (Diagnosis, bool) {
	issuer, ok := o.issuer()
	if !ok {
		return Diagnosis{}, false
	}
	if o.foreignIssuer() && o.Tenants != nil && o.Tenants.IssuerOrgID != "" && o.Tenants.OrgID != "" && o.Tenants.IssuerOrgID != o.Tenants.OrgID {
		return diagnosis(v1alpha1.VerdictWrongTenant,
			fmt.Sprintf("The Secret's issuer is %s, which is another Okta org (%s) than the connection's %s (%s): a client of one org is unknown to the other.",
				issuer.Host, o.Tenants.IssuerOrgID, o.Credential.Binding.Org, o.Tenants.OrgID),
			"Correct the issuer in the Secret, or make a new OktaClientCredential with a connection to the issuer's org."), true
	}
	server, isIssuer := serverOf(issuer)
	switch {
	case !isIssuer:
		return diagnosis(v1alpha1.VerdictWrongAuthorizationServer,
			"What the Secret holds under the key that secretRef.issuerKey names is no issuer of Okta's: its path is neither empty nor /oauth2/ and the id of an authorization server.",
			"Correct the issuer in the Secret, or name the right key in a new OktaClientCredential."), true
	case server != o.Credential.AuthorizationServer:
		return diagnosis(v1alpha1.VerdictWrongAuthorizationServer,
			fmt.Sprintf("The Secret's issuer names %s and this credential is checked at %s.", serverInWords(server), serverInWords(o.Credential.AuthorizationServer)),
			"Set spec.authorizationServer to the one that the applications use, or correct the issuer in the Secret."), true
	}

	return Diagnosis{}, false
}

// issuer that the applications use, when it is an https URL.
func (o Observation) issuer() (*url.URL, bool) {
	parsed, err := url.Parse(strings.TrimSpace(o.Target.Issuer))
	if o.Target.Issuer == "" || err != nil || parsed.Scheme != "https" || parsed.Host == "" {
		return nil, false
	}

	return parsed, true
}

// serverPath is the path of an authorization server's issuer, whose id is what may be shown of it.
var serverPath = regexp.MustCompile(`^/oauth2/([A-Za-z0-9_-]{1,64})$`)

// serverOf is the authorization server in an issuer: https://org/oauth2/{server}; empty for the org's own. False for a URL that
// is no issuer of Okta's: the key may be the wrong one, and the path of a webhook's address is a secret.
func serverOf(issuer *url.URL) (server string, isIssuer bool) {
	path := strings.TrimSuffix(issuer.Path, "/")
	if path == "" || path == "/oauth2" {
		return "", true
	}
	match := serverPath.FindStringSubmatch(path)
	if match == nil {
		return "", false
	}

	return match[1], true
}

func serverInWords(server string) string {
	if server == "" {
		return "the org authorization server"
	}

	return fmt.Sprintf("authorization server %q", server)
}

func hostOf(org string) string {
	parsed, err := url.Parse(org)
	if err != nil {
		return org
	}

	return parsed.Host
}
