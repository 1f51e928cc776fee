package connection_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/internal/egress"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/test/controlplane"
)

const (
	adminToken = "00AdminTokenAdminTokenAdminTokenAdminToken"
	operatorNS = "operator"
	interval   = 15 * time.Second
)

var begin = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// listener is the one server of all tests, because the process reads SSL_CERT_FILE once; each test puts its org behind it.
var listener struct {
	*oktasim.Server

	handler atomic.Pointer[http.Handler]
}

// apiServer is the one API server of all tests, which run one after another; each test removes what it applied.
var apiServer struct {
	*controlplane.ControlPlane

	client client.Client
}

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	listener.Server, err = oktasim.ServeTLS(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		(*listener.handler.Load()).ServeHTTP(out, in)
	}), "", oktasim.TLSOptions{})
	if err != nil {
		return 0, err
	}
	defer func() { _ = listener.Close() }()
	file := filepath.Join(folder, "ca.pem")
	if err := errors.Join(os.WriteFile(file, listener.CA, 0o600), os.Setenv("SSL_CERT_FILE", file)); err != nil {
		return 0, err
	}
	if err := startAPIServer(); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, apiServer.Stop()) }()

	return m.Run(), nil
}

func startAPIServer() (err error) {
	apiServer.ControlPlane, err = controlplane.Start(context.Background(), controlplane.Options{
		CRDPaths: []string{filepath.Join("..", "..", "config", "crd", "bases")},
	})
	if err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(v1alpha1.AddToScheme(scheme), corev1.AddToScheme(scheme)); err != nil {
		return err
	}
	if apiServer.client, err = client.New(apiServer.Config, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	for _, name := range adminNamespaces() {
		err = errors.Join(err, apiServer.client.Create(context.Background(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}))
	}

	return err
}

// adminNamespaces have an admin Secret in every test.
func adminNamespaces() []string { return []string{operatorNS, "team-a", "team-b"} }

// world is a simulated org, the objects of a cluster, and what the follower was told of both.
type world struct {
	t     *testing.T
	org   *oktasim.Org
	clock *clocktesting.FakeClock
	// time is clock, or another where a test says so.
	time    clock.Clock
	cluster client.Client
	// directory and follower are those of the present process.
	directory *connection.Directory
	follower  *connection.Follower
	// keeps are the credentials by connection and client.
	keeps map[string][]reconcile.Request
	// readUntil is what an earlier process wrote down.
	readUntil time.Time
}

func given(t *testing.T, options oktasim.Options, objects ...client.Object) *world {
	t.Helper()
	w := &world{t: t, clock: clocktesting.NewFakeClock(begin), keeps: map[string][]reconcile.Request{}}
	if w.time = options.Clock; w.time == nil {
		w.time, options.Clock = w.clock, w.clock
	}
	w.org = oktasim.New(options)
	w.org.AddAPIToken(redact.NewValue(adminToken), oktasim.Role{})
	handler := w.org.Handler()
	listener.handler.Store(&handler)
	w.cluster = apiServer.client
	for _, namespace := range adminNamespaces() {
		objects = append(objects, adminSecret(namespace))
	}
	for _, object := range objects {
		w.apply(object)
	}
	w.restart()

	return w
}

// apply creates an object that goes with the test.
func (w *world) apply(object client.Object) {
	w.t.Helper()
	if err := w.cluster.Create(w.t.Context(), object); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := w.cluster.Delete(context.Background(), object); client.IgnoreNotFound(err) != nil {
			w.t.Errorf("remove %s: %v", object.GetName(), err)
		}
	})
}

// restart is a new process of the operator.
func (w *world) restart() {
	w.directory = connection.NewDirectory(connection.Options{
		Reader: w.cluster, Live: w.cluster, OperatorNamespace: operatorNS, AllowPrivateAddresses: true, Clock: w.time,
		Hosts: egress.HostPolicy{CustomDomains: []string{strings.TrimPrefix(listener.URL, "https://")}},
	})
	w.follower = connection.NewFollower(connection.FollowerOptions{
		Directory: w.directory,
		Keepers: func(_ context.Context, c connection.Connection, id string) []reconcile.Request {
			return w.keeps[c.SecretNamespace+"/"+c.Name+"/"+id]
		},
		ReadUntil: func(connection.Connection) time.Time { return w.readUntil },
	})
}

func adminSecret(namespace string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "admin", Namespace: namespace},
		Data:       map[string][]byte{"token": []byte(adminToken)},
	}
}

func specOf() v1alpha1.ConnectionSpec {
	return v1alpha1.ConnectionSpec{
		OrgURL: listener.URL, RateLimit: v1alpha1.RateLimit{MaxCapacityPercent: 100, MaxConcurrentRequests: 5},
		SystemLog: v1alpha1.SystemLog{Follow: true, Interval: "15s"},
		Auth:      v1alpha1.ConnectionAuth{APIToken: &v1alpha1.APITokenAuth{SecretRef: v1alpha1.LocalSecretKeyReference{Name: "admin", Key: "token"}}},
	}
}

// clusterConnection follows the log of its org.
func clusterConnection(name string) *v1alpha1.ClusterOktaConnection {
	return &v1alpha1.ClusterOktaConnection{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.ClusterConnectionSpec{ConnectionSpec: specOf()},
	}
}

func namespacedConnection(namespace, name string) *v1alpha1.OktaConnection {
	return &v1alpha1.OktaConnection{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}, Spec: specOf(),
	}
}

// withKey gives a connection a service app as admin, and adds that to the org with the scopes.
func (w *world) withKey(c *v1alpha1.ClusterOktaConnection, clientID string, scopes ...string) {
	w.t.Helper()
	private, public, err := oktasim.NewServiceKey("k")
	if err != nil {
		w.t.Fatal(err)
	}
	secret := adminSecret(operatorNS)
	secret.Name, secret.Data = strings.ToLower(clientID), map[string][]byte{"key": []byte(private.Reveal())}
	w.org.AddServiceApp(clientID, public, scopes, oktasim.Role{})
	c.Spec.Auth = v1alpha1.ConnectionAuth{PrivateKeyJWT: &v1alpha1.PrivateKeyJWTAuth{
		ClientID: clientID, KeyID: "k", PrivateKeySecretRef: v1alpha1.LocalSecretKeyReference{Name: secret.Name, Key: "key"},
	}}
	w.apply(secret)
	w.apply(c)
}

// keep adds an app that a credential of a connection's namespace keeps; the credential has the connection's name in its own.
func (w *world) keep(namespace, connectionName, credential string) oktasim.App {
	w.t.Helper()
	app := w.org.AddApp(oktasim.App{})
	w.org.AddSecret(app.ID, redact.NewValue(strings.Repeat("Value", 8)), oktasim.Active)
	w.alsoKeep(app, namespace, connectionName, credential)

	return app
}

func (w *world) alsoKeep(app oktasim.App, namespace, connectionName, credential string) {
	key := namespace + "/" + connectionName + "/" + app.ClientID
	w.keeps[key] = append(w.keeps[key], reconcile.Request{NamespacedName: nameOf(credential)})
}

func nameOf(credential string) types.NamespacedName {
	return types.NamespacedName{Namespace: "apps", Name: credential}
}

func (w *world) revoke(app oktasim.App) {
	w.t.Helper()
	if err := w.org.RevokeSecret(app.ID, w.org.Secrets(app.ID)[0].ID); err != nil {
		w.t.Fatal(err)
	}
}

// find is the connection as the operator sees it.
func (w *world) find(object client.Object) connection.Connection {
	w.t.Helper()
	ref := v1alpha1.ConnectionReference{Kind: v1alpha1.ConnectionKindCluster, Name: object.GetName()}
	if object.GetNamespace() != "" {
		ref.Kind = v1alpha1.ConnectionKindNamespaced
	}
	directory := connection.NewDirectory(connection.Options{Reader: w.cluster, OperatorNamespace: operatorNS})
	found, err := directory.Find(w.t.Context(), object.GetNamespace(), ref)
	if err != nil {
		w.t.Fatal(err)
	}

	return found
}
