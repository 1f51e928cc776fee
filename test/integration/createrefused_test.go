package integration

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

func TestASecretThatOktaRefusesToCreateIsGivenUpAndTriedLater(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy()
	w.org.Fault(oktasim.Fault{
		Route: oktasim.RouteCreateSecret, Kind: oktasim.FaultAnswer, Status: 400, ContentType: "application/json", Times: 1000,
		Body: `{"errorCode":"E0000001","errorSummary":"Api validation failed: client_secret","errorLink":"E0000001","errorId":"oae1","errorCauses":[{"errorSummary":"client_secret: must not be chosen by clients in this org."}]}`,
	})
	w.revoke()
	w.checkNow()
	w.eventually("the rotation is given up", func() bool { return w.hasEvent(v1alpha1.ReasonRotationWithdrawn) })
	w.eventually("the next one waits", func() bool {
		return w.is(v1alpha1.ConditionRotationHealthy, metav1.ConditionFalse, v1alpha1.ReasonBackoff)
	})
	if n := w.org.Count(oktasim.RouteCreateSecret); n != 1 {
		t.Errorf("Okta was asked %d times to create a secret that it refuses", n)
	}
	if !w.now().Status.Rotation.NextTime.After(w.now().Status.LastCheckTime.Time) {
		t.Errorf("the status does not say when the next rotation may start: %+v", w.now().Status.Rotation)
	}
}
