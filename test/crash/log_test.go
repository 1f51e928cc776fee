package crash

import (
	"bytes"
	"sync"
)

// log is what the operator's processes printed.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.text.Write(p)
}

func (l *log) length() int {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.text.Len()
}

// since is what was printed after the log had a length.
func (l *log) since(length int) string {
	l.mu.Lock()
	defer l.mu.Unlock()

	return string(l.text.Bytes()[length:])
}
