package rotation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// old is a secret that has reached maxAge, which Okta lists.
func old(o *rotation.Observation) {
	o.Credential.Policy.MaxAge = 24 * time.Hour
	lists(active("ocs1", "old"))(o)
}

func window(w rotation.Window) given {
	return func(o *rotation.Observation) { o.Credential.Policy.Window = w }
}

func held(reason string, until time.Time) given {
	return func(o *rotation.Observation) { o.Connection.Hold, o.Connection.HoldUntil = reason, until }
}

func managedBy(tool string) given {
	return func(o *rotation.Observation) { o.Target.ManagedBy = tool }
}

// TestRotationByAge: a working secret is replaced when it has grown old, in a window, spread, and at the connection's pace.
func TestRotationByAge(t *testing.T) {
	t.Parallel()
	next := at.Add(9 * time.Minute)
	stage := rotation.StageSecret{Cause: rotation.CauseScheduled, IDsBefore: []string{"ocs1"}, Replaces: rotation.Replaced{Hash: value("old").Hash(), ID: "ocs1"}}
	young := func(age time.Duration) given {
		return func(o *rotation.Observation) { o.Journal.Record.Current.Since = at.Add(-age) }
	}
	jitter := func(part float64) given {
		return func(o *rotation.Observation) { o.Credential.Jitter = part }
	}
	checkAgain := at.Add(-time.Minute).Add(10 * time.Minute)
	soon := at.Add(5 * time.Minute)
	decide(t, map[string]decision{
		"an old one":                      {given: []given{old}, want: stage},
		"without maxAge":                  {given: []given{}, want: wait(rotation.Settled, "Accepted", next)},
		"a young one":                     {given: []given{old, young(23 * time.Hour)}, want: rotationAt(at.Add(time.Hour), wait(rotation.Settled, "Accepted", checkAgain))},
		"due before the next check":       {given: []given{old, young(24*time.Hour - 5*time.Minute)}, want: rotationAt(soon, wait(rotation.Settled, "Accepted", soon))},
		"spread over the last tenth":      {given: []given{old, young(22 * time.Hour), jitter(0.9)}, want: stage},
		"spread: not yet":                 {given: []given{old, young(21 * time.Hour), jitter(0.5)}, want: rotationAt(at.Add(108*time.Minute), wait(rotation.Settled, "Accepted", checkAgain.Add(30*time.Second)))},
		"in mode Repair":                  {given: []given{old, mode(v1alpha1.ModeRepair)}, want: wait(rotation.Settled, "Accepted", next)},
		"of a follower":                   {given: []given{old, leader("ocs1"), func(o *rotation.Observation) { o.Journal.Record.Current.ID = "ocs1" }, followed("ocs1")}, want: wait(rotation.Settled, "Accepted", next)},
		"a window that opens soon":        {given: []given{old, window(rotation.Window{Closed: true, Opens: soon})}, want: rotationAt(soon, wait(rotation.Settled, v1alpha1.ReasonOutsideWindow, soon))},
		"no window ever":                  {given: []given{old, window(rotation.Window{Closed: true})}, want: wait(blocked, v1alpha1.ReasonOutsideWindow, next)},
		"windows that nobody understands": {given: []given{old, window(rotation.Window{Problem: "no such zone"})}, want: wait(blocked, v1alpha1.ReasonOutsideWindow, next)},
		"windows that nobody understands are said early":   {given: []given{old, young(0), window(rotation.Window{Problem: "no such zone"})}, want: wait(blocked, v1alpha1.ReasonOutsideWindow, checkAgain)},
		"no window ever is said early":                     {given: []given{old, young(0), window(rotation.Window{Closed: true})}, want: wait(blocked, v1alpha1.ReasonOutsideWindow, checkAgain)},
		"a window that opens is no problem":                {given: []given{old, young(0), window(rotation.Window{Closed: true, Opens: soon})}, want: rotationAt(at.Add(24*time.Hour), wait(rotation.Settled, "Accepted", checkAgain))},
		"windows of no use where nothing rotates by age":   {given: []given{window(rotation.Window{Problem: "no such zone"})}, want: wait(rotation.Settled, "Accepted", checkAgain)},
		"nor in mode Repair":                               {given: []given{old, young(0), mode(v1alpha1.ModeRepair), window(rotation.Window{Problem: "no such zone"})}, want: wait(rotation.Settled, "Accepted", checkAgain)},
		"a halt goes before a problem of the windows":      {given: []given{old, young(0), halted, window(rotation.Window{Problem: "no such zone"})}, want: rotationAt(at.Add(24*time.Hour), wait(blocked, v1alpha1.ReasonUndone, checkAgain))},
		"a retirement goes on where windows are a problem": {given: []given{old, superseded(2 * time.Hour), lists(active("ocs1", "old"), active("ocs2", "new")), pods(), window(rotation.Window{Problem: "no such zone"})}, want: rotation.DeactivateSecret{ID: "ocs1"}},
		"others are at work":                               {given: []given{old, held(v1alpha1.ReasonPaced, soon)}, want: wait(working, v1alpha1.ReasonPaced, soon)},
		"the brake holds":                                  {given: []given{old, held(v1alpha1.ReasonMassFailure, time.Time{})}, want: wait(blocked, v1alpha1.ReasonMassFailure, next)},
		"another tool keeps the Secret":                    {given: []given{old, managedBy("Argo CD")}, want: wait(blocked, v1alpha1.ReasonOtherWriter, next)},
		"both slots are taken":                             {given: []given{old, lists(active("ocs1", "old"), active("ocs2", "x"))}, want: wait(blocked, v1alpha1.ReasonSlotsFull, next)},
		"an INACTIVE stranger may be replaced":             {given: []given{old, lists(active("ocs1", "old"), inactive("ocs2", "x")), replaceInactive}, want: rotation.StageSecret{Cause: rotation.CauseScheduled, IDsBefore: []string{"ocs1", "ocs2"}, Replaces: rotation.Replaced{Hash: value("old").Hash(), ID: "ocs1"}}},
		"an INACTIVE stranger may not":                     {given: []given{old, lists(active("ocs1", "old"), inactive("ocs2", "x"))}, want: wait(blocked, v1alpha1.ReasonSlotsFull, next)},
		"a halt":                                           {given: []given{old, halted}, want: wait(blocked, v1alpha1.ReasonUndone, next)},
		"its age counts from when it came first": {given: []given{old, func(o *rotation.Observation) {
			current := o.Journal.Record.Current
			current.First, current.Since = current.Since, at.Add(-time.Minute)
		}}, want: stage},
	})
}

// TestAgeBesideARetirement: a superseded secret that pods still need holds up a rotation by age by its room alone, and nobody is
// told that none is needed.
func TestAgeBesideARetirement(t *testing.T) {
	t.Parallel()
	due := func(o *rotation.Observation) {
		superseded(25 * time.Hour)(o)
		o.Credential.Policy.MaxAge = 24 * time.Hour
	}
	both := lists(active("ocs1", "old"), active("ocs2", "new"))
	released := func(o *rotation.Observation) { o.Journal.Record.Released = "ocs1" }
	later := func(o *rotation.Observation) { o.RetireNotBefore = at.Add(time.Minute) }
	known := func(o *rotation.Observation) {
		o.Overdue = &rotation.Wait{State: blocked, Reason: v1alpha1.ReasonSlotsFull, Until: at.Add(-time.Hour)}
	}
	failed := func(o *rotation.Observation) { o.Okta = &rotation.OktaView{Problem: "OktaUnavailable", Message: "503"} }
	soon := at.Add(2 * time.Minute)
	closed := window(rotation.Window{Closed: true, Opens: soon})
	decide(t, map[string]decision{
		"both slots are taken":                       {given: []given{due, both, pods("shop-0")}, want: wait(blocked, v1alpha1.ReasonSlotsFull, at.Add(5*time.Minute))},
		"the superseded one may go by command":       {given: []given{due, both, pods("shop-0"), released}, want: rotation.StageSecret{Cause: rotation.CauseScheduled, IDsBefore: []string{"ocs1", "ocs2"}, Replaces: rotation.Replaced{Hash: value("new").Hash(), ID: "ocs2"}}},
		"it goes first where no pod needs it":        {given: []given{due, both, pods()}, want: rotation.DeactivateSecret{ID: "ocs1"}},
		"Okta is asked, whatever was not retired":    {given: []given{due, later}, want: rotation.Look{At: rotation.LookApplication}},
		"but not again before the next check":        {given: []given{due, later, known}, want: wait(blocked, v1alpha1.ReasonSlotsFull, at.Add(time.Minute))},
		"nor every few seconds for the workloads":    {given: []given{due, later, known, undeliveredNow, workloads(rotation.Delivery{Pending: []string{"shop-0"}})}, want: wait(blocked, v1alpha1.ReasonSlotsFull, at.Add(10*time.Second))},
		"what Okta did not say is asked again":       {given: []given{due, later, failed}, want: wait(working, "OktaUnavailable", at.Add(time.Minute))},
		"outside the windows the retirement is told": {given: []given{due, both, pods("shop-0"), closed}, want: rotationAt(soon, wait(rotation.Settled, v1alpha1.ReasonRetirementWaits, soon))},
	})
}

// TestWhatIsRememberedOfARotationByAgeThatWaits is what Okta lists, and nothing that ends by itself: that is asked about again.
func TestWhatIsRememberedOfARotationByAgeThatWaits(t *testing.T) {
	t.Parallel()
	full := lists(active("ocs1", "old"), active("ocs2", "x"))
	for name, c := range map[string]struct {
		given []given
		want  rotation.Cause
	}{
		"no room":             {[]given{old, full}, rotation.CauseScheduled},
		"Okta did not answer": {[]given{old, func(o *rotation.Observation) { o.Okta = &rotation.OktaView{Problem: "OktaUnavailable"} }}, ""},
		"a window":            {[]given{old, full, window(rotation.Window{Closed: true, Opens: at.Add(time.Minute)})}, ""},
		"others are at work":  {[]given{old, full, held(v1alpha1.ReasonPaced, at.Add(time.Minute))}, ""},
		"the brake":           {[]given{old, full, held(v1alpha1.ReasonMassFailure, time.Time{})}, ""},
	} {
		wait, _ := rotation.Decide(at, healthy(c.given...)).(rotation.Wait)
		if wait.HoldsUp != c.want {
			t.Errorf("%s: remembered for %q, want %q", name, wait.HoldsUp, c.want)
		}
	}
}

func undeliveredNow(o *rotation.Observation) {
	o.Credential.Policy.Restarts, o.Journal.Record.Undelivered = true, true
}

func replaceInactive(o *rotation.Observation) { o.Credential.Policy.ReplaceInactive = true }

func halted(o *rotation.Observation) {
	o.Journal.Record.Halt = &rotation.Halt{Reason: v1alpha1.ReasonUndone, Message: "why", At: at}
}

// TestGuardsOfAHealing: a rejected secret waits for no window, but for the pace, the brake and the consent of another writer.
func TestGuardsOfAHealing(t *testing.T) {
	t.Parallel()
	next := at.Add(slow)
	stranger := active("ocs2", "x")
	stage := rotation.StageSecret{Cause: rotation.CauseRejected, IDsBefore: []string{"ocs2"}, Replaces: rotation.Replaced{Hash: value("old").Hash()}}
	soon := at.Add(5 * time.Second)
	made := func(o *rotation.Observation) { o.Journal.Record.Current.Made = true }
	decide(t, map[string]decision{
		"no window":                              {given: []given{rejected(stranger), window(rotation.Window{Closed: true})}, want: stage},
		"the pace":                               {given: []given{rejected(stranger), held(v1alpha1.ReasonPaced, soon)}, want: wait(working, v1alpha1.ReasonPaced, soon)},
		"the brake":                              {given: []given{rejected(stranger), held(v1alpha1.ReasonMassFailure, time.Time{})}, want: wait(blocked, v1alpha1.ReasonMassFailure, next)},
		"the pace, where it only repairs":        {given: []given{rejected(stranger), func(o *rotation.Observation) { o.Credential.Adopts = true }, mode(v1alpha1.ModeRepair), held(v1alpha1.ReasonPaced, soon)}, want: wait(working, v1alpha1.ReasonPaced, soon)},
		"the brake, where it only repairs":       {given: []given{said("SecretRejected"), stored(goodValue + "\n"), lists(active("ocs1", goodValue)), mode(v1alpha1.ModeRepair), held(v1alpha1.ReasonMassFailure, time.Time{})}, want: wait(blocked, v1alpha1.ReasonMassFailure, next)},
		"a halt":                                 {given: []given{rejected(stranger), halted}, want: wait(blocked, v1alpha1.ReasonUndone, next)},
		"another writer":                         {given: []given{rejected(stranger), managedBy("Flux")}, want: wait(blocked, v1alpha1.ReasonOtherWriter, next)},
		"another writer that we wrote over":      {given: []given{rejected(stranger), managedBy("Flux"), made}, want: stage},
		"another writer, and a person's consent": {given: []given{rejected(stranger), managedBy("Flux (field manager helm-controller)"), consentedTo("Flux")}, want: stage},
		"another writer, and consent to a third": {given: []given{rejected(stranger), managedBy("Flux (field manager helm-controller)"), consentedTo("Helm")}, want: wait(blocked, v1alpha1.ReasonOtherWriter, next)},
		"another writer, and consent to any":     {given: []given{rejected(stranger), managedBy("Flux"), consentedTo(rotation.AnyTool)}, want: stage},
		"a compromise takes the place of what is superseded": {
			given: []given{superseded(time.Minute), revoked, lists(active("ocs1", "old"), active("ocs2", "new"))},
			want:  rotation.StageSecret{Cause: rotation.CauseRevoked, Command: "now", IDsBefore: []string{"ocs1", "ocs2"}, Replaces: rotation.Replaced{Hash: value("new").Hash(), ID: "ocs2"}},
		},
		"a plain rotation does not": {
			given: []given{superseded(time.Minute), command("r1"), lists(active("ocs1", "old"), active("ocs2", "new"))}, want: wait(blocked, v1alpha1.ReasonSlotsFull, at.Add(9*time.Minute)),
		},
		"another writer, and a command":                                 {given: []given{managedBy("Flux"), command("r1"), lists(active("ocs1", "old"))}, want: rotation.StageSecret{Cause: rotation.CauseCommand, Command: "r1", IDsBefore: []string{"ocs1"}, Replaces: rotation.Replaced{Hash: value("old").Hash(), ID: "ocs1"}}},
		"another writer of a malformed value":                           {given: []given{said("SecretRejected"), stored(goodValue + "\n"), lists(active("ocs1", goodValue)), managedBy("Flux")}, want: wait(blocked, v1alpha1.ReasonOtherWriter, next)},
		"a command passes the halt":                                     {given: []given{halted, command("r1"), lists(active("ocs1", "old"))}, want: rotation.StageSecret{Cause: rotation.CauseCommand, Command: "r1", IDsBefore: []string{"ocs1"}, Replaces: rotation.Replaced{Hash: value("old").Hash(), ID: "ocs1"}}},
		"but not the one of a fight, in which it would be written over": {given: []given{fought, command("r1"), lists(active("ocs1", "old"))}, want: wait(blocked, v1alpha1.ReasonContested, at.Add(9*time.Minute))},
		"a revoke command passes that too":                              {given: []given{fought, revoked, lists(active("ocs1", "old"))}, want: rotation.StageSecret{Cause: rotation.CauseRevoked, Command: "now", IDsBefore: []string{"ocs1"}, Replaces: rotation.Replaced{Hash: value("old").Hash(), ID: "ocs1"}}},
		"a command that waits for room waits no longer than the workloads": {
			given: []given{superseded(time.Minute), undeliveredNow, command("r1"), lists(active("ocs1", "old"), active("ocs2", "new")), workloads(rotation.Delivery{Pending: []string{"shop-0"}})},
			want:  wait(blocked, v1alpha1.ReasonSlotsFull, at.Add(10*time.Second)),
		},
		"a command waits for the brake":                                {given: []given{held(v1alpha1.ReasonMassFailure, time.Time{}), command("r1")}, want: wait(blocked, v1alpha1.ReasonMassFailure, at.Add(9*time.Minute))},
		"attempts that are used up stay in sight, though it works now": {given: []given{func(o *rotation.Observation) { o.Journal.Record.Attempts = 5 }}, want: wait(blocked, v1alpha1.ReasonHalted, at.Add(9*time.Minute))},
		"but not in mode Observe, where nobody can resume":             {given: []given{func(o *rotation.Observation) { o.Journal.Record.Attempts = 5 }, mode(v1alpha1.ModeObserve)}, want: wait(rotation.Settled, "Accepted", at.Add(9*time.Minute))},
		"fewer do not":                          {given: []given{func(o *rotation.Observation) { o.Journal.Record.Attempts = 4 }}, want: wait(rotation.Settled, "Accepted", at.Add(9*time.Minute))},
		"a halt that a person has not ended":    {given: []given{halted}, want: wait(blocked, v1alpha1.ReasonUndone, at.Add(9*time.Minute))},
		"resume ends it":                        {given: []given{halted, resumed}, want: record(func(r rotation.Record) rotation.Record { return r.Resume("go", at, "") }, halted)},
		"the revoke command":                    {given: []given{revoked, lists(active("ocs1", "old"))}, want: rotation.StageSecret{Cause: rotation.CauseRevoked, Command: "now", IDsBefore: []string{"ocs1"}, Replaces: rotation.Replaced{Hash: value("old").Hash(), ID: "ocs1"}}},
		"the revoke command in mode Repair":     {given: []given{revoked, mode(v1alpha1.ModeRepair)}, want: record(func(r rotation.Record) rotation.Record { return r.AcknowledgeRevoke("now") }, mode(v1alpha1.ModeRepair))},
		"a compromised secret dies at once":     {given: []given{superseded(time.Second), compromised, lists(active("ocs1", "old"), active("ocs2", "new"))}, want: rotation.DeactivateSecret{ID: "ocs1"}},
		"a compromised one that pods still use": {given: []given{superseded(time.Second), compromised, lists(active("ocs1", "old"), active("ocs2", "new")), pods("shop-0")}, want: rotation.DeactivateSecret{ID: "ocs1"}},
	})
}

func fought(o *rotation.Observation) {
	o.Journal.Record.Halt = &rotation.Halt{Reason: v1alpha1.ReasonContested}
}

// TestACommandThatWaitsHoldsUpNoRepair: what takes no new secret needs no room.
func TestACommandThatWaitsHoldsUpNoRepair(t *testing.T) {
	t.Parallel()
	got := rotation.Decide(at, healthy(said("SecretRejected"), stored(goodValue+"\n"), lists(active("ocs1", goodValue), active("ocs2", "x")), command("r1")))
	write, ok := got.(rotation.WriteJournal)
	if !ok || write.Record.Staged == nil || write.Record.Staged.Cause != rotation.CauseMalformed {
		t.Errorf("decided otherwise: %+v", got)
	}
}

func consentedTo(tool string) given {
	return func(o *rotation.Observation) { o.Journal.Record.Consented = tool }
}

// TestResumeConsentsToWhatStoppedTheCredential: to another writer only where that one was named, by its name, and not for one
// that appears later.
func TestResumeConsentsToWhatStoppedTheCredential(t *testing.T) {
	t.Parallel()
	flux := managedBy("Flux (kustomize.toolkit.fluxcd.io/name: apps)")
	stopped := rejected(active("ocs2", "x"))
	for name, test := range map[string]struct {
		given []given
		want  string
	}{
		"stopped by another writer":              {[]given{stopped, flux}, "Flux"},
		"stopped before a rotation by age":       {[]given{old, flux}, "Flux"},
		"stopped before it follows":              {[]given{leader("ocs5"), flux}, "Flux"},
		"nobody knows, after a restart":          {[]given{flux, func(o *rotation.Observation) { o.Check = nil }}, "Flux"},
		"stopped by nothing":                     {[]given{flux}, ""},
		"no other writer":                        {[]given{stopped}, ""},
		"stopped by a halt":                      {[]given{stopped, flux, halted}, ""},
		"stopped by the limit of attempts":       {[]given{stopped, flux, func(o *rotation.Observation) { o.Journal.Record.Attempts = 5 }}, ""},
		"stopped by a fight":                     {[]given{stopped, flux, flipped(3, "6")}, ""},
		"what the operator has written once":     {[]given{stopped, flux, func(o *rotation.Observation) { o.Journal.Record.Current.Made = true }}, ""},
		"another consent stays":                  {[]given{stopped, consentedTo("Helm")}, "Helm"},
		"a newer consent takes its place":        {[]given{stopped, flux, consentedTo("Helm")}, "Flux"},
		"a consent to any, of a former operator": {[]given{stopped, flux, consentedTo(rotation.AnyTool)}, rotation.AnyTool},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			write, ok := rotation.Decide(at, healthy(append(test.given, resumed)...)).(rotation.WriteJournal)
			if !ok || write.Record.Consented != test.want {
				t.Fatalf("consented to %q, want %q", write.Record.Consented, test.want)
			}
			before := healthy(test.given...).Journal.Record.Consented
			if isNew, named := test.want != before, strings.Contains(messages(write.Tell), "kept by "); isNew != named {
				t.Errorf("told %q", messages(write.Tell))
			}
		})
	}
}

func resumed(o *rotation.Observation) { o.Credential.Commands.Resume = "go" }

func revoked(o *rotation.Observation) { o.Credential.Commands.Revoke = "now" }

func compromised(o *rotation.Observation) { o.Journal.Record.Retired[0].Revoked = true }

// TestARevokeThatFailsIsNotForgotten: the compromised secret is still in use, and only a person can say what next.
func TestARevokeThatFailsIsNotForgotten(t *testing.T) {
	t.Parallel()
	before := healthy(revoked).Journal.Record
	after := before.Stage(rotation.Staged{Value: value("new"), Cause: rotation.CauseRevoked, At: at}, "now").Withdraw(at, true, "")
	if after.Halt == nil || after.Halt.Reason != v1alpha1.ReasonHalted {
		t.Errorf("halt: %+v", after.Halt)
	}
}

// TestARevokeThatWorksMakesGoodOneThatFailed, which asked for it; what halts for another cause stays.
func TestARevokeThatWorksMakesGoodOneThatFailed(t *testing.T) {
	t.Parallel()
	for reason, stays := range map[string]bool{v1alpha1.ReasonHalted: false, v1alpha1.ReasonUndone: true, v1alpha1.ReasonContested: true} {
		after := healthy(revoked).Journal.Record.Stop(rotation.Halt{Reason: reason}).
			Stage(rotation.Staged{Value: value("new"), Cause: rotation.CauseRevoked, At: at}, "again").
			Promote(rotation.Promotion{ID: "ocs2", Replaces: rotation.Replaced{Hash: value("old").Hash(), ID: "ocs1"}}).
			Finish(at)
		if (after.Halt != nil) != stays {
			t.Errorf("halt %s: %+v is left", reason, after.Halt)
		}
	}
}

// TestACompromisedSecretThatOktaDoesNotShowIsAPersonsToDeactivate.
func TestACompromisedSecretThatOktaDoesNotShowIsAPersonsToDeactivate(t *testing.T) {
	t.Parallel()
	for want, ids := range map[string][]string{"It is among these, if Okta still has it: ocs1.": {"ocs1"}, "Okta listed none": nil} {
		after := healthy(revoked).Journal.Record.
			Stage(rotation.Staged{Value: value("new"), Cause: rotation.CauseRevoked, At: at, IDsBefore: ids}, "now").
			Promote(rotation.Promotion{ID: "ocs2", Replaces: rotation.Replaced{Hash: value("old").Hash(), Masked: true}}).
			Finish(at)
		if after.Halt == nil || after.Halt.Reason != v1alpha1.ReasonHalted || !strings.Contains(after.Halt.Message, want) {
			t.Errorf("halt: %+v does not say %q", after.Halt, want)
		}
	}
}

// TestOktaIsAskedAgainWhichSecretIsCompromised once it lists our own: where its hashes are proven by that, the compromised one is
// found, or is gone, and nobody has to look.
func TestOktaIsAskedAgainWhichSecretIsCompromised(t *testing.T) {
	t.Parallel()
	unknown := func(o *rotation.Observation) {
		staged(o)
		o.Journal.Record.Staged.Cause, o.Journal.Record.Staged.Replaces = rotation.CauseRevoked, rotation.Replaced{Hash: value("old").Hash(), Masked: true}
		o.JustCreated = "ocs2"
		tested(v1alpha1.VerdictAccepted)(o)
	}
	promote := func(replaces rotation.Replaced, previous *rotation.Held) rotation.WriteJournal {
		return record(func(r rotation.Record) rotation.Record {
			return r.Promote(rotation.Promotion{TargetVersion: "7", ID: "ocs2", Replaces: replaces, Previous: previous})
		}, unknown)
	}
	hidden := func(l rotation.Listed) rotation.Listed {
		l.Value = redact.Value{}

		return l
	}
	hash := value("old").Hash()
	decide(t, map[string]decision{
		"Okta is asked":           {given: []given{unknown}, want: rotation.Look{At: rotation.LookSecrets}},
		"it is gone":              {given: []given{unknown, lists(hidden(active("ocs2", "new")))}, want: promote(rotation.Replaced{Hash: hash}, nil)},
		"it is there":             {given: []given{unknown, lists(hidden(active("ocs2", "new")), hidden(active("ocs1", "old")))}, want: promote(rotation.Replaced{Hash: hash, ID: "ocs1"}, &rotation.Held{Value: value("old"), ID: "ocs1"})},
		"Okta does not answer":    {given: []given{unknown, lists(), func(o *rotation.Observation) { o.Okta.Problem = "OktaUnavailable" }}, want: promote(rotation.Replaced{Hash: hash, Masked: true}, nil)},
		"nor will it for a while": {given: []given{unknown, func(o *rotation.Observation) { o.Retry.At = at.Add(time.Minute) }}, want: promote(rotation.Replaced{Hash: hash, Masked: true}, nil)},
		"nothing tells":           {given: []given{unknown, lists(masked(active("ocs2", "new")), masked(active("ocs1", "old")))}, want: promote(rotation.Replaced{Hash: hash, Masked: true}, nil)},
		"for another cause nobody asks": {
			given: []given{unknown, func(o *rotation.Observation) { o.Journal.Record.Staged.Cause = rotation.CauseCommand }},
			want: record(func(r rotation.Record) rotation.Record {
				return r.Promote(rotation.Promotion{TargetVersion: "7", ID: "ocs2", Replaces: rotation.Replaced{Hash: hash, Masked: true}})
			}, unknown, func(o *rotation.Observation) { o.Journal.Record.Staged.Cause = rotation.CauseCommand }),
		},
	})
}

// TestACompromisedSecretIsMarkedAtPromotion, and what was superseded earlier with it.
func TestACompromisedSecretIsMarkedAtPromotion(t *testing.T) {
	t.Parallel()
	before := healthy(revoked).Journal.Record
	after := before.Stage(rotation.Staged{Value: value("new"), Cause: rotation.CauseRevoked, At: at}, "now").
		Promote(rotation.Promotion{ID: "ocs2", Replaces: rotation.Replaced{Hash: value("old").Hash(), ID: "ocs1"}, Previous: &rotation.Held{Value: value("old"), ID: "ocs1"}}).
		Finish(at)
	if len(after.Retired) != 1 || !after.Retired[0].Revoked || after.Handled.Revoke != "now" {
		t.Errorf("retired %+v, handled %q", after.Retired, after.Handled.Revoke)
	}
}
