package rotation

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// Commands are the values of the command annotations.
type Commands struct {
	Rotate        string
	Resume        string
	Revoke        string
	Rollback      string
	ReleaseSecret string
}

func command(now time.Time, o Observation) Action {
	if !o.Journal.Found || !o.writes() {
		return nil
	}
	given, record := o.Credential.Commands, o.Journal.Record
	switch {
	case given.Resume != "" && given.Resume != record.Handled.Resume:
		return resume(now, o)
	case given.ReleaseSecret != "" && given.ReleaseSecret != record.Handled.ReleaseSecret:
		return WriteJournal{Record: record.Release(given.ReleaseSecret), Tell: []Telling{{
			Reason: v1alpha1.ReasonCommandAcknowledged, Message: fmt.Sprintf("Secret %s may be removed at Okta when room is needed.", releasedID(given.ReleaseSecret)),
		}}}
	default:
		return refusedCommand(o)
	}
}

// resume clears what holds rotations up. Where that is another tool that keeps the Secret's content, it is a person's consent to
// write over that one; the tool is named again, so that nobody agrees to what he was not told.
func resume(now time.Time, o Observation) Action {
	tool := o.asksConsent(now)
	message := "Resumed: counters of attempts, limits and flips start again."
	if tool != "" {
		message += fmt.Sprintf(" The Secret is written from now on although its content is kept by %s.", o.Target.ManagedBy)
	}

	return WriteJournal{Record: o.Journal.Record.Resume(o.Credential.Commands.Resume, now, tool), Tell: []Telling{{
		Reason: v1alpha1.ReasonCommandAcknowledged, Message: message,
	}}}
}

// refusedCommand acknowledges a command that the mode does not allow, or that is the leader's to carry out.
func refusedCommand(o Observation) Action {
	given, record := o.Credential.Commands, o.Journal.Record
	because := ""
	switch {
	case o.Credential.Leader != nil:
		because = fmt.Sprintf("OktaClientCredential %s is older and makes the client secrets of this client. Set the annotation there; this one follows.", o.Credential.Leader.Name)
	case o.Credential.Mode != v1alpha1.ModeRotate:
		because = fmt.Sprintf("spec.mode is %s. Set mode: Rotate and a new value.", o.Credential.Mode)
	default:
		return nil
	}
	refuse := func(next Record, command string) Action {
		return WriteJournal{Record: next, Tell: []Telling{{
			Reason: v1alpha1.ReasonCommandAcknowledged, Warning: true, Message: fmt.Sprintf("The %s command is not carried out, because %s", command, because),
		}}}
	}
	switch {
	case given.Rotate != "" && given.Rotate != record.Handled.Rotate:
		return refuse(record.AcknowledgeRotate(given.Rotate), "rotate")
	case given.Revoke != "" && given.Revoke != record.Handled.Revoke:
		return refuse(record.AcknowledgeRevoke(given.Revoke), "revoke")
	case o.Credential.Leader != nil && given.Rollback != "" && given.Rollback != record.Handled.Rollback:
		return refuse(record.AcknowledgeRollback(given.Rollback), "rollback")
	default:
		return nil
	}
}

func commanded(now time.Time, o Observation) Action {
	given, handled := o.Credential.Commands, o.Journal.Record.Handled
	if !o.Journal.Found || o.Credential.Mode != v1alpha1.ModeRotate || o.Credential.Leader != nil {
		return nil
	}
	if current := o.Journal.Record.Current; !o.Target.Found && (current != nil || o.Credential.CreationPolicy == v1alpha1.CreationAdopt) {
		return nil
	}
	switch {
	case given.Revoke != "" && given.Revoke != handled.Revoke:
		return begin(now, o, CauseRevoked)
	case given.Rotate != "" && given.Rotate != handled.Rotate:
		return begin(now, o, CauseCommand)
	default:
		return nil
	}
}

// rotateCommand begins the rotation that a person asked for, or asks for the facts that it needs.
func rotateCommand(now time.Time, o Observation) Action {
	action := commanded(now, o)
	if _, waits := action.(Wait); waits {
		return nil
	}

	return action
}

// rotateCommandWaits says what holds up the rotation that a person asked for; it may be a retirement that is due. A value that Okta
// rejects is mended meanwhile where that takes no new secret.
func rotateCommandWaits(now time.Time, o Observation) Action {
	wait, waits := commanded(now, o).(Wait)
	if !waits {
		return nil
	}
	for _, goesOn := range []rule{retirement, refused} {
		action := goesOn(now, o)
		if _, waits := action.(Wait); action != nil && !waits {
			return action
		}
	}
	wait.Until = earliest(wait.Until, o.nextCheck(now), o.nextRetirementLook(now), o.nextDeliveryLook(now))

	return wait
}

// Resume clears what halts the credential. What was kept is superseded from now on. The tool is the one that a person agreed to
// write over; empty when nobody was asked.
func (r Record) Resume(command string, now time.Time, tool string) Record {
	next := r.clone()
	next.Attempts, next.LastFailure = 0, time.Time{}
	next.Flips, next.FlipsSince = 0, time.Time{}
	next.Starts, next.Halt = nil, nil
	next.Consented = cmp.Or(tool, next.Consented)
	for i := range next.Retired {
		if next.Retired[i].Kept {
			// It may be activated again already, which nobody has seen yet: that was for us, so that it is not a person's (I1).
			next.Retired[i].Kept, next.Retired[i].Ended, next.Retired[i].At, next.Retired[i].DeactivatedAt = false, false, now, time.Time{}
		}
	}
	next.Followed = "" // a follower takes its leader's secret over again
	next.Handled.Resume = command

	return next
}

// Release notes the id that a person gave free for removal: the command's first word. What follows makes it a new command, where the
// same id is released again.
func (r Record) Release(command string) Record {
	next := r.clone()
	next.Released, next.Handled.ReleaseSecret = releasedID(command), command

	return next
}

func releasedID(command string) string {
	id, _, _ := strings.Cut(strings.TrimSpace(command), " ")

	return id
}

// AcknowledgeRevoke notes a revoke command that is not carried out.
func (r Record) AcknowledgeRevoke(command string) Record {
	next := r.clone()
	next.Handled.Revoke = command

	return next
}

// AcknowledgeRollback notes a rollback command that is not carried out.
func (r Record) AcknowledgeRollback(command string) Record {
	next := r.clone()
	next.Handled.Rollback = command

	return next
}

// AcknowledgeRotate notes a rotate command that is not carried out.
func (r Record) AcknowledgeRotate(command string) Record {
	next := r.clone()
	next.Handled.Rotate = command

	return next
}
