package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/test/controlplane"
)

const (
	operatorNamespace = "okta-credential-operator-system"
	// serviceAccount has the rights of config/rbac and no others, so that a request it may not make shows.
	serviceAccount = "controller-manager"
	// operatorUser is its name in the audit log.
	operatorUser = "system:serviceaccount:" + operatorNamespace + ":" + serviceAccount
)

// world is the API server, the org and the operator.
type world struct {
	options options
	temp    string
	logDir  string

	cluster    *controlplane.ControlPlane
	client     client.WithWatch
	kubeconfig string // the operator's
	audit      *auditLog
	org        *org
	operator   *process
}

// newWorld builds the programs and starts all but the operator.
func newWorld(ctx context.Context, o options) (w *world, err error) {
	w = &world{options: o, logDir: o.logDir}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.temp, err = os.MkdirTemp("", "bench-"); err != nil {
		return w, fmt.Errorf("make a folder: %w", err)
	}
	if w.logDir == "" {
		w.logDir = filepath.Join(w.temp, "log")
	}
	if err := os.MkdirAll(w.logDir, 0o700); err != nil {
		return w, fmt.Errorf("make a folder for logs: %w", err)
	}
	progress("building the operator and the simulated org")
	if err := w.build(ctx); err != nil {
		return w, err
	}
	progress("starting the API server and the simulated org")
	if err := w.startCluster(ctx); err != nil {
		return w, err
	}
	w.org, err = startOrg(ctx, filepath.Join(w.temp, "oktasim"), w.temp, o.n)
	return w, err
}

// build builds the operator as `make build` does: what is measured is what is shipped.
func (w *world) build(ctx context.Context) error {
	packages := []string{"./cmd/oktasim"}
	if w.options.manager == "" {
		w.options.manager = filepath.Join(w.temp, "manager")
		packages = append(packages, "./cmd/manager")
	}
	cmd := exec.CommandContext(ctx, "go", append([]string{"build", "-trimpath", "-o", w.temp + "/"}, packages...)...)
	cmd.Dir = w.options.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the programs: %w\n%s", err, output)
	}
	return nil
}

func (w *world) startCluster(ctx context.Context) error {
	policy, log := filepath.Join(w.temp, "audit-policy.yaml"), filepath.Join(w.temp, "audit.log")
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		return fmt.Errorf("write the audit policy: %w", err)
	}
	w.audit = newAuditLog(log)
	var err error
	w.cluster, err = controlplane.Start(ctx, controlplane.Options{
		CRDPaths: []string{filepath.Join(w.options.root, "config", "crd", "bases")},
		APIServerArgs: map[string][]string{
			"audit-policy-file": {policy}, "audit-log-path": {log}, "audit-log-maxsize": {"10000"},
		},
	})
	if err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return fmt.Errorf("register API kinds: %w", err)
	}
	if w.client, err = client.NewWithWatch(w.cluster.Config, client.Options{Scheme: scheme}); err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	return nil
}

// login makes the operator's service account and a kubeconfig with a token of it: in a pod it has one, and the API server
// need not check a client certificate with every request.
func (w *world) login(ctx context.Context) error {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: serviceAccount}}
	if err := w.create(ctx, account); err != nil {
		return err
	}
	token := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: ptr.To[int64](24 * 60 * 60)}}
	if err := w.client.SubResource("token").Create(ctx, account, token); err != nil {
		return fmt.Errorf("ask for a token of %s: %w", operatorUser, err)
	}
	kubeconfig := clientcmdapi.NewConfig()
	kubeconfig.Clusters["bench"] = &clientcmdapi.Cluster{Server: w.cluster.Config.Host, CertificateAuthorityData: w.cluster.Config.CAData}
	kubeconfig.AuthInfos["bench"] = &clientcmdapi.AuthInfo{Token: token.Status.Token}
	kubeconfig.Contexts["bench"] = &clientcmdapi.Context{Cluster: "bench", AuthInfo: "bench"}
	kubeconfig.CurrentContext = "bench"
	w.kubeconfig = filepath.Join(w.temp, "kubeconfig")
	if err := clientcmd.WriteToFile(*kubeconfig, w.kubeconfig); err != nil {
		return fmt.Errorf("write the operator's kubeconfig: %w", err)
	}
	return nil
}

// startOperator starts the operator with its default flags, but for free ports and what a simulated org needs.
func (w *world) startOperator() error {
	var err error
	w.operator, err = start(w.logDir, w.options.manager, []string{"KUBECONFIG=" + w.kubeconfig},
		"--operator-namespace="+operatorNamespace, "--allow-private-addresses",
		"--metrics-bind-address=127.0.0.1:0", "--health-probe-bind-address=127.0.0.1:0")
	return err
}

func (w *world) close() error {
	errs := []error{w.operator.stop()}
	if w.org != nil {
		errs = append(errs, w.org.stop())
	}
	if w.cluster != nil {
		errs = append(errs, w.cluster.Stop())
	}
	return errors.Join(append(errs, os.RemoveAll(w.temp))...)
}
