// Package connection keeps the connections to Okta orgs: it reconciles OktaConnection and ClusterOktaConnection, and gives
// the controller of credentials what a connection allows and the clients for its org. Clients, tokens and caches are never
// shared between connections; only the request budget is, by org. It must not touch a client secret.
package connection

import (
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/egress"
)

// Connection is an OktaConnection or a ClusterOktaConnection.
type Connection struct {
	object client.Object
	status *v1alpha1.ConnectionStatus

	// Kind of the connection.
	Kind v1alpha1.ConnectionKind
	// UID and Generation tell apart what was made from an earlier state of the connection.
	UID        types.UID
	Generation int64
	Name       string
	// SecretNamespace is where its admin credential is read: its own namespace, or the operator's.
	SecretNamespace string
	Spec            v1alpha1.ConnectionSpec
	CABundle        string
	Proxy           string
	Allow           []v1alpha1.AllowRule
}

func fromNamespaced(o *v1alpha1.OktaConnection) Connection {
	return Connection{
		object: o, status: &o.Status, Kind: v1alpha1.ConnectionKindNamespaced, UID: o.UID, Generation: o.Generation,
		Name: o.Name, SecretNamespace: o.Namespace, Spec: normalized(o.Spec),
	}
}

func fromCluster(o *v1alpha1.ClusterOktaConnection, operatorNamespace string) Connection {
	return Connection{
		object: o, status: &o.Status, Kind: v1alpha1.ConnectionKindCluster, UID: o.UID, Generation: o.Generation,
		Name: o.Name, SecretNamespace: operatorNamespace, Spec: normalized(o.Spec.ConnectionSpec),
		CABundle: o.Spec.CABundle, Proxy: o.Spec.Proxy, Allow: o.Spec.Allow,
	}
}

// normalized writes the org's URL in one way, so that https://EXAMPLE.okta.com/ and https://example.okta.com are one org.
func normalized(spec v1alpha1.ConnectionSpec) v1alpha1.ConnectionSpec {
	if org, err := egress.ParseOrgURL(spec.OrgURL); err == nil {
		spec.OrgURL = org.String()
	}

	return spec
}

// String names the connection for messages.
func (c Connection) String() string { return fmt.Sprintf("%s %s", c.Kind, c.Name) }

// AdminSecret names the Secret and key of the admin credential.
func (c Connection) AdminSecret() v1alpha1.LocalSecretKeyReference {
	if jwt := c.Spec.Auth.PrivateKeyJWT; jwt != nil {
		return jwt.PrivateKeySecretRef
	}

	return c.Spec.Auth.APIToken.SecretRef
}

// IsOf says whether it is the connection that a credential of a namespace names.
func (c Connection) IsOf(namespace string, ref v1alpha1.ConnectionReference) bool {
	return c.Kind == ref.Kind && c.Name == ref.Name && (c.Kind == v1alpha1.ConnectionKindCluster || c.SecretNamespace == namespace)
}

// OrganizationID of the org, once it answered.
func (c Connection) OrganizationID() string { return c.status.OrganizationID }

// ReadUntil is until when an earlier process wrote down that it had read the System Log; zero when none did.
func (c Connection) ReadUntil() time.Time { return c.status.SystemLogReadUntil.Time }

// Conditions that the connection's own controller reported last.
func (c Connection) Conditions() []metav1.Condition { return c.status.Conditions }

// ObservedGeneration is the generation that the conditions speak of.
func (c Connection) ObservedGeneration() int64 { return c.status.ObservedGeneration }

// allows says whether a cluster connection lets a namespace keep a client in a mode. Nobody is allowed by default (I10).
func (c Connection) allows(namespace metav1.Object, clientID string, mode v1alpha1.Mode) bool {
	return c.Kind == v1alpha1.ConnectionKindNamespaced || slices.ContainsFunc(c.Allow, func(rule v1alpha1.AllowRule) bool {
		return allowsNamespace(rule, namespace) &&
			(slices.Contains(rule.ClientIDs, "*") || slices.Contains(rule.ClientIDs, clientID)) &&
			(len(rule.Modes) == 0 || slices.Contains(rule.Modes, mode))
	})
}

func allowsNamespace(rule v1alpha1.AllowRule, namespace metav1.Object) bool {
	if rule.NamespaceSelector == nil {
		return slices.Contains(rule.Namespaces, namespace.GetName())
	}
	selector, err := metav1.LabelSelectorAsSelector(rule.NamespaceSelector)

	return err == nil && selector.Matches(labels.Set(namespace.GetLabels()))
}
