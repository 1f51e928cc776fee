package integration

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// writeLog remembers what the operator asked the API server to write.
type writeLog struct {
	mu     sync.Mutex
	writes []string
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (l *writeLog) over(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodGet {
			l.mu.Lock()
			l.writes = append(l.writes, r.Method+" "+r.URL.Path)
			l.mu.Unlock()
		}

		return next.RoundTrip(r)
	})
}

// about lists the writes to objects of a world: those in its namespace, and its cluster connection, which has its name.
func (l *writeLog) about(w *world) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []string
	for _, write := range l.writes {
		if strings.Contains(write+"/", "/"+w.namespace+"/") {
			found = append(found, write)
		}
	}

	return found
}

// checkTimes are when the token endpoint was asked about the client.
func (w *world) checkTimes() []time.Time {
	var times []time.Time
	for _, request := range w.org.Requests() {
		if request.ClientID == clientID && strings.HasSuffix(request.Path, "/v1/token") {
			times = append(times, request.Time)
		}
	}

	return times
}
