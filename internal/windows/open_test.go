package windows_test

import (
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/windows"
)

const (
	berlin   = "Europe/Berlin"
	newYork  = "America/New_York"
	lordHowe = "Australia/Lord_Howe"
)

func allow(schedule string, duration time.Duration, zone string) windows.Window {
	return windows.Window{Type: windows.Allow, Schedule: schedule, Duration: duration, TimeZone: zone}
}

func deny(schedule string, duration time.Duration, zone string) windows.Window {
	return windows.Window{Type: windows.Deny, Schedule: schedule, Duration: duration, TimeZone: zone}
}

func planOf(t *testing.T, list ...windows.Window) windows.Plan {
	t.Helper()
	plan, err := windows.Parse(list)
	if err != nil {
		t.Fatal(err)
	}

	return plan
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}

	return moment
}

// state is whether a plan is open, and when that changes; next is empty where that is not known.
type state struct {
	open bool
	next string
}

// mustBe holds that a plan is in a state at a moment, up to the last nanosecond before it changes.
func mustBe(t *testing.T, plan windows.Plan, now time.Time, want state) {
	t.Helper()
	opens, found := plan.Opens(now)
	switch open := plan.Open(now); {
	case open != want.open:
		t.Errorf("at %s open is %v", now, open)
	case open && (!found || !opens.Equal(now)):
		t.Errorf("it is open at %s, and opens at %s, found %v", now, opens, found)
	case !open && found != (want.next != ""):
		t.Errorf("it opens at %s, found %v", opens, found)
	case want.next == "":
	case !open && opens.UTC().Format(time.RFC3339) != want.next:
		t.Errorf("it opens at %s, want %s", opens, want.next)
	case plan.Open(at(t, want.next).Add(-time.Nanosecond)) != open, plan.Open(at(t, want.next)) == open:
		t.Errorf("open is %v at %s, and does not change at %s", open, now, want.next)
	}
}

func TestWindowsAreOpenWhenTheySay(t *testing.T) {
	nightly := allow("0 2 * * *", 2*time.Hour, "")
	for name, c := range map[string]struct {
		windows []windows.Window
		now     string
		want    state
	}{
		"without windows it is always open":         {nil, "2026-03-02T12:00:00Z", state{open: true}},
		"before an Allow it is closed until then":   {[]windows.Window{nightly}, "2026-03-02T01:59:59Z", state{false, "2026-03-02T02:00:00Z"}},
		"it opens at the very start":                {[]windows.Window{nightly}, "2026-03-02T02:00:00Z", state{true, "2026-03-02T04:00:00Z"}},
		"it is open to the last moment":             {[]windows.Window{nightly}, "2026-03-02T03:59:59Z", state{true, "2026-03-02T04:00:00Z"}},
		"it is closed at the very end":              {[]windows.Window{nightly}, "2026-03-02T04:00:00Z", state{false, "2026-03-03T02:00:00Z"}},
		"fractions of a second are no start":        {[]windows.Window{nightly}, "2026-03-02T01:59:59.999Z", state{false, "2026-03-02T02:00:00Z"}},
		"a Deny alone leaves the rest open":         {[]windows.Window{deny("0 9 * * *", time.Hour, "")}, "2026-03-02T08:00:00Z", state{true, "2026-03-02T09:00:00Z"}},
		"a Deny closes":                             {[]windows.Window{deny("0 9 * * *", time.Hour, "")}, "2026-03-02T09:30:00Z", state{false, "2026-03-02T10:00:00Z"}},
		"a Deny wins over an Allow":                 {[]windows.Window{nightly, deny("0 3 * * *", time.Hour, "")}, "2026-03-02T03:30:00Z", state{false, "2026-03-03T02:00:00Z"}},
		"an Allow ends where a Deny begins":         {[]windows.Window{nightly, deny("0 3 * * *", time.Hour, "")}, "2026-03-02T02:30:00Z", state{true, "2026-03-02T03:00:00Z"}},
		"after a Deny an Allow goes on":             {[]windows.Window{nightly, deny("0 2 * * *", time.Hour, "")}, "2026-03-02T02:30:00Z", state{false, "2026-03-02T03:00:00Z"}},
		"Allows that overlap are one":               {[]windows.Window{nightly, allow("30 3 * * *", 2*time.Hour, "")}, "2026-03-02T03:45:00Z", state{true, "2026-03-02T05:30:00Z"}},
		"one that overlaps itself goes on":          {[]windows.Window{allow("0 2-4 * * *", 90*time.Minute, "")}, "2026-03-02T02:30:00Z", state{true, "2026-03-02T05:30:00Z"}},
		"one can last over midnight and a month":    {[]windows.Window{allow("0 22 31 * *", 6*time.Hour, "")}, "2026-04-01T01:00:00Z", state{true, "2026-04-01T04:00:00Z"}},
		"weekdays leave out a weekend":              {[]windows.Window{allow("0 2 * * MON-FRI", time.Hour, "")}, "2026-03-06T12:00:00Z", state{false, "2026-03-09T02:00:00Z"}},
		"a freeze lasts for weeks":                  {[]windows.Window{nightly, deny("0 0 20 12 *", 336*time.Hour, "")}, "2026-12-25T02:30:00Z", state{false, "2027-01-03T02:00:00Z"}},
		"29 February comes every four years":        {[]windows.Window{allow("0 0 29 2 *", time.Hour, "")}, "2028-03-01T00:00:00Z", state{false, "2032-02-29T00:00:00Z"}},
		"a zone counts":                             {[]windows.Window{allow("0 2 * * *", 2*time.Hour, newYork)}, "2026-01-15T02:30:00Z", state{false, "2026-01-15T07:00:00Z"}},
		"two zones in one plan":                     {[]windows.Window{allow("0 2 * * *", time.Hour, newYork), allow("0 2 * * *", time.Hour, berlin)}, "2026-01-15T02:30:00Z", state{false, "2026-01-15T07:00:00Z"}},
		"a half-hour zone is no stranger":           {[]windows.Window{allow("0 2 * * *", time.Hour, "Asia/Kolkata")}, "2026-01-14T20:00:00Z", state{false, "2026-01-14T20:30:00Z"}},
		"a day that a zone skipped starts the next": {[]windows.Window{allow("0 12 30 12 *", time.Hour, "Pacific/Apia")}, "2011-12-30T08:00:00Z", state{false, "2011-12-30T10:00:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			mustBe(t, planOf(t, c.windows...), at(t, c.now), c.want)
		})
	}
}

// TestChangesOfTheClock walks from change to change of a plan.
func TestChangesOfTheClock(t *testing.T) {
	for name, c := range map[string]struct {
		window windows.Window
		from   string
		want   []string
	}{
		"Berlin, forward: a start that does not exist comes with the jump": {
			allow("30 2 * * *", time.Hour, berlin), "2026-03-28T12:00:00Z",
			[]string{"2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z", "2026-03-30T00:30:00Z"},
		},
		"Berlin, forward: several starts of the hour that does not exist come as one": {
			allow("*/20 2 * * *", 10*time.Minute, berlin), "2026-03-28T12:00:00Z",
			[]string{"2026-03-29T01:00:00Z", "2026-03-29T01:10:00Z", "2026-03-30T00:00:00Z"},
		},
		"Berlin, forward: a window over the jump lasts as long as ever": {
			allow("0 1 * * *", 3*time.Hour, berlin), "2026-03-28T12:00:00Z",
			[]string{"2026-03-29T00:00:00Z", "2026-03-29T03:00:00Z", "2026-03-29T23:00:00Z"},
		},
		"Berlin, back: a start of the hour that comes twice opens once": {
			allow("30 2 * * *", 20*time.Minute, berlin), "2026-10-24T12:00:00Z",
			[]string{"2026-10-25T00:30:00Z", "2026-10-25T00:50:00Z", "2026-10-26T01:30:00Z"},
		},
		"Berlin, back: asked in the second of the two hours, it opens the next day": {
			allow("30 2 * * *", 20*time.Minute, berlin), "2026-10-25T01:10:00Z",
			[]string{"2026-10-26T01:30:00Z", "2026-10-26T01:50:00Z"},
		},
		"Berlin, back: a window over the change lasts as long as ever": {
			allow("0 1 * * *", 3*time.Hour, berlin), "2026-10-24T12:00:00Z",
			[]string{"2026-10-24T23:00:00Z", "2026-10-25T02:00:00Z", "2026-10-26T00:00:00Z"},
		},
		"New York, forward": {
			allow("15 2 8 3 *", time.Hour, newYork), "2026-03-07T12:00:00Z",
			[]string{"2026-03-08T07:00:00Z", "2026-03-08T08:00:00Z"},
		},
		"New York, back": {
			allow("15 1 * * *", 2*time.Hour, newYork), "2026-10-31T12:00:00Z",
			[]string{"2026-11-01T05:15:00Z", "2026-11-01T07:15:00Z", "2026-11-02T06:15:00Z"},
		},
		"Lord Howe, forward by half an hour: 02:15 does not exist": {
			allow("15 2 * * *", time.Hour, lordHowe), "2026-10-03T12:00:00Z",
			[]string{"2026-10-03T15:30:00Z", "2026-10-03T16:30:00Z", "2026-10-04T15:15:00Z"},
		},
		"Lord Howe, forward by half an hour: 02:45 does": {
			allow("45 2 * * *", time.Hour, lordHowe), "2026-10-03T12:00:00Z",
			[]string{"2026-10-03T15:45:00Z", "2026-10-03T16:45:00Z", "2026-10-04T15:45:00Z"},
		},
		"Lord Howe, back by half an hour: 01:45 comes twice and opens once": {
			allow("45 1 * * *", 10*time.Minute, lordHowe), "2026-04-04T12:00:00Z",
			[]string{"2026-04-04T14:45:00Z", "2026-04-04T14:55:00Z", "2026-04-05T15:15:00Z"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			plan, moment := planOf(t, c.window), at(t, c.from)
			for i, next := range c.want {
				mustBe(t, plan, moment, state{i%2 == 1, next})
				moment = at(t, next)
			}
		})
	}
}

// TestWindowsThatNeverOpenAreSaidSo: no time is made up for them.
func TestWindowsThatNeverOpenAreSaidSo(t *testing.T) {
	nightly, hourly := allow("0 2 * * *", 2*time.Hour, ""), allow("0 * * * *", time.Minute, "")
	for name, list := range map[string][]windows.Window{
		"always denied":                           {deny("* * * * *", time.Hour, "")},
		"always denied, minute by minute":         {deny("* * * * *", time.Minute, "")},
		"a Deny from midnight to midnight":        {nightly, deny("0 0 * * *", 24*time.Hour, "")},
		"a Deny that overlaps itself":             {nightly, deny("0 * * * *", windows.MaxDuration, "")},
		"a Deny over each Allow":                  {nightly, deny("0 1 * * *", 4*time.Hour, "")},
		"a Deny over each Allow of every hour":    {hourly, deny("0 * * * *", 2*time.Minute, "")},
		"two Denies that cover an Allow together": {nightly, deny("0 1 * * *", 2*time.Hour, ""), deny("0 3 * * *", 2*time.Hour, "")},
		"a Deny of another zone":                  {nightly, deny("0 1 * * *", 12*time.Hour, berlin)},
	} {
		t.Run(name, func(t *testing.T) {
			plan := planOf(t, list...)
			// At all times of a day, so that it does not depend on when it is asked.
			for part := range 3 {
				now := at(t, "2026-03-02T00:30:00Z").Add(time.Duration(part) * 8 * time.Hour)
				mustBe(t, plan, now, state{})
			}
		})
	}
}

// TestALongFreezeEndsWhenItEnds: what opens first after weeks of a Deny is found from each moment of it, and is the same.
func TestALongFreezeEndsWhenItEnds(t *testing.T) {
	for name, c := range map[string]struct {
		windows []windows.Window
		want    string
	}{
		"every hour":                             {[]windows.Window{allow("0 * * * *", 10*time.Minute, ""), deny("0 0 20 12 *", 336*time.Hour, "")}, "2027-01-03T00:00:00Z"},
		"every minute":                           {[]windows.Window{allow("* * * * *", time.Minute, ""), deny("0 0 20 12 *", 336*time.Hour, "")}, "2027-01-03T00:00:00Z"},
		"into an Allow that began in the freeze": {[]windows.Window{allow("30 23 2 1 *", time.Hour, ""), deny("0 0 20 12 *", 336*time.Hour, "")}, "2027-01-03T00:00:00Z"},
		"a freeze of three windows on end":       {[]windows.Window{deny("0 0 20 12 *", 336*time.Hour, ""), deny("0 0 3 1 *", 24*time.Hour, ""), deny("0 0 4 1 *", 24*time.Hour, "")}, "2027-01-05T00:00:00Z"},
		"a freeze made of days":                  {[]windows.Window{deny("0 0 20-31 12 *", 24*time.Hour, ""), deny("0 0 1-2 1 *", 24*time.Hour, "")}, "2027-01-03T00:00:00Z"},
		"a freeze made of minutes":               {[]windows.Window{deny("* * 20-31 12 *", time.Minute, ""), deny("* * 1-2 1 *", time.Minute, "")}, "2027-01-03T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			plan := planOf(t, c.windows...)
			for _, now := range []string{"2026-12-20T00:00:00Z", "2026-12-23T11:07:13Z", "2027-01-02T23:59:59Z"} {
				mustBe(t, plan, at(t, now), state{false, c.want})
			}
		})
	}
}
