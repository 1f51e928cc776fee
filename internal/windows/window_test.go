package windows_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/windows"
)

func TestWindowsThatCannotBeReadSayTheFix(t *testing.T) {
	for name, c := range map[string]struct {
		window windows.Window
		want   string
	}{
		"a type that is not known":          {windows.Window{Type: "Maybe", Schedule: "0 2 * * *", Duration: time.Hour}, "write Allow or Deny"},
		"no schedule":                       {allow("", time.Hour, ""), "write five fields"},
		"four fields":                       {allow("0 2 * *", time.Hour, ""), "write five fields"},
		"six fields":                        {allow("0 0 2 * * *", time.Hour, ""), "write five fields"},
		"a minute out of range":             {allow("60 2 * * *", time.Hour, ""), "write five fields"},
		"a step of zero":                    {allow("*/0 2 * * *", time.Hour, ""), "write five fields"},
		"a descriptor":                      {allow("@daily", time.Hour, ""), "write five fields"},
		"an interval":                       {allow("@every 1h", time.Hour, ""), "write five fields"},
		"a zone within the schedule":        {allow("TZ=Europe/Berlin 0 2 * * *", time.Hour, ""), "give the window a timeZone"},
		"a zone and nothing after it":       {allow("CRON_TZ=UTC", time.Hour, ""), "give the window a timeZone"},
		"a day that never comes":            {allow("0 2 30 2 *", time.Hour, ""), "change its day or its month"},
		"no duration":                       {allow("0 2 * * *", 0, ""), "write one from 1m to 2160h"},
		"a duration below a minute":         {allow("0 2 * * *", 59*time.Second, ""), "write one from 1m to 2160h"},
		"a duration above the bound":        {allow("0 2 * * *", windows.MaxDuration+1, ""), "write one from 1m to 2160h"},
		"a zone that is not known":          {allow("0 2 * * *", time.Hour, "Mars/Olympus"), "write an IANA name"},
		"the zone of the operator's node":   {allow("0 2 * * *", time.Hour, "Local"), "write an IANA name"},
		"a zone that is a path to the disk": {allow("0 2 * * *", time.Hour, "../../etc/passwd"), "write an IANA name"},
	} {
		t.Run(name, func(t *testing.T) {
			err := windows.Validate([]windows.Window{allow("0 2 * * *", time.Hour, berlin), c.window})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "read window 2: ") {
				t.Errorf("got %v, want window 2 and %q", err, c.want)
			}
		})
	}
}

func TestWindowsThatCanBeRead(t *testing.T) {
	for _, schedule := range []string{"0 2 * * *", "*/15 0-5,22-23 1 JAN-MAR SUN", "0 0 29 2 *", "5 4 * * 0", "0 0 1 * ?"} {
		for _, zone := range []string{"", "UTC", berlin, newYork, lordHowe} {
			if err := windows.Validate([]windows.Window{allow(schedule, time.Minute, zone), deny(schedule, windows.MaxDuration, zone)}); err != nil {
				t.Errorf("%s in %q: %v", schedule, zone, err)
			}
		}
	}
}

// FuzzOpen holds that the search ends, goes forward, and tells the truth: at the time that it found it is open, and before that
// it is not.
func FuzzOpen(f *testing.F) {
	f.Add("30 2 * * *", int64(time.Hour), berlin, "0 3 * * *", int64(time.Minute), newYork, int64(1_774_700_000))
	f.Add("* * * * *", int64(time.Minute), lordHowe, "0 0 29 2 *", int64(windows.MaxDuration), "Pacific/Apia", int64(1_325_239_200))
	f.Add("45 1 * * 0", int64(3*time.Hour), lordHowe, "*/7 */5 */3 */2 *", int64(90*time.Second), "", int64(-1))
	f.Fuzz(func(t *testing.T, allowed string, allowedFor int64, allowedIn, denied string, deniedFor int64, deniedIn string, unix int64) {
		plan, err := windows.Parse([]windows.Window{
			allow(allowed, time.Duration(allowedFor), allowedIn), deny(denied, time.Duration(deniedFor), deniedIn),
		})
		if err != nil {
			t.Skip()
		}
		now := time.Unix(unix%(1<<33), 0)
		next, found := plan.Opens(now)
		switch {
		case plan.Open(now) && (!found || !next.Equal(now)):
			t.Fatalf("it is open at %s, and opens at %s, found %v", now, next, found)
		case plan.Open(now), !found:
			return
		case !next.After(now), !plan.Open(next):
			t.Fatalf("it is closed at %s, and not open at %s, when it is to open", now, next)
		}
		for _, between := range []time.Time{now.Add(next.Sub(now) / 2), now.Add(next.Sub(now) / 3), next.Add(-time.Nanosecond)} {
			if plan.Open(between) {
				t.Errorf("closed from %s to %s, but open at %s", now, next, between)
			}
		}
	})
}

// TestTheZonesAreInTheProgram: the operator's image has no zones, and a host that has some shows nothing when they are missing.
func TestTheZonesAreInTheProgram(t *testing.T) {
	for _, program := range []string{".", "../../cmd/manager"} {
		listed, err := exec.CommandContext(t.Context(), "go", "list", "-deps", program).Output()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(strings.Fields(string(listed)), "time/tzdata") {
			t.Errorf("%s is built without time/tzdata", program)
		}
	}
}
