package rotation_test

import (
	"time"
)

// movesOfOthers are what people and tools may do.
func (w *microWorld) movesOfOthers(yield func(move)) {
	for i, s := range w.listed[:w.slots] {
		at := uint8(i)
		switch {
		case s.active && w.actives() > 1:
			yield(move{kind: moveDeactivate, arg: at})
		case !s.active:
			yield(move{kind: moveActivate, arg: at})
			yield(move{kind: moveDelete, arg: at})
		}
		if w.released == 0 && w.slots == len(w.listed) && !w.deleting {
			yield(move{kind: moveRelease, arg: at})
		}
		if s.active && s.value != w.value && !w.deleting {
			yield(move{kind: movePaste, arg: at})
		}
	}
	possible := map[moveKind]bool{
		moveAdd: w.slots < len(w.listed), movePasteWrong: true, movePasteBefore: w.before != 0 && w.before != w.value && !w.deleting,
		moveNewline: w.value != 0 && w.value < malformed && !w.deleting, moveDeleteTarget: w.exists,
		moveRotate: w.rotate < 2, moveRevoke: w.revoke < 2, moveRollback: w.rollback < 2,
		movePodStarts: w.value != 0 && w.pod != w.value, movePodFails: w.restarts && !w.failing && w.pod != 0,
		moveForgotten: w.deactivatedOne() && w.failedAt.IsZero(), moveLie: w.lies == honest && !w.lied,
		moveLieAlways: w.lies == honest && w.shown != hidesEverything, moveHonest: w.lies == rejectsAlways,
		moveDeleteCredential: !w.deleting,
	}
	for kind := moveAdd; kind < lastMove; kind++ {
		if possible[kind] {
			yield(move{kind: kind})
		}
	}
}

func (w *microWorld) deactivatedOne() bool {
	for _, e := range w.journal.Record.Retired {
		if !e.DeactivatedAt.IsZero() && e.UnlistedSince.IsZero() {
			return true
		}
	}

	return false
}

// needed says whether a new value is needed when this one works no more.
func (w *microWorld) needed(v secretNo) bool {
	record := &w.journal.Record

	return v == w.value || (record.Staged != nil && numberOf(record.Staged.Value) == v) || (record.Current != nil && numberOf(record.Current.Value) == v)
}

// othersAct is what people and tools do. A cause is what may need a new value.
func (w *microWorld) othersAct(m move) {
	i := int(m.arg)
	switch m.kind {
	case moveDeactivate:
		if w.needed(w.listed[i].value) {
			w.causes++
		}
		w.listed[i].active, w.listed[i].off, w.listed[i].spared = false, true, false
	case moveActivate:
		e := w.retired(w.listed[i])
		w.listed[i].active, w.listed[i].theirs, w.listed[i].off = true, true, false
		w.listed[i].spared = e != nil && !e.DeactivatedAt.IsZero() && !e.Kept
	case moveDelete:
		w.blurred = w.blurred || (w.shown == hidesEverything && w.listed[i].made)
		w.drop(i)
	case moveAdd:
		w.create(w.newValue(), false)
	case moveLie, moveLieAlways:
		w.lies, w.lied = rejectsForAMoment, true
		w.causes++
		if m.kind == moveLieAlways {
			w.lies = rejectsAlways
		}
	case moveHonest:
		w.endLie()
	default:
		w.othersActInCluster(m, i)
		w.notify(-1)

		return
	}
	w.disturb()
}

// remembered says whether a value is retired, and will be for a while: then its return is no cause for a new one.
func (w *microWorld) remembered(v secretNo) bool {
	for _, e := range w.journal.Record.Retired {
		if e.Hash == secretHashes[v] {
			return e.UnlistedSince.IsZero() || w.now.Sub(e.UnlistedSince) < 12*time.Hour
		}
	}

	return false
}

func (w *microWorld) othersActInCluster(m move, i int) {
	switch m.kind {
	case movePaste:
		w.write(w.listed[i].value)
	case movePasteWrong:
		w.causes++
		w.write(w.newValue())
	case movePasteBefore:
		if !w.accepts(w.before) && !w.remembered(w.before) {
			w.causes++
		}
		w.write(w.before)
	case moveNewline:
		w.write(w.value + malformed)
	case moveDeleteTarget:
		if w.journal.Record.Current == nil {
			w.causes++
		}
		w.before = w.value
		w.exists, w.labelled, w.version, w.value = false, false, 0, 0
	case moveRelease:
		w.released = w.listed[i].id
	case moveRotate:
		w.rotate++
		w.causes++
	case moveRevoke:
		w.revoke++
		w.causes++
	case moveRollback:
		w.rollback++
	case movePodStarts:
		w.startPod()
	case movePodFails:
		w.failing = true
	case moveForgotten:
		w.failedAt = w.now
	case moveDeleteCredential:
		w.deleting = true
		w.gone = !w.finalizer
	default:
		w.violate("move %d is nobody's", m.kind)
	}
}
