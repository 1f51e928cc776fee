package controlplane

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	controllerManager = "kube-controller-manager"
	scheduler         = "kube-scheduler"
)

// errNoAssets says how to get the programs, because whoever meets it wants to run a test and not to read about one.
var errNoAssets = errors.New("no control plane to run on: `make controlplane` builds one from source, about 8 minutes " +
	"the first time; then export " + AssetsEnv + "=$(hack/controlplane/build)")

// assetsDir returns the folder of the programs, checked, so that its absence is told before anything is started.
func assetsDir(dir string) (string, error) {
	if dir == "" {
		dir = os.Getenv(AssetsEnv)
	}
	if dir == "" {
		return "", fmt.Errorf("%s is not set: %w", AssetsEnv, errNoAssets)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find folder %q: %w", dir, err)
	}
	if !hasPrograms(dir, "etcd", "kube-apiserver") {
		return "", fmt.Errorf("etcd and kube-apiserver are not in %q: %w", dir, errNoAssets)
	}
	return dir, nil
}

func hasPrograms(dir string, names ...string) bool {
	for _, name := range names {
		if _, err := exec.LookPath(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// program is an executable of the control plane and the log that it writes.
type program struct {
	path string
	log  *os.File
}

// program opens the log of a program and wraps it so that it dies with this process, and tells its process id. envtest starts
// etcd and the API server without that, and a killed test run would leave them behind; setpriv is in util-linux, and where
// it is missing (macOS) the program is run without it.
func (p *ControlPlane) program(name string) (program, error) {
	log, err := os.Create(filepath.Join(p.LogDir, name+".log"))
	if err != nil {
		return program{}, fmt.Errorf("make the log of %s: %w", name, err)
	}
	p.logs = append(p.logs, log)
	path := filepath.Join(p.AssetsDir, name)
	bound := ""
	if setpriv, err := exec.LookPath("setpriv"); err == nil {
		bound = shellQuote(setpriv) + " --pdeathsig KILL -- "
	}
	script := fmt.Sprintf("#!/bin/sh\necho $$ >%s\nexec %s%s \"$@\"\n", shellQuote(p.pidFile(name)), bound, shellQuote(path))
	wrapper := p.path("run-" + name)
	if err := os.WriteFile(wrapper, []byte(script), 0o700); err != nil {
		return program{}, fmt.Errorf("write the wrapper of %s: %w", name, err)
	}
	return program{path: wrapper, log: log}, nil
}

func (p *ControlPlane) pidFile(name string) string { return p.path(name + ".pid") }

func shellQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// logTails returns the end of every log as an error, for a start that failed and whose logs may be about to go.
func (p *ControlPlane) logTails() error {
	const tail = 2000
	var errs []error
	for _, log := range p.logs {
		content, err := os.ReadFile(log.Name())
		if err != nil || len(content) == 0 {
			continue
		}
		content = content[max(0, len(content)-tail):]
		errs = append(errs, fmt.Errorf("end of %s:\n%s", filepath.Base(log.Name()), content))
	}
	return errors.Join(errs...)
}
