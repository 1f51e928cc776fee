package rotation

import (
	"fmt"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

const (
	// forgetAfter is how long a value that Okta no longer lists is remembered: longer than any request can be on its way.
	forgetAfter = 24 * time.Hour
	// patience with a new secret that the token endpoint does not accept yet. Okta states no delay; others need 4 to 18 s.
	patience = 2 * time.Minute
	// stagedRecheck is how often a new secret is tried until then.
	stagedRecheck = 3 * time.Second
	// stagedGood is how long the acceptance of a new secret counts: longer than a slow list of Okta's takes.
	stagedGood = 20 * time.Second
	// stagedFresh is how long it counts for the write of the target, between which and the acceptance nothing slow is asked.
	stagedFresh = 5 * time.Second
	// unrecognizedForGood is after how many answers in a row that prove nothing a person is asked to look.
	unrecognizedForGood = 5
	// missingGrace lets tools that delete and recreate a Secret do so.
	missingGrace = 15 * time.Second
	// unseenRecheck is how often a target is read whose changes are not seen.
	unseenRecheck = 20 * time.Second
	// evidenceAge is how old the last rejection may be when a new secret is made because of it.
	evidenceAge = 2 * time.Minute
	// slowest is the longest time between two checks of a value that is known to be bad.
	slowest = 6 * time.Hour
	// flipWindow and maxFlips bound the writing back of a good value over retired ones that somebody restores.
	flipWindow = 24 * time.Hour
	maxFlips   = 3
	// RetireRecheck is how often a retirement that something holds up is looked at again.
	RetireRecheck = time.Hour
	// staleMargin is left for a check before the last answer grows stale.
	staleMargin = 15 * time.Second
	// podsRecheck is how often pods that hold up a retirement are looked at.
	podsRecheck = 5 * time.Minute
)

// doubled is the n-th delay (from 1) of one that doubles, up to a limit.
func doubled(first, limit time.Duration, n int) time.Duration {
	delay := first
	for ; n > 1 && delay < limit; n-- {
		delay *= 2
	}

	return min(delay, limit)
}

// NextCheck is when the target's value is to be asked about again.
func NextCheck(c Credential, check Check) time.Time {
	switch {
	case check.Verdict == v1alpha1.VerdictAccepted:
		jittered := c.Interval + time.Duration(c.Jitter*float64(c.Interval)/10)
		if c.StaleAfter > 0 {
			// The answer must not grow stale for the sake of the jitter.
			jittered = max(c.Interval, min(jittered, c.StaleAfter-staleMargin))
		}

		return check.At.Add(jittered)
	case check.RejectsSecret() && check.Rejections < c.Confirmations:
		return check.At.Add(c.Policy.Spacing)
	case check.RejectsSecret():
		return check.At.Add(max(check.RetryAfter, doubled(c.Interval, slowest, check.Failures-c.Confirmations+1)))
	case check.Verdict.Decides():
		return check.At.Add(max(check.RetryAfter, doubled(c.Interval, slowest, check.Failures)))
	default:
		return check.At.Add(max(check.RetryAfter, doubled(5*time.Second, max(5*time.Minute, c.Interval), check.Failures)))
	}
}

// attemptBackoff is how long the next rotation waits after the n-th failed one in a row.
func attemptBackoff(n int) time.Duration { return doubled(time.Minute, time.Hour, n) }

// startsWithinDay are the rotations that the operator started by itself in the last day.
func (r Record) startsWithinDay(now time.Time) []time.Time {
	day := now.Add(-24 * time.Hour)
	for i, start := range r.Starts {
		if start.After(day) {
			return r.Starts[i:]
		}
	}

	return nil
}

// due is when something is to be done at Okta about a retired value; false when nothing is.
func (p Policy) due(e Retired) (time.Time, bool) {
	switch {
	case !e.UnlistedSince.IsZero():
		return e.UnlistedSince.Add(forgetAfter), e.Made
	case e.Kept:
		return e.At, !e.DeactivatedAt.IsZero()
	case e.Revoked && e.DeactivatedAt.IsZero():
		return e.At, true
	case !e.Promoted:
		return e.At, true
	case e.DeactivatedAt.IsZero():
		return e.At.Add(p.OverlapMinimum), p.Retire != v1alpha1.RetireRetain && (e.Made || !p.OnlyMade)
	default:
		return e.DeactivatedAt.Add(p.DeleteAfter), e.Made && p.Retire == v1alpha1.RetireDelete
	}
}

// pending says whether Okta still lists a retired value about which something is to be done.
func (p Policy) pending(e Retired) bool {
	_, open := p.due(e)

	return open && e.UnlistedSince.IsZero()
}

// nextRetirement is when something is to be done about any retired value; zero when nothing is.
func (r Record) nextRetirement(p Policy) time.Time {
	var next time.Time
	for _, entry := range r.Retired {
		if due, open := p.due(entry); open && (next.IsZero() || due.Before(next)) {
			next = due
		}
	}

	return next
}

// earliest is the first of the times that are set.
func earliest(times ...time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}

	return first
}

// latest of the times.
func latest(times ...time.Time) time.Time {
	var last time.Time
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}

	return last
}

// NextRetirement says in words what is done next about a superseded secret; empty when nothing is.
func (r Record) NextRetirement(p Policy) string {
	next := r.nextRetirement(p)
	for _, entry := range r.Retired {
		due, open := p.due(entry)
		switch {
		case !open || !due.Equal(next) || !entry.UnlistedSince.IsZero():
		case entry.DeactivatedAt.IsZero():
			return fmt.Sprintf("The superseded secret%s is deactivated at Okta after %s, once no pod uses it.", entry.named(), clock(due))
		default:
			return fmt.Sprintf("The superseded secret%s is deleted at Okta after %s.", entry.named(), clock(due))
		}
	}

	return ""
}

// named is the id for a message, where it is known.
func (e Retired) named() string {
	if e.ID == "" {
		return ""
	}

	return " " + e.ID
}
