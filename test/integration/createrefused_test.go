package integration

import (
	"strings"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
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

// TestNoRoomAfterStagingIsSaid: somebody took the last place at Okta between the list and the create. The event of a rotation by
// command, and the halt of a revoke, say what is in the way and the command that makes room.
func TestNoRoomAfterStagingIsSaid(t *testing.T) {
	for name, command := range map[string]string{"rotate": v1alpha1.AnnotationRotate, "revoke": v1alpha1.AnnotationRevoke} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{})
			w.healthy()
			w.org.Fault(oktasim.Fault{Route: oktasim.RouteCreateSecret, Kind: oktasim.FaultStatus, Status: 503, Times: 1})
			stranger, calls := make(chan string, 1), atomic.Int32{}
			w.org.OnCall(func(call oktasim.Call) {
				if call.Phase == oktasim.BeforeEffect && call.Route == oktasim.RouteCreateSecret && calls.Add(1) == 1 {
					stranger <- w.org.AddSecret(clientID, redact.NewValue(strangerValue), oktasim.Active)
				}
			})
			w.annotate(command, "now")
			w.eventually("the rotation has begun", func() bool { return w.org.Count(oktasim.RouteCreateSecret) > 0 })
			release := "oktacred.dev/release-secret=" + <-stranger
			w.eventually("an event says what makes room", func() bool { return strings.Contains(w.told(v1alpha1.ReasonRotationWithdrawn), release) })
			if command == v1alpha1.AnnotationRevoke {
				w.eventually("so does what halts", func() bool {
					return w.is(v1alpha1.ConditionRotationHealthy, metav1.ConditionFalse, v1alpha1.ReasonHalted) &&
						strings.Contains(w.message(v1alpha1.ConditionRotationHealthy), release)
				})
			}
			if w.value() != firstValue || w.changesAtOkta("") != 0 {
				t.Error("something was changed")
			}
		})
	}
}

// TestOktaThatListsRoomAndHasNoneIsTriedLater, and what it lists is said.
func TestOktaThatListsRoomAndHasNoneIsTriedLater(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy()
	w.org.Fault(oktasim.Fault{
		Route: oktasim.RouteCreateSecret, Kind: oktasim.FaultAnswer, Status: 400, ContentType: "application/json", Times: 1,
		Body: `{"errorCode":"E0000001","errorSummary":"Api validation failed","errorLink":"E0000001","errorId":"oae1","errorCauses":[{"errorSummary":"You have reached the maximum number of client secrets per client."}]}`,
	})
	w.annotate(v1alpha1.AnnotationRotate, "now")
	w.eventually("the status says what Okta lists", func() bool {
		return strings.Contains(w.message(v1alpha1.ConditionReconciling), "though it lists no more than "+w.firstID)
	})
	w.eventually("the next try makes it", func() bool { return w.value() != firstValue && w.holdsWorkingValue() && w.isReady() })
}
