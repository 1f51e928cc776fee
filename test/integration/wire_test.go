package integration

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// wire is a cable between the operator and an org that can be cut, or led to somebody else.
type wire struct {
	t       *testing.T
	address string

	mu       sync.Mutex
	target   string
	listener net.Listener
	open     map[net.Conn]struct{}
}

// wireHost is a loopback address that nothing else listens on.
const wireHost = "127.0.0.2"

// serverNames are the addresses in the certificate of an org: its own, and that of the wire to it.
func serverNames() []string { return []string{"127.0.0.1", wireHost} }

// newWire leads to a server, under the server's own port at another address. Nobody else gets that port while the server has
// it, so that a wire that was cut can be mended.
func newWire(t *testing.T, serverURL string) *wire {
	t.Helper()
	target := strings.TrimPrefix(serverURL, "https://")
	_, port, err := net.SplitHostPort(target)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, address: net.JoinHostPort(wireHost, port), target: target, open: map[net.Conn]struct{}{}}
	w.mend()
	t.Cleanup(w.cut)

	return w
}

func (w *wire) url() string { return "https://" + w.address }

// mend listens (again), at the same address.
func (w *wire) mend() {
	listener, err := (&net.ListenConfig{}).Listen(w.t.Context(), "tcp", w.address)
	if err != nil {
		w.t.Errorf("listen on %s: %v", w.address, err)

		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.listener = listener
	go w.accept(listener)
}

// cut refuses connections and breaks those that there are.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.listener.Close()
	w.hangUp()
}

// lead breaks the connections that there are, and takes new ones to another server.
func (w *wire) lead(serverURL string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.target = strings.TrimPrefix(serverURL, "https://")
	w.hangUp()
}

func (w *wire) hangUp() {
	for connection := range w.open {
		_ = connection.Close()
	}
	clear(w.open)
}

func (w *wire) accept(listener net.Listener) {
	for {
		near, err := listener.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		target := w.target
		w.open[near] = struct{}{}
		w.mu.Unlock()
		go w.carry(near, target)
	}
}

func (w *wire) carry(near net.Conn, target string) {
	defer func() { _ = near.Close() }()
	far, err := (&net.Dialer{}).DialContext(w.t.Context(), "tcp", target)
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	w.mu.Lock()
	w.open[far] = struct{}{}
	w.mu.Unlock()
	back := make(chan struct{})
	go func() {
		defer close(back)
		_, _ = io.Copy(near, far)
		_ = near.Close()
	}()
	_, _ = io.Copy(far, near)
	_ = far.Close()
	<-back
	w.mu.Lock()
	delete(w.open, near)
	delete(w.open, far)
	w.mu.Unlock()
}
