package rotation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// revoking has the rotation of a revoke command at work.
func revoking(o *rotation.Observation) {
	staged(o)
	o.Journal.Record.Staged.Cause = rotation.CauseRevoked
}

// releases is a secret that a person has released.
func releases(id string) given {
	return func(o *rotation.Observation) { o.Journal.Record.Released = id }
}

// TestWhatTakesTheRoomIsSaid: which secrets are in the way, how old they are, and the command that makes room; before a value is
// staged, and after.
func TestWhatTakesTheRoomIsSaid(t *testing.T) {
	t.Parallel()
	const annotate = "kubectl -n team annotate occ app oktacred.dev/release-secret="
	mine, theirs := active("ocs1", "old"), active("ocs2", "x")
	for name, test := range map[string]struct {
		given []given
		says  []string
	}{
		"before a value is staged":           {[]given{command("r1"), lists(mine, theirs)}, []string{"ocs1 (ACTIVE, created 2026-", "ocs2 (ACTIVE, created 2026-", annotate + "ocs2 "}},
		"after":                              {[]given{staged, accepted, lists(mine, theirs)}, []string{"given up", "ocs1 (ACTIVE", "ocs2 (ACTIVE", annotate + "ocs2 "}},
		"two of others may be released":      {[]given{rejected(active("ocs2", "x"), active("ocs3", "y"))}, []string{annotate + "<id> "}},
		"the one that was superseded":        {[]given{superseded(time.Minute), command("r1"), lists(mine, active("ocs2", "new"))}, []string{"ocs1 (ACTIVE, superseded, created", annotate + "ocs1 "}},
		"masked, and neither may be removed": {[]given{command("r1"), lists(masked(mine), masked(theirs))}, []string{"Delete in Okta the one that nobody uses"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := saidBy(rotation.Decide(at, healthy(test.given...)))
			for _, part := range test.says {
				if !strings.Contains(said, part) {
					t.Errorf("%q does not say %q", said, part)
				}
			}
		})
	}
}

// accepted has the target's value work, so that only the room decides.
func accepted(o *rotation.Observation) { o.Check = healthy().Check }

// saidBy is what an action says.
func saidBy(action rotation.Action) string {
	if wait, ok := action.(rotation.Wait); ok {
		return wait.Message
	}
	if write, ok := action.(rotation.WriteJournal); ok {
		return messages(write.Tell)
	}
	if deactivate, ok := action.(rotation.DeactivateSecret); ok {
		return messages(deactivate.Tell)
	}
	if remove, ok := action.(rotation.DeleteSecret); ok {
		return messages(remove.Tell)
	}

	return ""
}

// TestOneIdIsReleasedAgain: the command that a message names works, also where the same id was released for another rotation.
func TestOneIdIsReleasedAgain(t *testing.T) {
	t.Parallel()
	full := []given{command("r1"), lists(active("ocs1", "old"), active("ocs2", "x"))}
	handled := func(o *rotation.Observation) { o.Journal.Record.Handled.ReleaseSecret = "ocs2" }
	for want, given := range map[string][]given{"=ocs2 --overwrite": full, `="ocs2 $(date +%s)" --overwrite`: append(full[:2:2], handled)} {
		wait, _ := rotation.Decide(at, healthy(given...)).(rotation.Wait)
		if !strings.Contains(wait.Message, want) {
			t.Errorf("%q does not name the command %s", wait.Message, want)
		}
	}
	if record := (rotation.Record{}).Release("ocs2 1789"); record.Released != "ocs2" || record.Handled.ReleaseSecret != "ocs2 1789" {
		t.Errorf("released %q, handled %q", record.Released, record.Handled.ReleaseSecret)
	}
}

// TestWhyRoomIsMadeIsSaid: an event does not say that somebody released what nobody did.
func TestWhyRoomIsMadeIsSaid(t *testing.T) {
	t.Parallel()
	mine := active("ocs1", "old")
	for name, test := range map[string]struct {
		given []given
		says  string
	}{
		"released":                     {[]given{staged, accepted, releases("ocs2"), lists(mine, active("ocs2", "x"))}, "ocs2 was deactivated at Okta to make room for the new one: it was released by command."},
		"released and INACTIVE":        {[]given{staged, accepted, releases("ocs2"), lists(mine, inactive("ocs2", "x"))}, "INACTIVE secret ocs2 was deleted at Okta to make room for the new one: it was released by command."},
		"ReplaceInactive":              {[]given{staged, accepted, replaceInactive, lists(mine, inactive("ocs2", "x"))}, "rotation.onSlotsFull is ReplaceInactive."},
		"the target's own":             {[]given{staged, lists(inactive("ocs1", "old"), active("ocs2", "x"))}, "it is the one that is replaced."},
		"superseded":                   {[]given{supersededStaged(rotation.CauseCommand), lists(inactive("ocs1", "old"), active("ocs2", "new"))}, "the operator made or superseded it."},
		"superseded, and a compromise": {[]given{supersededStaged(rotation.CauseRevoked), lists(mine, active("ocs2", "new"))}, "the revoke command ends its overlap."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if said := saidBy(rotation.Decide(at, healthy(test.given...))); !strings.HasSuffix(said, test.says) {
				t.Errorf("%q does not say %q", said, test.says)
			}
		})
	}
}

// supersededStaged has one more rotation at work in the middle of an overlap.
func supersededStaged(cause rotation.Cause) given {
	return func(o *rotation.Observation) {
		superseded(time.Minute)(o)
		o.Journal.Record.Staged = &rotation.Staged{Value: value("newer"), Cause: cause, At: at, IDsBefore: []string{"ocs1", "ocs2"}}
	}
}

// TestTheHaltOfAFailedRevokeSaysWhy, and what makes room, for as long as it holds: an event passes.
func TestTheHaltOfAFailedRevokeSaysWhy(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		given []given
		says  string
	}{
		"no room":         {[]given{revoking, lists(active("ocs1", "old"), active("ocs2", "x"))}, "oktacred.dev/release-secret=ocs2"},
		"Okta refuses it": {[]given{revoking, lists(active("ocs1", "old")), func(o *rotation.Observation) { o.CreateRefused = "Okta says no." }}, "Okta says no."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			write, ok := rotation.Decide(at, healthy(test.given...)).(rotation.WriteJournal)
			if !ok || write.Record.Halt == nil {
				t.Fatalf("it does not halt: %+v", write)
			}
			message := write.Record.Halt.Message
			for _, part := range []string{test.says, "still in use", "then set the annotation oktacred.dev/revoke"} {
				if !strings.Contains(strings.ToLower(message), strings.ToLower(part)) {
					t.Errorf("%q does not say %q", message, part)
				}
			}
		})
	}
}
