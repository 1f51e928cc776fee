package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/journal"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// inHalfADay is a window of a minute, twelve hours from now; and the moment at which it opens.
func inHalfADay() (v1alpha1.RotationWindow, time.Time) {
	opens := time.Now().UTC().Add(12 * time.Hour).Truncate(time.Minute)

	return v1alpha1.RotationWindow{Type: v1alpha1.WindowAllow, Schedule: fmt.Sprintf("%d %d * * *", opens.Minute(), opens.Hour()), Duration: "1m"}, opens
}

// rotatesByAge gives a credential a maxAge of 30 days and these windows.
func rotatesByAge(windows ...v1alpha1.RotationWindow) func(*v1alpha1.OktaClientCredential) {
	return func(c *v1alpha1.OktaClientCredential) {
		c.Spec.Rotation.MaxAge, c.Spec.Rotation.Windows = "720h", windows
	}
}

// ages the current secret by 60 days, as the journal dates it.
func (w *world) ages() {
	w.t.Helper()
	change(w, w.journal(), func(s *corev1.Secret) {
		record, err := journal.Decode(s.Data["journal.json"])
		if err != nil {
			w.t.Fatal(err)
		}
		record.Current.Since = record.Current.Since.Add(-60 * 24 * time.Hour)
		data, err := journal.Encode(record)
		if err != nil {
			w.t.Fatal(err)
		}
		s.Data["journal.json"] = data
	})
}

// TestARotationByAgeWaitsForItsWindow: outside the window an old secret stays, and the status says when the window opens; inside
// one it is replaced.
func TestARotationByAgeWaitsForItsWindow(t *testing.T) {
	w := given(t, oktasim.Options{}, anyClient)
	window, opens := inHalfADay()
	w.healthy(rotatesByAge(window))
	w.ages()
	w.eventually("it waits for the window", func() bool { return w.now().Status.Rotation.NextTime.Time.Equal(opens) })
	checked := w.org.Count(oktasim.RouteToken)
	w.eventually("it was checked twice since", func() bool { return w.org.Count(oktasim.RouteToken) > checked+1 })
	if !w.isReady() || w.value() != firstValue || w.is(v1alpha1.ConditionRotationHealthy, metav1.ConditionFalse, v1alpha1.ReasonOutsideWindow) {
		t.Errorf("outside its window: %+v", w.now().Status)
	}

	change(w, w.credential(), rotatesByAge(v1alpha1.RotationWindow{Type: v1alpha1.WindowAllow, Schedule: "* * * * *", Duration: "1h"}))
	w.eventually("inside a window it rotates", func() bool { return w.value() != firstValue && w.isReady() })
	if cause := w.now().Status.Rotation.Cause; cause != "MaxAge" {
		t.Errorf("it rotated because of %s", cause)
	}
}

// TestWindowsOfNoUseAreSaidAtOnce, and not when the secret is old: that may be in a year.
func TestWindowsOfNoUseAreSaidAtOnce(t *testing.T) {
	nightly := v1alpha1.RotationWindow{Type: v1alpha1.WindowAllow, Schedule: "0 2 * * *", Duration: "2h"}
	mistyped := nightly
	mistyped.TimeZone = "Europe/Berln"
	for name, test := range map[string]struct {
		windows []v1alpha1.RotationWindow
		says    string
	}{
		"a mistyped zone": {[]v1alpha1.RotationWindow{mistyped}, `"Europe/Berln" is not known`},
		"a window that a Deny always covers": {
			[]v1alpha1.RotationWindow{nightly, {Type: v1alpha1.WindowDeny, Schedule: "0 0 * * *", Duration: "24h"}}, "No rotation window opens",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{}, anyClient)
			w.healthy(rotatesByAge(test.windows...))
			w.eventually("it says so", func() bool {
				return w.is(v1alpha1.ConditionRotationHealthy, metav1.ConditionFalse, v1alpha1.ReasonOutsideWindow) &&
					w.is(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonOutsideWindow)
			})
			for _, c := range w.now().Status.Conditions {
				if c.Type == v1alpha1.ConditionStalled && !strings.Contains(c.Message, test.says) {
					t.Errorf("it says: %s", c.Message)
				}
			}
			if !w.isReady() || !w.now().Status.Rotation.NextTime.IsZero() {
				t.Errorf("it is Ready %v, and the next rotation is at %s", w.isReady(), w.now().Status.Rotation.NextTime)
			}
			change(w, w.credential(), rotatesByAge(nightly))
			w.eventually("once they are mended it waits for the age", func() bool {
				return w.is(v1alpha1.ConditionRotationHealthy, metav1.ConditionTrue, v1alpha1.ReasonIdle) && !w.now().Status.Rotation.NextTime.IsZero()
			})
		})
	}
}
