package situations

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// engine is an org's pipeline, as Okta's metadata names it.
type engine string

const (
	classic  engine = "v1"
	identity engine = "idx"
)

// customServer is the custom authorization server of every org; "" is the org's own.
const customServer = "default"

// adminRights are what the operator's service application may do at Okta.
type adminRights string

const (
	allRights adminRights = ""
	// maskedSecrets: the role lacks okta.apps.clientCredentials.read.
	maskedSecrets adminRights = "masked"
	// noRole: the scopes are granted, and no admin role is.
	noRole adminRights = "norole"
	// noReadScope: okta.apps.read was not granted.
	noReadScope adminRights = "noscope"
	// otherApps: the role's resource set holds another application.
	otherApps adminRights = "otherapps"
)

// orgKind is what distinguishes orgs: situations with equal ones share an org and a connection.
type orgKind struct {
	engine   engine
	unknowns oktasim.Unknowns
	admin    adminRights
	// noAPIAccessManagement: the org did not buy custom authorization servers.
	noAPIAccessManagement bool
	// of is a situation that must be alone at its org, such as one that uses up a rate limit.
	of string
}

// org is a simulated org with the connection of the operator to it.
type org struct {
	*oktasim.Org
	server *oktasim.Server
	wire   *wire
	id     string
	// connection is the name of its ClusterOktaConnection.
	connection string
	connected  sync.Once
}

// adminID is the operator's own service application at each org; only what it does counts as the operator's doing.
const adminID = "0oaoperator000000000"

// orgs are all orgs of this package, started when first needed.
type orgs struct {
	mu    sync.Mutex
	known map[orgKind]*org
	// another is an org that no credential belongs to.
	another *org
}

// startFirst starts the orgs whose hosts the operator must be told of: an issuer's host is asked only if it is allowed.
func (o *orgs) startFirst() error {
	o.known = map[orgKind]*org{}
	for _, kind := range []orgKind{{engine: classic}, {engine: identity}} {
		if _, err := o.of(kind); err != nil {
			return err
		}
	}
	var err error
	o.another, err = newOrg("another", oktasim.Options{OrgID: "00oanotherorg0000000"})

	return err
}

// hosts under which the first orgs and the other one are reached: the second form stands for a custom domain.
func (o *orgs) hosts() []string {
	hosts := []string{o.another.host()}
	for _, known := range o.known {
		hosts = append(hosts, known.host(), known.customDomain())
	}

	return hosts
}

func (o *orgs) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, known := range o.known {
		_ = known.server.Close()
	}
	if o.another != nil {
		_ = o.another.server.Close()
	}
}

// of returns the org of a kind.
func (o *orgs) of(kind orgKind) (*org, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if found := o.known[kind]; found != nil {
		return found, nil
	}
	name := fmt.Sprintf("acme-%d", len(o.known))
	made, err := newOrg(name, oktasim.Options{
		Pipeline: string(kind.engine), Unknowns: kind.unknowns, NoAPIAccessManagement: kind.noAPIAccessManagement,
		OrgID: fmt.Sprintf("00oacme%013d", len(o.known)), Seed: uint64(len(o.known)),
	})
	if err != nil {
		return nil, err
	}
	made.AddAuthorizationServer(oktasim.AuthorizationServer{ID: customServer, Scopes: []string{"orders.read"}})
	o.known[kind] = made

	return made, nil
}

func newOrg(name string, options oktasim.Options) (*org, error) {
	made := &org{Org: oktasim.New(options), connection: name, id: options.OrgID, wire: &wire{}}
	var err error
	made.server, err = oktasim.ServeTLS(made.wire.over(made.Handler()), "", oktasim.TLSOptions{})

	return made, err
}

func (o *org) host() string { return strings.TrimPrefix(o.server.URL, "https://") }

// customDomain is another host of the same org.
func (o *org) customDomain() string { return strings.Replace(o.host(), "127.0.0.1", "localhost", 1) }

// connect makes the org's ClusterOktaConnection, once.
func (o *org) connect(t *testing.T, admin adminRights) {
	t.Helper()
	o.connected.Do(func() {
		private, public, err := oktasim.NewServiceKey("k1")
		if err != nil {
			t.Fatal(err)
		}
		scopes, role := []string{"okta.apps.read", "okta.apps.manage"}, oktasim.Role{}
		switch admin {
		case maskedSecrets:
			role.HideSecrets = true
		case noRole:
			role.None = true
		case noReadScope:
			scopes = scopes[1:]
		case otherApps:
			role.Apps = []string{adminID}
		case allRights:
		}
		o.AddServiceApp(adminID, public, scopes, role)
		must(t, cluster.client.Create(t.Context(), &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: o.connection},
			Data:       map[string][]byte{"private-key": []byte(private.Reveal())},
		}))
		must(t, cluster.client.Create(t.Context(), &v1alpha1.ClusterOktaConnection{
			ObjectMeta: metav1.ObjectMeta{Name: o.connection},
			Spec: v1alpha1.ClusterConnectionSpec{
				ConnectionSpec: v1alpha1.ConnectionSpec{
					OrgURL: o.server.URL,
					Auth: v1alpha1.ConnectionAuth{PrivateKeyJWT: &v1alpha1.PrivateKeyJWTAuth{
						ClientID: adminID, KeyID: "k1",
						PrivateKeySecretRef: v1alpha1.LocalSecretKeyReference{Name: o.connection, Key: "private-key"},
					}},
					// Nearly everything is refused here, which is what the brake is for.
					Rotation:  v1alpha1.RotationPace{MaxConcurrent: 100, MassFailureBrake: v1alpha1.MassFailureBrake{Percent: new(int32)}},
					RateLimit: v1alpha1.RateLimit{MaxCapacityPercent: 100, MaxConcurrentRequests: 50},
				},
				CABundle: string(o.server.CA) + string(cluster.orgs.another.server.CA),
				Allow:    []v1alpha1.AllowRule{{NamespaceSelector: &metav1.LabelSelector{}, ClientIDs: []string{"*"}}},
			},
		}))
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
