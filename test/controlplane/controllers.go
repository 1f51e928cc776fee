package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

// child is a program that this package started itself.
type child struct {
	name string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended; err is set before
	err  error
}

// startControllers starts the controller manager and the scheduler and waits until the former has made the default
// service account, which shows that its controllers run: it has no port to ask, so that none can be taken.
func (p *ControlPlane) startControllers(ctx context.Context) error {
	ca, err := p.writeFile("ca-*.crt", p.Config.CAData)
	if err != nil {
		return fmt.Errorf("write the CA of the API server: %w", err)
	}
	common := []string{
		"--kubeconfig=" + p.KubeconfigPath, "--leader-elect=false", "--secure-port=0",
		"--kube-api-qps=200", "--kube-api-burst=400",
	}
	if err := p.startChild(controllerManager, append([]string{
		"--root-ca-file=" + ca,
		"--service-account-private-key-file=" + filepath.Join(p.path("pki"), "sa-signer.key"),
	}, common...)); err != nil {
		return err
	}
	if err := p.startChild(scheduler, common); err != nil {
		return err
	}
	return p.waitForControllers(ctx)
}

func (p *ControlPlane) waitForControllers(ctx context.Context) error {
	client, err := kubernetes.NewForConfig(p.Config)
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	err = wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, startTimeout, true, func(ctx context.Context) (bool, error) {
		for _, c := range p.children {
			if c.ended() {
				return false, fmt.Errorf("%s ended: %w", c.name, c.err)
			}
		}
		_, err := client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return fmt.Errorf("wait for the default service account: %w", err)
	}
	return nil
}

func (p *ControlPlane) startChild(name string, args []string) error {
	program, err := p.program(name)
	if err != nil {
		return err
	}
	cmd := exec.Command(program.path, args...) // without a context: it outlives that of its start, and stop ends it
	cmd.Stdout, cmd.Stderr = program.log, program.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt typed at the terminal is for us, Stop is for it
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	c := &child{name: name, cmd: cmd, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		c.err = cmd.Wait()
		if c.err == nil {
			c.err = errors.New("exit status 0")
		}
	}()
	p.children = append(p.children, c)
	return nil
}

func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// stop ends the program, by force after the timeout. That it had ended by itself is an error: what a test saw then was
// not what it believed.
func (c *child) stop(timeout time.Duration) error {
	if c.ended() {
		return fmt.Errorf("%s had ended before it was stopped: %w", c.name, c.err)
	}
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", c.name, err)
	}
	select {
	case <-c.done:
		return nil
	case <-time.After(timeout):
	}
	if err := c.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill %s: %w", c.name, err)
	}
	<-c.done
	return nil
}
