package rotation_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// stateKey names a state but for what cannot matter: values, ids and versions by order of appearance, times by how long ago they
// are, and no longer than anything asks. States with one key behave alike, so one of them is explored.
type stateKey [16]byte

// writer writes a state in the form that its key is made of.
type writer struct {
	w        *microWorld
	text     []byte
	values   [malformed]byte
	ids      [256]byte
	versions []string
	nv, ni   byte
}

// key of a state; with what was spent, or without.
func (w *microWorld) key(withSpent bool) stateKey {
	sum := sha256.Sum256(w.text(withSpent, w.first(withSpent)))

	return stateKey(sum[:16])
}

// first of two operators: they are alike but for their names, so what they are at decides.
func (w *microWorld) first(withSpent bool) uint8 {
	if w.operators < 2 {
		return 0
	}
	a, b := w.processes[0].rank(), w.processes[1].rank()
	if b < a || (a == b && bytes.Compare(w.text(withSpent, 1), w.text(withSpent, 0)) < 0) {
		return 1
	}

	return 0
}

// text that a key is made of.
func (w *microWorld) text(withSpent bool, first uint8) []byte {
	k := writer{w: w, text: make([]byte, 0, 512)}
	k.world()
	if withSpent {
		k.bytes(w.spent.acts, w.spent.crashes, w.spent.faults, w.spent.sleeps, w.spent.overtaken)
	}
	if w.processes[w.last].stage > waiting {
		k.flags(withSpent, w.last == 1-first)
	}
	k.process(&w.processes[first])
	if w.operators == 2 {
		k.process(&w.processes[1-first])
	}

	return k.text
}

// rank orders two processes by what they are at; not by values, ids or versions, whose names are arbitrary.
func (p *process) rank() int {
	rank := int(p.stage)
	switch p.action.(type) {
	case rotation.WriteJournal:
		rank += 16
	case rotation.WriteTarget:
		rank += 32
	case rotation.CreateSecret:
		rank += 48
	case rotation.StageSecret:
		rank += 64
	case rotation.ActivateSecret, rotation.DeactivateSecret, rotation.DeleteSecret, rotation.LabelTarget, rotation.RestartWorkload,
		rotation.AddFinalizer, rotation.RemoveFinalizer, rotation.Look, rotation.Wait:
	}
	if p.check != nil {
		rank += 128
	}
	if p.staged != nil {
		rank += 256
	}

	return rank
}

func (k *writer) bytes(b ...byte) { k.text = append(k.text, b...) }

func (k *writer) string(s string) { k.text = append(append(k.text, byte(len(s))), s...) }

func (k *writer) flags(flags ...bool) {
	b := byte(0)
	for i, set := range flags {
		if set {
			b |= 1 << i
		}
	}
	k.bytes(b)
}

func (k *writer) value(v secretNo) {
	plain := v % malformed
	if plain != 0 && k.values[plain] == 0 {
		k.nv++
		k.values[plain] = k.nv
	}
	k.bytes(k.values[plain] | byte(v&malformed))
}

func (k *writer) hash(h string) { k.value(secretOfHash[h]) }

func (k *writer) id(id string) {
	n := byte(0)
	for i := range len(id) {
		n = n*10 + id[i] - '0'
	}
	if n != 0 && k.ids[n] == 0 {
		k.ni++
		k.ids[n] = k.ni
	}
	k.bytes(k.ids[n])
}

func (k *writer) version(v string) {
	if v == "" {
		k.bytes(0)

		return
	}
	for i, known := range k.versions {
		if known == v {
			k.bytes(byte(i + 1))

			return
		}
	}
	k.versions = append(k.versions, v)
	k.bytes(byte(len(k.versions)))
}

// time writes how long ago something was, at most limit, or how long it is until then.
func (k *writer) time(t time.Time, limit time.Duration) {
	ago := int64(-1 << 40)
	if !t.IsZero() {
		ago = int64(min(k.w.now.Sub(t), limit))
	}
	k.text = binary.AppendVarint(k.text, ago)
}

func (k *writer) world() {
	w := k.w
	k.string(w.name)
	k.flags(w.exists, w.labelled, w.finalizer, w.firstSight, w.deleting, w.gone, w.rolling, w.failing)
	k.flags(w.journal.Held)
	k.id(okta(w.released))
	k.value(w.value)
	k.value(w.before)
	k.version(numeral(w.version))
	k.version(w.journal.Version)
	k.bytes(byte(w.slots))
	for _, s := range w.listed[:w.slots] {
		k.id(okta(s.id))
		k.value(s.value)
		k.flags(s.active, s.made, s.theirs, s.off, s.spared, w.twins&(1<<s.value) != 0)
	}
	k.value(w.landing)
	if w.landing != 0 {
		k.time(w.sent, 12*time.Hour+time.Second)
		k.landed(w.landing)
	}
	k.bytes(byte(w.lies), byte(w.causes), w.rotate, w.revoke, w.rollback)
	k.flags(w.blurred, w.lied, w.everListed&(1<<(w.value%malformed)) != 0, w.everListed&(1<<(w.before%malformed)) != 0)
	k.bytes(w.fought)
	if w.fought > 0 {
		k.time(w.foughtSince, 24*time.Hour+time.Second)
	}
	k.time(w.gaveUp, time.Minute)
	if w.limited {
		for _, t := range w.begun {
			k.time(t, 24*time.Hour)
		}
	}
	k.value(w.pod)
	k.record(&w.journal.Record)
	k.time(w.failedAt, 24*time.Hour+time.Second)
	k.value(w.reported)
	if w.reported != 0 {
		k.time(w.reportedAt, w.cred.Interval)
	}
}

// landed writes what is known of a value that may be created again.
func (k *writer) landed(v secretNo) {
	bit := uint64(1) << (v % malformed)
	k.flags(k.w.everMade&bit != 0, k.w.twins&bit != 0)
}

func (k *writer) held(h *rotation.Held) {
	if h == nil {
		k.bytes(0)

		return
	}
	k.value(numberOf(h.Value))
	k.id(h.ID)
	k.flags(h.Made, !k.w.podStarted.After(h.Since))
}

func (k *writer) replaced(r rotation.Replaced) {
	k.hash(r.Hash)
	k.id(r.ID)
	k.flags(r.Inactive)
}

func (k *writer) record(r *rotation.Record) {
	p := k.w.cred.Policy
	k.held(r.Current)
	k.held(r.Previous)
	k.id(r.Handled.ReleaseSecret)
	for _, handled := range []string{r.Handled.Rotate, r.Handled.Revoke, r.Handled.Rollback} {
		k.string(handled)
	}
	k.flags(r.Staged != nil, r.Promoting != nil, r.Halt != nil, r.Undelivered, r.Consented != "", r.AuthMethod != "", r.ClientID != "")
	if s := r.Staged; s != nil {
		k.value(numberOf(s.Value))
		k.string(string(s.Cause))
		k.flags(s.Adopted)
		k.id(s.ID)
		k.bytes(byte(len(s.IDsBefore)))
		for _, id := range s.IDsBefore {
			k.id(id)
		}
		k.replaced(s.Replaces)
		k.time(s.RefusedSince, 2*time.Minute)
		k.landed(numberOf(s.Value))
	}
	if i := r.Promoting; i != nil {
		k.version(i.TargetVersion)
		k.replaced(i.Replaces)
		k.held(i.Previous)
		k.id(i.ID)
	}
	k.bytes(byte(len(r.Retired)), byte(r.Attempts), byte(r.Flips))
	for _, e := range r.Retired {
		k.hash(e.Hash)
		k.id(e.ID)
		k.flags(e.Made, e.Promoted, e.Revoked, e.Kept, e.Ended, k.w.failedAt.Before(e.DeactivatedAt))
		k.time(e.At, p.OverlapMinimum)
		k.time(e.DeactivatedAt, 25*time.Hour) // a failure counts for a day after it
		k.time(e.UnlistedSince, 24*time.Hour)
	}
	if r.Attempts > 0 {
		k.time(r.LastFailure, time.Hour)
	}
	if r.Flips > 0 {
		k.time(r.FlipsSince, 24*time.Hour+time.Second)
	}
	k.version(r.FlipVersion)
	k.id(r.Released)
	if k.w.limited {
		k.bytes(byte(len(r.Starts)))
		for _, t := range r.Starts {
			k.time(t, 24*time.Hour)
		}
	}
}

func (k *writer) check(c *rotation.Check) {
	if c == nil {
		k.bytes(0)

		return
	}
	k.flags(true, c.Fresh, c.Ambiguous)
	k.string(string(c.Verdict))
	k.bytes(byte(min(c.Rejections, 3)), byte(min(c.Failures, 12)))
	k.time(c.At, k.w.cred.Interval)
}
