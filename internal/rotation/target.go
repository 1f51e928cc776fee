package rotation

import (
	"fmt"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// targetProblem deals with a Secret that has no value. A value that was there comes back from the journal after a grace for
// tools that delete and recreate; only a Secret that never had one is a cause for a new secret.
func targetProblem(now time.Time, o Observation) Action {
	reason, fact, fix := o.Target.problem()
	if reason == "" {
		return nil
	}
	current := o.Journal.Record.Current
	switch {
	case current != nil && !o.writes():
		return blocked(o.unseen(now), reason, fact+" In mode Repair or Rotate its value would be restored from the journal.")
	case current != nil && o.Target.Immutable:
		return immutable(o.unseen(now))
	case current != nil && now.Before(o.MissingSince.Add(missingGrace)):
		return working(o.MissingSince.Add(missingGrace), reason, fact+" Its value is restored from the journal unless somebody brings it back within seconds.")
	case current != nil:
		return WriteTarget{Value: current.Value, Version: o.Target.Version, Create: !o.Target.Found, Tell: []Telling{{
			Reason: v1alpha1.ReasonSecretRestored, Message: "The Secret got its client secret back from the journal; no new one was made.",
		}}}
	case o.Target.Found || o.Credential.CreationPolicy == v1alpha1.CreationAdopt:
		return blocked(o.unseen(now), reason, fact+" "+fix)
	case o.Credential.Mode != v1alpha1.ModeRotate:
		return blocked(o.unseen(now), reason, fact+" In mode Rotate it would be created with a new client secret.")
	default:
		if action := join(now, o); action != nil {
			return action
		}

		return begin(now, o, CauseCreated)
	}
}

// problem says why the target has no value, and what a person can do.
func (t Target) problem() (reason, fact, fix string) {
	switch {
	case !t.Found:
		return v1alpha1.ReasonSecretMissing, "The Secret that secretRef names is not there.",
			"Create it, or make a new OktaClientCredential whose creationPolicy is Create or Owner."
	case !t.HasKey:
		return v1alpha1.ReasonKeyMissing, "The Secret lacks the key that secretRef.clientSecretKey names.",
			"Add the client secret under that key, or name the right key in a new OktaClientCredential."
	case t.Value.IsEmpty():
		return v1alpha1.ReasonValueEmpty, "The client secret in the Secret is empty.", "Put the value in."
	default:
		return "", "", ""
	}
}

func immutable(until time.Time) Action {
	return blocked(until, v1alpha1.ReasonSecretImmutable,
		"The Secret is immutable, so it cannot be given a new client secret. Delete it and create it again without immutable: true.")
}

// reverted writes the good value again when the target holds a retired one, as a GitOps tool or a restored backup does: a
// rotation would be reverted as well, for ever.
func reverted(now time.Time, o Observation) Action {
	record := o.Journal.Record
	if !o.writes() || record.Current == nil || record.Current.Value.Equal(o.Target.Value) || !record.IsRetired(o.Target.Value) {
		return nil
	}
	switch {
	case o.Check.RejectsSecret():
	case record.isContested() && o.Okta == nil:
		return giveIn(now, o) // nothing is written, whatever Okta lists
	case o.Check.Verdict == v1alpha1.VerdictAccepted:
		if action := currentWorks(now, o); action != nil {
			return action
		}
	default:
		return nil
	}
	switch {
	case o.Target.Immutable:
		return immutable(o.nextCheck(now))
	case contested(now, o):
		return giveIn(now, o)
	case record.FlipVersion != o.Target.Version:
		return WriteJournal{Record: record.Flip(now, o.Target.Version, o.Target.Value)}
	default:
		return WriteTarget{Value: record.Current.Value, Version: o.Target.Version, Tell: []Telling{{
			Reason: v1alpha1.ReasonSecretRestored, Warning: true, Message: fmt.Sprintf(
				"%s put a superseded client secret back; the current one was written again, no new one was made.", o.Target.Writers),
		}}}
	}
}

// displaced notes that the target holds a retired value before anything else is said or done about that: whatever keeps the
// current one from being written, pods that start meanwhile have the other one (I2).
func displaced(now time.Time, o Observation) Action {
	record := o.Journal.Record
	if !o.writes() || record.Current == nil || record.Current.Value.Equal(o.Target.Value) || !record.IsRetired(o.Target.Value) || record.isNoted(o.Target.Value) {
		return nil
	}
	next := record.Displace(now, o.Target.Value)
	// A leader retires what no follower's pods wait for: when the current value is back, they are looked at again.
	next.Undelivered = next.Undelivered || (o.Credential.Leader != nil && !o.Credential.Policy.Restarts)

	return WriteJournal{Record: next}
}

// restored notes that the current value is in the target again after another one. Who started between the note of that and the
// write may use the other one, so the proof that no pod does counts from now (I2).
func restored(now time.Time, o Observation) Action {
	record := o.Journal.Record
	if !o.writes() || record.FlipVersion == "" || record.Current == nil || !record.Current.Value.Equal(o.Target.Value) {
		return nil
	}

	next := record.Restore(now)
	// Whatever started meanwhile is restarted where the operator does that: nobody else would.
	next.Undelivered = next.Undelivered || o.Credential.Policy.Restarts

	return WriteJournal{Record: next}
}

// currentWorks returns nil when Okta lists the current value as ACTIVE, so that it may be written over a retired one that
// still works (I2). When it is dead, somebody put the retired one back to mend that, and it counts again. Where Okta masks
// values and the id is not known, the current one counts as working: it did when Okta was asked last.
func currentWorks(now time.Time, o Observation) Action {
	switch {
	case o.Connection.Unusable != "":
		return working(o.nextCheck(now), v1alpha1.ReasonConnectionUnusable, fmt.Sprintf(
			"%s put a superseded client secret back, which Okta still accepts. The current one is written again when Okta can be asked whether it works, but the connection's admin credential cannot be used (%s).", o.Target.Writers, o.Connection.Unusable))
	case o.Okta == nil:
		if wait := o.retryLater(now); wait != nil {
			return wait
		}

		return Look{LookSecrets}
	case o.Okta.Problem != "":
		return o.viewFailed(now)
	}
	listed, presence := o.Okta.findHeld(*o.Journal.Record.Current)
	if presence == Unknown || (presence == Present && listed.Active) {
		return nil
	}

	return WriteJournal{Record: o.Journal.Record.Accept(o.Target.Value, now)}
}

func unlabelled(_ time.Time, o Observation) Action {
	if !o.writes() || !o.Target.Found || o.Target.Labelled {
		return nil
	}

	return LabelTarget{Version: o.Target.Version}
}

// contested says whether another writer has put its value over ours too often, and just did again.
func contested(now time.Time, o Observation) bool {
	record := o.Journal.Record

	return record.isContested() || (record.Flips >= maxFlips && now.Sub(record.FlipsSince) < flipWindow && record.FlipVersion != o.Target.Version)
}

// isContested says whether a fight was stopped, which a person ends.
func (r Record) isContested() bool { return r.Halt != nil && r.Halt.Reason == v1alpha1.ReasonContested }

// giveIn stops a fight with another writer, and says who that is. The other value is noted once more: when the current one is in
// the target again, pods that started until then may use the other one (I2).
func giveIn(now time.Time, o Observation) Action {
	record := o.Journal.Record
	if record.isContested() {
		return blocked(o.nextCheck(now), record.Halt.Reason, record.Halt.Message)
	}
	halt := Halt{Reason: v1alpha1.ReasonContested, At: now, Message: fmt.Sprintf(
		"A superseded client secret was put into the Secret again after it had been mended %d times within a day, last written by %s. Stop that writer (GitOps tool, backup, other operator) from writing this key, then set the annotation %s.",
		record.Flips, o.Target.Writers, v1alpha1.AnnotationResume)}
	if record.Halt != nil {
		halt.Message += " Before that: " + record.Halt.Message
	}

	return WriteJournal{Record: record.Flip(now, o.Target.Version, o.Target.Value).Stop(halt)}
}
