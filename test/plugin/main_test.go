// Package plugin runs kubectl oktacred, as kubectl does, on a real API server against a simulated Okta org, and holds what it
// says against golden files. It must not reach into the plugin, and no operator runs: each test writes the status that one
// would have written.
package plugin

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/test/controlplane"
)

// update writes what is said now to testdata: go test ./test/plugin -update.
var update = flag.Bool("update", false, "write the golden files")

// cluster is the one API server of this package; every test has a namespace of its own.
var cluster struct {
	*controlplane.ControlPlane
	client client.Client
	// path is a PATH with kubectl and the plugin in it.
	path string
}

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	dir, err := os.MkdirTemp("", "kubectl-oktacred-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	build := exec.CommandContext(ctx, "go", "build", "-o", dir, "../../cmd/kubectl-oktacred")
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build the plugin: %w: %s", err, out)
	}
	cluster.ControlPlane, err = controlplane.Start(ctx, controlplane.Options{
		CRDPaths: []string{filepath.Join("..", "..", "config", "crd", "bases")},
	})
	if err != nil {
		return 0, err
	}
	defer func() { _ = cluster.Stop() }()
	cluster.path = dir + string(os.PathListSeparator) + cluster.AssetsDir + string(os.PathListSeparator) + os.Getenv("PATH")
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return 0, err
		}
	}
	if cluster.client, err = client.New(cluster.Config, client.Options{Scheme: scheme}); err != nil {
		return 0, err
	}

	return m.Run(), nil
}
