package oktaclientcredential

import (
	"fmt"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// recall adds what this process remembers, as far as it still speaks of the same circumstances.
func (r *Reconciler) recall(seen *scene) {
	kept := seen.memory
	if key := r.checkKey(seen, seen.Target.Value); kept.checkKey != key {
		kept.decided, kept.tenants = nil, nil
		kept.check = r.lastKnown(seen)
		if kept.verifiedKey == key {
			kept.promoted(*kept.verified)
		}
		kept.checkKey = key
	}
	if seen.Journal.Record.Staged == nil || kept.stagedKey != seen.Journal.Record.Staged.Value.Hash() {
		if seen.Journal.Record.HasTwin(kept.justCreated, kept.stagedKey) {
			kept.twin, kept.twinOf = kept.justCreated, kept.stagedKey
		}
		kept.staged, kept.justCreated, kept.createRefused = nil, "", ""
		r.created.Delete(client.ObjectKeyFromObject(seen.credential))
	}
	if seen.Journal.Record.HasTwin(kept.twin, kept.twinOf) {
		seen.Twin = kept.twin
	}
	if kept.justStaged != seen.Journal.Version {
		kept.justStaged = ""
	}
	if kept.retireJournal != seen.Journal.Version {
		kept.retireNotBefore = time.Time{}
	}
	if kept.overdue != nil && kept.overdueKey == kept.overdueNow(seen.Journal.Version) {
		seen.Overdue = kept.overdue
	}
	seen.Check, seen.Tenants = withoutFreshness(kept.check), kept.tenants
	seen.StagedCheck = withoutFreshness(kept.staged)
	r.heed(seen)
	seen.heedFollowers()
	if seen.Credential.Validate || seen.resumes() {
		kept.lagsFor = "" // who asks has mended something, or believes so
	}
	if seen.now.Before(kept.lagsUntil) {
		seen.LagsFor, seen.LagsGone = kept.lagsFor, kept.lagsGone
	}
	seen.JustStaged = kept.justStaged != ""
	seen.JustCreated, seen.CreateRefused = kept.justCreated, kept.createRefused
	seen.Retry, seen.RetireNotBefore, seen.DeliverNotBefore = kept.retry, kept.retireNotBefore, kept.deliverNotBefore
	seen.UndoNotBefore, seen.Refused = kept.undoNotBefore, kept.refused
}

// resumes says whether a resume command is given that was not handled.
func (s *scene) resumes() bool {
	given := s.Credential.Commands.Resume

	return given != "" && given != s.Journal.Record.Handled.Resume
}

func withoutFreshness(check *rotation.Check) *rotation.Check {
	if check == nil {
		return nil
	}
	old := *check
	old.Fresh = false

	return &old
}

// checkKey names the circumstances of a check: another value, client, server, method, spec or connection is asked at once.
func (r *Reconciler) checkKey(seen *scene, value redact.Value) string {
	return strings.Join([]string{
		value.Hash(), seen.ClientID(), string(seen.method()), seen.credential.Spec.AuthorizationServer,
		seen.Target.Issuer, fmt.Sprint(seen.credential.Generation), string(seen.connection.UID), fmt.Sprint(seen.connection.Generation),
	}, "|")
}

// lastKnown takes the status's word, after a restart, for a value that was Accepted and has not changed since: the journal
// holds it. The next check is spread over an interval, so that a restart asks nothing of Okta that was not due.
func (r *Reconciler) lastKnown(seen *scene) *rotation.Check {
	status := seen.credential.Status
	current := seen.Journal.Record.Current
	if status.LastCheckTime.After(seen.now.Add(clockStep)) {
		return nil // written by a clock that was wrong
	}
	if seen.memory.connectionKey == "" || seen.memory.checkKey != "" || status.Verdict.Name != v1alpha1.VerdictAccepted ||
		status.ObservedGeneration != seen.credential.Generation || current == nil || !current.Value.Equal(seen.Target.Value) {
		return nil
	}
	// What is due is spread over some minutes. The status's time is written hourly, so the answer may be that much younger.
	due := r.started.Add(seen.restartDelay())
	at := due.Add(rotation.NextCheck(seen.Credential, rotation.Check{Verdict: v1alpha1.VerdictAccepted, At: due}).Sub(due) * -1)
	answered := status.LastCheckTime.Time
	if at.Before(answered) {
		at = answered
	}
	seen.memory.answeredBefore(rotation.Check{Verdict: v1alpha1.VerdictAccepted, At: earlier(answered.Add(checkTimeEvery), r.started), Evidence: status.Verdict.Evidence})

	return &rotation.Check{Verdict: v1alpha1.VerdictAccepted, At: at, Evidence: status.Verdict.Evidence}
}

// restartSpread bounds over how long the checks that are due after a restart are spread.
const restartSpread = 5 * time.Minute

// restartDelay is this credential's part of that.
func (s *scene) restartDelay() time.Duration {
	return time.Duration(s.Credential.Jitter * float64(min(s.Credential.Interval, restartSpread)))
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}

	return b
}
