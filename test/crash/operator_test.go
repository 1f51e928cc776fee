package crash

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// operator is the operator's program, started again and again, behind a proxy of its own in front of the API server.
type operator struct {
	name       string
	program    string
	kubeconfig string
	// elects says that it works only while it holds the lease.
	elects bool
	// lag is how late it hears of changes.
	lag   time.Duration
	proxy *httptest.Server
	// world is the one that it works for now.
	world atomic.Pointer[world]
	log   log
	// writes are its attempts to change something in the cluster.
	writes atomic.Int64

	mu      sync.Mutex
	process *exec.Cmd
	// namespaces are those of its worlds so far.
	namespaces map[string]bool
	ended      chan struct{}
}

// newOperator makes an operator that sees the objects with its name on them. It is not started.
func newOperator(program, name string) (*operator, error) {
	dir, err := os.MkdirTemp(bed.dir, name+"-")
	if err != nil {
		return nil, err
	}
	o := &operator{name: name, program: program, kubeconfig: filepath.Join(dir, "kubeconfig"), namespaces: map[string]bool{}}
	proxy, err := o.newProxy()
	if err != nil {
		return nil, err
	}
	o.proxy = httptest.NewServer(proxy)
	content := fmt.Sprintf(`{"apiVersion": "v1", "kind": "Config", "current-context": "proxy",
"clusters": [{"name": "proxy", "cluster": {"server": %q}}],
"contexts": [{"name": "proxy", "context": {"cluster": "proxy"}}]}`, o.proxy.URL)

	return o, os.WriteFile(o.kubeconfig, []byte(content), 0o600)
}

// start starts the program unless it runs. It does not wait until it works: a test waits for what that brings about.
func (o *operator) start() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.process != nil {
		return nil
	}
	arguments := []string{
		o.program, fmt.Sprintf("--leader-elect=%t", o.elects), "--operator-namespace=" + operatorNamespace, "--allow-private-addresses",
		"--confirmation-spacing=100ms", "--metrics-bind-address=0", "--health-probe-bind-address=127.0.0.1:0",
		"--zap-log-level=10", // whatever is logged is searched for secrets
	}
	if setpriv, err := exec.LookPath("setpriv"); err == nil { // so that it dies with this process, however that ends
		arguments = append([]string{setpriv, "--pdeathsig", "KILL", "--"}, arguments...)
	}
	process := exec.Command(arguments[0], arguments[1:]...)
	process.Env = []string{"KUBECONFIG=" + o.kubeconfig}
	process.Stdout, process.Stderr = &o.log, &o.log
	if err := process.Start(); err != nil {
		return fmt.Errorf("start the operator: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = process.Wait() // the way it ends is a kill
	}()
	o.process, o.ended = process, ended

	return nil
}

// kill ends the program with SIGKILL and returns when it is gone.
func (o *operator) kill() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.process == nil {
		return
	}
	_ = o.process.Process.Kill() // an error says that it has ended
	<-o.ended
	o.process = nil
}

// ahead and back tell a program that takes it (clockjump) to move its clock by an hour.
func (o *operator) ahead() { o.signal(syscall.SIGUSR1) }
func (o *operator) back()  { o.signal(syscall.SIGUSR2) }

func (o *operator) signal(what os.Signal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.process != nil {
		_ = o.process.Process.Signal(what) // an error says that it has ended, which a test finds
	}
}

// endedByItself says whether the program ended without being killed, which it never should.
func (o *operator) endedByItself() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.process == nil {
		return false
	}
	select {
	case <-o.ended:
		return true
	default:
		return false
	}
}

func (o *operator) close() {
	o.kill()
	o.proxy.CloseClientConnections()
	o.proxy.Close()
}

// observe takes a call through the world that it is about.
func (o *operator) observe(out http.ResponseWriter, in *http.Request, next http.Handler) {
	w := o.world.Load()
	if w == nil {
		next.ServeHTTP(out, in)

		return
	}
	if in.Method != http.MethodGet {
		o.writes.Add(1)
	}
	w.staysAtHome(o, in)
	name := w.nameAtAPIServer(in)
	if rivals := w.rivalry.Load(); rivals != nil && name != "" {
		rivals.join(in.Context(), o)
	}
	w.observe(o, name, out, in, next)
}
