package oktaclientcredential

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// hintEpoch is when something was noticed.
var hintEpoch = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// TestWhenAHintIsDue: at once, and twice more, since the token endpoint may honour a dead secret for a while.
func TestWhenAHintIsDue(t *testing.T) {
	t.Parallel()
	after := func(d time.Duration) time.Time { return hintEpoch.Add(d) }
	now, once := []hint{{hintEpoch, echoes()}}, []hint{{hintEpoch, []time.Duration{time.Minute}}}
	for name, test := range map[string]struct {
		hints        []hint
		checked, now time.Time
		due          bool
		next         time.Time
	}{
		"there is none":                                {nil, after(-time.Minute), hintEpoch, false, time.Time{}},
		"it was checked before":                        {now, after(-time.Minute), hintEpoch, true, after(30 * time.Second)},
		"it was checked at once":                       {now, after(time.Second), after(2 * time.Second), false, after(30 * time.Second)},
		"half a minute later":                          {now, after(time.Second), after(30 * time.Second), true, after(2 * time.Minute)},
		"the second check was made":                    {now, after(31 * time.Second), after(32 * time.Second), false, after(2 * time.Minute)},
		"two minutes later":                            {now, after(31 * time.Second), after(2 * time.Minute), true, time.Time{}},
		"all were made":                                {now, after(121 * time.Second), after(time.Hour), false, time.Time{}},
		"nobody came for an hour: one for all":         {now, after(-time.Minute), after(time.Hour), true, time.Time{}},
		"one is enough, and it is too early":           {once, after(-time.Minute), after(time.Second), false, after(time.Minute)},
		"one is enough, and it is time":                {once, after(-time.Minute), after(time.Minute), true, time.Time{}},
		"one is enough, and was made for other causes": {once, after(time.Second), after(time.Minute), false, time.Time{}},
		"the earlier of two comes first":               {append(once, now...), after(time.Second), after(2 * time.Second), false, after(30 * time.Second)},
		"one of two is due":                            {append(once, now...), after(-time.Second), after(time.Second), true, after(30 * time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if due, next := hinted(test.hints, test.checked, test.now); due != test.due || !next.Equal(test.next) {
				t.Errorf("hinted() = %t, %s; want %t, %s", due, next, test.due, test.next)
			}
		})
	}
}

// TestWhatIsAHint: not the echo of our own change, but what somebody else changed meanwhile, though ours is the newer change.
func TestWhatIsAHint(t *testing.T) {
	t.Parallel()
	const delay = 90 * time.Second
	changed := hintEpoch // when we last changed something
	at := func(d time.Duration) time.Time { return changed.Add(d) }
	read := func(published, noticed time.Duration) connection.Notice {
		return connection.Notice{LogEvent: okta.LogEvent{Published: at(published)}, Noticed: at(noticed)}
	}
	thrice := func(noticed time.Duration) hint { return hint{at(noticed), echoes()} }
	once := func(noticed, after time.Duration) hint { return hint{at(noticed), []time.Duration{after}} }
	for name, test := range map[string]struct {
		seen connection.Sighting
		// ownChange is changed where a process remembers that, and started long before it.
		forgotten bool
		started   time.Time
		want      []hint
	}{
		"nothing was noticed":                              {},
		"nothing was noticed since a start":                {forgotten: true},
		"our own change":                                   {seen: connection.Sighting{Operated: read(0, 5*time.Second)}},
		"our own change, read by an interval of a minute":  {seen: connection.Sighting{Operated: read(time.Second, time.Minute)}},
		"our own change, by a clock that is ahead of ours": {seen: connection.Sighting{Operated: read(time.Minute, 5*time.Second)}},
		"a person's, a moment after ours": {
			seen: connection.Sighting{Changed: read(2*time.Second, 5*time.Second)}, want: []hint{thrice(5 * time.Second)},
		},
		"a person's, and then the echo of ours": {
			seen: connection.Sighting{Changed: read(-3*time.Second, -time.Second), Operated: read(0, 5*time.Second)},
			want: []hint{thrice(-time.Second)},
		},
		"a person's that was read late": {
			seen: connection.Sighting{Changed: read(-time.Hour, 5*time.Second)}, want: []hint{once(5*time.Second, 0)},
		},
		"another operator's, when ours is long ago": {
			seen: connection.Sighting{Operated: read(55*time.Second, time.Minute)}, want: []hint{thrice(time.Minute)},
		},
		"an operator's, from before this process": {
			seen: connection.Sighting{Operated: read(0, 5*time.Second)}, forgotten: true, started: at(time.Second),
			want: []hint{once(5*time.Second, delay)},
		},
		"an operator's that was read late": {
			seen: connection.Sighting{Operated: read(0, time.Hour)}, forgotten: true, want: []hint{once(time.Hour, delay)},
		},
		"a person's, from before this process": {
			seen: connection.Sighting{Changed: read(0, 5*time.Second)}, forgotten: true, started: at(time.Second),
			want: []hint{thrice(5 * time.Second)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := changed
			if test.forgotten {
				own = time.Time{}
			}
			if diff := cmp.Diff(test.want, hintsOf(test.seen, own, test.started, delay), cmp.AllowUnexported(hint{})); diff != "" {
				t.Errorf("hintsOf() (-want +got):\n%s", diff)
			}
		})
	}
}

// TestARestartAfterManyRotations asks once about each of them, spread over some minutes, though the log tells of all at once and
// nobody knows any more that they were our own.
func TestARestartAfterManyRotations(t *testing.T) {
	t.Parallel()
	const n = 300
	perMinute := map[time.Duration]int{}
	for i := range n {
		seen := scene{Observation: rotation.Observation{Credential: rotation.Credential{Interval: time.Hour, Jitter: float64(i) / n}}}
		rotated, checked := hintEpoch.Add(-time.Duration(i+1)*10*time.Second), hintEpoch.Add(-time.Hour)
		sighting := connection.Sighting{Operated: connection.Notice{LogEvent: okta.LogEvent{Published: rotated}, Noticed: hintEpoch.Add(time.Second)}}
		for now := hintEpoch; now.Before(hintEpoch.Add(10 * time.Minute)); now = now.Add(time.Second) {
			if due, _ := hinted(hintsOf(sighting, time.Time{}, hintEpoch, seen.restartDelay()), checked, now); due {
				checked = now
				perMinute[now.Sub(hintEpoch).Truncate(time.Minute)]++
			}
		}
	}
	total := 0
	for minute, checks := range perMinute {
		if total += checks; checks > n/4 {
			t.Errorf("%d checks in the minute after %s", checks, minute)
		}
	}
	if total != n {
		t.Errorf("%d checks of %d credentials", total, n)
	}
}

// TestFromWhereAFailureCame is said in whole words where Okta did not tell all of it.
func TestFromWhereAFailureCame(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ address, program, want string }{
		{"203.0.113.7", "curl/8", "203.0.113.7, curl/8"},
		{"203.0.113.7", "", "203.0.113.7"},
		{"", "curl/8", "from an address that Okta did not tell, curl/8"},
		{"", "", "from an address that Okta did not tell"},
	} {
		if got := whence(test.address, test.program); got != test.want {
			t.Errorf("of %q and %q it says %q, want %q", test.address, test.program, got, test.want)
		}
	}
}
