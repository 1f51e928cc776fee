package situations

import (
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

const shortest = 10 * time.Second

func eachTenSeconds(_ *scene, spec *v1alpha1.OktaClientCredentialSpec) {
	spec.Validation.Interval = "10s"
}

// The calibration of an org and server is one request, whoever's check comes first; from then on a check is one request.
func TestAHealthyCredentialCostsOneTokenRequestAnInterval(t *testing.T) {
	t.Parallel()
	healthy := situation{alone: true, spec: eachTenSeconds, want: accepted("")}
	first := stage(t, "the cost of a healthy credential", healthy, identity, "")
	first.eventually("it is Ready", func() bool { return first.settled(v1alpha1.ReasonAccepted, "") })
	started := time.Now()
	first.eventually("it was checked three times", func() bool { return len(first.checkTimes()) >= 3 })
	times := first.checkTimes()
	first.equal("requests to Okta", "token 3", first.asked())
	for i, at := range times[1:] {
		if gap := at.Sub(times[i]); gap < shortest {
			t.Errorf("checks are %s apart", gap)
		}
	}
	if n := first.org.wire.calibrations(); n != 1 {
		t.Errorf("%d requests had a made-up secret", n)
	}
	if took := time.Since(started); took < shortest {
		t.Errorf("three checks took %s", took)
	}
	first.unharmed()
}

// A rejected secret is asked about again at the slow recheck: that is how it is noticed that an admin has activated it.
func TestASecretThatAnAdminActivatesAgainIsNoticed(t *testing.T) {
	t.Parallel()
	rejected := situation{
		atOkta: deactivated(), want: accepted(""),
		spec: func(s *scene, spec *v1alpha1.OktaClientCredentialSpec) {
			eachTenSeconds(s, spec)
			spec.Mode = v1alpha1.ModeRepair
		},
	}
	for _, server := range []string{"", customServer} {
		t.Run(namespaceOf(identity, server), func(t *testing.T) {
			t.Parallel()
			s := stage(t, "a secret that is activated again", rejected, identity, server)
			s.eventually("the rejection is confirmed", func() bool { return s.settled(v1alpha1.ReasonObserving, v1alpha1.VerdictSecretRejected) })
			s.equal("requests to Okta", diagnosedBy, s.asked())
			must(t, s.org.ActivateSecret(s.appID, s.ids[0]))
			s.eventually("it is Ready again", func() bool { return s.settled(v1alpha1.ReasonAccepted, v1alpha1.VerdictAccepted) })
			s.unharmed()
		})
	}
}

// checkTimes are when the token endpoint was asked about the client's own secret.
func (s *scene) checkTimes() []time.Time {
	var times []time.Time
	calibrations := s.org.wire.calibrations()
	for _, request := range s.org.Requests() {
		if request.ClientID == s.clientID && (request.Route == oktasim.RouteToken || request.Route == oktasim.RouteServerToken) {
			times = append(times, request.Time)
		}
	}
	// The calibration follows the first check at once, in an org of its own.
	if len(times) > 1 && calibrations > 0 {
		times = append(times[:1], times[1+calibrations:]...)
	}

	return times
}
