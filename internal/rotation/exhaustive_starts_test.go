package rotation_test

import (
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// start is a world in which a path begins.
type start struct {
	name string
	make func(*microWorld)
}

func works(w *microWorld) {
	w.create(w.newValue(), false)
	w.write(1)
}

func deactivated(w *microWorld) {
	w.create(w.newValue(), false)
	w.create(w.newValue(), false)
	w.listed[0].active = false
	w.write(1)
	w.causes = 1
}

func deleted(w *microWorld) {
	w.create(w.newValue(), false)
	w.write(w.newValue())
	w.causes = 1
}

func absent(w *microWorld) {
	w.create(w.newValue(), false)
	w.causes = 1
}

// afterRotation goes on until a first rotation by command is promoted, so that what comes after it costs nothing of the budget.
const afterRotation = "after a rotation"

func starts() []start {
	return []start{
		{"a Secret that works", works},
		{"a Secret whose value was deactivated at Okta", deactivated},
		{"a Secret whose value was deleted at Okta", deleted},
		{"no Secret", absent},
		{afterRotation, works},
	}
}

// fewStarts are those from which most happens.
func fewStarts() []start { return starts()[2:5:5] }

// settings are what Okta shows, and what the credential says, in which every start is explored.
func settings() []setting {
	return []setting{
		{name: ""},
		{name: ", values masked", shown: masksValues},
		{name: ", values and hashes hidden", shown: hidesEverything},
		{name: ", unclear answers", unclear: true},
		{name: ", adopting", adopts: true},
		{name: ", restarting workloads", restarts: true},
		{name: ", no client id beside", alone: true},
	}
}

// roots are the states in which paths begin.
func roots(t *testing.T, settings []setting, starts []start, operators int) []*microWorld {
	t.Helper()
	var all []*microWorld
	for _, s := range settings {
		for _, from := range starts {
			one := s
			one.name, one.operators, one.cred = from.name+s.name, operators, modelCredential()
			if one.limited {
				one.cred.Policy.PerDay = 2
			}
			w := &microWorld{setting: &one, now: epoch, firstSight: true}
			from.make(w)
			if w.value != 0 {
				w.pod, w.podStarted = w.value, epoch
			}
			w.now = w.now.Add(time.Second)
			if from.name == afterRotation {
				w = rotated(w)
			}
			if c := w.journal.Record.Current; w.violation != "" || (from.name == afterRotation && (c == nil || !c.Made)) {
				t.Fatalf("no first rotation: %s %s", w.violation, w.describe())
			}
			all = append(all, w)
		}
	}

	return all
}

func rotated(w *microWorld) *microWorld {
	w.firstSight, w.rotate, w.causes = false, 1, 1
	for range 200 {
		m, ok := w.nextQuiet()
		if !ok {
			break
		}
		w = w.after(m, budget{})
		if c := w.journal.Record.Current; c != nil && c.Made && w.processes[0].stage == waiting {
			break
		}
	}

	return w
}

// credential as an operator sees it.
func (w *microWorld) credential() rotation.Credential {
	c := w.cred
	c.HasFinalizer, c.FirstSight, c.Deleting = w.finalizer, w.firstSight, w.deleting
	c.Adopts, c.Policy.Restarts = w.adopts, w.restarts
	for _, given := range []struct {
		to *string
		n  uint8
	}{{&c.Commands.Rotate, w.rotate}, {&c.Commands.Revoke, w.revoke}, {&c.Commands.Rollback, w.rollback}} {
		if given.n > 0 {
			*given.to = numerals[given.n]
		}
	}

	c.Commands.ReleaseSecret = okta(w.released)

	return c
}

// modelCredential has as few different times as the protocol allows, so that there are few states.
func modelCredential() rotation.Credential {
	return rotation.Credential{
		Name: "app", Binding: rotation.Binding{CredentialUID: "uid", Org: "https://org", ApplicationID: "0oaclient"},
		ClientID: "0oaclient", AuthMethod: v1alpha1.AuthMethodAuto, Mode: v1alpha1.ModeRotate,
		CreationPolicy: v1alpha1.CreationCreate, DeletionPolicy: v1alpha1.DeletionRetire,
		Confirmations: 2, Interval: 24 * time.Hour, StaleAfter: 72 * time.Hour,
		Policy: rotation.Policy{
			Spacing: 15 * time.Second, OverlapMinimum: time.Hour, Retire: v1alpha1.RetireDelete, DeleteAfter: time.Hour,
			PerDay: 50, MaxAttempts: 2,
		},
	}
}
