package rotation_test

import (
	"bytes"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// link is how a state was reached first.
type link struct {
	from stateKey
	by   move
	// ahead is what lies one move ahead of the state, zero until that is known.
	ahead uint64
}

// shards of the table of states, so that workers seldom wait for one another.
const shards = 64

// table holds every state that was reached.
type table struct {
	parts [shards]struct {
		sync.Mutex

		links map[stateKey]link
	}
}

// add says whether a state is new.
func (t *table) add(key stateKey, from link) bool {
	part := &t.parts[key[0]%shards]
	part.Lock()
	defer part.Unlock()
	if _, known := part.links[key]; known {
		return false
	}
	if part.links == nil {
		part.links = map[stateKey]link{}
	}
	part.links[key] = from

	return true
}

func (t *table) find(key stateKey) (link, bool) {
	part := &t.parts[key[0]%shards]
	part.Lock()
	defer part.Unlock()
	found, ok := part.links[key]

	return found, ok
}

func (t *table) len() int {
	n := 0
	for i := range t.parts {
		n += len(t.parts[i].links)
	}

	return n
}

// search explores every state within a budget, breadth first, so that what it finds first is the shortest path to it.
type search struct {
	limit  budget
	total  int
	only   []moveKind // what goes wrong, where that is not everything
	states table
	// resting are the quiet states from which it comes to rest.
	resting     table
	roots       map[stateKey]*microWorld
	transitions atomic.Int64
	merged      atomic.Int64 // states that were reached again, and found to go on alike
	depth       int

	mu     sync.Mutex
	failed stateKey
	by     *move
	what   string
}

func explore(roots []*microWorld, limit budget, total int, only ...moveKind) *search {
	s := &search{limit: limit, total: total, only: only, roots: map[stateKey]*microWorld{}}
	var frontier []*microWorld
	for _, root := range roots {
		key := root.key(true)
		s.roots[key] = root
		s.states.add(key, link{from: key})
		frontier = append(frontier, root)
	}
	for len(frontier) > 0 && s.what == "" {
		frontier = s.level(frontier)
		if len(frontier) > 0 {
			s.depth++
		}
	}

	return s
}

// reached is a state that a move led to.
type reached struct {
	state *microWorld
	key   stateKey
	from  link
}

// level goes one move on from every state. What was reached is noted in the order of the states, so that a run is like another.
func (s *search) level(frontier []*microWorld) []*microWorld {
	found := make([][]reached, len(frontier))
	parallel(len(frontier), func(i int) { found[i] = s.expand(frontier[i]) })
	var all []*microWorld
	var merged []reached
	for _, part := range found {
		for _, r := range part {
			if s.states.add(r.key, r.from) {
				all = append(all, r.state)
			} else {
				merged = append(merged, r)
			}
		}
	}
	s.merged.Add(int64(len(merged)))
	parallel(len(merged), func(i int) { s.alike(merged[i]) })

	return all
}

// parallel does n things on all processors.
func parallel(n int, do func(i int)) {
	var wait sync.WaitGroup
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wait.Wait()
}

func (s *search) expand(w *microWorld) []reached {
	from := w.key(true)
	if what := s.comesToRest(w); what != "" {
		s.fail(from, nil, what)
	}
	found := s.next(w, from)
	s.transitions.Add(int64(len(found)))
	s.goesOn(from, found)
	alive := found[:0:0]
	for _, r := range found {
		if r.state.violation != "" {
			s.fail(from, &r.from.by, r.state.violation)
		} else {
			alive = append(alive, r)
		}
	}

	return alive
}

// next are the states that lie one move ahead, within the budget.
func (s *search) next(w *microWorld, from stateKey) []reached {
	var found []reached
	w.moves(func(m move, cost budget) {
		if w.spent.plus(cost).within(s.limit, s.total) && (cost == budget{} || len(s.only) == 0 || slices.Contains(s.only, m.kind)) {
			next := w.after(m, cost)
			found = append(found, reached{state: next, key: next.key(true), from: link{from: from, by: m}})
		}
	})

	return found
}

// fail keeps one failure of a level: of several the one whose words come first, so that a run is like another.
func (s *search) fail(at stateKey, by *move, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.what == "" || what < s.what || (what == s.what && bytes.Compare(at[:], s.failed[:]) < 0) {
		s.failed, s.by, s.what = at, by, what
	}
}
