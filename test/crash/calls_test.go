package crash

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// call is one call of a run on which something rests: what it is about, and which one of these it is.
type call struct {
	name string
	nth  int
}

// phase is what goes wrong with a call.
type phase string

const (
	// before and after: the operator is killed before anything happened, or when it happened and before the operator knows. The
	// moment after the reply is the one before the next call: nothing changes between.
	before phase = "before"
	after  phase = "after"
	// answerLost: it happened, and the connection breaks instead of an answer. The operator lives.
	answerLost phase = "answer lost of"
	// late: the connection breaks, and only then, after lateness, it happens. The operator lives, and has tried again by then.
	late phase = "late"
	// ahead and back: it happened, and the operator's clock has jumped an hour when the answer comes.
	ahead phase = "clock ahead at"
	back  phase = "clock back at"
)

// phases are those of every call of every scenario.
var phases = []phase{before, after, answerLost, late}

// lateness is how long a late call is held: longer than the operator takes to try again.
const lateness = 1500 * time.Millisecond

// point is where something goes wrong.
type point struct {
	call
	phase phase
}

// String names the point for people: "after create secret 1".
func (p point) String() string { return fmt.Sprintf("%s %s %d", p.phase, p.name, p.nth) }

// recorder numbers the calls of a run, and lets one of them go wrong.
type recorder struct {
	mu sync.Mutex
	// counting begins when the world is at rest.
	counting bool
	calls    []call
	counts   map[string]int
	last     time.Time
	// target is where something goes wrong; nil when the run is left alone, and when it happened.
	target *point
	struck bool
	// landing is how many late calls are still to come.
	landing int
	// meanwhile happens once, when a call arrives and before it goes on.
	meanwhile map[call]func()
}

func newRecorder() *recorder {
	return &recorder{counts: map[string]int{}, meanwhile: map[call]func(){}}
}

// begin starts to count, and aims at a point, if any.
func (r *recorder) begin(target *point) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counting, r.target = true, target
}

// disarm lets nothing go wrong any more: who waits for that has gone on.
func (r *recorder) disarm() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.target = nil
}

// during makes something happen while a call is on its way.
func (r *recorder) during(on call, do func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.meanwhile[on] = do
}

// hands are what a recorder can do to the operator.
type hands struct{ kill, ahead, back func() }

// take passes a call on, and lets it go wrong where that was asked for. A call without a name does not count, nor does one
// that is refused because the object has changed or gone: how often the operator comes too late is chance, and nothing
// changes by it.
func (r *recorder) take(name string, do hands, out http.ResponseWriter, in *http.Request, next http.Handler) {
	if name == "" {
		next.ServeHTTP(out, in)

		return
	}
	arrived := r.arrive(name)
	if r.hits(arrived, before) {
		do.kill()
		panic(http.ErrAbortHandler)
	}
	if r.hits(arrived, late) {
		r.landLate(name, in, next)
		panic(http.ErrAbortHandler)
	}
	answer := httptest.NewRecorder()
	next.ServeHTTP(answer, in)
	if answer.Code != http.StatusConflict && answer.Code != http.StatusNotFound {
		r.strikeAfter(r.count(name), do)
	}
	maps.Copy(out.Header(), answer.Header())
	out.WriteHeader(answer.Code)
	_, _ = out.Write(answer.Body.Bytes())
}

// strikeAfter lets a call go wrong that has had its effect.
func (r *recorder) strikeAfter(done call, do hands) {
	switch {
	case r.hits(done, after):
		do.kill()
		panic(http.ErrAbortHandler)
	case r.hits(done, answerLost):
		panic(http.ErrAbortHandler)
	case r.hits(done, ahead):
		do.ahead()
	case r.hits(done, back):
		do.back()
	}
}

// landLate lets a call have its effect when nobody waits for it any more.
func (r *recorder) landLate(name string, in *http.Request, next http.Handler) {
	content := body(in)
	held := in.Clone(context.WithoutCancel(in.Context()))
	held.Body = io.NopCloser(bytes.NewReader(content))
	r.mu.Lock()
	r.landing++
	r.mu.Unlock()
	go func() {
		defer func() {
			_ = recover() // a proxy that cannot reach its server aborts its handler
			r.count(name)
			r.mu.Lock()
			r.landing--
			r.mu.Unlock()
		}()
		<-time.After(lateness)
		next.ServeHTTP(httptest.NewRecorder(), held)
	}()
}

// arrive says which call this will be when it is done.
func (r *recorder) arrive(name string) call {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = time.Now()
	if !r.counting {
		return call{name: name}
	}
	arrived := call{name, r.counts[name] + 1}
	if do := r.meanwhile[arrived]; do != nil {
		delete(r.meanwhile, arrived)
		do()
	}

	return arrived
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

// hits says whether something goes wrong here, which it does once.
func (r *recorder) hits(here call, what phase) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.target == nil || r.target.phase != what || (r.target.call != here && r.target.call != r.ofAll(what)) {
		return false
	}
	r.target, r.struck = nil, true

	return true
}

// anyCall is the name of a call that is told by its number among all of a run.
const anyCall = "any call"

// ofAll is the call that is being made, by its number among all.
func (r *recorder) ofAll(what phase) call {
	if what == before || what == late {
		return call{anyCall, len(r.calls) + 1}
	}

	return call{anyCall, len(r.calls)}
}

// points are all places in the run where something can go wrong in these ways.
func (r *recorder) points(phases ...phase) []point {
	points := []point{}
	for _, c := range r.list() {
		for _, what := range phases {
			// A read changes nothing, so that the moment after it is the one before the next call, and late is never.
			if strings.HasSuffix(c.name, readAtOkta) && (what == after || what == late) {
				continue
			}
			points = append(points, point{c, what})
		}
	}

	return points
}

// list is a copy of the calls so far.
func (r *recorder) list() []call {
	r.mu.Lock()
	defer r.mu.Unlock()

	return slices.Clone(r.calls)
}

// quiet says whether no call came for some time, and none is still to come.
func (r *recorder) quiet() bool {
	r.mu.Lock()
	defer r.mu.Unlock()

	return r.landing == 0 && time.Since(r.last) > 400*time.Millisecond
}

// wasStruck says whether what should go wrong did.
func (r *recorder) wasStruck() bool {
	r.mu.Lock()
	defer r.mu.Unlock()

	return r.struck
}
