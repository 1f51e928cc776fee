package rotation

import (
	"fmt"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// check asks the token endpoint when it is time, or when a person asks for it.
func check(now time.Time, o Observation) Action {
	if o.Target.Value.IsEmpty() || o.ClientID() == "" {
		reason, fact, fix := o.Target.problem()

		return blocked(o.unseen(now), reason, fact+" "+fix)
	}
	if o.Check == nil || ((o.Credential.Validate || o.Credential.Hinted) && !o.Check.Fresh) || !now.Before(NextCheck(o.Credential, *o.Check)) {
		return Look{LookTarget}
	}

	return nil
}

func accepted(now time.Time, o Observation) Action {
	if o.Check.Verdict != v1alpha1.VerdictAccepted || !o.writes() {
		return nil
	}
	if current := o.Journal.Record.Current; current != nil && current.Value.Equal(o.Target.Value) {
		return nil
	}

	return WriteJournal{Record: o.Journal.Record.Accept(o.Target.Value, now)}
}

// refused finds out what a refusal comes down to, repairs what it may, begins a rotation when only a new secret helps, and
// otherwise explains (I5).
func refused(now time.Time, o Observation) Action {
	if !o.calledForDiagnosis() {
		return nil
	}
	if o.unconfirmed() {
		next := NextCheck(o.Credential, *o.Check)

		return rotationAt(next, working(next, v1alpha1.ReasonRejectionUnconfirmed, fmt.Sprintf(
			"%s That counts when it is confirmed (%d of %d); Okta is asked again at %s.", o.Check.Evidence, o.Check.Rejections, o.Credential.Confirmations, clock(next))))
	}
	if o.Check.RejectsSecret() && o.writes() {
		// Many may be rejected at once, and each diagnosis costs questions: they wait for their turn first, and for a person where
		// the brake holds, also in mode Repair.
		if action := paced(now, o, CauseRejected); action != nil {
			return action
		}
	}
	d, missing := diagnose(o)
	if missing != nil {
		if missing == (Look{LookApplication}) && o.Okta == nil && now.Before(o.Retry.At) {
			return o.withoutAdmin(now, d)
		}

		return missing
	}

	return treat(now, o, d)
}

// treat does what a diagnosis calls for.
func treat(now time.Time, o Observation, d Diagnosis) Action {
	if !d.Verdict.Decides() && !o.Check.Verdict.Decides() && !o.Check.RejectsSecret() {
		return nil
	}
	if d.Verdict == v1alpha1.VerdictSecretRejected || (d.Verdict == v1alpha1.VerdictSecretMalformed && o.writes()) {
		return heal(now, o, d)
	}
	if d.Verdict == v1alpha1.VerdictSecretMalformed {
		return observing(now, o, d)
	}
	if d.Verdict == v1alpha1.VerdictMethodMismatch {
		if action := learnMethod(o); action != nil {
			return action
		}
	}

	return explained(now, o, d)
}

// withoutAdmin says what is known while the admin API is not asked again, because it failed a moment ago.
func (o Observation) withoutAdmin(now time.Time, d Diagnosis) Action {
	if d.Verdict == v1alpha1.VerdictSecretRejected {
		return o.retryLater(now)
	}
	wait, _ := explained(now, o, d).(Wait)
	wait.Until = earliest(wait.Until, o.Retry.At)
	wait.Message += " The cause cannot be looked for now: " + o.Retry.Message

	return wait
}

// heal takes over a secret of Okta's or makes a new one, as the spec says.
func heal(now time.Time, o Observation, d Diagnosis) Action {
	if d.Verdict == v1alpha1.VerdictSecretMalformed {
		return repairMalformed(now, o, d)
	}
	if (o.Credential.Adopts || o.Credential.Leader != nil || o.standIn() != nil) && o.writes() {
		if action, decided := adopt(now, o); decided {
			return action
		}
	}
	if o.Credential.Mode != v1alpha1.ModeRotate {
		return observing(now, o, d)
	}

	return begin(now, o, CauseRejected)
}

// clock writes a time for messages.
func clock(t time.Time) string { return t.UTC().Format(time.RFC3339) }
