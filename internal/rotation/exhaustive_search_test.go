package rotation_test

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

// link is how a state was reached first.
type link struct {
	from stateKey
	by   move
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
	states table
	// resting are the quiet states from which it comes to rest.
	resting     table
	roots       map[stateKey]*microWorld
	transitions atomic.Int64
	depth       int

	mu     sync.Mutex
	failed stateKey
	by     *move
	what   string
}

func explore(roots []*microWorld, limit budget, total int) *search {
	s := &search{limit: limit, total: total, roots: map[stateKey]*microWorld{}}
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
	var wait sync.WaitGroup
	var next atomic.Int64
	found := make([][]reached, len(frontier))
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(frontier); i = int(next.Add(1)) - 1 {
				found[i] = s.expand(frontier[i])
			}
		})
	}
	wait.Wait()
	var all []*microWorld
	for _, part := range found {
		for _, r := range part {
			if s.states.add(r.key, r.from) {
				all = append(all, r.state)
			}
		}
	}

	return all
}

func (s *search) expand(w *microWorld) []reached {
	from := w.key(true)
	if what := s.comesToRest(w); what != "" {
		s.fail(from, nil, what)
	}
	var found []reached
	w.moves(func(m move, cost budget) {
		if !w.spent.plus(cost).within(s.limit, s.total) {
			return
		}
		s.transitions.Add(1)
		next := w.after(m, cost)
		if next.violation != "" {
			s.fail(from, &m, next.violation)

			return
		}
		key := next.key(true)
		if _, known := s.states.find(key); !known {
			found = append(found, reached{state: next, key: key, from: link{from: from, by: m}})
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

// path tells how the failure came about: replayed from the root, with what every state holds.
func (s *search) path() string {
	var moves []move
	key := s.failed
	for {
		found, _ := s.states.find(key)
		if found.from == key {
			break
		}
		moves, key = append(moves, found.by), found.from
	}
	w := *s.roots[key]
	lines := []string{fmt.Sprintf("%-55s %s", w.name, w.describe())}
	tell := func(m move) {
		doing := w.doing(m)
		w = *w.after(m, budget{})
		lines = append(lines, fmt.Sprintf("%-55s %s", m.String()+doing, w.describe()))
	}
	for i := range moves {
		tell(moves[len(moves)-1-i])
	}
	if s.by != nil {
		tell(*s.by)

		return strings.Join(append(lines, s.what), "\n")
	}
	lines = append(lines, "and then all is quiet:")
	w = *w.quieten()
	walked := map[stateKey]bool{}
	for !walked[w.key(false)] {
		walked[w.key(false)] = true
		m, ok := w.nextQuiet()
		if !ok {
			break
		}
		tell(m)
	}

	return strings.Join(append(lines, s.what), "\n")
}
