package rotation

import (
	"cmp"
	"fmt"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// begin starts a rotation when nothing speaks against it. Its guards ask for facts in the order of their price.
func begin(now time.Time, o Observation, cause Cause) Action {
	if action := firstOf(now, o, cause,
		brakes,      // immutable Secret, halted, limits, backoff
		otherWriter, // nobody else keeps the Secret's content, or a person agreed
		paced,       // the connection's pace and brake
		waitsForLeader,
		inWindow,      // a rotation by age has a window
		adminUsable,   // the connection works, and what failed last has waited
		application,   // ACTIVE, this client's, authenticates with a secret
		secondOpinion, // the revocation endpoint agrees
		notContradicted,
		ownershipProven,
		takeOver, // another cluster was faster
		slotFree,
		freshEvidence, // the last rejection is not old
	); action != nil {
		return action
	}
	stage := StageSecret{Cause: cause, IDsBefore: o.Okta.listedIDs(), Tell: []Telling{{
		Reason: v1alpha1.ReasonRotationStarted, Message: "Rotation started: " + cause.inWords() + o.writtenOver(cause),
	}}}
	if cause == CauseCommand {
		stage.Command = o.Credential.Commands.Rotate
	}
	if cause == CauseRevoked {
		stage.Command = o.Credential.Commands.Revoke
	}
	if !o.Target.Value.IsEmpty() {
		stage.Replaces = replaced(o)
	}

	return stage
}

// writtenOver warns of the tool that a command writes over: it was not asked for a consent, as others are (see otherWriter).
func (o Observation) writtenOver(cause Cause) string {
	if !cause.commanded() || !o.keptByAnother() {
		return ""
	}

	return fmt.Sprintf(" The Secret's content is kept by %s, which may write its own client secret back: let it leave this key alone.", o.Target.ManagedBy)
}

// isRejection says whether it rests on Okta's rejection of the stored value.
func (c Cause) isRejection() bool { return c == CauseRejected || c == CauseAdopted }

func (c Cause) inWords() string {
	switch c {
	case CauseRejected:
		return "Okta rejects the client secret in the Secret, confirmed."
	case CauseCommand:
		return "the rotate command."
	case CauseMalformed:
		return "the stored value becomes an ACTIVE secret of Okta's when it is cleaned."
	case CauseAdopted:
		return "Okta no longer has the client secret in the Secret as ACTIVE, and has another one."
	case CauseRollback:
		return "the rollback command."
	case CauseScheduled:
		return "the client secret is older than rotation.maxAge."
	case CauseRevoked:
		return "the revoke command; the old secret dies when the new one is in the Secret."
	case CauseUndone:
		return "workloads fail with the new client secret, and the superseded one still works."
	case CauseFollowed:
		return "an older OktaClientCredential for the same client has a new secret."
	case CauseCreated:
		return "the Secret has to be created."
	default:
		return string(c)
	}
}

func brakes(now time.Time, o Observation, cause Cause) Action {
	record, policy := o.Journal.Record, o.Credential.Policy
	if o.Target.Immutable {
		return immutable(o.nextCheck(now))
	}
	if cause == CauseCommand && record.isContested() {
		// The other writer would put its value over this one too, one secret a command.
		return blocked(o.nextCheck(now), record.Halt.Reason, record.Halt.Message)
	}
	if cause.unlimited() {
		return nil
	}
	if halt := o.Halted(); halt != nil {
		return blocked(o.nextCheck(now), halt.Reason, halt.Message)
	}
	if retry := record.nextAttempt(); now.Before(retry) {
		atOnce := v1alpha1.AnnotationRotate
		if o.Credential.Leader != nil {
			atOnce = v1alpha1.AnnotationResume // to rotate is its leader's
		}

		return rotationAt(retry, working(earliest(retry, o.nextCheck(now)), v1alpha1.ReasonBackoff, fmt.Sprintf(
			"The last rotation failed (%d of %d attempts). The next one starts at %s, or at once with the annotation %s.", record.Attempts, policy.MaxAttempts, clock(retry), atOnce)))
	}
	if starts := record.startsWithinDay(now); len(starts) >= policy.PerDay {
		free := starts[len(starts)-policy.PerDay].Add(24 * time.Hour)

		return rotationAt(free, blocked(earliest(free, o.nextCheck(now)), v1alpha1.ReasonLimitReached, fmt.Sprintf(
			"%d rotations started in the last 24 hours, which is the limit, and another one is due. It starts at %s. Find out who invalidates the secrets; the annotation %s rotates at once.", len(starts), clock(free), v1alpha1.AnnotationRotate)))
	}

	return nil
}

// nextAttempt is before when no rotation starts because the last one failed; zero when it did not.
func (r Record) nextAttempt() time.Time {
	if r.Attempts == 0 {
		return time.Time{}
	}

	return r.LastFailure.Add(attemptBackoff(r.Attempts))
}

// Halted says why no rotation starts until a person resumes; nil when nothing stops them for good.
func (o Observation) Halted() *Halt {
	record := o.Journal.Record
	if record.Halt != nil || record.Attempts < o.Credential.Policy.MaxAttempts || !o.writes() {
		return record.Halt
	}

	return &Halt{Reason: v1alpha1.ReasonHalted, Message: fmt.Sprintf(
		"%d rotations failed in a row, so no more are started. See the events for why, then set the annotation %s.", record.Attempts, v1alpha1.AnnotationResume)}
}

// rotationAt adds when the next rotation may start to a wait, which may end before for another check.
func rotationAt(at time.Time, action Action) Action {
	if wait, ok := action.(Wait); ok {
		wait.RotationAt = at

		return wait
	}

	return action
}

func adminUsable(now time.Time, o Observation, _ Cause) Action {
	if o.Connection.Unusable != "" {
		return blocked(o.nextCheck(now), v1alpha1.ReasonConnectionUnusable, fmt.Sprintf(
			"A new client secret is needed, but the connection's admin credential cannot be used (%s). The status of the connection says: %s", o.Connection.Unusable, o.Connection.UnusableMessage))
	}

	return o.retryLater(now)
}

// retryLater waits when the admin API failed a moment ago.
func (o Observation) retryLater(now time.Time) Action {
	if o.Okta != nil || !now.Before(o.Retry.At) {
		return nil
	}
	state := Working
	if o.Retry.NeedsPerson {
		state = Blocked
	}

	return Wait{Until: o.Retry.At, State: state, Reason: o.Retry.Reason, Message: fmt.Sprintf("%s Next try at %s.", o.Retry.Message, clock(o.Retry.At))}
}

func secondOpinion(now time.Time, o Observation, cause Cause) Action {
	if !cause.isRejection() {
		return nil
	}
	if o.Second == nil {
		return Look{LookSecond}
	}
	switch o.Second.Verdict {
	case v1alpha1.VerdictSecretRejected:
		return nil
	case v1alpha1.VerdictUnrecognized:
		if !o.Check.Ambiguous || o.Second.Ambiguous {
			return nil
		}

		return blocked(o.nextCheck(now), v1alpha1.ReasonSecondOpinionDiffers,
			"Okta's token endpoint refuses the client in words that can mean several things, and its revocation endpoint gives no clear answer, so no new secret is made. "+o.Second.Evidence)
	case v1alpha1.VerdictThrottled, v1alpha1.VerdictUnreachable:
		return working(o.Second.At.Add(max(o.Second.RetryAfter, time.Minute)), string(o.Second.Verdict), "The second opinion before a rotation could not be had: "+o.Second.Evidence)
	default:
		return blocked(o.nextCheck(now), v1alpha1.ReasonSecondOpinionDiffers,
			"Okta's token endpoint rejects the client secret and its revocation endpoint does not, so no new secret is made. "+o.Second.Evidence+" Check the application's sign-on policy and client authentication in Okta.")
	}
}

func application(now time.Time, o Observation, _ Cause) Action {
	view := o.Okta
	switch {
	case view == nil:
		return Look{LookApplication}
	case view.Problem != "":
		return o.viewFailed(now)
	case view.AppStatus == "" && view.AppClientID == "":
		// The secrets alone were asked for, by another rule.
		return Look{LookApplication}
	case view.AppClientID != o.ClientID():
		return blocked(o.nextCheck(now), v1alpha1.ReasonApplicationMismatch, fmt.Sprintf(
			"The application has client id %q, but this credential keeps another one: %s. Make a new OktaClientCredential with the right applicationID.", view.AppClientID, o.keptClientID()))
	case view.AppStatus != appActive:
		return explainedAtBegin(now, o, o.inactive())
	}
	if action := learnMethod(o); action != nil {
		return action
	}
	if d, found := o.byMethod(); found {
		return explainedAtBegin(now, o, d)
	}

	return nil
}

// explainedAtBegin says why no new secret would help. There may be no answer of the token endpoint to go with it.
func explainedAtBegin(now time.Time, o Observation, d Diagnosis) Action {
	return blocked(o.nextCheck(now), d.Reason, d.Evidence+" "+d.Fix)
}

// viewFailed waits after a failed question to the admin API.
func (o Observation) viewFailed(now time.Time) Action {
	state, until := Working, o.Retry.At
	if o.Okta.NeedsPerson {
		state = Blocked
	}
	if !until.After(now) {
		until = now.Add(max(o.Okta.RetryAfter, time.Minute))
	}

	return Wait{Until: until, State: state, Reason: o.Okta.Problem, Message: fmt.Sprintf("%s Next try at %s.", o.Okta.Message, clock(until))}
}

// notContradicted keeps a rotation from replacing a secret that Okta lists as ACTIVE (I5).
func notContradicted(now time.Time, o Observation, cause Cause) Action {
	if !cause.isRejection() {
		return nil
	}
	listed, presence := o.findTarget()
	switch {
	case presence == Present && listed.Active:
		return blocked(o.nextCheck(now), v1alpha1.ReasonRejectedButActive, fmt.Sprintf(
			"Okta's token endpoint rejects the client secret, but Okta lists it as ACTIVE (%s): a new one would not help. Check spec.authorizationServer, and the application's authentication method and sign-on policy in Okta.", listed.ID))
	case presence == Unknown && (o.Check.Ambiguous || o.Second.Verdict != v1alpha1.VerdictSecretRejected):
		return blocked(o.nextCheck(now), v1alpha1.ReasonUnrecognized,
			"Okta's token endpoint rejects the client secret, but its revocation endpoint gives no clear second opinion and Okta masks the secrets' values, so no new secret is made. Put a working secret into the Secret, or set the annotation "+v1alpha1.AnnotationRotate+".")
	default:
		return nil
	}
}

// ownershipProven keeps a rotation from overwriting a value that may belong to something else.
func ownershipProven(now time.Time, o Observation, cause Cause) Action {
	if !cause.isRejection() || o.Target.ClientID == o.ClientID() {
		return nil
	}
	if current := o.Journal.Record.Current; current != nil && current.Value.Equal(o.Target.Value) {
		return nil
	}
	if _, presence := o.Okta.find(o.Target.Value); presence == Present {
		return nil
	}

	return blocked(o.nextCheck(now), v1alpha1.ReasonOwnershipUnproven, fmt.Sprintf(
		"Okta rejects the stored value, and nothing proves that it ever was a client secret of %s: it was never accepted, Okta does not list it, and no client id is stored beside it. If it may be overwritten, set the annotation %s to the current time.", cmp.Or(o.Credential.ClientID, "this client"), v1alpha1.AnnotationRotate))
}

// backToCurrent writes the current value over one that somebody put over it, when Okta lists it as ACTIVE and has no room for
// a new one; but not for ever.
func backToCurrent(now time.Time, o Observation) Action {
	record := o.Journal.Record
	if record.Current == nil || record.Current.Value.Equal(o.Target.Value) {
		return nil
	}
	listed, presence := o.Okta.findHeld(*record.Current)
	switch {
	case presence != Present || !listed.Active:
		return nil
	case contested(now, o):
		return giveIn(now, o)
	case record.FlipVersion != o.Target.Version:
		return WriteJournal{Record: record.Flip(now, o.Target.Version, o.Target.Value)}
	default:
		return WriteTarget{Value: record.Current.Value, Version: o.Target.Version, Tell: []Telling{{
			Reason: v1alpha1.ReasonSecretRestored, Message: "The Secret got the client secret back that Okta accepted last and lists as ACTIVE; there is no room for a new one.",
		}}}
	}
}

func freshEvidence(now time.Time, o Observation, cause Cause) Action {
	if (!cause.isRejection() && cause != CauseMalformed) || now.Sub(o.Check.At) <= evidenceAge {
		return nil
	}

	return Look{LookTarget}
}

// nextCheck is when the target's value is asked about again, always later than now: a Wait until a time that has passed
// would be a loop, and one without end would not notice what a person mends at Okta.
func (o Observation) nextCheck(now time.Time) time.Time {
	if o.Check != nil {
		if next := NextCheck(o.Credential, *o.Check); next.After(now) {
			return next
		}
	}

	return now.Add(o.Credential.Interval)
}
