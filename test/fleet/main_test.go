// Package fleet runs the operator over hundreds and thousands of credentials of one simulated org, on a real API server. It
// must not reach into the operator: it speaks the Kubernetes API, and looks at Okta's own records.
package fleet

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/oktacred/okta-credential-operator/controllers"
	"github.com/oktacred/okta-credential-operator/test/controlplane"
)

const operatorNamespace = "okta-credential-operator-system"

// cluster is the one API server of this package; every test has a namespace, an org and an operator of its own.
var cluster struct {
	*controlplane.ControlPlane

	client client.WithWatch
}

// size of what takes long; `make fleet` runs it whole.
var size struct {
	braked, followed, revoked *int
	span                      *time.Duration
}

func TestMain(m *testing.M) {
	size.braked = flag.Int("fleet.braked", defaultBraked, "credentials of the fleet of which half is revoked at once")
	size.followed = flag.Int("fleet.followed", 120, "credentials of the fleet that is followed through the System Log")
	size.revoked = flag.Int("fleet.revoked", 40, "how many of those are revoked, one after the other")
	size.span = flag.Duration("fleet.span", 20*time.Second, "over how long")
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	ctx := context.Background()
	// Tests wait more than they work.
	if err := flag.Set("test.parallel", "8"); err != nil {
		return 0, err
	}
	ctrl.SetLogger(zap.New(zap.UseDevMode(false), zap.WriteTo(os.Stderr)))
	cluster.ControlPlane, err = controlplane.Start(ctx, controlplane.Options{
		CRDPaths: []string{filepath.Join("..", "..", "config", "crd", "bases")},
	})
	if err != nil {
		return 0, err
	}
	defer func() { _ = cluster.Stop() }()
	options, err := controllers.ManagerOptions()
	if err != nil {
		return 0, err
	}
	if cluster.client, err = client.NewWithWatch(cluster.Config, client.Options{Scheme: options.Scheme}); err != nil {
		return 0, err
	}
	if err := cluster.client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: operatorNamespace}}); err != nil {
		return 0, err
	}

	return m.Run(), nil
}
