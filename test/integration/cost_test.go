package integration

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// verifiedAgain is when a new secret that was tested is tested once more before it is written: stagedFresh of internal/rotation.
const verifiedAgain = 5 * time.Second

// TestWhatAHealingCosts counts every request to Okta, and every write to the API server but events, between a revocation and
// the credential's being Ready again: after the check that noticed, with its status, six and five. Thousands may heal at once, so
// none of them may cost more by accident.
func TestWhatAHealingCosts(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(overlap("1h"), func(c *v1alpha1.OktaClientCredential) { c.Spec.Validation.Interval = "1h" })
	w.eventually("the connection was checked", w.connected)
	writes, requests := len(cluster.writes.about(w)), len(w.org.Requests())
	w.revoke()
	w.checkNow()
	w.eventually("the credential is Ready with another value", func() bool { return w.isReady() && w.value() != firstValue })
	w.eventually("nothing is left to be done", func() bool {
		return w.hasEvent(v1alpha1.ReasonSecretPromoted) && !w.isHeld()
	})

	asked := map[string]int{}
	for _, request := range w.org.Requests()[requests:] {
		asked[request.Route]++
	}
	// The connection has its own questions, at its own time.
	maps.DeleteFunc(asked, func(route string, _ int) bool {
		return route == oktasim.RouteOrgMetadata || route == oktasim.RouteListApps
	})
	wantAsked := map[string]int{
		oktasim.RouteToken:        3, // rejected, which is the check that noticed; rejected again, the new secret
		oktasim.RouteRevoke:       1, // second opinion
		oktasim.RouteGetApp:       1,
		oktasim.RouteListSecrets:  1,
		oktasim.RouteCreateSecret: 1,
	}
	if asked[oktasim.RouteToken] == 4 && w.toldAt(v1alpha1.ReasonSecretPromoted).Sub(w.toldAt(v1alpha1.ReasonSecretVerified)) >= verifiedAgain {
		asked[oktasim.RouteToken] = 3 // on a machine this busy the test of the new secret has grown old and is made again
	}
	if !maps.Equal(asked, wantAsked) {
		t.Errorf("requests to Okta: %v, want %v", asked, wantAsked)
	}
	var written []string
	for _, write := range cluster.writes.about(w)[writes:] {
		if !strings.Contains(write, "/events") && !strings.Contains(write, "connections/") {
			_, object, _ := strings.Cut(write, "/namespaces/"+w.namespace+"/")
			written = append(written, object)
		}
	}
	want := []string{
		"oktaclientcredentials/web-shop/status", // rejected, by the check that noticed
		"secrets/web-shop-rotation",             // the value, before anything outside learns it
		"secrets/web-shop-rotation",             // the intent
		"secrets/web-shop",                      // the Secret
		"secrets/web-shop-rotation",             // done
		"oktaclientcredentials/web-shop/status", // healed
	}
	if !slices.Equal(written, want) {
		t.Errorf("writes to the API server: %v, want %v", written, want)
	}
}
