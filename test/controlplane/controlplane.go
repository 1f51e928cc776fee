// Package controlplane starts a real Kubernetes control plane on loopback ports, for tests, the demo and benchmarks:
// etcd and kube-apiserver, and where their programs are at hand kube-controller-manager and kube-scheduler too. It
// must not be imported by the operator, and it must not stand in for anything: what answers is what Kubernetes ships.
package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// AssetsEnv names the environment variable that says where the programs of the control plane are.
const AssetsEnv = "KUBEBUILDER_ASSETS"

// startTimeout bounds the start of each program. It is generous because two busy cores start an API server in seconds
// at one moment and in half a minute at another.
const startTimeout = 2 * time.Minute

// stopTimeout bounds the orderly end of each program; what is still there after it is killed.
const stopTimeout = 30 * time.Second

// Options says what to start. The zero value starts etcd and the API server from KUBEBUILDER_ASSETS.
type Options struct {
	// AssetsDir is the folder with the programs; empty means the one that KUBEBUILDER_ASSETS names.
	AssetsDir string
	// CRDPaths are files or folders of CustomResourceDefinitions to install; one that is missing is an error.
	CRDPaths []string
	// APIServerArgs are further flags of kube-apiserver, without dashes; they replace the ones set here.
	APIServerArgs map[string][]string
	// ControllerManager asks for kube-controller-manager (namespace deletion, garbage collection, Deployments) and
	// kube-scheduler. Where the assets lack them Start goes on without, and HasControllerManager says so.
	ControllerManager bool
	// LogDir receives one log a program and is kept; empty means a temporary folder that goes with Stop.
	LogDir string
}

// ControlPlane is a running control plane. Its programs die with the process that started it, however that ends.
type ControlPlane struct {
	// Config is that of a cluster administrator, without client-side rate limits that a test would notice.
	Config *rest.Config
	// KubeconfigPath is a file with the same access as Config, for kubectl and for child processes.
	KubeconfigPath string
	// AssetsDir is the folder that the programs came from; kubectl is in it when it was built here.
	AssetsDir string
	// LogDir holds etcd.log, kube-apiserver.log and so on.
	LogDir string
	// HasControllerManager reports whether kube-controller-manager and kube-scheduler run. A test that needs a
	// namespace to go, an owner's children to be collected or a Deployment to make pods is skipped without.
	HasControllerManager bool

	dir      string
	env      *envtest.Environment
	logs     []*os.File
	children []*child
	stopped  chan struct{}
	errands  chan func() // for the thread that starts programs
	stopOnce sync.Once
	stopErr  error
	users    sync.Mutex // envtest's authority numbers its certificates without a lock
}

// Start starts a control plane and returns when it serves, its CustomResourceDefinitions are established and, where it
// has one, its controller manager works. After an error nothing is left running.
func Start(ctx context.Context, opts Options) (*ControlPlane, error) {
	assets, err := assetsDir(opts.AssetsDir)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "controlplane-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the control plane: %w", err)
	}
	p := &ControlPlane{AssetsDir: assets, LogDir: opts.LogDir, dir: dir, stopped: make(chan struct{}), errands: make(chan func())}
	started := make(chan error, 1)
	go func() {
		// The kernel kills the children when the thread that started them ends, so that thread must be ours and live
		// as long as they do: it is never unlocked, and ends with this goroutine.
		runtime.LockOSThread()
		started <- p.start(ctx, opts)
		for {
			select {
			case do := <-p.errands:
				do()
			case <-p.stopped:
				return
			}
		}
	}()
	if err := <-started; err != nil {
		return nil, errors.Join(fmt.Errorf("start the control plane: %w", err), p.logTails(), p.Stop())
	}
	return p, nil
}

// Stop ends every program and removes what Start made, but for a LogDir that the caller named. It reports a program
// that had ended before it was asked to. Calling it again returns the same.
func (p *ControlPlane) Stop() error {
	p.stopOnce.Do(func() {
		defer close(p.stopped)
		errs := make([]error, 0, len(p.children)+2)
		for _, c := range p.children {
			errs = append(errs, c.stop(stopTimeout))
		}
		if p.env != nil {
			if err := p.env.Stop(); err != nil {
				errs = append(errs, fmt.Errorf("stop etcd and kube-apiserver: %w", err))
			}
		}
		for _, log := range p.logs {
			errs = append(errs, log.Close())
		}
		errs = append(errs, os.RemoveAll(p.dir))
		p.stopErr = errors.Join(errs...)
	})
	return p.stopErr
}

// AddUser makes a user of that name and groups and returns its access and a kubeconfig file with the same. The user
// can do what RBAC gives it: nothing, until a binding names it or one of its groups. Tests that run at once may call it.
func (p *ControlPlane) AddUser(name string, groups ...string) (*rest.Config, string, error) {
	p.users.Lock()
	user, err := p.env.ControlPlane.AddUser(envtest.User{Name: name, Groups: groups}, &rest.Config{QPS: -1})
	p.users.Unlock()
	if err != nil {
		return nil, "", fmt.Errorf("add user %q: %w", name, err)
	}
	kubeconfig, err := user.KubeConfig()
	if err != nil {
		return nil, "", fmt.Errorf("make the kubeconfig of user %q: %w", name, err)
	}
	path, err := p.writeFile("kubeconfig-*", kubeconfig)
	if err != nil {
		return nil, "", fmt.Errorf("write the kubeconfig of user %q: %w", name, err)
	}
	return user.Config(), path, nil
}

func (p *ControlPlane) start(ctx context.Context, opts Options) error {
	if err := p.startAPIServer(opts); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	path, err := p.writeFile("kubeconfig-*", p.env.KubeConfig)
	if err != nil {
		return fmt.Errorf("write the kubeconfig: %w", err)
	}
	p.KubeconfigPath = path
	if !opts.ControllerManager || !hasPrograms(p.AssetsDir, controllerManager, scheduler) {
		return nil
	}
	if err := p.startControllers(ctx); err != nil {
		return err
	}
	p.HasControllerManager = true
	return nil
}

func (p *ControlPlane) startAPIServer(opts Options) error {
	if p.LogDir == "" {
		p.LogDir = filepath.Join(p.dir, "log")
	}
	for _, dir := range []string{p.LogDir, p.path("etcd"), p.path("pki")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("make a folder for the control plane: %w", err)
		}
	}
	etcd, err := p.program("etcd")
	if err != nil {
		return err
	}
	apiserver, err := p.program("kube-apiserver")
	if err != nil {
		return err
	}
	env := &envtest.Environment{
		UseExistingCluster:       new(false),
		CRDDirectoryPaths:        opts.CRDPaths,
		ErrorIfCRDPathMissing:    true,
		ControlPlaneStartTimeout: startTimeout,
		ControlPlaneStopTimeout:  stopTimeout,
		ControlPlane: envtest.ControlPlane{
			Etcd:        &envtest.Etcd{Path: etcd.path, DataDir: p.path("etcd"), Out: etcd.log, Err: etcd.log},
			APIServer:   &envtest.APIServer{Path: apiserver.path, CertDir: p.path("pki"), Out: apiserver.log, Err: apiserver.log},
			KubectlPath: filepath.Join(p.AssetsDir, "kubectl"),
		},
	}
	// Without these the API server looks for an address that others can reach, and does not start where there is no route
	// to anywhere. Nobody asks the endpoints of its own Service, which a loopback address may not be in.
	flags := env.ControlPlane.APIServer.Configure()
	flags.Set("advertise-address", "127.0.0.1").Set("endpoint-reconciler-type", "none")
	for name, values := range opts.APIServerArgs {
		flags.Set(name, values...)
	}
	config, err := env.Start()
	p.env = env
	if err != nil {
		return err
	}
	p.Config = config
	return nil
}

// path is a file of the control plane's own folder.
func (p *ControlPlane) path(name string) string {
	return filepath.Join(p.dir, name)
}

// writeFile writes a file that only this user can read, under a name made from pattern, and returns its path.
func (p *ControlPlane) writeFile(pattern string, content []byte) (string, error) {
	file, err := os.CreateTemp(p.dir, pattern)
	if err != nil {
		return "", err
	}
	_, err = file.Write(content)
	return file.Name(), errors.Join(err, file.Close())
}
