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
	if _, _, found := removable(o); found {
		return nil
	}
	if cause == CauseRejected {
		if action := backToCurrent(now, o); action != nil {
			return action
		}
	}

	return blocked(o.nextCheck(now), v1alpha1.ReasonSlotsFull, noRoom(o))
}

// noRoom says which secrets at Okta leave no room for another one, how old they are, and the command that would make room.
func noRoom(o Observation) string {
	taken, _ := o.SlotsTaken()
	has := fmt.Sprintf("Okta allows two client secrets and the application has %s, none of which the operator may remove.", taken)
	var releasable []string
	for _, l := range o.Okta.Secrets {
		if o.mayRelease(l) {
			releasable = append(releasable, l.ID)
		}
	}
	id := "<id>"
	switch len(releasable) {
	case 0:
		return has + " Delete in Okta the one that nobody uses: the operator cannot tell which of them the Secret holds, so it removes neither by command."
	case 1:
		id = releasable[0]
	}

	if releasedID(o.Journal.Record.Handled.ReleaseSecret) == id {
		id = fmt.Sprintf(`"%s $(date +%%s)"`, id) // it was released before, for a rotation that did not need it
	}

	return has + fmt.Sprintf(" Delete one in Okta, or release one: kubectl -n %s annotate occ %s %s=%s --overwrite", o.Credential.Namespace, o.Credential.Name, v1alpha1.AnnotationReleaseSecret, id)
}

// SlotsTaken says which secrets Okta listed in this pass and how old they are, and whether they leave no room for another one.
func (o Observation) SlotsTaken() (taken string, full bool) {
	listed := make([]string, 0, len(o.Okta.Secrets))
	for _, l := range o.Okta.Secrets {
		state := l.status()
		if o.isSuperseded(l) {
			state += ", superseded"
		}
		listed = append(listed, fmt.Sprintf("%s (%s, created %s)", l.ID, state, l.Created.UTC().Format(time.DateOnly)))
	}

	return strings.Join(listed, " and "), len(listed) >= maxSecrets
}

// makeRoom removes at most one secret at Okta, before the new one is created (I4).
func makeRoom(now time.Time, o Observation) Action {
	found, why, ok := removable(o)
	switch {
	case o.successor() != nil && !o.revoking():
		return yield(now, o, *o.successor())
	case !ok:
		return giveUp(now, o, false, "", noRoom(o))
	case found.Active:
		return DeactivateSecret{ID: found.ID, Tell: []Telling{{
			Reason: v1alpha1.ReasonSecretDeactivated, Message: fmt.Sprintf("Secret %s was deactivated at Okta to make room for the new one: %s.", found.ID, why),
		}}}
	default:
		return DeleteSecret{ID: found.ID, Tell: []Telling{{
			Reason: v1alpha1.ReasonSecretDeleted, Message: fmt.Sprintf("INACTIVE secret %s was deleted at Okta to make room for the new one: %s.", found.ID, why),
		}}}
	}
}

// removable is the secret that may be removed to make room: an INACTIVE one that we made or superseded, the INACTIVE one that the
// target holds, since it is what we replace, any INACTIVE one where the spec says so, or the id that a person released; an
// ACTIVE one that we superseded where the present one is compromised. Never an ACTIVE one that the target holds (I2, I4).
// Why says in words which of these it is.
func removable(o Observation) (found Listed, why string, ok bool) {
	held, presence := o.findTarget()
	isHeld := func(l Listed) bool { return presence == Present && !o.Target.Value.IsEmpty() && l.ID == held.ID }
	for _, may := range []struct {
		remove func(Listed) bool
		why    string
	}{
		{func(l Listed) bool { return !l.Active && o.isOurs(l) }, "the operator made or superseded it"},
		{func(l Listed) bool { return o.revoking() && o.isSuperseded(l) && o.isSpare(l) }, "it was superseded, and the revoke command ends its overlap"},
		{func(l Listed) bool { return !l.Active && isHeld(l) }, "it is the one that is replaced"},
		{func(l Listed) bool { return !l.Active && o.Credential.Policy.ReplaceInactive }, "rotation.onSlotsFull is ReplaceInactive"},
		{func(l Listed) bool { return o.isReleased(l) && o.mayRelease(l) }, "it was released by command"},
	} {
		if i := slices.IndexFunc(o.Okta.Secrets, may.remove); i >= 0 {
			return o.Okta.Secrets[i], may.why, true
		}
	}

	return Listed{}, "", false
}

// mayRelease says whether a secret is removed where a person releases it.
func (o Observation) mayRelease(listed Listed) bool { return !listed.Active || o.isSpare(listed) }

// isSpare says whether an ACTIVE secret is neither the target's nor the last one (I2).
func (o Observation) isSpare(listed Listed) bool {
	held, presence := o.findTarget()

	return !o.mayHold(listed, held, presence) && o.Okta.activeBeside(listed.ID)
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
