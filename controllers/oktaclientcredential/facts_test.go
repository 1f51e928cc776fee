package oktaclientcredential

import (
	"strings"
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// TestWindowOf says how the windows of a spec stand: type, schedule, duration and zone are all read.
func TestWindowOf(t *testing.T) {
	t.Parallel()
	nightly := v1alpha1.RotationWindow{Type: v1alpha1.WindowAllow, Schedule: "0 2 * * *", Duration: "2h", TimeZone: "Europe/Berlin"}
	freeze := v1alpha1.RotationWindow{Type: v1alpha1.WindowDeny, Schedule: "0 0 1 3 *", Duration: "48h"}
	always := v1alpha1.RotationWindow{Type: v1alpha1.WindowDeny, Schedule: "0 0 * * *", Duration: "24h"}
	mistyped := nightly
	mistyped.TimeZone = "Europe/Berln"
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 0, 0, time.UTC) }
	for name, test := range map[string]struct {
		maxAge  v1alpha1.Duration
		windows []v1alpha1.RotationWindow
		now     time.Time
		want    rotation.Window
		problem string
	}{
		"without windows":                            {"2160h", nil, at(10, 12, 0), rotation.Window{}, ""},
		"without maxAge windows are of no use":       {"", []v1alpha1.RotationWindow{mistyped}, at(10, 12, 0), rotation.Window{}, ""},
		"before it opens, in its own zone":           {"2160h", []v1alpha1.RotationWindow{nightly}, at(10, 0, 59), rotation.Window{Closed: true, Opens: at(10, 1, 0)}, ""},
		"when it opens":                              {"2160h", []v1alpha1.RotationWindow{nightly}, at(10, 1, 0), rotation.Window{}, ""},
		"as long as it lasts":                        {"2160h", []v1alpha1.RotationWindow{nightly}, at(10, 2, 59), rotation.Window{}, ""},
		"after it":                                   {"2160h", []v1alpha1.RotationWindow{nightly}, at(10, 3, 0), rotation.Window{Closed: true, Opens: at(11, 1, 0)}, ""},
		"in a freeze: when both let it":              {"2160h", []v1alpha1.RotationWindow{nightly, freeze}, at(1, 1, 30), rotation.Window{Closed: true, Opens: at(3, 1, 0)}, ""},
		"a freeze that never ends":                   {"2160h", []v1alpha1.RotationWindow{nightly, always}, at(10, 1, 30), rotation.Window{Closed: true}, ""},
		"a zone that is not known, and which window": {"2160h", []v1alpha1.RotationWindow{freeze, mistyped}, at(10, 1, 30), rotation.Window{}, `read window 2: time zone "Europe/Berln" is not known`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := windowOf(v1alpha1.RotationSpec{MaxAge: test.maxAge, Windows: test.windows}, test.now)
			if !strings.HasPrefix(got.Problem, test.problem) || (got.Problem != "") != (test.problem != "") {
				t.Errorf("the problem is %q", got.Problem)
			}
			if got.Closed != test.want.Closed || !got.Opens.Equal(test.want.Opens) {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}
