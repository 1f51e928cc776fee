package oktaclientcredential

import (
	"maps"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/consumers"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// memory is what one process remembers of a credential between two passes. All of it are hints that save requests: losing it
// costs questions, never a secret.
type memory struct {
	uid types.UID
	// seen is when it was last asked for.
	seen time.Time
	// written is the credential's resourceVersion after our last write of it, at writtenAt.
	written   string
	writtenAt time.Time
	// check is the last answer about the target's value, for the circumstances of checkKey; decided is the last that decided, or that
	// refused the client without saying why.
	check    *rotation.Check
	checkKey string
	decided  *rotation.Check
	// tenants is what public metadata said in the circumstances of checkKey.
	tenants *rotation.TenantView
	// consumers are the workloads as they were seen last, and deliverNotBefore when they are looked at again.
	consumers        *v1alpha1.ConsumersStatus
	deliverNotBefore time.Time
	refusedRestarts  refusedRestarts
	// undoNotBefore is when Okta is asked again for a secret that is to be brought back.
	undoNotBefore time.Time
	// delivery is what is remembered of the present change's.
	delivery consumers.Memory
	// rest is a decision that holds until something changes.
	rest rest
	// staged is the last answer about the staged value, whose hash is stagedKey.
	staged    *rotation.Check
	stagedKey string
	// verified is the acceptance of a staged value in the circumstances of verifiedKey: it counts for the target that gets it.
	verified    *rotation.Check
	verifiedKey string
	// justStaged is the journal's version after staging; justCreated is the id at Okta of the value staged there.
	justStaged    string
	justCreated   string
	createRefused string

	retry    rotation.Retry
	retries  int
	failedAt time.Time
	notThere notThere
	// refused is the id of the secret whose last change at Okta failed.
	refused string
	// twin is the id at Okta of a value, by its hash, that was created while another operator finished its rotation.
	twin, twinOf string
	// retireNotBefore counts for one version of the journal: another one may tell of a secret that must go now.
	retireNotBefore time.Time
	retireJournal   string
	// overdue is why a rotation by age did not begin when Okta was asked, in the circumstances of overdueKey.
	overdue      *rotation.Wait
	overdueKey   string
	missingSince time.Time
	// lagsFor is what LooksFor says and Okta did not show; it is asked for again at lagsUntil, or when a person may have mended that.
	lagsFor   string
	lagsGone  bool
	lagsUntil time.Time
	// ownChange is when this process last changed a secret at Okta.
	ownChange time.Time
	// rejectedAt is when a rejection last counted.
	rejectedAt time.Time
	// connectionKey tells when the connection changed, which ends a retry's wait.
	connectionKey string
	// validated is the last validate command that was carried out.
	validated string
	// history waits for the next write of the status.
	history []v1alpha1.HistoryEntry
}

// holdsUp notes why a rotation that is due did not begin although Okta was asked: workloads are looked at every few seconds, and Okta
// is not asked each time.
func (m *memory) holdsUp(wait rotation.Wait, journal string) {
	m.overdue, m.overdueKey = &wait, m.overdueNow(journal)
}

// overdueNow names what ends the wait of a rotation that is due: another journal, and another check.
func (m *memory) overdueNow(journal string) string {
	if m.check == nil {
		return ""
	}

	return journal + "|" + m.check.At.String()
}

// clockStep is how far back a clock is slewed at most. One that goes further was set, and what is remembered to wait until a time
// would wait for as long as it was wrong.
const clockStep = time.Minute

func (r *Reconciler) memoryOf(credential *v1alpha1.OktaClientCredential) *memory {
	key, now := client.ObjectKeyFromObject(credential), r.Clock.Now()
	stored, _ := r.memories.LoadOrStore(key, &memory{uid: credential.UID})
	kept, ok := stored.(*memory)
	if !ok || kept.uid != credential.UID || kept.seen.Sub(now) > clockStep {
		if ok {
			r.fleet.forget(kept.uid)
		}
		kept = &memory{uid: credential.UID}
		r.memories.Store(key, kept)
	}
	kept.seen = now

	return kept
}

// saw notes the time that a pass went by at its end: what it remembers to wait for was counted from then.
func (m *memory) saw(now time.Time) {
	if now.After(m.seen) {
		m.seen = now
	}
}

// refuseRestart notes a refusal, says whether it is news, and forgets those whose time is long over: a workload that is refused
// is tried again at the next look, which may be some minutes later.
func (m *memory) refuseRestart(workload string, r refusal) (news bool) {
	maps.DeleteFunc(m.refusedRestarts, func(_ string, old refusal) bool { return old.until.Before(r.until.Add(-3 * refusedRestart)) })
	if m.refusedRestarts == nil {
		m.refusedRestarts = refusedRestarts{}
	}
	news = m.refusedRestarts[workload].why != r.why
	m.refusedRestarts[workload] = r

	return news
}

// forgetFailures is how long after a failure the next one counts as the first again.
const forgetFailures = 30 * time.Minute

// failed notes that something at Okta failed and is not tried again before a time that doubles.
func (m *memory) failed(now time.Time, reason, message string, retryAfter time.Duration, needsPerson bool) {
	if now.Sub(m.failedAt) > forgetFailures {
		m.retries = 0
	}
	m.retries++
	m.failedAt = now
	delay := 5 * time.Second << min(m.retries-1, 7)
	m.retry = rotation.Retry{At: now.Add(max(retryAfter, min(delay, 10*time.Minute))), Reason: reason, Message: message, NeedsPerson: needsPerson}
}

// throttled notes that a request has to wait for its share of Okta's rate limits. That is no failure: the answer says when there
// is some again, and who waits longer keeps its place from others.
func (m *memory) throttled(now time.Time, message string, retryAfter time.Duration) {
	m.retry = rotation.Retry{At: now.Add(max(retryAfter, time.Second)), Reason: v1alpha1.ReasonThrottled, Message: message}
}

// looked notes that a question to Okta's admin API was answered. That says nothing about the next change there, so what
// failed before is still counted.
func (m *memory) looked() { m.retry = rotation.Retry{} }

// worked notes that a change at Okta was made, or that the circumstances of earlier failures are gone.
func (m *memory) worked() { m.retry, m.retries = rotation.Retry{}, 0 }

// isBehind says whether a credential from the cache is older than our own last write of it. What is decided on it would be
// decided again, and its write refused. A cache that stays behind (a restored cluster counts from an earlier version) is
// believed after a while.
func (m *memory) isBehind(credential *v1alpha1.OktaClientCredential, now time.Time) bool {
	const patience = 10 * time.Second
	if m.written == "" || now.Sub(m.writtenAt) > patience {
		return false
	}
	order, err := resourceversion.CompareResourceVersion(credential.ResourceVersion, m.written)

	return err == nil && order < 0
}

// wrote notes our own write of the credential.
func (m *memory) wrote(credential *v1alpha1.OktaClientCredential, now time.Time) {
	m.written, m.writtenAt = credential.ResourceVersion, now
}

// isRefusal tells what Okta says about the client from a failure on the way there.
func isRefusal(check rotation.Check) bool {
	return check.RejectsSecret() || check.Verdict.Decides()
}

// diagnosed notes what the last answer comes down to.
func (m *memory) diagnosed(d rotation.Diagnosis) {
	decided := *m.check
	decided.Verdict, decided.Evidence, decided.Fix = d.Verdict, d.Evidence, d.Fix
	m.decided = &decided
}

// promoted takes the acceptance of a staged value for that of the target, which holds it now.
func (m *memory) promoted(check rotation.Check) {
	check.Failures, check.Rejections, check.Fresh = 0, 0, false
	m.check, m.decided = &check, &check
	m.verified, m.verifiedKey = nil, ""
}

// answeredBefore notes what the status says of a time before this process.
func (m *memory) answeredBefore(check rotation.Check) { m.decided = &check }

// answered notes an answer about the target's value.
func (m *memory) answered(check rotation.Check, spacing time.Duration) {
	check.Failures = 1
	if last := m.check; last != nil {
		if isRefusal(*last) == isRefusal(check) {
			check.Failures = last.Failures + 1
		}
		check.Rejections = last.Rejections
		if isRefusal(check) {
			m.tenants = nil
		}
	}
	switch {
	case check.RejectsSecret():
		if m.check == nil || m.check.Rejections == 0 || !check.At.Before(m.rejectedAt.Add(spacing)) {
			check.Rejections++
			m.rejectedAt = check.At
		}
	case check.Verdict.Decides():
		check.Rejections = 0
	}
	if check.Verdict == v1alpha1.VerdictAccepted {
		check.Failures = 0
	}
	m.check = &check
	if check.Verdict.Decides() || (check.RejectsSecret() && !m.explained()) {
		decided := check
		m.decided = &decided
	}
}

// explained says whether it is known why Okta refuses the client. A refusal in its ambiguous text ends what was known before, and
// says no more than that; it does not end what was found out about such a refusal.
func (m *memory) explained() bool {
	return m.decided != nil && m.decided.Verdict.Decides() && m.decided.Verdict != v1alpha1.VerdictAccepted
}
