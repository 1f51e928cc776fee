package consumers

import (
	"testing"
	"time"
)

// TestWhatIsRememberedOfADelivery is since when pods are seen that are not ready, and is forgotten with the change.
func TestWhatIsRememberedOfADelivery(t *testing.T) {
	t.Parallel()
	var m Memory
	m.Restart(Reference{KindDeployment, "early"}) // nothing is recalled yet
	first := m.Recall(change)
	if first.Watched == nil || len(first.Restarted) != 0 {
		t.Fatalf("at first: %+v", first)
	}
	m.See([]Status{{Watch: []string{"a", "b"}}}, written)
	m.See([]Status{{Watch: []string{"b"}}, {Watch: []string{"c"}}}, written.Add(time.Minute))
	m.Restart(Reference{KindDeployment, "web"})
	again := m.Recall(change)
	_, ready := again.Watched["a"]
	if ready || !again.Watched["b"].Equal(written) || !again.Watched["c"].Equal(written.Add(time.Minute)) || !again.Restarted[Reference{KindDeployment, "web"}] {
		t.Errorf("later: %+v", again)
	}
	other := change
	other.Fingerprint = "f3"
	if got := m.Recall(other); len(got.Watched) != 0 || len(got.Restarted) != 0 {
		t.Errorf("for another change: %+v", got)
	}
}
