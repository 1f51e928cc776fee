package oktaclientcredential

import (
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// TestAfterARestart: what an earlier process left at work counts, and nothing starts before every credential was looked at.
func TestAfterARestart(t *testing.T) {
	t.Parallel()
	c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 2})
	restarted := func(members ...found) crew {
		f := crewOf(0, c)
		f.begin(c.uid, members)

		return f
	}
	for name, test := range map[string]struct {
		f    crew
		c    terms
		does func(f crew)
		want bool
	}{
		"nobody was there before": {f: restarted(), c: c, want: true},
		"one was not looked at, and may rotate": {
			f: restarted(found{credential: member(1)}, found{credential: member(2)}), c: c,
			does: func(f crew) { f.idles(c, 1) },
		},
		"all were looked at": {
			f: restarted(found{credential: member(1)}, found{credential: member(2)}), c: c,
			does: func(f crew) { f.idles(c, 1); f.idle(member(2)) }, want: true,
		},
		"one is gone": {
			f: restarted(found{credential: member(1)}, found{credential: member(2)}), c: c,
			does: func(f crew) { f.idles(c, 1); f.forget(member(2)) }, want: true,
		},
		"one cannot be looked at": {
			f: restarted(found{credential: member(1)}, found{credential: member(2)}), c: c,
			does: func(f crew) { f.clock.Step(lookAround) }, want: true,
		},
		"and was rotating, as another one that can": {
			f: restarted(found{credential: member(1)}, found{credential: member(2), staged: fleetEpoch}), c: c,
			does: func(f crew) { f.rotates(c, 1, fleetEpoch); f.clock.Step(lookAround) },
		},
		"their journals say that two rotate": {
			f: restarted(found{credential: member(1)}, found{credential: member(2)}), c: c,
			does: func(f crew) { f.rotates(c, 1, fleetEpoch); f.rotates(c, 2, fleetEpoch) },
		},
		"the last start is too short ago": {
			f: restarted(found{credential: member(1), started: fleetEpoch.Add(-time.Minute)}), c: connectionWith(v1alpha1.RotationPace{MaxConcurrent: 2, MinSpacing: "1h"}),
			does: func(f crew) { f.idles(c, 1) },
		},
		"the last start is too short ago, and only its journal tells": {
			f: restarted(found{credential: member(1)}), c: connectionWith(v1alpha1.RotationPace{MaxConcurrent: 2, MinSpacing: "1h"}),
			does: func(f crew) { f.rotates(c, 1, fleetEpoch.Add(-time.Minute)); f.idles(c, 1) },
		},
		"what only a journal tells of was long ago": {
			f: restarted(found{credential: member(1)}), c: connectionWith(v1alpha1.RotationPace{MaxConcurrent: 2, MinSpacing: "1m"}),
			does: func(f crew) { f.rotates(c, 1, fleetEpoch.Add(-time.Minute)); f.idles(c, 1) }, want: true,
		},
		"the last start was long ago": {
			f: restarted(found{credential: member(1), started: fleetEpoch.Add(-time.Minute)}), c: connectionWith(v1alpha1.RotationPace{MaxConcurrent: 2, MinSpacing: "1m"}),
			does: func(f crew) { f.idles(c, 1) }, want: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.does != nil {
				test.does(test.f)
			}
			test.f.idles(test.c, 0)
			if got := test.f.starts(test.c, 0); got != test.want {
				t.Errorf("a rotation starts: %v", got)
			}
		})
	}
}
