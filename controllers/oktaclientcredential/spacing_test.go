package oktaclientcredential

import (
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// TestWhoIsNextWhereRotationsAreSpaced: of those that may come when a turn is free, the one that waits longest has it.
func TestWhoIsNextWhereRotationsAreSpaced(t *testing.T) {
	t.Parallel()
	const spacing = 10 * time.Minute
	for name, test := range map[string]struct {
		does func(f crew, c terms)
		// asks are those that ask then, in this order, and has the one of them that may.
		asks []int
		has  int
	}{
		"one whose start was refused leaves the turn to the one that waits": {
			does: func(f crew, c terms) { f.starts(c, 0); f.waits(c, 1, true); f.idles(c, 0) },
			asks: []int{0, 1}, has: 1,
		},
		"one whose start was refused and that waits for its next try does too": {
			does: func(f crew, c terms) { f.starts(c, 0); f.waits(c, 1, true); f.refused(member(0)) },
			asks: []int{2, 1}, has: 1,
		},
		"one whose start was refused goes behind those that wait": {
			does: func(f crew, c terms) {
				f.starts(c, 0)
				f.waits(c, 1, true)
				f.waits(c, 2, true)
				f.idles(c, 0)
				f.waits(c, 0, true)
				f.asks(c, 1)
				f.leave(c.uid, member(1))
			},
			asks: []int{0, 1, 2}, has: 2,
		},
		"one that was told and does not come leaves it to whoever asks": {
			does: func(f crew, c terms) { f.starts(c, 0); f.waits(c, 1, true); f.idles(c, 0); f.clock.Step(promise) },
			asks: []int{0, 1}, has: 0,
		},
		"one that asks again and again makes room after a while": {
			does: func(f crew, c terms) { f.asksFor(c, 0, placeHolds, 1) },
			asks: []int{0, 1}, has: 1,
		},
		"one that asks again and again goes on where nobody else waits": {
			does: func(f crew, c terms) { f.asksFor(c, 0, placeHolds) },
			asks: []int{0, 1}, has: 0,
		},
		"one that asks has its place until then": {
			does: func(f crew, c terms) { f.asksFor(c, 0, placeHolds-time.Minute, 1) },
			asks: []int{1, 0}, has: 0,
		},
		"when the spacing is over the first of the line has the turn, and not one that comes just then": {
			does: func(f crew, c terms) { f.turnsAt(c, spacing, 1, 2) },
			asks: []int{3, 2, 1}, has: 1,
		},
		"a first of the line that does not come then leaves it to whoever asks": {
			does: func(f crew, c terms) { f.turnsAt(c, spacing+promise, 1, 2) },
			asks: []int{3, 2, 1}, has: 3,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 5, MinSpacing: v1alpha1.Duration(spacing.String())})
			f := crewOf(5, c)
			test.does(f, c)
			for _, i := range test.asks {
				if got, want := f.asks(c, i), i == test.has; got != want {
					t.Errorf("%d may ask: %t", i, got)
				}
			}
		})
	}
}

// turnsAt has credential 0 start, the others wait, and so much time pass.
func (f crew) turnsAt(c terms, after time.Duration, waiting ...int) {
	f.starts(c, 0)
	f.rotates(c, 0, f.clock.Now())
	for _, i := range waiting {
		f.waits(c, i, true)
	}
	f.clock.Step(after)
}

// asksFor has a credential ask every minute, as one does that Okta throttles, while others come in vain.
func (f crew) asksFor(c terms, i int, long time.Duration, waiting ...int) {
	for range long / time.Minute {
		f.asks(c, i)
		for _, w := range waiting {
			f.waits(c, w, true)
			f.waits(c, w, true)
		}
		f.clock.Step(time.Minute)
	}
}

// TestThoseThatWaitForTheirTimeComeOneAfterTheOther: the first of them when the spacing is over, and no two at once.
func TestThoseThatWaitForTheirTimeComeOneAfterTheOther(t *testing.T) {
	t.Parallel()
	const n, spacing = 1000, time.Hour
	c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 5, MinSpacing: "1h"})
	f := crewOf(n+1, c)
	f.turnsAt(c, 0)
	at := map[time.Time]int{}
	for i := 1; i <= n; i++ {
		until := f.holds(c, member(i)).until
		f.waits(c, i, true)
		if at[until]++; at[until] > 1 {
			t.Fatalf("%d come at %s", at[until], until)
		}
		if first := fleetEpoch.Add(spacing); (i == 1) != until.Equal(first) || until.Before(first) {
			t.Errorf("number %d of the line comes at %s, and the spacing is over at %s", i, until, first)
		}
	}
}

// TestWhoKeepsAPlace between two passes, of those that asked in it.
func TestWhoKeepsAPlace(t *testing.T) {
	t.Parallel()
	throttled := rotation.Wait{Reason: v1alpha1.ReasonThrottled}
	for name, test := range map[string]struct {
		action rotation.Action
		retry  rotation.Retry
		keeps  bool
	}{
		"a rotation that starts": {action: rotation.StageSecret{}, keeps: true},
		"one that waits for the admin API, as any other would": {
			action: throttled, retry: rotation.Retry{Reason: v1alpha1.ReasonThrottled, At: fleetEpoch.Add(time.Minute)}, keeps: true,
		},
		"not one whose check is throttled": {action: throttled},
		"not one whose check is throttled after the admin API was": {
			action: throttled, retry: rotation.Retry{Reason: v1alpha1.ReasonThrottled, At: fleetEpoch},
		},
		"not one that the admin API fails": {
			action: rotation.Wait{Reason: v1alpha1.ReasonOktaUnavailable}, retry: rotation.Retry{Reason: v1alpha1.ReasonOktaUnavailable, At: fleetEpoch.Add(time.Minute)},
		},
		"not one that has nothing to start": {action: rotation.Wait{Reason: string(v1alpha1.VerdictAccepted)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := scene{now: fleetEpoch, Observation: rotation.Observation{Retry: test.retry}}
			if got := seen.keepsPlace(test.action); got != test.keeps {
				t.Errorf("keeps its place: %t", got)
			}
		})
	}
}
