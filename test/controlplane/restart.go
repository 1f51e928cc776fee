package controlplane

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Restart kills the API server and etcd, as a crash of their node does, and starts them again on the same data, ports and
// certificates. It returns when they serve; until then whoever asks is refused. Users that AddUser made stay.
func (p *ControlPlane) Restart() error {
	done := make(chan error, 1)
	select {
	case p.errands <- func() { done <- p.restart() }:
		return <-done
	case <-p.stopped:
		return errors.New("restart the control plane: it was stopped")
	}
}

func (p *ControlPlane) restart() error {
	for _, name := range []string{"kube-apiserver", "etcd"} {
		if err := p.kill(name); err != nil {
			return fmt.Errorf("kill %s: %w", name, err)
		}
	}
	if err := p.env.ControlPlane.Etcd.Start(); err != nil {
		return fmt.Errorf("start etcd: %w", err)
	}
	if err := p.env.ControlPlane.APIServer.Start(); err != nil {
		return fmt.Errorf("start kube-apiserver: %w", err)
	}

	return nil
}

// kill ends a program and returns when it is gone.
func (p *ControlPlane) kill(name string) error {
	content, err := os.ReadFile(p.pidFile(name))
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return err
	}
	for deadline := time.Now().Add(stopTimeout); syscall.Kill(pid, 0) == nil; {
		if time.Now().After(deadline) {
			return fmt.Errorf("it is there %s after SIGKILL", stopTimeout)
		}
		<-time.After(10 * time.Millisecond)
	}

	return nil
}
