// Package integration runs the operator's controllers on a real API server against a simulated Okta org, and tells what
// users do and see. It must not reach into the operator: it speaks the Kubernetes API, and looks at Okta's own records.
package integration

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

// cluster is the one API server of this package; every test has namespaces and an org of its own.
var cluster struct {
	*controlplane.ControlPlane
	client client.WithWatch
	// writes of the operator to the API server.
	writes writeLog
	// public is the one org that an OktaConnection may name.
	public *publicOrg
}

// atOnce is how many tests run at a time: they mostly wait.
const atOnce = "120"

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
		CRDPaths: []string{filepath.Join("..", "..", "config", "crd", "bases")}, ControllerManager: true,
	})
	if err != nil {
		return 0, err
	}
	defer func() { _ = cluster.Stop() }()
	if cluster.public, err = newPublicOrg(); err != nil {
		return 0, err
	}
	defer cluster.public.close()
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
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return cluster.writes.over(next) })
	mgr, err := ctrl.NewManager(config, options)
	if err != nil {
		return nil, err
	}
	if cluster.client, err = client.NewWithWatch(cluster.Config, client.Options{Scheme: options.Scheme}); err != nil {
		return nil, err
	}
	if err := cluster.client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: operatorNamespace}}); err != nil {
		return nil, err
	}
	if err := controllers.Setup(ctx, mgr, controllers.Options{
		OperatorNamespace: operatorNamespace, AllowPrivateAddresses: true, OrgDomains: []string{cluster.public.host}, Concurrency: 16,
		ConfirmationSpacing: 200 * time.Millisecond, Clock: clock.RealClock{}, Rand: rand.Reader,
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
