package oktaclientcredential

import (
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/controllers/connection"
)

// TestWhenAHintIsDue: at once, and twice more, since the token endpoint may honour a dead secret for a while.
func TestWhenAHintIsDue(t *testing.T) {
	t.Parallel()
	noticed := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	after := func(d time.Duration) time.Time { return noticed.Add(d) }
	for name, test := range map[string]struct {
		checked, now time.Time
		due          bool
		next         time.Time
	}{
		"it was checked before":                {after(-time.Minute), noticed, true, after(30 * time.Second)},
		"it was checked at once":               {after(time.Second), after(2 * time.Second), false, after(30 * time.Second)},
		"half a minute later":                  {after(time.Second), after(30 * time.Second), true, after(2 * time.Minute)},
		"the second check was made":            {after(31 * time.Second), after(32 * time.Second), false, after(2 * time.Minute)},
		"two minutes later":                    {after(31 * time.Second), after(2 * time.Minute), true, time.Time{}},
		"all were made":                        {after(121 * time.Second), after(time.Hour), false, time.Time{}},
		"nobody came for an hour: one for all": {after(-time.Minute), after(time.Hour), true, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if due, next := hinted(noticed, test.checked, test.now); due != test.due || !next.Equal(test.next) {
				t.Errorf("hinted() = %t, %s; want %t, %s", due, next, test.due, test.next)
			}
		})
	}
}

// TestTheEchoOfOurOwnChangeIsNoHint; but what somebody else changed meanwhile is one, though ours is the newer change.
func TestTheEchoOfOurOwnChangeIsNoHint(t *testing.T) {
	t.Parallel()
	changed := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) connection.Notice { return connection.Notice{Noticed: changed.Add(d)} }
	for name, test := range map[string]struct {
		seen connection.Sighting
		want time.Time
	}{
		"nothing was noticed":                       {connection.Sighting{}, time.Time{}},
		"our own change":                            {connection.Sighting{Operated: at(5 * time.Second)}, time.Time{}},
		"a person's, a moment after ours":           {connection.Sighting{Changed: at(5 * time.Second)}, changed.Add(5 * time.Second)},
		"a person's, and then the echo of ours":     {connection.Sighting{Changed: at(-time.Second), Operated: at(5 * time.Second)}, changed.Add(-time.Second)},
		"another operator's, when ours is long ago": {connection.Sighting{Changed: at(-time.Hour), Operated: at(time.Minute)}, changed.Add(time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := noticedChange(test.seen, changed); !got.Equal(test.want) {
				t.Errorf("noticedChange() = %s, want %s", got, test.want)
			}
		})
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
