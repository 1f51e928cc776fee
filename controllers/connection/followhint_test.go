package connection_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

func TestOfChangesThatComeOutOfOrderTheNewestCounts(t *testing.T) {
	acme := clusterConnection("acme")
	w := given(t, oktasim.Options{}, acme)
	billing := w.keep(operatorNS, "acme", "billing")
	event := func(uuid string, published time.Time) string {
		return fmt.Sprintf(`{"uuid":%q,"published":%q,"eventType":"application.lifecycle.update","target":[{"id":%q,"type":"AppInstance"}]}`,
			uuid, published.Format(time.RFC3339), billing.ID)
	}
	w.org.Fault(oktasim.Fault{
		Route: oktasim.RouteLogs, Kind: oktasim.FaultAnswer, Status: 200, ContentType: "application/json",
		Body: "[" + event("newer", begin.Add(time.Minute)) + "," + event("older", begin) + "]",
	})
	hints, _ := w.reconcile(connection.FeedOf(w.find(acme)))
	wantHints(t, hints, "billing")
	if got := w.follower.Sighting(nameOf("billing")).Changed.UUID; got != "newer" {
		t.Errorf("the change is %q", got)
	}
}
