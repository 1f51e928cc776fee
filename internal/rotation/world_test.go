package rotation_test

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// What Okta's list of secrets shows.
type shown int

const (
	showsValues     shown = iota // values and hashes
	masksValues                  // hashes as we compute them
	hidesEverything              // hashes that are not ours
)

// atOkta is one client secret at the simulated Okta.
type atOkta struct {
	id      string
	value   string
	active  bool
	made    bool // by the operator
	theirs  bool // a person took it over: activated it again
	created time.Time
}

// landing is a create whose answer was lost and that lands later.
type landing struct {
	value string
	sent  time.Time
}

// kubernetesSecret is the target.
type kubernetesSecret struct {
	exists, labelled bool
	version          string
	value            string
}

// world is all that lives outside an operator.
type world struct {
	now      time.Time
	versions int
	made     int

	target  kubernetesSecret
	journal rotation.Journal
	cred    rotation.Credential
	gone    bool

	listed     []atOkta
	landings   []landing
	shown      shown
	tokenDown  bool
	adminDown  bool
	unusable   bool
	unclear    bool                        // Okta rejects in words that may mean other things too
	refuses    map[string]v1alpha1.Verdict // what Okta says to values for another cause than the secret
	held       []string                    // every value that the target ever held
	causes     int
	landed     map[string]bool
	blurred    bool            // a person removed a new secret where Okta shows nothing to tell the next one by
	twins      map[string]bool // values that landed twice where Okta shows nothing to tell the two by
	humanAt    time.Time       // the last act of somebody else at Okta
	humanActs  int
	violations []string
	trace      []string
}

func (w *world) note(format string, args ...any) {
	w.trace = append(w.trace, fmt.Sprintf("%s  ", w.now.Format("02T15:04:05.000"))+fmt.Sprintf(format, args...))
}

func (w *world) violate(format string, args ...any) {
	w.note("VIOLATED "+format, args...)
	w.violations = append(w.violations, fmt.Sprintf(format, args...))
}

func (w *world) nextVersion() string {
	w.versions++

	return strconv.Itoa(w.versions)
}

// accepts says whether the token endpoint accepts a value.
func (w *world) accepts(value string) bool {
	return value != "" && slices.ContainsFunc(w.listed, func(s atOkta) bool { return s.active && s.value == value })
}

func (w *world) index(id string) int {
	return slices.IndexFunc(w.listed, func(s atOkta) bool { return s.id == id })
}

func (w *world) actives() int {
	n := 0
	for _, s := range w.listed {
		if s.active {
			n++
		}
	}

	return n
}

// create makes a secret at Okta, unless two are there.
func (w *world) create(value string, made bool) (string, bool) {
	if len(w.listed) >= 2 {
		return "", false
	}
	w.made++
	id := "ocs" + strconv.Itoa(w.made)
	w.listed = append(w.listed, atOkta{id: id, value: value, active: true, made: made, created: w.now})
	if made {
		w.twins[value] = w.landed[value] && w.shown == hidesEverything
		w.landed[value] = true
	}

	return id, true
}

// land lets creates land whose answers were lost: all that are older than an age.
func (w *world) land(age time.Duration) {
	w.landings = slices.DeleteFunc(w.landings, func(l landing) bool {
		if w.now.Sub(l.sent) < age {
			return false
		}
		id, ok := w.create(l.value, true)
		w.note("a create lands late: %s %t", id, ok)
		w.humanAt = w.now

		return true
	})
}

// view is what the admin API answers.
func (w *world) view() *rotation.OktaView {
	if w.adminDown || w.unusable {
		return &rotation.OktaView{Problem: "OktaUnavailable", Message: "503"}
	}
	view := &rotation.OktaView{AppStatus: "ACTIVE", AppClientID: "0oaclient", AppAuthMethod: "client_secret_basic"}
	for _, s := range w.listed {
		value := redact.NewValue(s.value)
		listed := rotation.Listed{ID: s.id, Active: s.active, Value: value, Hash: value.Hash(), Created: s.created}
		if w.shown != showsValues {
			listed.Value = redact.Value{}
		}
		if w.shown == hidesEverything {
			listed.Hash = "other-" + s.id
		}
		view.Secrets = append(view.Secrets, listed)
	}

	return view
}

// write puts a value into the target, as whoever.
func (w *world) write(value string) {
	labelled := w.target.labelled && w.target.exists
	w.target = kubernetesSecret{exists: true, labelled: labelled, version: w.nextVersion(), value: value}
	if value != "" && !slices.Contains(w.held, value) {
		w.held = append(w.held, value)
	}
}

// check holds what must be true at every instant.
func (w *world) check() {
	record := w.journal.Record
	for _, s := range w.listed {
		if !s.made || s.theirs || w.twins[s.value] || w.gone {
			continue
		}
		value := redact.NewValue(s.value)
		known := s.value == w.target.value || record.IsRetired(value) ||
			(record.Staged != nil && record.Staged.Value.Equal(value)) ||
			(record.Current != nil && record.Current.Value.Equal(value)) ||
			(record.Previous != nil && record.Previous.Value.Equal(value))
		if !known {
			w.violate("I1: %s, made by the operator, is known to nobody", s.id)
		}
	}
	if len(w.landed) > w.causes {
		w.violate("I3: %d values for %d causes", len(w.landed), w.causes)
	}
	if c := record.Current; c != nil && record.IsRetired(c.Value) {
		w.violate("I13: the current value is retired")
	}
	if s := record.Staged; s != nil && !s.Adopted && record.IsRetired(s.Value) {
		w.violate("I13: the staged value is retired")
	}
}

// breaks runs an act of an operator and holds I2: it does not stop the target from working. An act of somebody else within
// the seconds between an operator's question and its act is the stated residual: Okta has no conditional write.
func (w *world) breaks(since time.Time, what string, act func()) {
	before := w.accepts(w.target.value)
	act()
	if before && !w.accepts(w.target.value) && w.humanAt.Before(since.Add(-5*time.Second)) {
		w.violate("I2: %s broke a working Secret", what)
	}
}
