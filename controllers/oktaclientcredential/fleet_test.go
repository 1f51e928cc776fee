package oktaclientcredential

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// fleetOf has n known credentials on one connection.
func fleetOf(n int, c terms) *fleet {
	f := newFleet()
	for i := range n {
		f.note(c.uid, member(i), false)
	}

	return f
}

func member(i int) types.UID { return types.UID(fmt.Sprint(i)) }

func connectionWith(pace v1alpha1.RotationPace) terms {
	return terms{uid: "c", version: "10", pace: pace}
}

var fleetEpoch = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// TestTheBrake trips at a share of the fleet within a time, holds while the connection's status says so, and does not trip
// again for what was rejected before it was released.
func TestTheBrake(t *testing.T) {
	t.Parallel()
	c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 5})
	f := fleetOf(50, c)
	reject := func(i int, at time.Time) { f.answered(c.uid, member(i), v1alpha1.VerdictSecretRejected, at) }
	for i := range 9 {
		reject(i, fleetEpoch)
	}
	if held := f.holds(c, member(0), fleetEpoch); held.reason != "" {
		t.Fatalf("9 of 50: %s", held.reason)
	}
	f.answered(c.uid, member(0), v1alpha1.VerdictAccepted, fleetEpoch)
	reject(9, fleetEpoch.Add(time.Minute))
	if held := f.holds(c, member(0), fleetEpoch.Add(time.Minute)); !held.trips || held.rejected != 10 || held.total != 50 {
		t.Fatalf("10 of 50, one of them healed: %+v", held)
	}
	if held := f.holds(c, member(0), fleetEpoch.Add(16*time.Minute)); held.reason != "" {
		t.Errorf("a quarter of an hour later: %s", held.reason)
	}

	holding := c
	holding.version, holding.brake = "11", v1alpha1.BrakeStatus{Since: metav1.NewTime(fleetEpoch), Rejected: 10, Total: 50}
	if held := f.holds(holding, member(0), fleetEpoch.Add(time.Hour)); held.reason != v1alpha1.ReasonMassFailure || held.trips || !held.until.IsZero() {
		t.Errorf("while the status says so: %+v", held)
	}
	for i := range 10 {
		reject(i, fleetEpoch.Add(time.Hour))
	}
	if held := f.holds(c, member(0), fleetEpoch.Add(time.Hour)); held.reason != v1alpha1.ReasonMassFailure {
		t.Errorf("read before it held: %+v", held)
	}
	c.version = "12"
	if held := f.holds(c, member(0), fleetEpoch.Add(time.Hour)); held.reason != "" {
		t.Errorf("released: %s", held.reason)
	}
	for i := range 10 {
		reject(i, fleetEpoch.Add(time.Hour))
	}
	if held := f.holds(c, member(0), fleetEpoch.Add(time.Hour)); held.reason != "" {
		t.Errorf("released, and the same are rejected still: %s", held.reason)
	}
	for i := 10; i < 20; i++ {
		reject(i, fleetEpoch.Add(time.Hour))
	}
	if held := f.holds(c, member(0), fleetEpoch.Add(time.Hour)); !held.trips {
		t.Errorf("released, and ten more: %+v", held)
	}
	off := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 5, MassFailureBrake: v1alpha1.MassFailureBrake{Percent: new(int32(0))}})
	if held := f.holds(off, member(0), fleetEpoch.Add(time.Hour)); held.reason != "" {
		t.Errorf("turned off: %s", held.reason)
	}
}

// TestThePace keeps rotations of a connection apart, and gives each place once.
func TestThePace(t *testing.T) {
	t.Parallel()
	c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 2, MinSpacing: "10s"})
	f := fleetOf(3, c)
	for i, want := range []bool{true, false} {
		if got := f.start(c, member(i), fleetEpoch); got != want {
			t.Errorf("rotation %d at once: started %v", i, got)
		}
	}
	later := fleetEpoch.Add(10 * time.Second)
	if !f.start(c, member(1), later) {
		t.Error("a second one, spaced: not started")
	}
	if f.start(c, member(2), later.Add(time.Minute)) {
		t.Error("a third one: started")
	}
	if held := f.holds(c, member(1), later.Add(time.Minute)); held.reason != "" {
		t.Errorf("one that is at work holds itself up: %s", held.reason)
	}
	f.note(c.uid, member(0), false)
	if !f.start(c, member(2), later.Add(time.Minute)) {
		t.Error("a third one when the first has ended: not started")
	}
	f.forget(member(1))
	if !f.start(c, member(0), later.Add(2*time.Minute)) {
		t.Error("one more when the second is gone: not started")
	}
}

// TestTheTurn lets no more credentials ask Okta than may rotate, and one at a time where rotations are spaced.
func TestTheTurn(t *testing.T) {
	t.Parallel()
	c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 2})
	f := fleetOf(3, c)
	asks := func(c terms, i int) bool { return f.ask(c, member(i), fleetEpoch).reason == "" }
	if !asks(c, 0) || !asks(c, 1) || asks(c, 2) {
		t.Error("two places: not two ask")
	}
	if !f.start(c, member(0), fleetEpoch) || !f.start(c, member(1), fleetEpoch) {
		t.Error("who asked does not start")
	}
	if f.leave(c.uid, member(0)); asks(c, 2) {
		t.Error("who has asked and rotates has given the place back")
	}
	f.note(c.uid, member(0), false)
	if !asks(c, 2) {
		t.Error("no place when one has ended")
	}
	if f.leave(c.uid, member(2)); !asks(c, 0) {
		t.Error("no place when one has asked and does not rotate")
	}

	spaced := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 5, MinSpacing: "10s"})
	spaced.uid = "spaced"
	if !asks(spaced, 0) || asks(spaced, 1) || !f.start(spaced, member(0), fleetEpoch) {
		t.Error("spaced: not one at a time")
	}
	if held := f.ask(spaced, member(1), fleetEpoch.Add(time.Second)); !held.until.Equal(fleetEpoch.Add(10 * time.Second)) {
		t.Errorf("spaced: %+v", held)
	}
}

// TestTheLine tells who waits longest that there is a place, when one is given back and once when none was taken.
func TestTheLine(t *testing.T) {
	t.Parallel()
	c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 1})
	f := fleetOf(4, c)
	waits := func(i int, waits bool) {
		f.wait(c.uid, member(i), reconcile.Request{NamespacedName: types.NamespacedName{Name: string(member(i))}}, waits)
	}
	called := func(want string) {
		t.Helper()
		got := ""
		for len(f.turns) > 0 {
			got += (<-f.turns).Object.Name
		}
		if got != want {
			t.Errorf("called %q, want %q", got, want)
		}
	}
	f.start(c, member(0), fleetEpoch)
	for _, i := range []int{1, 2, 3, 1} {
		waits(i, true)
	}
	called("")
	f.note(c.uid, member(0), false)
	called("1")
	waits(1, false)
	called("2")
	f.ask(c, member(2), fleetEpoch)
	f.leave(c.uid, member(2))
	called("3")
	f.forget(member(3))
	waits(1, true)
	called("1")
	waits(1, true)
	called("")
}
