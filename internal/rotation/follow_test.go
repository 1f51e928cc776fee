package rotation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

func leader(id string) given {
	return func(o *rotation.Observation) { o.Credential.Leader = &rotation.Peer{Name: "a/first", SecretID: id} }
}

func followers(ids ...string) given {
	return func(o *rotation.Observation) {
		for _, id := range ids {
			o.Credential.Followers = append(o.Credential.Followers, rotation.Peer{Name: "b/second", SecretID: id})
		}
	}
}

// made has the followers hold what was made for them.
func made(o *rotation.Observation) {
	for i := range o.Credential.Followers {
		o.Credential.Followers[i].Made = true
	}
}

// noAnswer is a question to the admin API that failed in this pass.
func noAnswer(needsPerson bool) given {
	return func(o *rotation.Observation) {
		o.Okta = &rotation.OktaView{Problem: v1alpha1.ReasonPermissionMissing, NeedsPerson: needsPerson}
		o.Retry = rotation.Retry{At: at.Add(time.Minute), Reason: v1alpha1.ReasonPermissionMissing, NeedsPerson: needsPerson}
	}
}

// TestFollowing: a follower takes the leader's secret over from Okta, and makes none of its own.
func TestFollowing(t *testing.T) {
	t.Parallel()
	next := at.Add(9 * time.Minute)
	rejectedAt := at.Add(slow)
	both := lists(active("ocs1", "old"), active("ocs2", "leads"))
	decide(t, map[string]decision{
		"a leader that cannot tell its own":    {given: []given{leader("")}, want: wait(blocked, v1alpha1.ReasonCannotFollow, next)},
		"a leader that may be looking yet":     {given: []given{leader(""), heldFor(30 * time.Second)}, want: wait(rotation.Settled, "Accepted", next)},
		"another value was put here since":     {given: []given{leader("ocs2"), followed("ocs2"), both}, want: wait(blocked, v1alpha1.ReasonCannotFollow, next)},
		"a leader does not know its own":       {given: []given{followers("ocs1"), idUnknown}, want: rotation.Look{At: rotation.LookSecrets}},
		"Okta tells":                           {given: []given{followers("ocs1"), idUnknown, lists(active("ocs1", "old"))}, want: record(func(r rotation.Record) rotation.Record { return r.Identify("ocs1") }, idUnknown)},
		"Okta does not tell":                   {given: []given{followers("ocs1"), idUnknown, lists(masked(active("ocs1", "old")))}, want: wait(rotation.Settled, "Accepted", next)},
		"nor did it a while ago":               {given: []given{followers("ocs1"), idUnknown, func(o *rotation.Observation) { o.LagsFor = o.LooksFor() }}, want: wait(rotation.Settled, "Accepted", next)},
		"without followers nobody asks":        {given: []given{idUnknown}, want: wait(rotation.Settled, "Accepted", next)},
		"Okta is asked":                        {given: []given{leader("ocs2")}, want: rotation.Look{At: rotation.LookSecrets}},
		"the leader has ours":                  {given: []given{leader("ocs1"), lists(active("ocs1", "old"))}, want: record(func(r rotation.Record) rotation.Record { return r.Follow("ocs1") })},
		"the leader's is gone":                 {given: []given{leader("ocs3"), both}, want: wait(blocked, v1alpha1.ReasonCannotFollow, next)},
		"the leader's is masked":               {given: []given{leader("ocs2"), lists(active("ocs1", "old"), masked(active("ocs2", "leads")))}, want: wait(blocked, v1alpha1.ReasonCannotFollow, next)},
		"it was asked a while ago":             {given: []given{leader("ocs2"), func(o *rotation.Observation) { o.LagsFor = "ocs2" }}, want: wait(blocked, v1alpha1.ReasonCannotFollow, next)},
		"no answer: it is asked again":         {given: []given{leader("ocs2"), noAnswer(false)}, want: wait(rotation.Settled, "Accepted", at.Add(time.Minute))},
		"but not before its time":              {given: []given{leader("ocs2"), noAnswer(false), func(o *rotation.Observation) { o.Okta = nil }}, want: wait(rotation.Settled, "Accepted", at.Add(time.Minute))},
		"the admin API needs a person":         {given: []given{leader("ocs2"), noAnswer(true)}, want: wait(blocked, v1alpha1.ReasonPermissionMissing, at.Add(time.Minute))},
		"an unusable connection says so":       {given: []given{leader("ocs2"), unusable}, want: wait(rotation.Settled, "Accepted", next)},
		"a rejected follower waits":            {given: []given{leader(""), rejected(inactive("ocs1", "old"))}, want: wait(blocked, v1alpha1.ReasonCannotFollow, rejectedAt)},
		"in mode Observe nothing is done":      {given: []given{leader("ocs2"), mode(v1alpha1.ModeObserve), both}, want: wait(blocked, v1alpha1.ReasonCannotFollow, next)},
		"what Okta refuses for another cause":  {given: []given{leader("ocs2"), both, answered(v1alpha1.VerdictForbidden, 0)}, want: wait(blocked, v1alpha1.ReasonForbidden, at.Add(10*time.Minute-10*time.Second))},
		"it failed a moment ago":               {given: []given{leader("ocs2"), both, failedFor(2)}, want: rotationAt(at.Add(110*time.Second), wait(rotation.Working, v1alpha1.ReasonBackoff, at.Add(110*time.Second)))},
		"and Okta is not asked for it then":    {given: []given{leader("ocs2"), failedFor(2), func(o *rotation.Observation) { o.Journal.Record.Current.ID = "ocs1" }}, want: rotationAt(at.Add(110*time.Second), wait(rotation.Working, v1alpha1.ReasonBackoff, at.Add(110*time.Second)))},
		"but which one it holds is asked":      {given: []given{leader("ocs2"), failedFor(2)}, want: rotation.Look{At: rotation.LookSecrets}},
		"it failed too often":                  {given: []given{leader("ocs2"), both, failedFor(5)}, want: wait(blocked, v1alpha1.ReasonHalted, next)},
		"a halt holds it":                      {given: []given{leader("ocs2"), both, haltedFor(v1alpha1.ReasonUndone)}, want: wait(blocked, v1alpha1.ReasonUndone, next)},
		"a halt holds a Secret to be made":     {given: []given{leader("ocs2"), missing, neverAccepted, both, creates, haltedFor(v1alpha1.ReasonHalted)}, want: wait(blocked, v1alpha1.ReasonHalted, at.Add(10*time.Minute))},
		"another writer keeps the Secret":      {given: []given{leader("ocs2"), both, managedBy("Flux")}, want: wait(blocked, v1alpha1.ReasonOtherWriter, next)},
		"and Okta is not asked again for it":   {given: []given{leader("ocs2"), managedBy("Flux"), func(o *rotation.Observation) { o.Journal.Record.Current.ID = "ocs1" }}, want: wait(blocked, v1alpha1.ReasonOtherWriter, next)},
		"followers hold a retirement up":       {given: []given{superseded(2 * time.Hour), followers("ocs1"), lists(active("ocs1", "old"), active("ocs2", "new")), pods()}, want: wait(rotation.Settled, v1alpha1.ReasonRetirementWaits, at.Add(5*time.Minute))},
		"followers that nobody knows of":       {given: []given{superseded(2 * time.Hour), followers("ocs2", ""), lists(active("ocs1", "old"), active("ocs2", "new")), pods()}, want: wait(rotation.Settled, v1alpha1.ReasonRetirementWaits, at.Add(5*time.Minute))},
		"nor where both are unknown":           {given: []given{superseded(2 * time.Hour), idUnknown, identified, followers(""), lists(active("ocs1", "old"), active("ocs2", "new")), pods()}, want: wait(rotation.Settled, v1alpha1.ReasonRetirementWaits, at.Add(5*time.Minute))},
		"followers that have moved do not":     {given: []given{superseded(2 * time.Hour), followers("ocs2"), lists(active("ocs1", "old"), active("ocs2", "new")), pods()}, want: rotation.DeactivateSecret{ID: "ocs1"}},
		"what they superseded themselves":      {given: []given{superseded(2 * time.Hour), followers("ocs2"), func(o *rotation.Observation) { o.Credential.Followers[0].PreviousID = "ocs1" }, lists(active("ocs1", "old"), active("ocs2", "new")), pods()}, want: rotation.DeactivateSecret{ID: "ocs1"}},
		"nor are those that write it just now": {given: []given{superseded(2 * time.Hour), followers("ocs2"), func(o *rotation.Observation) { o.Credential.Followers[0].PendingID = "ocs1" }, lists(active("ocs1", "old"), active("ocs2", "new")), pods()}, want: wait(rotation.Settled, v1alpha1.ReasonRetirementWaits, at.Add(5*time.Minute))},
		"a compromised one waits for nobody":   {given: []given{superseded(2 * time.Hour), compromised, followers("ocs1"), lists(active("ocs1", "old"), active("ocs2", "new")), pods()}, want: rotation.DeactivateSecret{ID: "ocs1"}},
	})
	renewed := lists(active("ocs1", "old"), active("ocs2", "new"))
	rollback := func(o *rotation.Observation) { o.Credential.Commands.Rollback = "r1" }
	decide(t, map[string]decision{
		"what was revoked here is not taken over from a leader that has it yet": {
			given: []given{superseded(2 * time.Minute), compromised, leader("ocs1"), renewed}, want: rotation.DeactivateSecret{ID: "ocs1"},
		},
		"nor is that said to be the leader's": {
			given: []given{superseded(2 * time.Minute), compromised, leader("ocs1"), renewed, func(o *rotation.Observation) { o.Okta, o.Retry.At = nil, at.Add(time.Minute) }},
			want:  wait(rotation.Settled, "Accepted", at.Add(time.Minute)),
		},
		"what it superseded its leader may need": {given: []given{superseded(2 * time.Hour), leader("ocs2"), followed("ocs2"), renewed, pods()}, want: record(unchanged, superseded(2*time.Hour), followed("ocs2"))},
		"what it made itself, nobody else retires": {
			given: []given{superseded(2 * time.Hour), ours, leader("ocs2"), followers("ocs2", "ocs2"), followed("ocs2"), renewed, pods()}, want: rotation.DeactivateSecret{ID: "ocs1"},
		},
		"whatever the others hold besides": {
			given: []given{superseded(2 * time.Hour), ours, leader("ocs3"), followers("ocs3"), followed("ocs3"), renewed, pods()}, want: rotation.DeactivateSecret{ID: "ocs1"},
		},
		"but not what its leader superseded too and retires": {
			given: []given{superseded(2 * time.Hour), ours, leader("ocs2"), followers("ocs2"), func(o *rotation.Observation) { o.Credential.Leader.PreviousID = "ocs1" }, followed("ocs2"), renewed, pods()},
			want:  wait(rotation.Settled, v1alpha1.ReasonRetirementWaits, at.Add(5*time.Minute)),
		},
		"but not while another one holds it": {
			given: []given{superseded(2 * time.Hour), ours, leader("ocs2"), followers("ocs2", "ocs1"), followed("ocs2"), renewed, pods()}, want: wait(rotation.Settled, v1alpha1.ReasonRetirementWaits, at.Add(5*time.Minute)),
		},
		"its own pods are looked at once it has moved": {given: []given{superseded(time.Minute), leader("ocs2"), followed("ocs2"), moved}, want: rotation.Look{At: rotation.LookPods}},
		"none uses the old one any more": {
			given: []given{superseded(time.Minute), leader("ocs2"), followed("ocs2"), moved, pods()},
			want:  record(func(r rotation.Record) rotation.Record { return r.Deliver() }, superseded(time.Minute), followed("ocs2"), moved),
		},
		"none does, but one fails with the new one": {
			given: []given{superseded(time.Minute), leader("ocs2"), followed("ocs2"), moved, pods(), unready("a (CrashLoopBackOff)")},
			want:  record(unchanged, superseded(time.Minute), followed("ocs2"), moved),
		},
		"a follower whose pods have not moved": {
			given: []given{superseded(2 * time.Hour), followers("ocs2"), moving, renewed, pods()},
			want:  wait(rotation.Settled, v1alpha1.ReasonRetirementWaits, at.Add(5*time.Minute)),
		},
		"a rotate command is its leader's": {
			given: []given{leader(""), command("r1")},
			want:  record(func(r rotation.Record) rotation.Record { return r.AcknowledgeRotate("r1") }),
		},
		"so is a revoke command": {
			given: []given{leader(""), revoked},
			want:  record(func(r rotation.Record) rotation.Record { return r.AcknowledgeRevoke("now") }),
		},
		"so is a rollback": {
			given: []given{superseded(time.Minute), leader(""), rollback},
			want:  record(func(r rotation.Record) rotation.Record { return r.AcknowledgeRollback("r1") }, superseded(time.Minute)),
		},
	})
	decide(t, map[string]decision{
		"a rejected follower where Okta masks values": {
			given: []given{leader("ocs2"), rejected(masked(inactive("ocs1", "old")), masked(active("ocs2", "leads")))}, want: wait(blocked, v1alpha1.ReasonCannotFollow, rejectedAt),
		},
		"a leader whose secret is dead makes a new one, also where a follower holds what it superseded": {
			given: []given{superseded(2 * time.Hour), followers("ocs1"), rejected(active("ocs1", "old"))},
			want:  rotation.StageSecret{Cause: rotation.CauseRejected, IDsBefore: []string{"ocs1"}, Replaces: rotation.Replaced{Hash: value("new").Hash()}},
		},
		"or a stranger's that a follower took over": {
			given: []given{followers("ocs2"), rejected(active("ocs2", "strangers"))},
			want:  rotation.StageSecret{Cause: rotation.CauseRejected, IDsBefore: []string{"ocs2"}, Replaces: rotation.Replaced{Hash: value("old").Hash()}},
		},
		"or a stranger's is there besides": {
			given: []given{followers("ocs1"), rejected(active("ocs2", "strangers"))},
			want:  rotation.StageSecret{Cause: rotation.CauseRejected, IDsBefore: []string{"ocs2"}, Replaces: rotation.Replaced{Hash: value("old").Hash()}},
		},
	})
	for name, given := range map[string][]given{
		"the leader's newer secret":         {leader("ocs2"), both},
		"one that it made by itself goes":   {leader("ocs2"), both, func(o *rotation.Observation) { o.Journal.Record.Current.Made = true }},
		"a rejected follower takes it over": {leader(""), rejected(inactive("ocs1", "old"), active("ocs2", "leads"))},
		"a Secret that is to be made":       {leader("ocs2"), missing, neverAccepted, both, creates},
		"a leader takes what stood in":      {followers("ocs2"), made, rejected(active("ocs3", "strangers"), active("ocs2", "stands in"))},
		"the leader's before a newer one":   {leader("ocs2"), followed("ocs2"), rejected(active("ocs2", "leads"), newer(active("ocs3", "strangers")))},
		"its own before a newer one":        {leader("ocs9"), wrongValue, rejected(active("ocs2", "old"), newer(active("ocs3", "strangers")))},
		"the leader's before its own":       {leader("ocs2"), followed("ocs2"), wrongValue, rejected(active("ocs2", "leads"), newer(active("ocs1", "old")))},
		"also to make a Secret":             {leader("ocs2"), missing, neverAccepted, creates, lists(active("ocs2", "leads"), newer(active("ocs3", "strangers")))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			write, ok := rotation.Decide(at, healthy(given...)).(rotation.WriteJournal)
			if !ok || write.Record.Staged == nil || !write.Record.Staged.Adopted || write.Record.Staged.ID != "ocs2" {
				t.Errorf("decided otherwise: %+v", rotation.Decide(at, healthy(given...)))
			}
		})
	}
}

// TestWhatAFollowerSays: it names what would help, and nothing that would not.
func TestWhatAFollowerSays(t *testing.T) {
	t.Parallel()
	gone := func(o *rotation.Observation) { o.LagsFor, o.LagsGone = "ocs3", true }
	for name, c := range map[string]struct {
		given  []given
		says   string
		saysNo string
	}{
		"the leader's is INACTIVE":    {given: []given{leader("ocs2"), lists(active("ocs1", "old"), inactive("ocs2", "leads"))}, says: "not ACTIVE at Okta any more", saysNo: "Grant"},
		"the leader's is deleted":     {given: []given{leader("ocs3"), lists(active("ocs1", "old"))}, says: "not ACTIVE at Okta any more", saysNo: "Grant"},
		"so it was a while ago":       {given: []given{leader("ocs3"), gone}, says: "not ACTIVE at Okta any more", saysNo: "Grant"},
		"the leader has another now":  {given: []given{leader("ocs4"), gone, lists(active("ocs1", "old"), masked(active("ocs4", "leads")))}, says: "Grant"},
		"Okta shows no secret at all": {given: []given{leader("ocs2"), lists()}, says: "Grant"},
		"a rejected one": {
			given: []given{leader("ocs2"), rejected(masked(inactive("ocs1", "old")), masked(active("ocs2", "leads")))}, says: "Grant the admin role okta.apps.clientCredentials.read", saysNo: "onInvalidClient",
		},
		"what failed": {given: []given{leader("ocs2"), rejected(inactive("ocs1", "old"), active("ocs2", "leads")), failedFor(1)}, says: v1alpha1.AnnotationResume, saysNo: v1alpha1.AnnotationRotate},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := rotation.Decide(at, healthy(c.given...)).(rotation.Wait)
			if !strings.Contains(got.Message, c.says) || (c.saysNo != "" && strings.Contains(got.Message, c.saysNo)) {
				t.Errorf("says: %+v", got)
			}
		})
	}
}

// TestWhatIsLookedForInVain: what Okta shows is not held to be hidden for an hour.
func TestWhatIsLookedForInVain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given []given
		want  string
		gone  bool
	}{
		"a leader's own that Okta shows": {given: []given{followers("ocs1"), idUnknown, lists(active("ocs1", "old"))}},
		"one that it masks":              {given: []given{followers("ocs1"), idUnknown, lists(masked(active("ocs1", "old")))}, want: value("old").Hash()},
		"the leader's that Okta shows":   {given: []given{leader("ocs2"), lists(active("ocs2", "leads"))}},
		"one of a leader that it masks":  {given: []given{leader("ocs2"), lists(masked(active("ocs2", "leads")))}, want: "ocs2"},
		"one of a leader that is gone":   {given: []given{leader("ocs2"), lists(active("ocs1", "old"))}, want: "ocs2", gone: true},
		"who did not ask":                {given: []given{leader("ocs2")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if secret, gone := healthy(c.given...).LooksInVain(); secret != c.want || gone != c.gone {
				t.Errorf("looks in vain for %q, gone %t", secret, gone)
			}
		})
	}
}

// newer was created an hour after the others.
func newer(l rotation.Listed) rotation.Listed {
	l.Created = l.Created.Add(time.Hour)

	return l
}

func wrongValue(o *rotation.Observation) { o.Target.Value = value("wrong") }

// failedFor so many attempts in a row, the last one ten seconds ago.
func failedFor(attempts int) given {
	return func(o *rotation.Observation) {
		o.Journal.Record.Attempts, o.Journal.Record.LastFailure = attempts, at.Add(-10*time.Second)
	}
}

func haltedFor(reason string) given {
	return func(o *rotation.Observation) { o.Journal.Record.Halt = &rotation.Halt{Reason: reason, At: at} }
}

// TestAFollowerDoesNotTryForEver: where Okta refuses the leader's secret too, two days bring a bounded number of writes.
func TestAFollowerDoesNotTryForEver(t *testing.T) {
	t.Parallel()
	const ours, theirs = "ours-secret-0000", "leaders-secret-0000"
	for name, c := range map[string]struct {
		refuses map[string]v1alpha1.Verdict
		most    int
	}{
		"the leader's secret alone": {refuses: map[string]v1alpha1.Verdict{theirs: v1alpha1.VerdictSecretRejected}, most: 16},
		"the client at this server": {refuses: map[string]v1alpha1.Verdict{ours: v1alpha1.VerdictWrongAuthorizationServer, theirs: v1alpha1.VerdictWrongAuthorizationServer}, most: 1},
		"the client, by a policy":   {refuses: map[string]v1alpha1.Verdict{ours: v1alpha1.VerdictForbidden, theirs: v1alpha1.VerdictForbidden}, most: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := healthy(func(o *rotation.Observation) {
				o.Credential.ClientID, o.Journal.Record.ClientID = "0oaclient", "0oaclient"
			})
			w := &world{now: epoch, landed: map[string]bool{}, twins: map[string]bool{}, humanAt: epoch.Add(-time.Hour), cred: o.Credential, refuses: c.refuses}
			w.create(ours, false)
			w.create(theirs, false)
			w.write(ours)
			w.target.labelled = true
			w.journal = rotation.Journal{Found: true, Version: w.nextVersion(), Record: o.Journal.Record}
			w.journal.Record.Current = &rotation.Held{Value: value(ours), ID: "ocs1", Since: epoch}
			w.cred.Leader = &rotation.Peer{Name: "a/first", SecretID: "ocs2"}
			before := w.versions
			w.run(&operator{w: w, name: "B"}, 48*time.Hour)
			if wrote := w.versions - before; len(w.violations) > 0 || wrote > c.most {
				t.Errorf("%d writes, violated: %v\n%s", wrote, w.violations, strings.Join(w.trace[:min(len(w.trace), 60)], "\n"))
			}
		})
	}
}

// run lets time pass to when the operator wakes, for so long.
func (w *world) run(p *operator, length time.Duration) {
	for end := w.now.Add(length); w.now.Before(end) && len(w.violations) == 0; {
		p.seen, p.action, p.waiting = nil, nil, nil
		for p.waiting == nil && len(w.violations) == 0 && w.now.Before(end) {
			p.step(nil)
			w.check()
		}
		if p.waiting == nil {
			return
		}
		if !p.waiting.Until.After(w.now) {
			w.violate("no wait for a time to come: %+v", p.waiting)

			return
		}
		w.now = p.waiting.Until
	}
}

func followed(id string) given {
	return func(o *rotation.Observation) { o.Journal.Record.Followed = id }
}

func idUnknown(o *rotation.Observation) { o.Journal.Record.Current.ID = "" }

// identified: Okta was asked a while ago.
func identified(o *rotation.Observation) { o.LagsFor = o.LooksFor() }

func ours(o *rotation.Observation) { o.Journal.Record.Retired[0].Made = true }

func heldFor(d time.Duration) given {
	return func(o *rotation.Observation) { o.Journal.Record.Current.Since = at.Add(-d) }
}

func moved(o *rotation.Observation) { o.Journal.Record.Undelivered = true }

func moving(o *rotation.Observation) { o.Credential.Followers[0].Moving = true }

func creates(o *rotation.Observation) {
	o.Credential.CreationPolicy, o.MissingSince, o.Check = v1alpha1.CreationCreate, at.Add(-time.Hour), nil
}
