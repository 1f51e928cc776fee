package diagnose

import (
	"cmp"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// Case is everything that is known of one client. It is gathered whole before anything is judged.
type Case struct {
	// Subject names it for people.
	Subject string
	Client  Client
	Stored  Stored
	// Cluster is nil where there is no credential in a cluster.
	Cluster *Cluster
	// Public is what the org's public documents say.
	Public Public
	// Asked is what the token endpoint answered just now.
	Asked Asked
}

// Client is whom the diagnosis is about and where it is asked about.
type Client struct {
	ID string
	// OrgURL is https://host[:port], without a path; empty when it is not known.
	OrgURL string
	// AuthorizationServer is empty for the org's own.
	AuthorizationServer string
	// Issuer is what the applications use, as it was given; empty when it is not known.
	Issuer string
	// Method is how the secret is sent; Auto is basic until something else is known.
	Method v1alpha1.TokenEndpointAuthMethod
}

// issuer of the authorization server that is asked.
func (c Client) issuer() string {
	if c.AuthorizationServer == "" {
		return c.OrgURL
	}
	return c.OrgURL + "/oauth2/" + c.AuthorizationServer
}

// Stored is the client secret and where it was found.
type Stored struct {
	// Secret is empty when there is none, or none that may be read.
	Secret redact.Value
	// Place it came from, in words.
	Place string
	// Problem says why there is no value; ProblemMark is Failed where that is the fault, Unknown where it just cannot be seen.
	Problem     string
	ProblemMark Mark
	// Fix is what to do about the problem.
	Fix string
}

// Cluster is what the cluster says of a credential.
type Cluster struct {
	Credential *v1alpha1.OktaClientCredential
	// Connection is nil when it could not be read; then ConnectionProblem says why. ConnectionMark is Failed where that is the
	// fault, Unknown where it just cannot be seen.
	Connection        *v1alpha1.ConnectionStatus
	ConnectionProblem string
	ConnectionMark    Mark
	// SecretRead says whether the Kubernetes Secret was read.
	SecretRead bool
	// SecretClientID is what it holds as the client id. It may be anything, a secret included.
	SecretClientID string
}

// Verdict is what is known of the client and its secret, and from whom.
type Verdict struct {
	Name     v1alpha1.Verdict `json:"name,omitempty"`
	Evidence string           `json:"evidence,omitempty"`
	Fix      string           `json:"fix,omitempty"`
	// Source is who asked Okta: SourceNow or SourceOperator.
	Source string `json:"source,omitempty"`
}

// Who asked Okta.
const (
	SourceNow      = "asked now"
	SourceOperator = "the operator"
)

// Diagnose judges a case. It is pure.
func Diagnose(c Case) Report {
	verdict := c.verdict()
	report := Report{Subject: c.Subject, Verdict: verdict, Mark: Passed}
	for _, judge := range []func(Verdict) *Step{c.idAndSecret, c.tenants, c.method, c.basicHeader, c.newSecret} {
		step := judge(verdict)
		report.Steps = append(report.Steps, *step)
		report.Mark = worse(report.Mark, step.Mark)
	}
	return report
}

// verdict is the one of an answer that was got just now, else the operator's, who may get to Okta where this machine does not.
func (c Case) verdict() Verdict {
	asked, ok := c.Asked.verdict()
	if ok && asked.Name.Decides() || c.Cluster == nil || c.Cluster.Credential.Status.Verdict.Name == "" {
		return asked
	}
	said := c.Cluster.Credential.Status.Verdict
	return Verdict{Name: said.Name, Evidence: said.Evidence, Fix: cmp.Or(said.Fix, fixFor(said.Name)), Source: SourceOperator}
}

// usedMethod is how the secret is sent.
func (c Client) usedMethod() v1alpha1.TokenEndpointAuthMethod {
	if c.Method == v1alpha1.AuthMethodAuto || c.Method == "" {
		return v1alpha1.AuthMethodBasic
	}
	return c.Method
}
