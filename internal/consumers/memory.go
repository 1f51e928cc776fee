package consumers

import "time"

// Memory is what one process remembers of the delivery of one change. Losing it costs one more restart of what somebody takes
// back, and the time until pods are blamed, counted anew.
type Memory struct {
	fingerprint string
	restarted   map[Reference]bool
	watched     map[string]time.Time
}

// Recall adds to a change what is remembered of it. What is remembered of another one is forgotten.
func (m *Memory) Recall(c Change) Change {
	if m.fingerprint != c.Fingerprint || m.watched == nil {
		*m = Memory{fingerprint: c.Fingerprint, restarted: map[Reference]bool{}, watched: map[string]time.Time{}}
	}
	c.Restarted, c.Watched = m.restarted, m.watched

	return c
}

// Restart notes that a workload was restarted for the change that was recalled last.
func (m *Memory) Restart(workload Reference) {
	if m.restarted != nil {
		m.restarted[workload] = true
	}
}

// See notes which pods are not ready, and since when.
func (m *Memory) See(statuses []Status, now time.Time) {
	watched := map[string]time.Time{}
	for i := range statuses {
		for _, pod := range statuses[i].Watch {
			first, seen := m.watched[pod]
			if !seen {
				first = now
			}
			watched[pod] = first
		}
	}
	m.watched = watched
}
