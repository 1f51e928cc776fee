package oktaclientcredential

import (
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// TestAFailureThatIsNewEndsARest, also where so many are known that each new one displaces the oldest.
func TestAFailureThatIsNewEndsARest(t *testing.T) {
	t.Parallel()
	sceneWith := func(failures ...time.Duration) *scene {
		seen := &scene{now: fleetEpoch, memory: &memory{}}
		for _, at := range failures {
			seen.Failures = append(seen.Failures, rotation.Failure{At: fleetEpoch.Add(at)})
		}

		return seen
	}
	for name, test := range map[string]struct {
		before, after []time.Duration
		rests         bool
	}{
		"there is none":             {rests: true},
		"the first":                 {after: []time.Duration{1}},
		"the same":                  {before: []time.Duration{1, 2}, after: []time.Duration{1, 2}, rests: true},
		"another one":               {before: []time.Duration{1, 2}, after: []time.Duration{1, 2, 3}},
		"another one for the first": {before: []time.Duration{1, 2}, after: []time.Duration{2, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kept := rest{circumstances: sceneWith(test.before...).describe(), wait: rotation.Wait{Until: fleetEpoch.Add(time.Hour)}}
			seen := sceneWith(test.after...)
			seen.memory.rest = kept
			if _, rests := seen.resting(); rests != test.rests {
				t.Errorf("the decision holds: %t", rests)
			}
		})
	}
}
