package rotation

import (
	"fmt"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// maxCleanForms bounds how many clean forms of one value are sent to the token endpoint: each one that is wrong is a failed
// authentication in the org's System Log.
const maxCleanForms = 3

// CleanForms are the clean forms of the target's value that the token endpoint is asked about, in this order, where Okta's list
// does not tell which one is a secret.
func (o Observation) CleanForms() []Cleaning {
	forms := Cleanings(o.Target.Value, o.ClientID())

	return forms[:min(len(forms), maxCleanForms)]
}

// byCleanForms finds out from the token endpoint whether a clean form of the target's value is a secret; false when none is, or
// the value has none. Where that could not be found out, a malformed value may still be a good one: nothing is concluded.
func (o Observation) byCleanForms() (d Diagnosis, missing Action, found bool) {
	for i, form := range o.CleanForms() {
		if i >= len(o.Cleaned) {
			return o.asTold(""), Look{LookCleaned}, true
		}
		switch answer := o.Cleaned[i]; {
		case answer.Verdict == v1alpha1.VerdictAccepted:
			return o.cleaned(form, ""), nil, true
		case !answer.RejectsSecret() && !answer.Verdict.Decides():
			return o.unexplained(v1alpha1.ReasonUnrecognized, fmt.Sprintf("The stored value has %s, and whether it works without that could not be found out: %s", form.Removed, answer.Evidence),
				"Correct the value in the Secret, or wait: it is asked again with the next check."), nil, true
		}
	}

	return Diagnosis{}, nil, false
}

// malformed finds out whether the stored value becomes an ACTIVE secret when it is cleaned.
func (o Observation) malformed() (Diagnosis, bool) {
	for _, candidate := range Cleanings(o.Target.Value, o.ClientID()) {
		listed, presence := o.Okta.find(candidate.Value)
		if presence != Present || !listed.Active {
			continue
		}
		d := o.cleaned(candidate, listed.ID)
		if current := o.currentInstead(candidate.Value); current != nil {
			d.clean, d.note = current, candidate.Removed+", and was a superseded secret"
		}

		return d, true
	}

	return Diagnosis{}, false
}

// currentInstead is the current secret where a value is a superseded one: that one is about to be deactivated.
func (o Observation) currentInstead(value redact.Value) *Held {
	current := o.Journal.Record.Current
	if current == nil || !o.Journal.Record.IsRetired(value) {
		return nil
	}
	listed, presence := o.Okta.findHeld(*current)
	if presence != Present || !listed.Active {
		return nil
	}

	return &Held{Value: current.Value, ID: listed.ID}
}

func (o Observation) cleaned(candidate Cleaning, id string) Diagnosis {
	known := "which Okta accepts"
	if id != "" {
		known = fmt.Sprintf("which Okta lists as ACTIVE (%s)", id)
	}
	d := diagnosis(v1alpha1.VerdictSecretMalformed, fmt.Sprintf("The stored value has %s; without that it is a client secret of this application, %s. %s", candidate.Removed, known, o.Check.Evidence),
		"Mend where the value comes from, for example with echo -n or printf, or it will come back.")
	d.clean, d.note = &Held{Value: candidate.Value, ID: id}, candidate.Removed

	return d
}
