package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// stopPatience is how long the operator may take to end; it needs a moment to give its lease back.
const stopPatience = 20 * time.Second

// operator is cmd/manager as a process of its own.
type operator struct {
	cmd     *exec.Cmd
	log     string
	metrics string
	done    chan struct{} // closed when it has ended; err is set before
	err     error
}

func (w *world) program() string { return filepath.Join(w.dir, "manager") }

// buildOperator builds cmd/manager, and shows that it is at it, since the first time takes minutes.
func (w *world) buildOperator(ctx context.Context, out *page) error {
	began := time.Now()
	build := exec.CommandContext(ctx, "go", "build", "-o", w.program(), "./cmd/manager")
	build.Dir = w.root
	built := make(chan error, 1)
	var said []byte
	go func() {
		var err error
		said, err = build.CombinedOutput()
		built <- err
	}()
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case err := <-built:
			if err != nil {
				return fmt.Errorf("build the operator: %w\n%s", err, said)
			}
			out.done(began, "The operator, built from cmd/manager")

			return nil
		case <-tick.C:
			out.note("building the operator: %.0f s; some minutes the first time", time.Since(began).Seconds())
		}
	}
}

// createRoles makes the roles and bindings of config/rbac, so that the operator has the rights that it is installed with.
func (w *world) createRoles(ctx context.Context) error {
	for _, name := range []string{"role.yaml", "role_binding.yaml", "leader_election_role.yaml", "leader_election_role_binding.yaml"} {
		file := filepath.Join("config", "rbac", name)
		content, err := os.ReadFile(filepath.Join(w.root, file))
		if err != nil {
			return fmt.Errorf("read a role: %w", err)
		}
		// config/default puts everything in the operator's namespace; "system" is what kustomize replaces.
		content = bytes.ReplaceAll(content, []byte("namespace: system"), []byte("namespace: "+operatorNamespace))
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(content, &object.Object); err != nil {
			return fmt.Errorf("read %s: %w", file, err)
		}
		if err := w.client.Create(ctx, object); client.IgnoreAlreadyExists(err) != nil {
			return fmt.Errorf("create what is in %s: %w", file, err)
		}
	}

	return nil
}

func (w *world) startOperator(ctx context.Context, out *page) error {
	_, kubeconfig, err := w.plane.AddUser(operatorUser)
	if err != nil {
		return err
	}
	ports, err := freePorts(2)
	if err != nil {
		return err
	}
	o := &operator{log: filepath.Join(w.dir, "manager.log"), metrics: ports[0], done: make(chan struct{})}
	log, err := os.Create(o.log)
	if err != nil {
		return fmt.Errorf("make the operator's log: %w", err)
	}
	defer func() { _ = log.Close() }()
	o.cmd = exec.Command(w.program(), // without a context: stop ends it, in order
		"--operator-namespace="+operatorNamespace,
		"--allow-private-addresses", // the simulated org is on a loopback address
		"--metrics-bind-address="+ports[0], "--metrics-secure=false", "--health-probe-bind-address="+ports[1])
	o.cmd.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
	o.cmd.Stdout, o.cmd.Stderr = log, log
	o.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt typed at the terminal is for us, stop is for it
	began := time.Now()
	if err := o.cmd.Start(); err != nil {
		return fmt.Errorf("start the operator: %w", err)
	}
	w.operator = o
	go o.wait()
	if err := w.until(ctx, readyWithin, "the operator answers at "+ports[1], listens(ports[1])); err != nil {
		return err
	}
	out.done(began, "The operator runs: process %d, with the rights of config/rbac and no others", o.cmd.Process.Pid)

	return nil
}

func (o *operator) wait() {
	defer close(o.done)
	if o.err = o.cmd.Wait(); o.err == nil {
		o.err = errors.New("exit status 0")
	}
}

func (o *operator) ended() bool {
	select {
	case <-o.done:
		return true
	default:
		return false
	}
}

// stop asks the operator to end, and kills it when it does not.
func (o *operator) stop() {
	_ = o.cmd.Process.Signal(syscall.SIGTERM)
	timer := time.AfterFunc(stopPatience, func() { _ = o.cmd.Process.Kill() })
	defer timer.Stop()
	<-o.done
}

// freePorts are loopback addresses that nobody listens on.
func freePorts(n int) ([]string, error) {
	addresses := make([]string, 0, n)
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer func() { _ = listener.Close() }()
		addresses = append(addresses, listener.Addr().String())
	}

	return addresses, nil
}

func listens(address string) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		connection, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
		if err != nil {
			return false, nil //nolint:nilerr // not yet
		}

		return true, connection.Close()
	}
}

// tail is the end of a file, from the start of a line.
func tail(file string, size int) string {
	content, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	if len(content) <= size {
		return string(content)
	}
	content = content[len(content)-size:]

	return string(content[bytes.IndexByte(content, '\n')+1:])
}
