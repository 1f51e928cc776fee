package crash

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"
)

// call is one call of a run by which the operator changes something: what it is about, and which one of these it is.
type call struct {
	name string
	nth  int
}

// phase is a moment in the life of a call. That after the reply is the one before the next call: nothing changes between.
type phase string

const (
	before phase = "before"
	after  phase = "after"
)

// point is where the operator is killed: before anything happened, or when it happened and before the operator knows.
type point struct {
	call
	phase phase
}

// String names the point for people: "after create secret 1".
func (p point) String() string { return fmt.Sprintf("%s %s %d", p.phase, p.name, p.nth) }

// recorder numbers the calls of a run, and kills the operator at one of them.
type recorder struct {
	mu sync.Mutex
	// counting begins when the world is at rest.
	counting bool
	calls    []call
	counts   map[string]int
	last     time.Time
	// target is where to kill; nil when the run is left alone, and after the kill.
	target *point
	killed chan struct{}
	// meanwhile happens once, when a call of this name arrives and before it goes on.
	meanwhile map[string]func()
}

func newRecorder() *recorder {
	return &recorder{counts: map[string]int{}, killed: make(chan struct{}), meanwhile: map[string]func(){}}
}

// begin starts to count, and aims at a point, if any.
func (r *recorder) begin(target *point) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counting, r.target = true, target
}

// during makes something happen while a call is on its way.
func (r *recorder) during(name string, do func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.meanwhile[name] = do
}

// take passes a call on, or kills the operator before or after it has its effect. A call without a name does not count, nor
// does one that is refused because the object has changed or gone: how often the operator comes too late is chance, and
// nothing changes by it.
func (r *recorder) take(name string, kill func(), out http.ResponseWriter, in *http.Request, next http.Handler) {
	if name == "" {
		next.ServeHTTP(out, in)

		return
	}
	arrived := r.arrive(name)
	if r.hits(point{arrived, before}) {
		r.strike(kill)
	}
	answer := httptest.NewRecorder()
	next.ServeHTTP(answer, in)
	if answer.Code != http.StatusConflict && answer.Code != http.StatusNotFound {
		arrived = r.count(name)
		if r.hits(point{arrived, after}) {
			r.strike(kill)
		}
	}
	maps.Copy(out.Header(), answer.Header())
	out.WriteHeader(answer.Code)
	_, _ = out.Write(answer.Body.Bytes())
}

// strike kills the operator, so that nobody is there to answer.
func (r *recorder) strike(kill func()) {
	kill()
	close(r.killed)
	panic(http.ErrAbortHandler)
}

// arrive says which call this will be when it is done.
func (r *recorder) arrive(name string) call {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = time.Now()
	if !r.counting {
		return call{name: name}
	}
	if do := r.meanwhile[name]; do != nil {
		delete(r.meanwhile, name)
		do()
	}

	return call{name, r.counts[name] + 1}
}

// count numbers a call that is done.
func (r *recorder) count(name string) call {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = time.Now()
	if !r.counting {
		return call{name: name}
	}
	r.counts[name]++
	done := call{name, r.counts[name]}
	r.calls = append(r.calls, done)

	return done
}

func (r *recorder) hits(here point) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.target == nil || *r.target != here {
		return false
	}
	r.target = nil

	return true
}

// points are all places in the run where the operator can be killed.
func (r *recorder) points() []point {
	r.mu.Lock()
	defer r.mu.Unlock()
	points := make([]point, 0, 2*len(r.calls))
	for _, c := range r.calls {
		points = append(points, point{c, before}, point{c, after})
	}

	return points
}

// list is a copy of the calls so far.
func (r *recorder) list() []call {
	r.mu.Lock()
	defer r.mu.Unlock()

	return slices.Clone(r.calls)
}

// quiet says whether no call came for some time.
func (r *recorder) quiet() bool {
	r.mu.Lock()
	defer r.mu.Unlock()

	return time.Since(r.last) > 400*time.Millisecond
}

func (r *recorder) wasKilled() bool {
	select {
	case <-r.killed:
		return true
	default:
		return false
	}
}
