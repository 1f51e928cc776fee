package rotation

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// HandledCommands are the command values that need no more handling once this pass is in the status. What is there at the first
// sight of a credential counts, and what is given in mode Observe, which writes no journal: neither is carried out later.
func (o Observation) HandledCommands() Commands {
	if o.seenFirst() || !o.writes() {
		return o.Credential.Commands.orElse(o.handledBefore())
	}

	return o.handledBefore()
}

// NotCarriedOut tells of the commands that this pass acknowledges in the status alone: no journal is written that could tell.
func (o Observation) NotCarriedOut() []Telling {
	given := o.Credential.Commands
	switch {
	case o.seenFirst():
		return given.notCarriedOut()
	case !o.writes():
		return given.without(o.handledBefore()).notInObserve()
	default:
		return nil
	}
}

// seenFirst says whether the operator sees the credential for the first time and writes no journal about it yet.
func (o Observation) seenFirst() bool { return o.Credential.FirstSight && !o.Journal.Found }

// handledBefore are the command values that were handled before this pass: by the journal, and of those that are still there also
// by the status, which alone knows what was given in mode Observe. The status is the object's own, so that neither a restart nor an
// old cache shows a command without it.
func (o Observation) handledBefore() Commands {
	if !o.Journal.Found || o.Journal.Unreadable != "" {
		return o.Credential.Handled
	}

	return o.Credential.Commands.common(o.Credential.Handled).orElse(o.Journal.Record.Handled)
}

// notCarriedOut tells of commands that are there at the first sight of a credential, if there are any.
func (c Commands) notCarriedOut() []Telling {
	given := c.names()
	if given == "" {
		return nil
	}

	return []Telling{{Reason: v1alpha1.ReasonCommandAcknowledged, Message: fmt.Sprintf(
		"%s was there when this object was first seen and is not carried out: set a new value to have it carried out.", given)}}
}

// notInObserve tells of commands that are given in mode Observe, if there are any.
func (c Commands) notInObserve() []Telling {
	given := c.names()
	if given == "" {
		return nil
	}
	modes := "mode: Repair or Rotate"
	if c.Rotate != "" || c.Revoke != "" {
		modes = "mode: Rotate"
	}

	return []Telling{{Reason: v1alpha1.ReasonCommandAcknowledged, Warning: true, Message: fmt.Sprintf(
		"%s is not carried out, now or later, because spec.mode is Observe. Set %s, and then a new value.", given, modes)}}
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

// orElse takes from other what has no value here.
func (c Commands) orElse(other Commands) Commands {
	return c.pairwise(other, func(a, b string) string { return cmp.Or(a, b) })
}

// common are the values that both have.
func (c Commands) common(other Commands) Commands {
	return c.pairwise(other, func(a, b string) string {
		if a != b {
			return ""
		}

		return a
	})
}

// without are the values that other does not have.
func (c Commands) without(other Commands) Commands {
	return c.pairwise(other, func(a, b string) string {
		if a == b {
			return ""
		}

		return a
	})
}

func (c Commands) pairwise(other Commands, pick func(a, b string) string) Commands {
	return Commands{
		Rotate: pick(c.Rotate, other.Rotate), Resume: pick(c.Resume, other.Resume), Revoke: pick(c.Revoke, other.Revoke),
		Rollback: pick(c.Rollback, other.Rollback), ReleaseSecret: pick(c.ReleaseSecret, other.ReleaseSecret),
	}
}
