package rotation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// inStatus are command values that the status says were handled.
func inStatus(handled rotation.Commands) given {
	return func(o *rotation.Observation) { o.Credential.Handled = handled }
}

func commands(c rotation.Commands) given {
	return func(o *rotation.Observation) { o.Credential.Commands = c }
}

func withoutJournal(o *rotation.Observation) { o.Journal = rotation.Journal{} }

// TestCommandsOfModeObserveAreNotCarriedOutLater, whether there is a journal or not, and new values are.
func TestCommandsOfModeObserveAreNotCarriedOutLater(t *testing.T) {
	t.Parallel()
	next := at.Add(9 * time.Minute)
	acknowledged := inStatus(rotation.Commands{Rotate: "r1", Resume: "s1", Revoke: "now", Rollback: "b1", ReleaseSecret: "ocs9"})
	rest := wait(rotation.Settled, "Accepted", next)
	decide(t, map[string]decision{
		"rotate":              {given: []given{acknowledged, command("r1")}, want: rest},
		"revoke":              {given: []given{acknowledged, revoked}, want: rest},
		"resume":              {given: []given{acknowledged, commands(rotation.Commands{Resume: "s1"})}, want: rest},
		"rollback":            {given: []given{acknowledged, superseded(time.Minute), commands(rotation.Commands{Rollback: "b1"})}, want: wait(rotation.Settled, "Accepted", next)},
		"release-secret":      {given: []given{acknowledged, commands(rotation.Commands{ReleaseSecret: "ocs9"})}, want: rest},
		"rotate, in Repair":   {given: []given{acknowledged, command("r1"), mode(v1alpha1.ModeRepair)}, want: rest},
		"a new value":         {given: []given{acknowledged, command("r2")}, want: rotation.Look{At: rotation.LookApplication}},
		"in Observe, nothing": {given: []given{command("r1"), mode(v1alpha1.ModeObserve)}, want: rest},
		"the journal is opened with them": {
			given: []given{acknowledged, command("r1"), withoutJournal},
			want: rotation.WriteJournal{Record: rotation.Record{
				Binding: healthy().Credential.Binding, ClientID: "0oa", Current: &rotation.Held{Value: value("old"), Since: at},
				Handled: rotation.Commands{Rotate: "r1", Resume: "s1", Revoke: "now", Rollback: "b1", ReleaseSecret: "ocs9"},
			}},
		},
		"the journal learns them with its next write": {
			given: []given{acknowledged, commands(rotation.Commands{Rotate: "r1", ReleaseSecret: "ocs8"})},
			want: record(func(r rotation.Record) rotation.Record {
				r.Handled.Rotate = "r1"

				return r.Release("ocs8")
			}),
		},
	})
}

// TestHandledCommands: what the status says, and which event tells of what is not carried out.
func TestHandledCommands(t *testing.T) {
	t.Parallel()
	both := rotation.Commands{Rotate: "r1", Revoke: "now"}
	noted := func(o *rotation.Observation) {
		o.Journal.Record.Handled = rotation.Commands{Rotate: "r0", Resume: "s0"}
	}
	first := func(o *rotation.Observation) { o.Credential.FirstSight = true }
	observe := mode(v1alpha1.ModeObserve)
	for name, test := range map[string]struct {
		given []given
		want  rotation.Commands
		tells string
	}{
		"at first sight they count":                      {[]given{withoutJournal, first, commands(both)}, both, "when this object was first seen"},
		"in Observe they count":                          {[]given{withoutJournal, observe, commands(both)}, both, "oktacred.dev/rotate, oktacred.dev/revoke is not carried out, now or later, because spec.mode is Observe. Set mode: Rotate"},
		"in Observe, some take mode Repair alone":        {[]given{withoutJournal, observe, commands(rotation.Commands{Rollback: "b1"})}, rotation.Commands{Rollback: "b1"}, "Set mode: Repair or Rotate"},
		"in Observe they count beside a journal":         {[]given{noted, observe, commands(both)}, rotation.Commands{Rotate: "r1", Revoke: "now", Resume: "s0"}, "oktacred.dev/rotate, oktacred.dev/revoke"},
		"in Observe they are told of once":               {[]given{noted, observe, commands(both), inStatus(both)}, rotation.Commands{Rotate: "r1", Revoke: "now", Resume: "s0"}, ""},
		"in Observe, one that was carried out before":    {[]given{noted, observe, command("r0")}, rotation.Commands{Rotate: "r0", Resume: "s0"}, ""},
		"after Observe they still count":                 {[]given{noted, commands(both), inStatus(both)}, rotation.Commands{Rotate: "r1", Revoke: "now", Resume: "s0"}, ""},
		"after Observe and idle they still count":        {[]given{withoutJournal, commands(both), inStatus(both)}, both, ""},
		"in Rotate they count once the journal has them": {[]given{noted, commands(both)}, rotation.Commands{Rotate: "r0", Resume: "s0"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := healthy(test.given...)
			if diff := cmp.Diff(test.want, o.HandledCommands()); diff != "" {
				t.Errorf("handled (-want +got):\n%s", diff)
			}
			if told := messages(o.NotCarriedOut()); (test.tells == "") != (told == "") || !strings.Contains(told, test.tells) {
				t.Errorf("told %q, want %q", told, test.tells)
			}
		})
	}
}

// messages of what is told.
func messages(tellings []rotation.Telling) string {
	var all []string
	for _, telling := range tellings {
		all = append(all, telling.Message)
	}

	return strings.Join(all, "\n")
}
