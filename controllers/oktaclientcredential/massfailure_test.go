package oktaclientcredential

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// TestTheBrake trips at a share of the fleet within a time, holds while the connection's status says so, and does not trip
// again for what was rejected before it was released.
func TestTheBrake(t *testing.T) {
	t.Parallel()
	c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 5})
	f := crewOf(50, c)
	for i := range 9 {
		f.reject(c, i)
	}
	if held := f.holds(c, member(0)); held.reason != "" {
		t.Fatalf("9 of 50: %s", held.reason)
	}
	f.answered(c.uid, member(0), v1alpha1.VerdictAccepted, time.Time{})
	f.clock.Step(time.Minute)
	f.reject(c, 9)
	if held := f.holds(c, member(0)); !held.trips || held.rejected != 10 || held.total != 50 {
		t.Fatalf("10 of 50, one of them healed: %+v", held)
	}
	f.clock.Step(15 * time.Minute)
	if held := f.holds(c, member(0)); held.reason != "" {
		t.Errorf("a quarter of an hour later: %s", held.reason)
	}

	holding := c
	holding.version, holding.brake = "11", v1alpha1.BrakeStatus{Since: metav1.NewTime(fleetEpoch), Rejected: 10, Total: 50}
	held := f.holds(holding, member(0))
	if held.reason != v1alpha1.ReasonMassFailure || held.trips || !held.until.IsZero() {
		t.Errorf("while the status says so: %+v", held)
	}
	for i := range 10 {
		f.reject(c, i)
	}
	if before := f.holds(c, member(0)); before.reason != v1alpha1.ReasonMassFailure || before.message != held.message {
		t.Errorf("read before it held: %+v", before)
	}
	c.version, c.brake = "12", v1alpha1.BrakeStatus{ReleasedAt: metav1.NewTime(f.clock.Now())}
	if held := f.holds(c, member(0)); held.reason != "" {
		t.Errorf("released: %s", held.reason)
	}
	for i := range 10 {
		f.reject(c, i)
	}
	if held := f.holds(c, member(0)); held.reason != "" {
		t.Errorf("released, and the same are rejected still: %s", held.reason)
	}
	for i := 10; i < 20; i++ {
		f.reject(c, i)
	}
	if held := f.holds(holding, member(0)); !held.trips {
		t.Errorf("released, ten more, and the connection read as it was before: %+v", held)
	}
	if held := f.holds(c, member(0)); !held.trips {
		t.Errorf("released, and ten more: %+v", held)
	}
	off := c
	off.pace.MassFailureBrake.Percent = new(int32(0))
	if held := f.holds(off, member(0)); held.reason != "" {
		t.Errorf("turned off: %s", held.reason)
	}
}

// TestABrakeThatWasReleasedUnseen: it tripped and was released before any pass read the connection again.
func TestABrakeThatWasReleasedUnseen(t *testing.T) {
	t.Parallel()
	c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 5})
	f := crewOf(50, c)
	for i := range 10 {
		f.reject(c, i)
	}
	if held := f.holds(c, member(0)); !held.trips {
		t.Fatalf("10 of 50: %+v", held)
	}
	c.version, c.brake.ReleasedAt = "12", metav1.NewTime(fleetEpoch.Add(time.Second))
	if held := f.holds(c, member(0)); held.reason != "" {
		t.Errorf("it trips for the same again: %s", held.reason)
	}
}

// TestARestoredConnection counts its versions from an earlier one, and is believed after a while.
func TestARestoredConnection(t *testing.T) {
	t.Parallel()
	c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 5})
	f := crewOf(50, c)
	holding := c
	holding.version, holding.brake.Since = "900", metav1.NewTime(fleetEpoch)
	if held := f.holds(holding, member(0)); held.reason == "" {
		t.Fatal("the brake does not hold")
	}
	f.clock.Step(staleReads)
	if held := f.holds(c, member(0)); held.reason != "" {
		t.Errorf("it was restored to a time without the brake: %s", held.reason)
	}
}

// TestRejectionsFromBeforeARestart count from when they were, by the statuses.
func TestRejectionsFromBeforeARestart(t *testing.T) {
	t.Parallel()
	released := metav1.NewTime(fleetEpoch.Add(-5 * time.Minute))
	for name, test := range map[string]struct {
		brake v1alpha1.BrakeStatus
		since time.Duration // before the restart; zero when no status says it
		trips bool
	}{
		"new ones":                            {trips: true},
		"some minutes old":                    {since: 2 * time.Minute, trips: true},
		"a day old":                           {since: 24 * time.Hour},
		"after the release":                   {brake: v1alpha1.BrakeStatus{ReleasedAt: released}, since: 2 * time.Minute, trips: true},
		"before the release":                  {brake: v1alpha1.BrakeStatus{ReleasedAt: released}, since: 7 * time.Minute},
		"in the second of the release":        {brake: v1alpha1.BrakeStatus{ReleasedAt: released}, since: 5 * time.Minute},
		"new ones after an earlier release":   {brake: v1alpha1.BrakeStatus{ReleasedAt: released}, trips: true},
		"before a release, by a clock ahead":  {brake: v1alpha1.BrakeStatus{ReleasedAt: metav1.NewTime(fleetEpoch.Add(time.Hour))}, since: -50 * time.Minute},
		"by a clock that was ahead, like new": {since: -50 * time.Minute, trips: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 5})
			c.brake = test.brake
			f := crewOf(50, c)
			f.holds(c, member(0))
			var since time.Time
			if test.since != 0 {
				since = fleetEpoch.Add(-test.since)
			}
			for i := range 10 {
				f.answered(c.uid, member(i), v1alpha1.VerdictSecretRejected, since)
			}
			if held := f.holds(c, member(0)); held.trips != test.trips {
				t.Errorf("%+v", held)
			}
		})
	}
}

// TestTheShareIsOfTheWholeFleet, also while a process has looked at a few after its start.
func TestTheShareIsOfTheWholeFleet(t *testing.T) {
	t.Parallel()
	c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 5})
	f := crewOf(0, c)
	var members []found
	for i := range 2000 {
		members = append(members, found{credential: member(i)})
	}
	f.begin(c.uid, members)
	for i := range 30 {
		f.idles(c, i)
		if i < 10 {
			f.reject(c, i)
		}
	}
	if held := f.holds(c, member(0)); held.trips {
		t.Errorf("10 of 2000: %d of %d", held.rejected, held.total)
	}
}
