package rotation_test

import (
	"time"

	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

func (k *writer) process(p *process) {
	now := k.w.now
	k.bytes(byte(p.stage))
	k.check(p.check)
	k.value(p.checkOf)
	if p.check != nil && p.check.Rejections > 0 {
		k.time(p.rejectedAt, k.w.cred.Policy.Spacing)
	}
	k.check(p.staged)
	k.value(p.stagedOf)
	staged := k.w.journal.Record.Staged
	justStaged := staged != nil && p.stagedVersion == k.w.journal.Version
	k.flags(justStaged, p.believes, p.asked, p.disturbed, p.podMoved, p.checkStale, p.stagedStale)
	if justStaged {
		k.time(staged.At, 10*time.Second)
	}
	k.id(okta(p.created))
	k.value(p.createdFor)
	for _, t := range []time.Time{p.retryAt, p.retireNotBefore} {
		if t.Before(now) {
			t = time.Time{}
		}
		k.time(t, 0)
	}
	k.time(p.missingSince, 15*time.Second)
	switch p.stage {
	case idle:
	case waiting:
		k.bytes(byte(p.wait.State))
		k.string(p.wait.Reason)
		k.time(p.wait.Until, 0)
	default:
		k.observation(p.seen)
		k.action(p)
	}
}

func (k *writer) observation(o *rotation.Observation) {
	c := o.Credential
	k.flags(c.HasFinalizer, c.FirstSight, c.Deleting, o.Target.Found, o.Target.Labelled, len(o.Failures) > 0, o.JustStaged, o.Journal.Found)
	for _, command := range []string{c.Commands.Rotate, c.Commands.Revoke, c.Commands.Rollback} {
		k.string(command)
	}
	k.id(o.JustCreated)
	k.id(o.Twin)
	k.id(c.Commands.ReleaseSecret)
	k.value(numberOf(o.Target.Value))
	k.version(o.Target.Version)
	k.version(o.Journal.Version)
	if o.Journal.Version != k.w.journal.Version {
		k.record(&o.Journal.Record)
	}
	k.check(o.Check)
	k.check(o.Second)
	k.check(o.StagedCheck)
	k.bytes(byte(len(o.Cleaned)))
	for i := range o.Cleaned {
		k.check(&o.Cleaned[i])
	}
	k.flags(o.Okta != nil, o.Consumers != nil, o.Tenants != nil, o.Target.PodsOnOlder != nil, o.Target.PodsOnOlder != nil && len(*o.Target.PodsOnOlder) > 0)
	if o.Consumers != nil {
		k.flags(o.Consumers.Done, o.Consumers.Failing != "", o.Consumers.RestartDue != "")
	}
	if o.Okta == nil {
		return
	}
	k.flags(o.Okta.Problem != "", o.Okta.AppStatus != "")
	for _, s := range o.Okta.Secrets {
		k.id(s.ID)
		k.value(secretOfHash[s.Hash])
		k.flags(s.Active)
	}
}

// action writes what a process is about to do, as far as the observation does not say it.
func (k *writer) action(p *process) {
	switch action := p.action.(type) {
	case nil:
		k.bytes(0)
	case rotation.Look:
		k.bytes(1)
		k.string(string(action.At))
	case rotation.WriteJournal:
		k.bytes(2)
		k.record(&action.Record)
	case rotation.StageSecret:
		k.bytes(3)
		k.string(string(action.Cause))
	case rotation.LabelTarget:
		k.bytes(4)
	case rotation.WriteTarget:
		k.bytes(5)
		k.value(numberOf(action.Value))
	case rotation.CreateSecret:
		k.bytes(6)
	case rotation.ActivateSecret:
		k.bytes(7)
		k.id(action.ID)
	case rotation.DeactivateSecret:
		k.bytes(8)
		k.id(action.ID)
	case rotation.DeleteSecret:
		k.bytes(9)
		k.id(action.ID)
	case rotation.RestartWorkload:
		k.bytes(10)
	case rotation.AddFinalizer:
		k.bytes(11)
	case rotation.RemoveFinalizer:
		k.bytes(12)
	case rotation.Wait:
		k.bytes(13)
	}
}
