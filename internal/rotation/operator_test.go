package rotation_test

import (
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// operator is one process that carries out decisions as the controller does. All of it but the world is lost in a crash.
type operator struct {
	w    *world
	name string
	memory

	seen    *rotation.Observation // of the pass at work
	started time.Time
	looks   int
	action  rotation.Action // decided and not carried out yet
	busy    int             // passes since the last Wait
	waiting *rotation.Wait
}

// memory is what a process remembers from pass to pass.
type memory struct {
	check, staged       *rotation.Check
	checkOf, stagedOf   string
	stagedVersion       string
	created, createdFor string
	refused, refusedFor string
	retry               rotation.Retry
	retireNotBefore     time.Time
	missingSince        time.Time
	askedOkta           bool
}

func (p *operator) crash() {
	*p = operator{w: p.w, name: p.name}
}

// step does the next thing of a pass: observe, look, or act.
func (p *operator) step(r *dice) {
	p.w.now = p.w.now.Add(50 * time.Millisecond)
	switch {
	case p.seen == nil:
		p.observe()
	case p.action == nil:
		p.decide()
	default:
		action := p.action
		p.action = nil
		p.act(action, r)
		p.seen = nil
	}
}

func (p *operator) observe() {
	w := p.w
	p.started, p.looks, p.askedOkta, p.waiting = w.now, 0, false, nil
	o := rotation.Observation{Credential: w.cred, Journal: w.journal, Retry: p.retry, RetireNotBefore: p.retireNotBefore}
	if w.unusable {
		o.Connection.Unusable, o.Connection.UnusableMessage = "AdminCredentialRejected", "401"
	}
	t := w.target
	pods := []string{}
	o.Target.PodsOnOlder = &pods
	if t.exists {
		o.Target = rotation.Target{
			Found: true, Version: t.version, Labelled: t.labelled, HasKey: true,
			Value: redact.NewValue(t.value), ClientID: "0oaclient", Writers: "kubectl", PodsOnOlder: &pods,
		}
	}
	if t.value == "" && p.missingSince.IsZero() {
		p.missingSince = w.now
	} else if t.value != "" {
		p.missingSince = time.Time{}
	}
	o.MissingSince = p.missingSince
	if p.checkOf == t.value && p.check != nil {
		check := *p.check
		check.Fresh = false
		o.Check = &check
	}
	if staged := w.journal.Record.Staged; staged != nil {
		value := staged.Value.Reveal()
		if p.stagedOf == value && p.staged != nil {
			check := *p.staged
			check.Fresh = false
			o.StagedCheck = &check
		}
		o.JustStaged = p.stagedVersion == w.journal.Version
		if p.createdFor == value {
			o.JustCreated = p.created
		}
		if p.refusedFor == value {
			o.CreateRefused = p.refused
		}
	}
	if w.journal.Record.Staged == nil && w.journal.Record.HasTwin(p.created, redact.NewValue(p.createdFor).Hash()) {
		o.Twin = p.created
	}
	p.seen = &o
}

func (p *operator) decide() {
	action := rotation.Decide(p.w.now, *p.seen)
	look, looks := action.(rotation.Look)
	if !looks {
		p.action = action

		return
	}
	if p.looks++; p.looks > 12 {
		p.w.violate("more than 12 looks in one pass, now at %s", look.At)
		p.seen = nil

		return
	}
	p.look(look.At)
}

func (p *operator) look(at rotation.Subject) {
	w := p.w
	switch at {
	case rotation.LookTarget:
		value := p.seen.Target.Value.Reveal()
		var last *rotation.Check
		if p.checkOf == value {
			last = p.check
		}
		p.check, p.checkOf = w.ask(value, last, w.cred.Policy.Spacing), value
		p.seen.Check = p.check
	case rotation.LookSecond:
		p.seen.Second = w.ask(p.seen.Target.Value.Reveal(), nil, 0)
	case rotation.LookStaged:
		value := p.seen.Journal.Record.Staged.Value.Reveal()
		var last *rotation.Check
		if p.stagedOf == value {
			last = p.staged
		}
		p.staged, p.stagedOf = w.ask(value, last, 0), value
		p.seen.StagedCheck = p.staged
	case rotation.LookApplication, rotation.LookSecrets:
		view := w.view()
		if at == rotation.LookSecrets {
			view.AppStatus, view.AppClientID, view.AppAuthMethod = "", "", ""
		}
		p.askedOkta, p.seen.Okta, p.retry = true, view, rotation.Retry{}
		if view.Problem != "" {
			p.retry = rotation.Retry{At: w.now.Add(30 * time.Second), Reason: view.Problem, Message: view.Message}
		}
		p.seen.Retry = p.retry
	case rotation.LookCleaned:
		next := p.seen.CleanForms()[len(p.seen.Cleaned)]
		p.seen.Cleaned = append(p.seen.Cleaned, *w.ask(next.Value.Reveal(), nil, 0))
	case rotation.LookTenants:
		p.seen.Tenants = &rotation.TenantView{}
	case rotation.LookPods, rotation.LookConsumers:
		w.violate("the pods were looked at already")
	}
}

// ask the token endpoint, with the answer before it in mind.
func (w *world) ask(value string, last *rotation.Check, spacing time.Duration) *rotation.Check {
	check := rotation.Check{At: w.now, Fresh: true, Evidence: "answered", Verdict: v1alpha1.VerdictSecretRejected}
	switch {
	case w.tokenDown:
		check.Verdict = v1alpha1.VerdictUnreachable
	case w.refuses[value] != "":
		check.Verdict = w.refuses[value]
	case w.accepts(value):
		check.Verdict = v1alpha1.VerdictAccepted
	case w.unclear:
		check.Verdict, check.Ambiguous = v1alpha1.VerdictUnrecognized, true
	}
	if check.Verdict != v1alpha1.VerdictAccepted {
		check.Failures = 1
		if last != nil {
			check.Failures, check.Rejections = last.Failures+1, last.Rejections
		}
	}
	if check.RejectsSecret() && (last == nil || last.Rejections == 0 || w.now.Sub(last.At) >= spacing) {
		check.Rejections++
	}

	return &check
}
