// Package crash kills the real operator, with SIGKILL, at every call by which it changes something, starts it again and
// holds what comes of it against what must always hold. It must not reach into the operator: it sees its requests in
// front of a real API server and of a simulated Okta org, and what is left there.
package crash

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/test/controlplane"
)

const (
	operatorNamespace = "okta-credential-operator-system"
	// atOnce is how many operators run beside each other, each with worlds of its own: they mostly wait.
	atOnce = 16
)

// bed is what all runs share: one API server, and operators that do not see each other's worlds.
var bed struct {
	*controlplane.ControlPlane
	client    client.WithWatch
	operators chan *operator
	// programs are the operator, and the operator with a clock that jumps; dir is for their files.
	programs struct{ manager, clockjump string }
	dir      string
	results  results
}

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(atOnce)); err != nil {
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
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "crash-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	bed.dir, bed.programs.manager, bed.programs.clockjump = dir, filepath.Join(dir, "manager"), filepath.Join(dir, "clockjump")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", dir, "../../cmd/manager", "./clockjump").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build the operator: %w\n%s", err, out)
	}
	audited, err := auditOptions()
	if err != nil {
		return 0, err
	}
	bed.ControlPlane, err = controlplane.Start(ctx, controlplane.Options{
		CRDPaths: []string{filepath.Join("..", "..", "config", "crd", "bases")}, APIServerArgs: audited,
	})
	if err != nil {
		return 0, err
	}
	defer func() { _ = bed.Stop() }()
	if err := connectToCluster(ctx); err != nil {
		return 0, err
	}
	bed.operators = make(chan *operator, atOnce)
	for i := range atOnce {
		o, err := newOperator(bed.programs.manager, fmt.Sprintf("operator-%d", i))
		if err != nil {
			return 0, err
		}
		defer o.close()
		bed.operators <- o
	}
	code = m.Run()
	bed.results.write(os.Stdout)
	if os.Getenv(allEnv) == "" {
		return code, nil
	}

	return code, bed.results.mustHaveBeenThere()
}

func connectToCluster(ctx context.Context) (err error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	if bed.client, err = client.NewWithWatch(bed.Config, client.Options{Scheme: scheme}); err != nil {
		return err
	}

	return bed.client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: operatorNamespace}})
}
