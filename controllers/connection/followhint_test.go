package connection_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// TestOfChangesThatComeOutOfOrderTheNewestCounts, of people and of operators each by itself: ours must hide nobody's.
func TestOfChangesThatComeOutOfOrderTheNewestCounts(t *testing.T) {
	acme := clusterConnection("acme")
	w := given(t, oktasim.Options{}, acme)
	billing := w.keep(operatorNS, "acme", "billing")
	event := func(uuid string, published time.Time, agent string) string {
		return fmt.Sprintf(`{"uuid":%q,"published":%q,"eventType":"application.lifecycle.update","client":{"userAgent":{"rawUserAgent":%q}},"target":[{"id":%q,"type":"AppInstance"}]}`,
			uuid, published.Format(time.RFC3339), agent, billing.ID)
	}
	w.org.Fault(oktasim.Fault{
		Route: oktasim.RouteLogs, Kind: oktasim.FaultAnswer, Status: 200, ContentType: "application/json",
		Body: "[" + event("newer", begin.Add(time.Minute), "Mozilla/5.0") + "," + event("older", begin, "Mozilla/5.0") + "," +
			event("ours", begin.Add(2*time.Minute), "okta-credential-operator") + "]",
	})
	hints, _ := w.reconcile(connection.FeedOf(w.find(acme)))
	wantHints(t, hints, "billing")
	got := w.follower.Sighting(nameOf("billing"))
	if got.Changed.UUID != "newer" || got.Operated.UUID != "ours" {
		t.Errorf("the change is %q, that by an operator %q", got.Changed.UUID, got.Operated.UUID)
	}
}
