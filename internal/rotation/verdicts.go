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
	if o.Check == nil || (o.Credential.Validate && !o.Check.Fresh) || !now.Before(NextCheck(o.Credential, *o.Check)) {
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

// rejected confirms a rejection by a second answer and by the revocation endpoint, and begins a rotation (I5).
func rejected(now time.Time, o Observation) Action {
	if o.Check.Verdict != v1alpha1.VerdictSecretRejected {
		return nil
	}
	next := NextCheck(o.Credential, *o.Check)
	if o.Check.Rejections < o.Credential.Confirmations {
		return rotationAt(next, working(next, v1alpha1.ReasonRejectionUnconfirmed, fmt.Sprintf(
			"%s That counts when it is confirmed (%d of %d); Okta is asked again at %s.", o.Check.Evidence, o.Check.Rejections, o.Credential.Confirmations, clock(next))))
	}
	if o.Credential.Mode != v1alpha1.ModeRotate {
		return blocked(next, v1alpha1.ReasonObserving, fmt.Sprintf(
			"%s The application would get a new client secret, but spec.mode is %s. Set mode: Rotate, or put a working secret into the Secret.", o.Check.Evidence, o.Credential.Mode))
	}

	return begin(now, o, CauseRejected)
}

// clock writes a time for messages.
func clock(t time.Time) string { return t.UTC().Format(time.RFC3339) }
