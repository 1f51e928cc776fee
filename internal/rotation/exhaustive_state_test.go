package rotation_test

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// The exhaustive check (docs/design/model.md) explores every way in which a small world can go: what is in this file is one
// state of it. A state is copied by assignment: whatever it points at is never changed again.

// secretNo names a client secret by order of appearance. Zero is no secret; malformed is added for one with a newline.
type secretNo uint8

const (
	malformed secretNo = 64
	secretNos          = 2 * malformed
)

// secretValues and secretHashes are the values by number; secretOfHash and secretOfText find the number again.
var (
	secretValues [secretNos]redact.Value
	secretHashes [secretNos]string
	secretOfHash = map[string]secretNo{"": 0}
	secretOfText = map[string]secretNo{"": 0}
	numerals     [256]string
)

func init() {
	for i := range numerals {
		numerals[i] = strconv.Itoa(i)
	}
	for i := secretNo(1); i < secretNos; i++ {
		text := fmt.Sprintf("!client-secret-%03d!", i%malformed)
		if i > malformed {
			text += "\n"
		}
		secretValues[i] = redact.NewValue(text)
		secretHashes[i] = secretValues[i].Hash()
		secretOfHash[secretHashes[i]], secretOfText[text] = i, i
	}
}

func numberOf(v redact.Value) secretNo { return secretOfText[v.Reveal()] }

// setting is what does not change along a path.
type setting struct {
	name      string
	shown     shown
	operators int
	adopts    bool
	unclear   bool // Okta rejects in words that may mean other things too
	restarts  bool // the operator restarts what uses the Secret
	alone     bool // no client id stands beside the value
	limited   bool // two rotations a day
	cred      rotation.Credential
	// without makes the planner see what it must not: a guard then passes that should not. Nil in the check itself.
	without func(*rotation.Observation)
}

// secretAtOkta is one client secret of the application.
type secretAtOkta struct {
	id, value            secretNo
	active, made, theirs bool
	off                  bool // a person deactivated it
	spared               bool // a person activated it after the operator had noted that it was off
}

// microWorld is one state: all that lives outside the operators, and the operators.
type microWorld struct {
	*setting

	now              time.Time
	versions         int
	ids, values      secretNo
	spent            budget
	exists, labelled bool
	version          int
	value            secretNo
	before           secretNo // what the target held before its present value
	journal          rotation.Journal
	finalizer        bool
	firstSight       bool
	deleting, gone   bool
	rotate, revoke   uint8
	rollback         uint8
	released         secretNo // the id that a person released
	listed           [2]secretAtOkta
	slots            int
	landing          secretNo  // a create whose answer was lost, and that lands later
	sent             time.Time // when it was sent
	lies             lie
	lied             bool      // it did; twice in a row is a rejection like any, where Okta shows nothing to tell
	pod              secretNo  // the value that the running pod started with
	podStarted       time.Time // when it started
	rolling          bool      // it is being restarted
	failing          bool      // it fails with its value
	failedAt         time.Time // Okta's System Log tells of somebody who uses a deactivated secret
	causes           int       // for a new value, that are not used up by one
	everMade         uint64    // values that the operators made and that were at Okta
	twins            uint64    // values that landed twice where Okta shows nothing to tell the two by
	everListed       uint64    // values that were at Okta
	fought           uint8     // how often the operators wrote over somebody's value
	foughtSince      time.Time
	begun            [3]time.Time // when they began to heal, newest first
	gaveUp           time.Time    // when a rotation failed last
	blurred          bool         // a person removed a new secret where Okta shows nothing to tell the next one by
	reported         secretNo     // the value that the status says was Accepted
	reportedAt       time.Time
	processes        [2]process
	last             uint8 // the operator that made the last call
	violation        string
}

// lie is how /token and /revoke answer.
type lie uint8

const (
	honest lie = iota
	// rejectsForAMoment refuses every secret until time passes.
	rejectsForAMoment
	// rejectsAlways refuses every secret until somebody ends it, though Okta lists it as ACTIVE.
	rejectsAlways
)

// stage of a pass.
type passStage uint8

const (
	idle passStage = iota
	waiting
	hasTarget
	looking
	acting
)

// process is one operator: what it remembers, and the pass at work.
type process struct {
	check                   *rotation.Check
	checkOf                 secretNo
	rejectedAt              time.Time
	staged                  *rotation.Check
	stagedOf                secretNo
	stagedVersion           string
	created, createdFor     secretNo
	retryAt                 time.Time
	retireNotBefore         time.Time
	missingSince            time.Time
	believes                bool // just started, and takes the status's word
	stage                   passStage
	seen                    *rotation.Observation
	action                  rotation.Action
	wait                    rotation.Wait
	asked                   bool
	looks                   uint8
	disturbed               bool // somebody else acted at Okta since the pass began
	podMoved                bool // a pod was started since the pass began
	checkStale, stagedStale bool // somebody else acted at Okta since the answer
}

func (w *microWorld) accepts(v secretNo) bool {
	for _, s := range w.listed[:w.slots] {
		if v != 0 && s.active && s.value == v {
			return true
		}
	}

	return false
}

// atOkta says whether a value is listed, ACTIVE or not.
func (w *microWorld) atOkta(v secretNo) bool {
	return slices.ContainsFunc(w.listed[:w.slots], func(s secretAtOkta) bool { return s.value == v })
}

func (w *microWorld) actives() int {
	n := 0
	for _, s := range w.listed[:w.slots] {
		if s.active {
			n++
		}
	}

	return n
}

func (w *microWorld) index(id string) int {
	return slices.IndexFunc(w.listed[:w.slots], func(s secretAtOkta) bool { return okta(s.id) == id })
}

// okta is the id at Okta by number.
func okta(n secretNo) string {
	if n == 0 {
		return ""
	}

	return numerals[n]
}

func (w *microWorld) nextVersion() int {
	w.versions++

	return w.versions
}

func (w *microWorld) newValue() secretNo {
	w.values++
	if w.values >= malformed {
		panic("the model ran out of values")
	}

	return w.values
}

// create makes a secret at Okta, unless two are there.
func (w *microWorld) create(v secretNo, made bool) (secretNo, bool) {
	if w.slots >= len(w.listed) {
		return 0, false
	}
	w.ids++
	w.listed[w.slots] = secretAtOkta{id: w.ids, value: v, active: true, made: made}
	w.slots++
	w.everListed |= 1 << v
	if bit := uint64(1) << v; made {
		if w.everMade&bit == 0 {
			w.causes--
		} else if w.shown == hidesEverything {
			w.twins |= bit
		}
		w.everMade |= bit
	}

	return w.ids, true
}

func (w *microWorld) drop(i int) {
	copy(w.listed[i:], w.listed[i+1:w.slots])
	w.slots--
	w.listed[w.slots] = secretAtOkta{}
}

// write puts a value into the target, as whoever.
func (w *microWorld) write(v secretNo) {
	if w.value != 0 && w.value != v {
		w.before = w.value
	}
	w.labelled = w.labelled && w.exists
	w.exists, w.version, w.value = true, w.nextVersion(), v
}

// view is what the admin API answers.
func (w *microWorld) view(application bool) *rotation.OktaView {
	view := &rotation.OktaView{}
	if application {
		view.AppStatus, view.AppClientID, view.AppAuthMethod = "ACTIVE", "0oaclient", "client_secret_basic"
	}
	for _, s := range w.listed[:w.slots] {
		listed := rotation.Listed{ID: okta(s.id), Active: s.active, Hash: secretHashes[s.value], Created: epoch.Add(time.Duration(s.id) * time.Second)}
		switch w.shown {
		case showsValues:
			listed.Value = secretValues[s.value]
		case masksValues:
		case hidesEverything:
			listed.Hash = "other-" + listed.ID
		}
		view.Secrets = append(view.Secrets, listed)
	}

	return view
}

func (w *microWorld) violate(format string, args ...any) {
	if w.violation == "" {
		w.violation = fmt.Sprintf(format, args...)
	}
}

// disturb notes that somebody else acted at Okta. What an operator does until it has asked again is the stated residual: Okta
// has no conditional write.
func (w *microWorld) disturb() {
	for i := range w.processes {
		p := &w.processes[i]
		p.disturbed, p.checkStale, p.stagedStale = p.stage > waiting, true, true
	}
}
