package rotation_test

import (
	"fmt"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// budget is how much goes wrong on one path, and how often an operator is overtaken by another in the midst of a pass.
type budget struct{ acts, crashes, faults, sleeps, overtaken uint8 }

func (b budget) plus(c budget) budget {
	return budget{b.acts + c.acts, b.crashes + c.crashes, b.faults + c.faults, b.sleeps + c.sleeps, b.overtaken + c.overtaken}
}

// total is how much goes wrong.
func (b budget) total() int { return int(b.acts) + int(b.crashes) + int(b.faults) + int(b.sleeps) }

func (b budget) within(limit budget, total int) bool {
	return b.acts <= limit.acts && b.crashes <= limit.crashes && b.faults <= limit.faults && b.sleeps <= limit.sleeps &&
		b.overtaken <= limit.overtaken && b.total() <= total
}

// moveKind is what may happen next.
type moveKind uint8

const (
	moveStep    moveKind = iota // an operator makes its next call; arg is the operator
	moveFault                   // its call goes wrong; detail says how
	moveCrash                   // an operator is killed and started again
	moveBelieve                 // the same, and it takes the status's word for the last answer
	moveTime                    // nobody is at work, and time passes until somebody wakes
	moveSleep                   // time passes while somebody is at work; detail says how long
	moveLand                    // a create lands late
	moveRollout                 // the restarted pod is there
	moveDeactivate
	moveActivate
	moveDelete
	moveRelease
	moveAdd
	movePaste // an ACTIVE secret is put into the target
	movePasteWrong
	movePasteBefore // what the target held before is put back
	moveNewline
	moveDeleteTarget
	moveRotate
	moveRevoke
	moveRollback
	movePodStarts
	movePodFails
	moveForgotten // somebody uses a deactivated secret, as the System Log tells
	moveLie
	moveLieAlways
	moveHonest
	moveDeleteCredential
	lastMove
)

// move is one thing that happens.
type move struct {
	kind        moveKind
	arg, detail uint8
}

var moveWords = [lastMove]string{
	moveStep: "goes on", moveFault: "goes on, and its call goes wrong:", moveCrash: "is killed", moveBelieve: "is killed, and takes the status's word",
	moveTime: "time passes until somebody wakes", moveSleep: "everybody sleeps for", moveLand: "a create lands late", moveRollout: "the restarted pod is there",
	moveDeactivate: "a person deactivates", moveActivate: "a person activates", moveDelete: "a person deletes", moveAdd: "a person adds a secret",
	movePaste: "a person pastes", movePasteWrong: "a person pastes a wrong value", movePasteBefore: "a tool puts the former value back",
	moveNewline: "a person saves the value with a newline", moveDeleteTarget: "the Secret is deleted", moveRotate: "the rotate command",
	moveRelease: "a person releases", moveRevoke: "the revoke command", moveRollback: "the rollback command", movePodStarts: "the pod is started anew", movePodFails: "the pod fails",
	moveForgotten: "somebody uses a deactivated secret", moveLie: "Okta rejects every secret for a moment", moveLieAlways: "Okta rejects every secret",
	moveHonest: "Okta answers as it should again", moveDeleteCredential: "the credential is deleted",
}

var naps = []time.Duration{3 * time.Minute, 7 * time.Hour}

func (m move) String() string {
	words := moveWords[m.kind]
	switch m.kind {
	case moveStep, moveCrash, moveBelieve:
		return fmt.Sprintf("%c %s", 'A'+m.arg, words)
	case moveFault:
		return fmt.Sprintf("%c %s %s", 'A'+m.arg, words, [...]string{"", "the answer is lost", "it never arrives", "it is carried out later"}[m.detail])
	case moveSleep:
		return words + " " + naps[m.detail].String()
	case moveDeactivate, moveActivate, moveDelete, moveRelease, movePaste:
		return fmt.Sprintf("%s the secret at Okta number %d", words, m.arg+1)
	default:
		return words
	}
}

// moves are all that may happen next, each with what it costs.
func (w *microWorld) moves(yield func(move, budget)) {
	if w.gone {
		return
	}
	free := budget{}
	atWork := false
	for i := range uint8(w.operators) {
		p := &w.processes[i]
		atWork = atWork || p.stage != waiting
		step := budget{}
		if w.last != i && w.processes[w.last].stage > waiting {
			step.overtaken = 1
		}
		if p.stage != waiting {
			yield(move{kind: moveStep, arg: i}, step)
		}
		for _, how := range p.faults() {
			yield(move{moveFault, i, uint8(how)}, step.plus(budget{faults: 1}))
		}
		yield(move{kind: moveCrash, arg: i}, budget{crashes: 1})
		if w.reported != 0 && w.reported == w.value {
			yield(move{kind: moveBelieve, arg: i}, budget{crashes: 1})
		}
	}
	if !atWork && w.nextWake().After(w.now) {
		yield(move{kind: moveTime}, free)
	}
	for i := range naps {
		yield(move{kind: moveSleep, detail: uint8(i)}, budget{sleeps: 1})
	}
	if w.landing != 0 {
		yield(move{kind: moveLand}, free)
	}
	if w.rolling {
		yield(move{kind: moveRollout}, free)
	}
	w.movesOfOthers(func(m move) { yield(m, budget{acts: 1}) })
}

// faults are the ways in which the next call of a process may go wrong, and in which that makes a difference.
func (p *process) faults() []callOutcome {
	if p.stage != looking && p.stage != acting {
		return nil
	}
	switch action := p.action.(type) {
	case rotation.Look:
		if action.At == rotation.LookTenants || action.At == rotation.LookPods || action.At == rotation.LookConsumers || action.At == rotation.LookCleaned {
			return nil
		}

		return []callOutcome{vanished}
	case rotation.CreateSecret:
		return []callOutcome{lost, vanished, late}
	case rotation.ActivateSecret, rotation.DeactivateSecret, rotation.DeleteSecret:
		return []callOutcome{lost, vanished}
	case rotation.StageSecret:
		return []callOutcome{lost}
	case rotation.WriteJournal, rotation.LabelTarget, rotation.WriteTarget, rotation.RestartWorkload, rotation.AddFinalizer, rotation.RemoveFinalizer, rotation.Wait:
		return nil
	}

	return nil
}

// after is the state that a move leads to.
func (w *microWorld) after(m move, cost budget) *microWorld {
	next := *w
	next.spent = w.spent.plus(cost)
	next.happen(m)
	next.checkState()
	next.normalise()

	return &next
}

func (w *microWorld) happen(m move) {
	switch m.kind {
	case moveStep:
		w.last = m.arg
		w.step(int(m.arg), done)
	case moveFault:
		w.last = m.arg
		w.step(int(m.arg), callOutcome(m.detail))
	case moveCrash, moveBelieve:
		w.processes[m.arg] = process{believes: m.kind == moveBelieve}
	case moveTime:
		w.pass(w.afterPolls(w.nextWake()))
	case moveSleep:
		w.pass(w.now.Add(naps[m.detail]))
	case moveLand:
		w.land()
	case moveRollout:
		w.rolling, w.failing = false, false
		w.startPod()
	default:
		w.othersAct(m)
	}
}

// afterPolls leaves out what is asked again and again, every few seconds while a new secret is refused, every few minutes or hours
// while something holds up a retirement: whoever asks may as well have been late.
func (w *microWorld) afterPolls(until time.Time) time.Time {
	later := until
	switch wait := until.Sub(w.now); {
	case wait > 2*time.Second && wait < moment:
		later = w.now.Add(2 * time.Minute)
	case w.retirementWaits() || (w.restarts && w.journal.Record.Undelivered):
		later = w.now.Add(12 * time.Hour)
	}
	if later.After(until) {
		return later
	}

	return until
}

func (w *microWorld) retirementWaits() bool {
	for i := range w.processes[:w.operators] {
		if w.processes[i].wait.Reason == v1alpha1.ReasonRetirementWaits {
			return true
		}
	}

	return false
}

// moment is less than lies between two answers that confirm a rejection.
const moment = 10 * time.Second

// pass lets time pass. What sleeps longer than a request may be on its way has landed.
func (w *microWorld) pass(until time.Time) {
	if w.landing != 0 && until.Sub(w.sent) > 12*time.Hour {
		w.land()
	}
	if w.lies == rejectsForAMoment && until.Sub(w.now) >= moment {
		w.endLie()
	}
	w.now = until
	w.wake()
	if !w.failedAt.IsZero() && w.now.Sub(w.failedAt) > 24*time.Hour {
		w.failedAt = time.Time{}
	}
}

// endLie lets Okta answer as it should: what it said before holds no more.
func (w *microWorld) endLie() {
	if w.lies != honest {
		w.lies = honest
		w.disturb()
	}
}

func (w *microWorld) land() {
	w.create(w.landing, true)
	w.landing = 0
	w.disturb()
}

// notify starts the operators that wait, but for one: something changed in the cluster.
func (w *microWorld) notify(but int) {
	for i := range w.processes[:w.operators] {
		if p := &w.processes[i]; i != but && p.stage == waiting {
			p.stage = idle
		}
	}
}

// startPod takes a second, so that it can be told whether a pod started before or after something else; calls take none.
func (w *microWorld) startPod() {
	w.now = w.now.Add(time.Second)
	w.wake()
	w.pod, w.podStarted = w.value, w.now
	for i := range w.processes {
		w.processes[i].podMoved = w.processes[i].stage > waiting
	}
}

// nextWake is when the first waiting operator wakes; zero when none does by itself.
func (w *microWorld) nextWake() time.Time {
	var first time.Time
	for i := range w.processes[:w.operators] {
		if until := w.processes[i].wait.Until; !until.IsZero() && (first.IsZero() || until.Before(first)) {
			first = until
		}
	}

	return first
}

// normalise forgets what cannot matter any more: an action that will be refused.
func (w *microWorld) normalise() {
	for i := range w.processes[:w.operators] {
		p := &w.processes[i]
		if p.stage == acting && w.moved(p) {
			if _, creates := p.action.(rotation.CreateSecret); creates {
				p.stagedVersion = ""
			}
			p.stage, p.seen, p.action = idle, nil, nil
		}
	}
}
