package oktasim

import (
	"maps"
	"slices"
	"time"
)

// keptRequests bounds the list of requests; counters go on counting.
const keptRequests = 20_000

// Request is what the org remembers of a request: never a header, a body or a query, which hold secrets.
type Request struct {
	Sequence int       `json:"sequence"`
	Time     time.Time `json:"time"`
	// Route is one of the Route constants.
	Route  string `json:"route"`
	Method string `json:"method"`
	Path   string `json:"path"`
	// ClientID is the client that the request named.
	ClientID string `json:"clientID,omitempty"`
	// Status is 0 where a fault left the request without an answer of the org.
	Status    int       `json:"status"`
	Fault     FaultKind `json:"fault,omitempty"`
	RequestID string    `json:"requestID"`
}

// ledger counts requests and keeps the last ones.
type ledger struct {
	next     int
	requests []Request
	counts   map[string]int
	statuses map[string]map[int]int
}

func newLedger() ledger {
	return ledger{counts: map[string]int{}, statuses: map[string]map[int]int{}}
}

func (l *ledger) add(r Request) {
	l.counts[r.Route]++
	if l.statuses[r.Route] == nil {
		l.statuses[r.Route] = map[int]int{}
	}
	l.statuses[r.Route][r.Status]++
	if len(l.requests) >= keptRequests {
		l.requests = slices.Delete(l.requests, 0, keptRequests/2)
	}
	l.requests = append(l.requests, r)
}

// Requests are the last requests, in the order of their answers; at most 20,000.
func (o *Org) Requests() []Request {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.ledger.requests)
}

// Count is how many requests a route has had since the org was made or reset.
func (o *Org) Count(route string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ledger.counts[route]
}

// Counts are all counters, by route and status; status 0 counts the requests that a fault left without an answer.
func (o *Org) Counts() map[string]map[int]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	counts := make(map[string]map[int]int, len(o.ledger.statuses))
	for route, byStatus := range o.ledger.statuses {
		counts[route] = make(map[int]int, len(byStatus))
		maps.Copy(counts[route], byStatus)
	}
	return counts
}
