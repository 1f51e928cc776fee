package rotation_test

import (
	"slices"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// outcome of one call.
type callOutcome uint8

const (
	done     callOutcome = iota
	lost                 // it was carried out, and the answer is lost
	vanished             // it never arrives
	late                 // no answer, and it is carried out later
)

// retryDelay is how long an operator waits after a failed call to the admin API.
const retryDelay = 30 * time.Second

// step makes the next call of an operator: read the target, read the journal, ask something, change something. Between two of
// them anything may happen.
func (w *microWorld) step(i int, how callOutcome) {
	p := &w.processes[i]
	switch p.stage {
	case idle, waiting:
		w.readTarget(p)
	case hasTarget:
		w.readJournal(p)
	case looking:
		seen := *p.seen
		p.seen = &seen
		look, _ := p.action.(rotation.Look)
		w.look(p, look.At, how)
		w.decide(p)
	case acting:
		p.stage = idle
		w.carryOut(i, p, how)
		p.seen, p.action = nil, nil
	}
}

func (w *microWorld) readTarget(p *process) {
	o := rotation.Observation{Credential: w.credential(), Retry: rotation.Retry{At: p.retryAt, Reason: "OktaUnavailable"}, RetireNotBefore: p.retireNotBefore}
	if w.exists {
		o.Target = rotation.Target{
			Found: true, Version: numeral(w.version), Labelled: w.labelled, HasKey: true,
			Value: secretValues[w.value], ClientID: "0oaclient", Writers: "kubectl",
		}
		if w.alone {
			o.Target.ClientID = ""
		}
	}
	switch {
	case w.value != 0:
		p.missingSince = time.Time{}
	case p.missingSince.IsZero():
		p.missingSince = w.now
	}
	o.MissingSince = p.missingSince
	if !w.failedAt.IsZero() {
		o.Failures = []rotation.Failure{{At: w.failedAt, From: "192.0.2.1"}}
	}
	*p = process{
		check: p.check, checkOf: p.checkOf, rejectedAt: p.rejectedAt, staged: p.staged, stagedOf: p.stagedOf, stagedVersion: p.stagedVersion,
		created: p.created, createdFor: p.createdFor, retryAt: p.retryAt, retireNotBefore: p.retireNotBefore, missingSince: p.missingSince,
		believes: p.believes, checkStale: p.checkStale, stagedStale: p.stagedStale, stage: hasTarget, seen: &o,
	}
}

// readJournal ends the observation with what the process remembers, as far as it still speaks of the same circumstances.
func (w *microWorld) readJournal(p *process) {
	seen := *p.seen
	p.seen = &seen
	seen.Journal = w.journal
	held, record := numberOf(seen.Target.Value), &w.journal.Record
	if p.checkOf != held {
		p.check, p.checkOf = nil, held
	}
	if p.believes && record.Current != nil && held != 0 && numberOf(record.Current.Value) == held && w.reported == held {
		p.check = &rotation.Check{Verdict: v1alpha1.VerdictAccepted, At: w.reportedAt, Evidence: "answered"}
	}
	p.believes = false
	staged := secretNo(0)
	if record.Staged != nil {
		staged = numberOf(record.Staged.Value)
	}
	if staged == 0 || p.stagedOf != staged {
		if record.HasTwin(okta(p.created), secretHashes[p.createdFor]) {
			seen.Twin = okta(p.created)
		} else {
			p.created = 0
		}
		p.staged, p.stagedOf = nil, staged
	}
	seen.Check, seen.StagedCheck = stale(p.check), stale(p.staged)
	seen.JustStaged = p.stagedVersion != "" && p.stagedVersion == w.journal.Version
	if p.createdFor == staged {
		seen.JustCreated = okta(p.created)
	}
	if !seen.JustStaged {
		p.stagedVersion = ""
	}
	*p.seen = seen
	w.decide(p)
}

func stale(c *rotation.Check) *rotation.Check {
	if c == nil {
		return nil
	}
	old := *c
	old.Fresh = false

	return &old
}

// decide asks the real planner, of which a test may have removed a guard. A Wait ends the pass: it makes no call.
func (w *microWorld) decide(p *process) {
	seen := *p.seen
	if w.without != nil {
		w.without(&seen)
	}
	p.action = rotation.Decide(w.now, seen)
	switch action := p.action.(type) {
	case rotation.Look:
		p.stage = looking
		if p.looks++; p.looks > 12 {
			w.violate("more than 12 looks in one pass, now at %s", action.At)
		}
	case rotation.Wait:
		if action.Until.IsZero() && action.State == rotation.Working {
			w.violate("it works without an end: %s", action.Reason)
		}
		if !action.Until.IsZero() && !action.Until.After(w.now) {
			w.violate("it waits until a time that has passed: %s", action.Reason)
		}
		if p.asked {
			p.retireNotBefore = w.now.Add(rotation.RetireRecheck)
			if action.Reason == v1alpha1.ReasonRetirementWaits {
				p.retireNotBefore = action.Until
			}
		}
		w.reported = 0
		if c := p.seen.Check; c != nil && c.Verdict == v1alpha1.VerdictAccepted {
			w.reported, w.reportedAt = numberOf(p.seen.Target.Value), c.At
		}
		action.Message, action.Step = "", ""
		p.wait, p.stage, p.seen, p.action = action, waiting, nil, nil
	case rotation.WriteJournal, rotation.StageSecret, rotation.LabelTarget, rotation.WriteTarget, rotation.CreateSecret, rotation.ActivateSecret,
		rotation.DeactivateSecret, rotation.DeleteSecret, rotation.RestartWorkload, rotation.AddFinalizer, rotation.RemoveFinalizer:
		p.stage = acting
	}
}

func (w *microWorld) look(p *process, at rotation.Subject, how callOutcome) {
	seen := p.seen
	switch at {
	case rotation.LookTarget:
		w.lookAtTarget(p, how)
	case rotation.LookSecond:
		seen.Second = w.ask(numberOf(seen.Target.Value), how)
	case rotation.LookStaged:
		value := numberOf(seen.Journal.Record.Staged.Value)
		check := w.ask(value, how)
		if last := p.staged; last != nil && p.stagedOf == value && last.Verdict.Decides() == check.Verdict.Decides() {
			check.Failures = last.Failures + 1
		}
		p.staged, p.stagedOf, p.stagedStale = check, value, false
		seen.StagedCheck = check
	case rotation.LookApplication, rotation.LookSecrets:
		p.asked, p.retryAt, p.disturbed = true, time.Time{}, false
		seen.Okta = w.view(at == rotation.LookApplication)
		if how != done {
			seen.Okta = &rotation.OktaView{Problem: "OktaUnavailable", Message: "503"}
			p.retryAt = w.now.Add(retryDelay)
		}
		seen.Retry.At = p.retryAt
	case rotation.LookCleaned:
		next := seen.CleanForms()[len(seen.Cleaned)]
		seen.Cleaned = append(slices.Clip(seen.Cleaned), *w.ask(numberOf(next.Value), how))
	case rotation.LookTenants:
		seen.Tenants = &rotation.TenantView{}
	case rotation.LookPods:
		older := []string{}
		if current := seen.Journal.Record.Current; w.pod != 0 && (current == nil || !w.podStarted.After(current.Since)) {
			older = append(older, "pod")
		}
		seen.Target.PodsOnOlder = &older
	case rotation.LookConsumers:
		older := w.pod != 0 && !w.podStarted.After(seen.Journal.Record.Current.Since)
		seen.Consumers = &rotation.Delivery{Done: !older && !w.rolling && !w.failing}
		if older && !w.rolling {
			seen.Consumers.RestartDue = "Deployment/app"
		}
		if w.failing && !older {
			seen.Consumers.Failing = "Deployment/app: pods crash."
		}
	}
}

// lookAtTarget counts answers as a process does.
func (w *microWorld) lookAtTarget(p *process, how callOutcome) {
	check := w.ask(p.checkOf, how)
	if last := p.check; last != nil {
		if isRefusal(last) == isRefusal(check) {
			check.Failures = last.Failures + 1
		}
		check.Rejections = last.Rejections
	}
	switch {
	case check.RejectsSecret():
		if p.check == nil || p.check.Rejections == 0 || !check.At.Before(p.rejectedAt.Add(w.cred.Policy.Spacing)) {
			check.Rejections++
			p.rejectedAt = check.At
		}
	case check.Verdict.Decides():
		check.Rejections = 0
	}
	if check.Verdict == v1alpha1.VerdictAccepted {
		check.Failures = 0
	}
	p.check, p.checkStale = check, false
	p.seen.Check = check
}

func isRefusal(c *rotation.Check) bool { return c.RejectsSecret() || c.Verdict.Decides() }

// ask is one question at /token or /revoke.
func (w *microWorld) ask(v secretNo, how callOutcome) *rotation.Check {
	check := &rotation.Check{At: w.now, Fresh: true, Evidence: "answered", Verdict: v1alpha1.VerdictSecretRejected, Failures: 1}
	switch {
	case how != done:
		check.Verdict = v1alpha1.VerdictUnreachable
	case w.accepts(v) && w.lies == honest:
		check.Verdict = v1alpha1.VerdictAccepted
	case w.unclear:
		check.Verdict, check.Ambiguous = v1alpha1.VerdictUnrecognized, true
	}

	return check
}
