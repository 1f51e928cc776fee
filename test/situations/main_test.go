// Package situations puts client credentials into every situation that the diagnosis knows, on a real API server with the
// real controllers, against simulated orgs of both engines and both kinds of authorization server, and compares what users
// read and what Okta and the Secret went through with one table. It must not reach into the operator.
package situations

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/oktacred/okta-credential-operator/controllers"
	"github.com/oktacred/okta-credential-operator/test/controlplane"
)

const operatorNamespace = "okta-credential-operator-system"

// atOnce is how many situations are played at a time: they mostly wait.
const atOnce = "48"

// spacing of confirmations: short for a test, and long enough that everything else that a pass does is done by then on two
// busy cores, so that the number of requests does not depend on them.
const spacing = 5 * time.Second

// update writes the captures of kubectl describe instead of comparing them: go test ./test/situations -update.
var update = flag.Bool("update", false, "write docs/describe")

// cluster is the one API server of this package, with one operator.
var cluster struct {
	*controlplane.ControlPlane
	client client.Client
	// calls of the operator to the API server.
	calls callLog
	orgs  orgs
}

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", atOnce); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ctrl.SetLogger(zap.New(zap.UseDevMode(false), zap.WriteTo(os.Stderr)))
	cluster.ControlPlane, err = controlplane.Start(ctx, controlplane.Options{
		CRDPaths: []string{filepath.Join("..", "..", "config", "crd", "bases")},
	})
	if err != nil {
		return 0, err
	}
	defer func() { _ = cluster.Stop() }()
	defer cluster.orgs.close()
	if err := cluster.orgs.startFirst(); err != nil {
		return 0, err
	}
	stopped, err := startOperator(ctx)
	if err != nil {
		return 0, err
	}
	code = m.Run()
	cancel()

	return code, <-stopped
}

// startOperator runs the controllers in this process, so that the race detector sees them.
func startOperator(ctx context.Context) (stopped <-chan error, err error) {
	options, err := controllers.ManagerOptions()
	if err != nil {
		return nil, err
	}
	options.Metrics = metricsserver.Options{BindAddress: "0"}
	config := rest.CopyConfig(cluster.Config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return cluster.calls.over(next) })
	mgr, err := ctrl.NewManager(config, options)
	if err != nil {
		return nil, err
	}
	if cluster.client, err = client.New(cluster.Config, client.Options{Scheme: options.Scheme}); err != nil {
		return nil, err
	}
	for _, name := range []string{operatorNamespace, namespaceOf(classic, ""), namespaceOf(classic, customServer), namespaceOf(identity, ""), namespaceOf(identity, customServer)} {
		if err := cluster.client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			return nil, err
		}
	}
	if err := controllers.Setup(ctx, mgr, controllers.Options{
		OperatorNamespace: operatorNamespace, AllowPrivateAddresses: true, OrgDomains: cluster.orgs.hosts(), Concurrency: 24,
		ConfirmationSpacing: spacing, Clock: clock.RealClock{}, Rand: rand.Reader,
	}); err != nil {
		return nil, err
	}
	failed := make(chan error, 1)
	go func() { failed <- mgr.Start(ctx) }()
	synced := make(chan bool, 1)
	go func() { synced <- mgr.GetCache().WaitForCacheSync(ctx) }()
	select {
	case err := <-failed:
		return nil, fmt.Errorf("start the operator: %w", err)
	case <-synced:
		return failed, nil
	}
}
