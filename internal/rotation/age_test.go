package rotation_test

import (
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// TestAnAgeOutlivesWhatHappensToTheSecret: a tool that puts the former value back once a month must not keep maxAge from coming.
func TestAnAgeOutlivesWhatHappensToTheSecret(t *testing.T) {
	t.Parallel()
	born := at.Add(-48 * time.Hour)
	before := healthy(superseded(48 * time.Hour)).Journal.Record
	rolledBack := func(r rotation.Record) rotation.Record {
		staged := rotation.Staged{Value: value("old"), ID: "ocs1", Cause: rotation.CauseRollback, Adopted: true, At: at}
		replaces := rotation.Replaced{Hash: value("new").Hash(), ID: "ocs2"}

		return r.Stage(staged, "back").Promote(rotation.Promotion{ID: "ocs1", Replaces: replaces, Previous: &rotation.Held{Value: value("new"), ID: "ocs2"}}).Finish(at)
	}
	rotated := func(r rotation.Record) rotation.Record {
		staged := rotation.Staged{Value: value("newer"), Cause: rotation.CauseScheduled, At: at}
		replaces := rotation.Replaced{Hash: value("new").Hash(), ID: "ocs2"}

		return r.Stage(staged, "").Promote(rotation.Promotion{ID: "ocs3", Replaces: replaces, Previous: &rotation.Held{Value: value("new"), ID: "ocs2"}}).Finish(at)
	}
	for name, c := range map[string]struct {
		held *rotation.Held
		want time.Time
	}{
		"another value was there and is gone":        {before.Displace(at, value("old")).Restore(at.Add(time.Minute)).Current, born},
		"it was counted as a flip":                   {before.Flip(at, "7", value("old")).Restore(at.Add(time.Minute)).Current, born},
		"it was superseded":                          {rotated(before).Previous, born},
		"it was superseded and put back":             {rolledBack(before).Previous, born},
		"it was superseded and a person put it back": {rotated(before).Accept(value("new"), at).Current, born},
		"a new one begins anew":                      {rotated(before).Current, time.Time{}},
		"one that was superseded by nobody we saw":   {before.Accept(value("pasted"), at).Previous, born},
	} {
		if !c.held.First.Equal(c.want) {
			t.Errorf("%s: its age counts from %s, want %s", name, c.held.First, c.want)
		}
	}
}

// TestWhatWasKeptIsOursAfterResume (I1): it may be activated again already when a person resumes, and nobody saw that yet.
func TestWhatWasKeptIsOursAfterResume(t *testing.T) {
	t.Parallel()
	record := healthy(superseded(3*time.Hour), func(o *rotation.Observation) {
		o.Journal.Record.Retired[0].Kept, o.Journal.Record.Retired[0].DeactivatedAt = true, at.Add(-time.Hour)
	}).Journal.Record.Resume("go", at, "")
	seen := record.See(rotation.OktaView{Secrets: []rotation.Listed{active("ocs1", "old"), active("ocs2", "new")}}, at)
	if len(seen.Retired) != 1 || !seen.Retired[0].DeactivatedAt.IsZero() {
		t.Errorf("what is to be retired after all is lost: %+v", seen.Retired)
	}
}
