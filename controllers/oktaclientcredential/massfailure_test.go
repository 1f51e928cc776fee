package oktaclientcredential

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
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
	f.answered(c.uid, member(0), v1alpha1.VerdictAccepted, time.Time{}, false)
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
				f.answered(c.uid, member(i), v1alpha1.VerdictSecretRejected, since, false)
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

// TestTheBrakeAtLongIntervals: what turned bad at once is noticed as the checks come round, each at its own place in the interval.
// The brake sees it by the share of those that came up, and does not take a few for many.
func TestTheBrakeAtLongIntervals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		n        int
		interval time.Duration
		// oneIn of the credentials is bad.
		oneIn int
		// pointed says that something else than the interval led to the checks of the bad ones, all of them within a minute.
		pointed bool
		// trips at this many rejections at most; zero when it must not trip at all.
		trips int
	}{
		"half of 2,000, checked within the brake's time":              {n: 2000, interval: 15 * time.Minute, oneIn: 2, trips: 400},
		"half of 2,000, every hour":                                   {n: 2000, interval: time.Hour, oneIn: 2, trips: 101},
		"all of 2,000, every hour":                                    {n: 2000, interval: time.Hour, oneIn: 1, trips: 101},
		"half of 2,000, every day":                                    {n: 2000, interval: 24 * time.Hour, oneIn: 2, trips: 12},
		"half of 50, every hour: too few at a time, but of all":       {n: 50, interval: time.Hour, oneIn: 2, trips: 10},
		"all of 100, every day: too few at a time, but of all":        {n: 100, interval: 24 * time.Hour, oneIn: 1, trips: 20},
		"a tenth of 2,000, every hour":                                {n: 2000, interval: time.Hour, oneIn: 10},
		"a tenth of 2,000, every day":                                 {n: 2000, interval: 24 * time.Hour, oneIn: 10},
		"eight of 2,000, every hour":                                  {n: 2000, interval: time.Hour, oneIn: 250},
		"a hundredth of 2,000 at once, of which the System Log tells": {n: 2000, interval: 24 * time.Hour, oneIn: 100, pointed: true},
		"half of 2,000 at once, of which the System Log tells":        {n: 2000, interval: 24 * time.Hour, oneIn: 2, pointed: true, trips: 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := fleetOf(test.n, test.interval)
			f.round(test.oneIn, test.pointed)
			if f.held.trips != (test.trips > 0) || (test.trips > 0 && f.rejected > test.trips) {
				t.Errorf("it trips: %v, after %d rejections (%+v)", f.held.trips, f.rejected, f.held)
			}
		})
	}
}

// rounds is a fleet that was checked once around, and found well.
type rounds struct {
	crew

	c        terms
	n        int
	interval time.Duration
	rejected int
	held     hold
}

func fleetOf(n int, interval time.Duration) *rounds {
	c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 5})
	f := &rounds{crew: crewOf(0, c), c: c, n: n, interval: interval}
	for i := range n {
		f.clock.Step(interval / time.Duration(n))
		f.note(c.uid, member(i), interval, time.Time{})
		f.answered(c.uid, member(i), v1alpha1.VerdictAccepted, time.Time{}, true)
	}

	return f
}

// round checks every credential once, until the brake trips; each bad one is healed before the next check.
func (f *rounds) round(oneIn int, pointed bool) {
	for i := range f.n {
		bad := i%oneIn == 0
		switch {
		case !pointed:
			f.clock.Step(f.interval / time.Duration(f.n))
		case !bad:
			continue
		default:
			f.clock.Step(time.Minute / time.Duration(f.n))
		}
		if !bad {
			f.answered(f.c.uid, member(i), v1alpha1.VerdictAccepted, time.Time{}, true)

			continue
		}
		f.rejected++
		f.answered(f.c.uid, member(i), v1alpha1.VerdictSecretRejected, time.Time{}, !pointed)
		if f.held = f.holds(f.c, member(i)); f.held.trips {
			return
		}
		f.answered(f.c.uid, member(i), v1alpha1.VerdictAccepted, time.Time{}, false)
	}
}

// TestCheckedInABunch: checks that fall together, as those of credentials that were made together do, are counted as they were.
func TestCheckedInABunch(t *testing.T) {
	t.Parallel()
	f := fleetOf(2000, 24*time.Hour)
	f.interval = 2 * time.Hour // all are checked within this, though it takes a day until they are again
	if f.round(15, false); f.held.trips {
		t.Errorf("a fifteenth of 2,000: %+v", f.held)
	}
	f = fleetOf(2000, 24*time.Hour)
	f.interval = 2 * time.Hour
	if f.round(2, false); !f.held.trips || f.rejected > 60 {
		t.Errorf("half of 2,000: after %d rejections: %+v", f.rejected, f.held)
	}
}

// TestTheFirstAnswersAfterAStartStandForNobody: ten of the first ten that are checked may be the ten that are bad.
func TestTheFirstAnswersAfterAStartStandForNobody(t *testing.T) {
	t.Parallel()
	c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 5})
	f := crewOf(0, c)
	var members []found
	for i := range 2000 {
		members = append(members, found{credential: member(i), interval: time.Hour})
	}
	f.begin(c.uid, members)
	for i := range 30 {
		f.answered(c.uid, member(i), v1alpha1.VerdictSecretRejected, time.Time{}, true)
	}
	if held := f.holds(c, member(0)); held.trips {
		t.Errorf("30 of the first 30, of 2,000: %+v", held)
	}
}

// TestACheckInTurn is one of what worked, made because its interval is over and for nothing else.
func TestACheckInTurn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		last  v1alpha1.Verdict
		ago   time.Duration
		about func(*rotation.Credential)
		want  bool
	}{
		"its interval is over":             {last: v1alpha1.VerdictAccepted, ago: 2 * time.Hour, want: true},
		"its interval is not over":         {last: v1alpha1.VerdictAccepted, ago: 30 * time.Minute},
		"it was refused already":           {last: v1alpha1.VerdictSecretRejected, ago: 24 * time.Hour},
		"it was never asked about":         {},
		"the System Log tells of it":       {last: v1alpha1.VerdictAccepted, ago: 2 * time.Hour, about: func(c *rotation.Credential) { c.Hinted = true }},
		"a person asks for it (validate)":  {last: v1alpha1.VerdictAccepted, ago: 2 * time.Hour, about: func(c *rotation.Credential) { c.Validate = true }},
		"a jitter is part of its interval": {last: v1alpha1.VerdictAccepted, ago: 61 * time.Minute, about: func(c *rotation.Credential) { c.Jitter = 0.9 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := &scene{now: fleetEpoch, memory: &memory{}}
			seen.Credential = rotation.Credential{Interval: time.Hour, StaleAfter: 3 * time.Hour}
			if test.about != nil {
				test.about(&seen.Credential)
			}
			if test.last != "" {
				seen.memory.check = &rotation.Check{Verdict: test.last, At: fleetEpoch.Add(-test.ago)}
			}
			if got := seen.inTurn(); got != test.want {
				t.Errorf("in turn: %v", got)
			}
		})
	}
}
