package rotation_test

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
)

// A key stands for every state that has it. That is right as long as all of them go on alike: each time a state is reached again,
// what lies one move ahead of it is compared with what lies one move ahead of the one that was explored. Where that
// is so at every merge, no state was left out.

// alike compares a state that was reached again with the one that was explored in its place.
func (s *search) alike(r reached) {
	s.goesOn(r.key, s.next(r.state, r.key))
}

// goesOn notes what lies one move ahead of a state, or compares it with what lies ahead of another that has the same key.
func (s *search) goesOn(key stateKey, found []reached) {
	if what := s.states.ahead(key, digest(found)); what != "" {
		s.fail(key, nil, what)
	}
}

// digest of the states one move ahead. Two operators that are alike may have changed places, so who moves is left out.
func digest(found []reached) uint64 {
	lines := make([]string, 0, len(found))
	for _, r := range found {
		m := r.from.by
		if m.kind < moveTime {
			m.arg = 0
		}
		lines = append(lines, fmt.Sprintf("%d %d %d %s %s", m.kind, m.arg, m.detail, r.key[:], r.state.violation))
	}
	slices.SortFunc(lines, cmp.Compare[string])
	sum := fnv.New64a()
	for _, line := range lines {
		_, _ = sum.Write([]byte(line))
	}

	return sum.Sum64() | 1
}

// ahead says what is wrong when a state goes on otherwise than another with its key.
func (t *table) ahead(key stateKey, digest uint64) string {
	part := &t.parts[key[0]%shards]
	part.Lock()
	defer part.Unlock()
	known := part.links[key]
	if known.ahead != 0 && known.ahead != digest {
		return "the key merges this state with another one that goes on otherwise"
	}
	known.ahead = digest
	part.links[key] = known

	return ""
}
