package crash

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
)

// sampled is how many points of each scenario a test run visits.
const sampled = 6

// commit is the seed of the sample: each commit visits others, and the same ones again. Without git it is empty.
func commit(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "rev-parse", "HEAD").Output()
	if err != nil {
		t.Logf("no commit is known: %v", err)
	}

	return strings.TrimSpace(string(out))
}

// sample chooses points by a seed, in the order in which they come.
func sample(points []point, seed string) []point {
	rank := func(p point) []byte {
		sum := sha256.Sum256([]byte(seed + p.String()))

		return sum[:]
	}
	chosen := slices.SortedFunc(slices.Values(points), func(a, b point) int { return bytes.Compare(rank(a), rank(b)) })
	chosen = chosen[:min(sampled, len(chosen))]

	return slices.DeleteFunc(slices.Clone(points), func(p point) bool { return !slices.Contains(chosen, p) })
}

// results count what was visited.
type results struct {
	mu   sync.Mutex
	rows []*row
}

type row struct {
	Scenario string `json:"scenario"`
	Points   int    `json:"points"`
	Killed   int    `json:"killed"`
	Survived int    `json:"survived"`
}

func (r *results) found(scenario string, points int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = append(r.rows, &row{Scenario: scenario, Points: points})
}

func (r *results) ran(scenario string, killed, survived bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, found := range r.rows {
		if found.Scenario != scenario {
			continue
		}
		if killed {
			found.Killed++
		}
		if killed && survived {
			found.Survived++
		}
	}
}

// write writes a table, and the same as one line of JSON.
func (r *results) write(out io.Writer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.rows) == 0 {
		return
	}
	slices.SortFunc(r.rows, func(a, b *row) int { return strings.Compare(a.Scenario, b.Scenario) })
	total := row{Scenario: "all"}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "SCENARIO\tKILL POINTS\tKILLED\tSURVIVED")
	for _, found := range r.rows {
		total.Points, total.Killed, total.Survived = total.Points+found.Points, total.Killed+found.Killed, total.Survived+found.Survived
	}
	for _, found := range append(slices.Clone(r.rows), &total) {
		_, _ = fmt.Fprintf(table, "%s\t%d\t%d\t%d\n", found.Scenario, found.Points, found.Killed, found.Survived)
	}
	_ = table.Flush()
	_ = json.NewEncoder(out).Encode(map[string]any{"crash": total, "scenarios": r.rows})
}
