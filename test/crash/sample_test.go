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
const sampled = 1

// commit is the seed of the sample: each commit visits others, and the same ones again. Without git it is empty.
func commit(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "rev-parse", "HEAD").Output()
	if err != nil {
		t.Logf("no commit is known: %v", err)
	}

	return strings.TrimSpace(string(out))
}

// sample chooses points of a scenario by a seed, in the order in which they come.
func sample(points []point, seed, name string) []point {
	rank := func(p point) []byte {
		sum := sha256.Sum256([]byte(seed + name + p.String()))

		return sum[:]
	}
	chosen := slices.SortedFunc(slices.Values(points), func(a, b point) int { return bytes.Compare(rank(a), rank(b)) })
	chosen = chosen[:min(sampled, len(chosen))]

	return slices.DeleteFunc(slices.Clone(points), func(p point) bool {
		return !slices.Contains(chosen, p) && !slices.Contains(regressions, name+": "+p.String())
	})
}

// anywhere is a point by the number of its call alone, so that a scenario need not be run before to know its calls. No scenario
// has less.
func anywhere(seed, name string) point {
	const fewest = 12
	sum := sha256.Sum256([]byte(seed + name))

	return point{call{anyCall, 1 + int(sum[0])%fewest}, phases[int(sum[1])%len(phases)]}
}

// known fails the test when a point of these, at which the operator once failed, is not among those of the scenario, since a call
// has another name now: nobody would see that it is visited no more. A second undisturbed run has what the first one had not by chance.
func known(t *testing.T, name string, points []point, again func() []point) {
	t.Helper()
	lost := func(points []point) (lost []string) {
		for _, regression := range regressions {
			at, ours := strings.CutPrefix(regression, name+": ")
			if ours && !slices.ContainsFunc(points, func(p point) bool { return p.String() == at }) {
				lost = append(lost, at)
			}
		}

		return lost
	}
	if len(lost(points)) == 0 {
		return
	}
	if missing := lost(append(again(), points...)); len(missing) > 0 {
		t.Errorf("the operator once failed at %q, and there is no such point any more", missing)
	}
}

// TestRegressionsAreOfScenarios fails when a regression names a scenario that no test goes through.
func TestRegressionsAreOfScenarios(t *testing.T) {
	t.Parallel()
	for _, regression := range regressions {
		name, _, _ := strings.Cut(regression, ": ")
		byTheClock := slices.ContainsFunc(clockScenarios, func(s string) bool { return name == s+byClock })
		if !byTheClock && !slices.ContainsFunc(scenarios, func(s scenario) bool { return s.name == name && !s.slow }) {
			t.Errorf("%q: no scenario has this name, or it is too slow to be visited by every run", regression)
		}
	}
}

// regressions are points at which the operator once failed; every run visits them.
var regressions = []string{
	// The follower deactivated, when it took over the leader's new secret, the stranger's that it had taken over meanwhile.
	"two credentials for one client, rejected: answer lost of revoke 1",
	// A question that failed while the clock was ahead was not asked again for an hour when it was right again.
	"rejected, one slot free by the clock: clock ahead at PUT journal 1",
	// The retirement of the old secret, a compromised one too, waited an hour because a question before it had failed.
	"slots full, ReplaceInactive: answer lost of list secrets 2",
	"revoke command, adopted secret: answer lost of list secrets 2",
}

// results count what was visited.
type results struct {
	mu   sync.Mutex
	rows []*row
}

type row struct {
	Scenario string `json:"scenario"`
	Points   int    `json:"points"`
	Visited  int    `json:"visited"`
	Survived int    `json:"survived"`
}

func (r *results) found(scenario string, points int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = append(r.rows, &row{Scenario: scenario, Points: points})
}

func (r *results) ran(scenario string, visited, survived bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, found := range r.rows {
		if found.Scenario != scenario {
			continue
		}
		if visited {
			found.Visited++
		}
		if visited && survived {
			found.Survived++
		}
	}
}

// mustHaveBeenThere bounds how many points of a scenario may have come by chance alone: one in twenty, so that nothing is left out
// without being noticed.
func (r *results) mustHaveBeenThere() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, found := range r.rows {
		if missed := found.Points - found.Visited; missed > max(1, found.Points/20) {
			return fmt.Errorf("scenario %q: %d of %d points were not visited", found.Scenario, missed, found.Points)
		}
	}

	return nil
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
	_, _ = fmt.Fprintln(table, "SCENARIO\tKILL POINTS\tVISITED\tSURVIVED")
	for _, found := range r.rows {
		total.Points, total.Visited, total.Survived = total.Points+found.Points, total.Visited+found.Visited, total.Survived+found.Survived
	}
	for _, found := range append(slices.Clone(r.rows), &total) {
		_, _ = fmt.Fprintf(table, "%s\t%d\t%d\t%d\n", found.Scenario, found.Points, found.Visited, found.Survived)
	}
	_ = table.Flush()
	_ = json.NewEncoder(out).Encode(map[string]any{"crash": total, "scenarios": r.rows})
}
