package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a program that was started here, with its log.
type process struct {
	name string
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when it has ended; err is set before
	err  error
}

// stopTimeout bounds an orderly end.
const stopTimeout = 30 * time.Second

// start starts a program that dies with this one.
func start(logDir, path string, env []string, args ...string) (*process, error) {
	name := filepath.Base(path)
	log, err := os.Create(filepath.Join(logDir, name+".log"))
	if err != nil {
		return nil, fmt.Errorf("make the log of %s: %w", name, err)
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{name: name, cmd: cmd, log: log.Name(), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.err = cmd.Wait()
	}()
	return p, nil
}

// ended is an error with the end of the log when the program is no longer there.
func (p *process) ended() error {
	select {
	case <-p.done:
	default:
		return nil
	}
	content, _ := os.ReadFile(p.log)
	const tail = 2000
	return fmt.Errorf("%s ended (%w):\n%s", p.name, errors.Join(errors.New("it should not"), p.err), content[max(0, len(content)-tail):])
}

func (p *process) stop() error {
	if p == nil {
		return nil
	}
	if err := p.ended(); err != nil {
		return err
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
		return nil
	case <-time.After(stopTimeout):
	}
	_ = p.cmd.Process.Kill()
	<-p.done
	return fmt.Errorf("%s did not end within %s of SIGTERM", p.name, stopTimeout)
}

// usage is what a process has used since its start.
type usage struct {
	// cpu is user and system time together, in steps of 10 ms.
	cpu time.Duration
	// peakRSS is in bytes.
	peakRSS int64
}

// clockTick is that of /proc/<pid>/stat on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

func (p *process) usage() (usage, error) {
	if err := p.ended(); err != nil {
		return usage{}, err
	}
	dir := filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid))
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return usage{}, fmt.Errorf("read CPU time of %s: %w", p.name, err)
	}
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return usage{}, fmt.Errorf("read memory of %s: %w", p.name, err)
	}
	cpu, err := parseStat(string(stat))
	if err != nil {
		return usage{}, err
	}
	peak, err := parseStatus(string(status))
	if err != nil {
		return usage{}, err
	}
	return usage{cpu: cpu, peakRSS: peak}, nil
}

// parseStat takes utime and stime (fields 14 and 15 of proc_pid_stat(5)); the name before them may hold anything but ends in
// the last parenthesis.
func parseStat(stat string) (time.Duration, error) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, fmt.Errorf("read /proc stat: %d fields", len(fields))
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read user time: %w", err)
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read system time: %w", err)
	}
	return time.Duration(user+system) * clockTick, nil
}

// parseStatus takes VmHWM, the most that was ever resident, in bytes.
func parseStatus(status string) (int64, error) {
	for line := range strings.Lines(status) {
		value, found := strings.CutPrefix(line, "VmHWM:")
		if !found {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read VmHWM: %w", err)
		}
		return kib << 10, nil
	}
	return 0, errors.New("read /proc status: no VmHWM")
}
