package rotation

import (
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

// NotCarriedOut tells of the commands that are there at the first sight of a credential, if there are any.
func (c Commands) NotCarriedOut() []Telling {
	given := c.names()
	if given == "" {
		return nil
	}

	return []Telling{{Reason: v1alpha1.ReasonCommandAcknowledged, Message: fmt.Sprintf(
		"%s was there when this object was first seen and is not carried out: set a new value to have it carried out.", given)}}
}

// names of the commands that have a value.
func (c Commands) names() string {
	var names []string
	for _, given := range []struct{ name, value string }{
		{v1alpha1.AnnotationRotate, c.Rotate},
		{v1alpha1.AnnotationResume, c.Resume},
		{v1alpha1.AnnotationRevoke, c.Revoke},
		{v1alpha1.AnnotationRollback, c.Rollback},
		{v1alpha1.AnnotationReleaseSecret, c.ReleaseSecret},
	} {
		if given.value != "" {
			names = append(names, given.name)
		}
	}

	return strings.Join(names, ", ")
}

func command(now time.Time, o Observation) Action {
	if !o.Journal.Found || !o.writes() {
		return nil
	}
	given, record := o.Credential.Commands, o.Journal.Record
	switch {
	case given.Resume != "" && given.Resume != record.Handled.Resume:
		return WriteJournal{Record: record.Resume(given.Resume, now), Tell: []Telling{{
			Reason: v1alpha1.ReasonCommandAcknowledged, Message: "Resumed: counters of attempts, limits and flips start again.",
		}}}
	case given.ReleaseSecret != "" && given.ReleaseSecret != record.Handled.ReleaseSecret:
		return WriteJournal{Record: record.Release(given.ReleaseSecret), Tell: []Telling{{
			Reason: v1alpha1.ReasonCommandAcknowledged, Message: fmt.Sprintf("Secret %s may be removed at Okta when room is needed.", given.ReleaseSecret),
		}}}
	default:
		return refusedCommand(o)
	}
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

// rotateCommandWaits says what holds up the rotation that a person asked for; it may be a retirement that is due.
func rotateCommandWaits(now time.Time, o Observation) Action {
	wait, waits := commanded(now, o).(Wait)
	if !waits {
		return nil
	}
	if action := retirement(now, o); action != nil {
		if _, waits := action.(Wait); !waits {
			return action
		}
	}
	wait.Until = earliest(wait.Until, o.nextRetirementLook(now))

	return wait
}

// Resume clears what halts the credential. What was kept is superseded from now on.
func (r Record) Resume(command string, now time.Time) Record {
	next := r.clone()
	next.Attempts, next.LastFailure = 0, time.Time{}
	next.Flips, next.FlipsSince = 0, time.Time{}
	next.Starts, next.Halt, next.Consented = nil, nil, true
	for i := range next.Retired {
		if next.Retired[i].Kept {
			next.Retired[i].Kept, next.Retired[i].At = false, now
		}
	}
	next.Followed = "" // a follower takes its leader's secret over again
	next.Handled.Resume = command

	return next
}

// Release notes the id that a person gave free for removal.
func (r Record) Release(id string) Record {
	next := r.clone()
	next.Released, next.Handled.ReleaseSecret = id, id

	return next
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
