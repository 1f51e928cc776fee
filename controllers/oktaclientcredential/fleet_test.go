package oktaclientcredential

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// usual interval of checks.
const usual = 10 * time.Minute

// crew is a fleet with a clock of its own.
type crew struct {
	*fleet

	clock *clocktesting.FakeClock
}

// crewOf has n known credentials on one connection.
func crewOf(n int, c terms) crew {
	now := clocktesting.NewFakeClock(fleetEpoch)
	f := crew{newFleet(now), now}
	for i := range n {
		f.idles(c, i)
	}

	return f
}

// idles is a pass that finds no rotation at work.
func (f crew) idles(c terms, i int) { f.note(c.uid, member(i), usual, time.Time{}) }

// rotates is a pass that finds one.
func (f crew) rotates(c terms, i int, since time.Time) { f.note(c.uid, member(i), usual, since) }

func (f crew) asks(c terms, i int) bool { return f.ask(c, member(i)).reason == "" }

func (f crew) starts(c terms, i int) bool { return f.start(c, member(i)) }

func (f crew) waits(c terms, i int, waits bool) {
	f.wait(c.uid, member(i), reconcile.Request{NamespacedName: types.NamespacedName{Name: string(member(i))}}, waits)
}

// called is who was told since that there is a place.
func (f crew) called() (names []string) {
	for len(f.turns) > 0 {
		if name := (<-f.turns).Object.Name; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}

	return names
}

func (f crew) reject(c terms, i int) {
	f.answered(c.uid, member(i), v1alpha1.VerdictSecretRejected, time.Time{}, false)
}

func member(i int) types.UID { return types.UID(fmt.Sprint(i)) }

func connectionWith(pace v1alpha1.RotationPace) terms {
	return terms{uid: "c", version: "10", pace: pace}
}

var fleetEpoch = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// TestThePace keeps rotations of a connection apart, and gives each place once.
func TestThePace(t *testing.T) {
	t.Parallel()
	c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 2, MinSpacing: "10s"})
	f := crewOf(3, c)
	for i, want := range []bool{true, false} {
		if got := f.starts(c, i); got != want {
			t.Errorf("rotation %d at once: started %v", i, got)
		}
	}
	f.rotates(c, 0, fleetEpoch)
	f.clock.Step(10 * time.Second)
	if !f.starts(c, 1) {
		t.Error("a second one, spaced: not started")
	}
	f.clock.Step(time.Minute)
	if f.starts(c, 2) {
		t.Error("a third one: started")
	}
	if held := f.holds(c, member(1)); held.reason != "" {
		t.Errorf("one that is at work holds itself up: %s", held.reason)
	}
	f.idles(c, 0)
	if !f.starts(c, 2) {
		t.Error("a third one when the first has ended: not started")
	}
	f.forget(member(1))
	f.clock.Step(time.Minute)
	if !f.starts(c, 0) {
		t.Error("one more when the second is gone: not started")
	}
}

// TestTheTurn lets no more credentials ask Okta than may rotate, and one at a time where rotations are spaced.
func TestTheTurn(t *testing.T) {
	t.Parallel()
	c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 2})
	f := crewOf(3, c)
	if !f.asks(c, 0) || !f.asks(c, 1) || f.asks(c, 2) {
		t.Error("two places: not two ask")
	}
	if !f.starts(c, 0) || !f.starts(c, 1) {
		t.Error("who asked does not start")
	}
	if f.leave(c.uid, member(0)); f.asks(c, 2) {
		t.Error("who has asked and rotates has given the place back")
	}
	f.idles(c, 0)
	if !f.asks(c, 2) {
		t.Error("no place when one has ended")
	}
	if f.leave(c.uid, member(2)); !f.asks(c, 0) {
		t.Error("no place when one has asked and does not rotate")
	}

	spaced := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 5, MinSpacing: "10s"})
	f = crewOf(3, spaced)
	if !f.asks(spaced, 0) || f.asks(spaced, 1) || !f.starts(spaced, 0) {
		t.Error("spaced: not one at a time")
	}
	f.clock.Step(time.Second)
	if held := f.ask(spaced, member(1)); !held.until.Equal(fleetEpoch.Add(10 * time.Second)) {
		t.Errorf("spaced: %+v", held)
	}
}

// TestAPlace is taken once by a rotation, and by none that is not at work.
func TestAPlace(t *testing.T) {
	t.Parallel()
	pace := v1alpha1.RotationPace{MaxConcurrent: 2, MinSpacing: "1h"}
	c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 2})
	for name, test := range map[string]struct {
		c    terms
		does func(f crew, c terms)
		// free says whether another one may start then.
		free bool
	}{
		"one that asks in the middle of its rotation takes one place": {c: c, does: func(f crew, c terms) { f.starts(c, 0); f.rotates(c, 0, fleetEpoch); f.asks(c, 0) }, free: true},
		"two rotations take both":                                     {c: c, does: func(f crew, c terms) { f.starts(c, 0); f.starts(c, 1) }},
		"one that is held up has its place for ten minutes":           {c: c, does: func(f crew, c terms) { f.starts(c, 0); f.starts(c, 1); f.clock.Step(placeHolds - time.Second) }},
		"and no longer": {c: c, does: func(f crew, c terms) { f.starts(c, 0); f.starts(c, 1); f.clock.Step(placeHolds) }, free: true},
		"and does not get it again when it is looked at": {c: c, does: func(f crew, c terms) {
			f.starts(c, 0)
			f.starts(c, 1)
			f.clock.Step(placeHolds)
			f.rotates(c, 0, fleetEpoch)
			f.rotates(c, 1, fleetEpoch)
		}, free: true},
		"one that asked and was never looked at again has it no longer either": {c: c, does: func(f crew, c terms) { f.asks(c, 0); f.asks(c, 1); f.clock.Step(placeHolds) }, free: true},
		"one that is suspended in the middle has none":                         {c: c, does: func(f crew, c terms) { f.starts(c, 0); f.starts(c, 1); f.idle(member(0)) }, free: true},
		"one that the connection no longer allows has none":                    {c: c, does: func(f crew, c terms) { f.starts(c, 0); f.starts(c, 1); f.forget(member(0)) }, free: true},
		"one that cannot be looked at has none for questions":                  {c: c, does: func(f crew, c terms) { f.asks(c, 0); f.asks(c, 1); f.stepAside(member(0)) }, free: true},
		"one that cannot be looked at keeps its rotation":                      {c: c, does: func(f crew, c terms) { f.starts(c, 0); f.starts(c, 1); f.stepAside(member(0)) }},
		"another connection's rotations take none here": {c: c, does: func(f crew, c terms) {
			other := c
			other.uid = "other"
			f.idles(other, 8)
			f.idles(other, 9)
			f.starts(other, 8)
			f.starts(other, 9)
		}, free: true},
		"a start whose journal was not written does not use up the spacing": {c: connectionWith(pace), does: func(f crew, c terms) { f.starts(c, 0); f.idles(c, 0) }, free: true},
		"one that was written does":                                         {c: connectionWith(pace), does: func(f crew, c terms) { f.starts(c, 0); f.rotates(c, 0, fleetEpoch); f.idles(c, 0) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := crewOf(3, test.c)
			test.does(f, test.c)
			if got := f.starts(test.c, 2); got != test.free {
				t.Errorf("another one starts: %v", got)
			}
		})
	}
}

// TestAClockThatWasAhead: what it stamped keeps nothing back until the clock is there again.
func TestAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 2, MinSpacing: "10s"})
	f := crewOf(100, c)
	f.starts(c, 0)
	f.reject(c, 5)
	f.clock.SetTime(fleetEpoch.Add(-time.Hour))
	if held := f.holds(c, member(1)); held.until.After(f.clock.Now().Add(10 * time.Second)) {
		t.Errorf("spaced by a start that is to come: until %s, and it is %s", held.until, f.clock.Now())
	}
	f.clock.Step(20 * time.Minute)
	brake := v1alpha1.MassFailureBrake{Minimum: 2}
	if n, _ := f.connections[c.uid].recentlyRejected(brake, f.clock.Now()); n != 0 {
		t.Errorf("%d rejections that are to come count", n)
	}

	one := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 1})
	f = crewOf(2, one)
	f.starts(one, 0)
	f.clock.SetTime(fleetEpoch.Add(-time.Hour))
	if f.rotates(one, 0, fleetEpoch); f.starts(one, 1) {
		t.Error("a rotation that began by a clock that was ahead has no place")
	}
	f.clock.Step(placeHolds)
	if f.rotates(one, 0, fleetEpoch); !f.starts(one, 1) {
		t.Error("a rotation that is held up takes a place until the clock is where it was")
	}
}

// TestNothingIsKept of credentials and connections that are gone.
func TestNothingIsKept(t *testing.T) {
	t.Parallel()
	c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 1})
	f := crewOf(5, c)
	for i := range 5 {
		f.reject(c, i)
		f.asks(c, i)
		f.waits(c, i, true)
	}
	again := c
	again.uid = "made again with the same name"
	for i := range 5 {
		f.idles(again, i)
	}
	if len(f.connections) != 1 || len(f.home) != 5 {
		t.Errorf("after the connection was made again: %d connections, %d credentials", len(f.connections), len(f.home))
	}
	for i := range 5 {
		f.forget(member(i))
	}
	if len(f.connections) != 0 || len(f.home) != 0 {
		t.Errorf("after all credentials are gone: %d connections, %d credentials", len(f.connections), len(f.home))
	}
}
