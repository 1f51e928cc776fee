package diagnose

import (
	"net/http"
	"net/url"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/egress"
)

// tenants is the article's second step: /authorize and /token must be asked at one org and one authorization server.
func (c Case) tenants(verdict Verdict) *Step {
	step := newStep(2, "Compare tenants: /authorize and /token at the same org and authorization server")
	if c.Client.OrgURL == "" {
		c.withoutOrg(step)
		return step
	}
	if _, err := egress.ParseOrgURL(c.Client.OrgURL); err != nil {
		step.fail("The org cannot be asked: %s.", err)
		step.next("Use the org's own address.")
		return step
	}
	c.compareIssuer(step)
	c.readDocuments(step)
	c.judgeConnection(step)
	switch verdict.Name {
	case v1alpha1.VerdictWrongTenant, v1alpha1.VerdictWrongAuthorizationServer:
		step.fail("%s", verdict.Evidence)
		step.next("%s", verdict.Fix)
	case v1alpha1.VerdictClientUnknown:
		step.unsure("The client id is not of this org; it may be of another one, such as the preview org beside a production org.")
		step.next("Look at the host of the applications' /authorize requests, and compare it with %s.", host(c.Client.OrgURL))
	case v1alpha1.VerdictForbidden:
		step.fail("The org answers, and one of its rules refuses the request. %s", verdict.Evidence)
		step.next("%s", verdict.Fix)
	case v1alpha1.VerdictAccepted:
		step.pass("Okta accepts the client at %s.", c.Client.issuer())
	default:
		// The other verdicts say nothing about where the client belongs.
	}
	return step
}

func (c Case) withoutOrg(step *Step) {
	if c.Cluster != nil && c.Cluster.ConnectionProblem != "" {
		step.add(c.Cluster.ConnectionMark, "The org is not known: %s", c.Cluster.ConnectionProblem)
		return
	}
	step.fail("The org is not known.")
	step.next("Name it: --issuer https://example.okta.com/oauth2/default, or without path for the org's own server.")
}

// compareIssuer compares the applications' issuer with the org and the authorization server that are asked.
func (c Case) compareIssuer(step *Step) {
	if c.Client.Issuer == "" {
		if c.Cluster != nil {
			step.pass("The operator asks %s. What issuer the applications use is not known here (secretRef.issuerKey would say).", c.Client.issuer())
		}
		return
	}
	shown, ok := showURL(c.Client.Issuer)
	if !ok {
		step.fail("The applications' issuer is no https URL (not shown, since it may be a secret).")
		step.next("Write it as https://example.okta.com/oauth2/default, or without path for the org's own server.")
		return
	}
	org, server, err := ParseIssuer(c.Client.Issuer)
	switch {
	case err != nil:
		step.fail("The applications' issuer %s is none: %s.", shown, err)
		step.next("Use the issuer alone: https://host, or https://host/oauth2/ and the authorization server's id.")
	case org != c.Client.OrgURL && !c.sameOrg():
		step.fail("The applications use %s, but the secret is asked about at %s: another host%s.", shown, c.Client.OrgURL, c.otherOrg(org))
		step.next("Send /authorize and /token to the same org: make the issuer %s, or use a connection to %s.", c.Client.issuer(), org)
	case server != c.Client.AuthorizationServer:
		step.fail("The applications use %s, but the secret is asked about at %s.", nameServer(server), nameServer(c.Client.AuthorizationServer))
		step.next("Make spec.authorizationServer and the applications' issuer name the same server.")
	case org != c.Client.OrgURL:
		step.pass("The applications use %s: another host of the same org (%s), such as a custom domain.", shown, c.Public.Org.ID)
	default:
		step.pass("The issuer is %s.", shown)
	}
}

// sameOrg says whether the host of the issuer is proven to be another name of the org.
func (c Case) sameOrg() bool {
	other := c.Public.IssuerOrg
	return other != nil && other.ID != "" && other.ID == c.Public.Org.ID
}

// otherOrg says what is known of the difference between the issuer's host and the org's.
func (c Case) otherOrg(org string) string {
	other := c.Public.IssuerOrg
	switch {
	case other != nil && other.ID != "" && c.Public.Org.ID != "":
		return ", and another org (" + other.ID + ", not " + c.Public.Org.ID + ")"
	case isPreview(org) != isPreview(c.Client.OrgURL):
		return ": one is a preview org, the other is not"
	default:
		return ""
	}
}

func isPreview(orgURL string) bool { return strings.HasSuffix(host(orgURL), ".oktapreview.com") }

func host(orgURL string) string { return strings.TrimPrefix(orgURL, "https://") }

func nameServer(id string) string {
	if id == "" {
		return "the org's own authorization server"
	}
	return `authorization server "` + id + `"`
}

// readDocuments judges the public documents.
func (c Case) readDocuments(step *Step) {
	if c.Public.Skipped != "" {
		step.add(c.statusMark(), "The org's public documents were not read (%s). %s", c.Public.Skipped, c.statusOfOrg())
		return
	}
	switch org := c.Public.Org; {
	case org.Problem != "":
		step.unsure("The org's public metadata at %s cannot be read: %s.", org.Host, org.Problem)
		step.next("Check the host, the way to it (proxy: --proxy, certificate authority: --ca-file), and whether it is an Okta org.")
	case c.moved():
		step.fail("%s is org %s now, and was %s when the operator first saw it.", org.Host, org.ID, c.Cluster.Connection.OrganizationID)
		step.next("Make a new connection, and new credentials: the secrets of one org mean nothing to another.")
	case org.Engine != "":
		step.pass("%s is org %s (%s).", org.Host, org.ID, org.Engine)
	default:
		step.pass("%s is org %s.", org.Host, org.ID)
	}
	c.judgeServer(step)
}

// judgeConnection says whether the operator gets to the org.
func (c Case) judgeConnection(step *Step) {
	if c.Cluster == nil || c.Cluster.Connection == nil {
		return
	}
	ready := meta.FindStatusCondition(c.Cluster.Connection.Conditions, v1alpha1.ConditionReady)
	if ready != nil && ready.Status != metav1.ConditionTrue {
		step.fail("The operator's connection is not Ready (%s): %s", ready.Reason, ready.Message)
	}
}

func (c Case) moved() bool {
	return c.Cluster != nil && c.Cluster.Connection != nil && c.Cluster.Connection.OrganizationID != "" &&
		c.Cluster.Connection.OrganizationID != c.Public.Org.ID
}

// judgeServer judges the discovery document of the authorization server.
func (c Case) judgeServer(step *Step) {
	server := c.Public.Server
	expected := c.Client.issuer()
	switch {
	case server.Problem != "":
		step.unsure("The discovery document %s cannot be read: %s.", server.URL, server.Problem)
	case server.NotBought:
		step.fail("The org has no custom authorization servers: it lacks API Access Management (E0000015).")
		step.next("Use the org's own server: leave out authorizationServer, and take %s as the issuer.", c.Client.OrgURL)
	case server.Status == http.StatusNotFound && c.Client.AuthorizationServer != "":
		step.fail("There is no authorization server %q in this org (404 at %s).", c.Client.AuthorizationServer, server.URL)
		step.next("%s", fixFor(v1alpha1.VerdictWrongAuthorizationServer))
	case server.Status != http.StatusOK && c.Client.AuthorizationServer != "" && server.Status < http.StatusInternalServerError:
		step.fail("The authorization server %q is not served (%d at %s).", c.Client.AuthorizationServer, server.Status, server.URL)
		step.next("%s", fixFor(v1alpha1.VerdictWrongAuthorizationServer))
	case server.Status != http.StatusOK:
		step.unsure("The discovery document %s was answered with %d.", server.URL, server.Status)
	case strings.TrimSuffix(server.Issuer, "/") != expected:
		step.fail("The server that is asked as %s calls itself %s.", expected, shownOr(server.Issuer, "something that is no URL"))
		step.next("Use the name that the server calls itself by: tokens carry it, and clients compare it.")
	case hostOf(server.Authorization) != hostOf(server.Token):
		step.fail("/authorize is at %s and /token at %s.", shownOr(server.Authorization, "no URL"), shownOr(server.Token, "no URL"))
		step.next("Ask an Okta admin about the org's custom domains.")
	default:
		step.pass("/authorize is %s, /token is %s.", shownOr(server.Authorization, "not served"), shownOr(server.Token, "not served"))
	}
}

func shownOr(raw, otherwise string) string {
	if shown, ok := showURL(raw); ok {
		return shown
	}
	return otherwise
}

func hostOf(raw string) string {
	parsed, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.ToLower(parsed.Host)
}

// statusMark and statusOfOrg stand in for documents that were not read.
func (c Case) statusMark() Mark {
	if c.Cluster != nil && c.Cluster.Connection != nil && c.Cluster.Connection.OrganizationID != "" {
		return Passed
	}
	return Unknown
}

func (c Case) statusOfOrg() string {
	if c.statusMark() == Unknown {
		return "Nothing else tells which org it is."
	}
	connection := c.Cluster.Connection
	engine := map[string]string{"Classic": "Classic Engine", "IdentityEngine": "Identity Engine", "": "engine not known"}[connection.Engine]
	return "The connection says: org " + connection.OrganizationID + " (" + engine + ")."
}
