package rotation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// slotFree makes sure before a value is staged that Okta will have room for it: two secrets at most (I4).
func slotFree(now time.Time, o Observation, cause Cause) Action {
	if len(o.Okta.Secrets) < maxSecrets {
		return nil
	}
	if same := currentTwice(o); len(same) > 1 {
		return dropDuplicate(o.Journal.Record.twinsLast(same))
	}
	if _, found := removable(o); found {
		return nil
	}
	if cause == CauseRejected {
		if action := backToCurrent(now, o); action != nil {
			return action
		}
	}
	listed := make([]string, 0, len(o.Okta.Secrets))
	for _, l := range o.Okta.Secrets {
		listed = append(listed, fmt.Sprintf("%s (%s, created %s)", l.ID, l.status(), l.Created.UTC().Format(time.DateOnly)))
	}

	return blocked(o.nextCheck(now), v1alpha1.ReasonSlotsFull, fmt.Sprintf(
		"Okta allows two client secrets and the application has %s, none of which the operator may remove. Delete one in Okta, or release one: kubectl annotate occ %s %s=<id> --overwrite",
		strings.Join(listed, " and "), o.Credential.Name, v1alpha1.AnnotationReleaseSecret))
}

// makeRoom removes at most one secret at Okta, before the new one is created (I4).
func makeRoom(now time.Time, o Observation) Action {
	found, ok := removable(o)
	switch {
	case o.successor() != nil && !o.revoking():
		return yield(now, o, *o.successor())
	case !ok:
		return WriteJournal{Record: o.Journal.Record.Withdraw(now, false, ""), Tell: withdrawn("Okta has no room for another client secret.")}
	case found.Active:
		return DeactivateSecret{ID: found.ID, Tell: []Telling{{
			Reason: v1alpha1.ReasonSecretDeactivated, Message: fmt.Sprintf("Secret %s, released by command, was deactivated at Okta to make room.", found.ID),
		}}}
	default:
		return DeleteSecret{ID: found.ID, Tell: []Telling{{
			Reason: v1alpha1.ReasonSecretDeleted, Message: fmt.Sprintf("INACTIVE secret %s was deleted at Okta to make room for the new one.", found.ID),
		}}}
	}
}

// removable is the secret that may be removed to make room: an INACTIVE one that we made or superseded, the INACTIVE one that the
// target holds, since it is what we replace, any INACTIVE one where the spec says so, or the id that a person released; an
// ACTIVE one that we superseded where the present one is compromised. Never an ACTIVE one that the target holds (I2, I4).
func removable(o Observation) (Listed, bool) {
	held, presence := o.findTarget()
	isHeld := func(l Listed) bool { return presence == Present && !o.Target.Value.IsEmpty() && l.ID == held.ID }
	isSpare := func(l Listed) bool { return !o.mayHold(l, held, presence) && o.Okta.activeBeside(l.ID) }
	for _, may := range []func(Listed) bool{
		func(l Listed) bool { return !l.Active && o.isOurs(l) },
		func(l Listed) bool { return o.revoking() && o.isSuperseded(l) && isSpare(l) },
		func(l Listed) bool { return !l.Active && isHeld(l) },
		func(l Listed) bool { return !l.Active && o.Credential.Policy.ReplaceInactive },
		func(l Listed) bool { return o.isReleased(l) && (!l.Active || isSpare(l)) },
	} {
		if i := slices.IndexFunc(o.Okta.Secrets, may); i >= 0 {
			return o.Okta.Secrets[i], true
		}
	}

	return Listed{}, false
}

// revoking says whether the rotation at work, or that is to begin, replaces a compromised secret: then what was superseded
// before it keeps its place no longer.
func (o Observation) revoking() bool {
	if staged := o.Journal.Record.Staged; staged != nil {
		return staged.Cause == CauseRevoked
	}
	given := o.Credential.Commands.Revoke

	return given != "" && given != o.Journal.Record.Handled.Revoke
}

// isReleased says whether a person released a secret.
func (o Observation) isReleased(listed Listed) bool {
	released := o.Journal.Record.Released

	return released != "" && listed.ID == released
}

// isOurs says whether the operator superseded a secret, or made it as the current one (which the target may have lost since).
func (o Observation) isOurs(listed Listed) bool {
	if current := o.Journal.Record.Current; current != nil && current.Made && listed.is(current.ID, current.Value.Hash()) {
		return true
	}

	return o.isSuperseded(listed)
}

// isSuperseded says whether a secret is not to be used again.
func (o Observation) isSuperseded(listed Listed) bool {
	return slices.ContainsFunc(o.Journal.Record.Retired, func(e Retired) bool { return listed.is(e.ID, e.Hash) })
}

// mayHold says whether the target may hold an ACTIVE secret: it does, or Okta masks values and did not reject the target's.
func (o Observation) mayHold(listed, held Listed, presence Presence) bool {
	switch {
	case o.Target.Value.IsEmpty(), presence == Absent:
		return false
	case presence == Present:
		return held.ID == listed.ID
	default:
		return o.Check == nil || o.Check.Verdict != v1alpha1.VerdictSecretRejected
	}
}

// dropDuplicate removes the newer of two secrets with one value, so that two operators would choose the same one; but an
// INACTIVE one before an ACTIVE one, since the value works because of the latter (I2).
func dropDuplicate(same []Listed) Action {
	newer := same[len(same)-1]
	for _, listed := range same {
		if !listed.Active {
			newer = listed
		}
	}
	why := []Telling{{Reason: v1alpha1.ReasonSecretDeleted, Message: fmt.Sprintf(
		"Secret %s, of which Okta has another with the same value, was removed at Okta.", newer.ID)}}
	if newer.Active {
		return DeactivateSecret{ID: newer.ID}
	}

	return DeleteSecret{ID: newer.ID, Tell: why}
}

func (l Listed) status() string {
	if l.Active {
		return "ACTIVE"
	}

	return "INACTIVE"
}
