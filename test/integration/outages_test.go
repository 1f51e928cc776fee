package integration

import (
	"strings"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// outage is a way in which the token endpoint gives no answer about the secret.
type outage struct {
	// fault of the token endpoint, or how to begin and end an outage of the line to the org.
	fault   *oktasim.Fault
	begin   func(w *world, line *wire)
	end     func(w *world, line *wire)
	verdict v1alpha1.Verdict
	// says is what the message tells of it.
	says string
	// tries is how many useless answers the test waits for; a 429 asks to wait for a minute.
	tries int
}

func fault(fault oktasim.Fault, verdict v1alpha1.Verdict, says string) outage {
	fault.Route, fault.App = oktasim.RouteToken, clientID

	return outage{
		fault: &fault, begin: func(w *world, _ *wire) { w.org.Fault(fault) }, end: func(w *world, _ *wire) { w.org.ClearFaults() },
		verdict: verdict, says: says, tries: 3,
	}
}

func outages() map[string]outage {
	throttled := fault(oktasim.Fault{Kind: oktasim.FaultStatus, Status: 429}, v1alpha1.VerdictThrottled, "too many requests")
	throttled.tries = 1
	timeout := fault(oktasim.Fault{Kind: oktasim.FaultTimeout}, v1alpha1.VerdictUnreachable, "no answer in time")
	timeout.tries = 2

	return map[string]outage{
		"429":                        throttled,
		"503":                        fault(oktasim.Fault{Kind: oktasim.FaultStatus, Status: 503}, v1alpha1.VerdictUnreachable, "answered 503"),
		"a timeout":                  timeout,
		"a broken connection":        fault(oktasim.Fault{Kind: oktasim.FaultResetBefore}, v1alpha1.VerdictUnreachable, "connection broke"),
		"a proxy's HTML page":        fault(oktasim.Fault{Kind: oktasim.FaultHTML}, v1alpha1.VerdictUnreachable, "answered 502"),
		"an HTML page that says 401": fault(oktasim.Fault{Kind: oktasim.FaultHTML, Status: 401}, v1alpha1.VerdictUnreachable, "no JSON"),
		"an HTML page that says 200": fault(oktasim.Fault{Kind: oktasim.FaultHTML, Status: 200}, v1alpha1.VerdictUnreachable, "no JSON"),
		"a redirect":                 fault(oktasim.Fault{Kind: oktasim.FaultRedirect, Location: "https://login.example.com/"}, v1alpha1.VerdictUnreachable, "redirect"),
		"malformed JSON":             fault(oktasim.Fault{Kind: oktasim.FaultMalformed}, v1alpha1.VerdictUnrecognized, "cannot be read"),
		"half an answer":             fault(oktasim.Fault{Kind: oktasim.FaultTruncated}, v1alpha1.VerdictUnreachable, "connection broke"),
		"an error that nobody knows": fault(oktasim.Fault{
			Kind: oktasim.FaultAnswer, Status: 401, ContentType: "application/json",
			Body: `{"error":"invalid_client","error_description":"Something new."}`,
		}, v1alpha1.VerdictUnrecognized, "does not know"),
		"a refused connection": {
			begin: func(_ *world, line *wire) { line.cut() }, end: func(_ *world, line *wire) { line.mend() },
			verdict: v1alpha1.VerdictUnreachable, says: "connection was refused", tries: 3,
		},
		"a certificate of another authority": {
			begin: func(w *world, line *wire) { line.lead(w.impostor()) }, end: func(w *world, line *wire) { line.lead(w.server.URL) },
			verdict: v1alpha1.VerdictUnreachable, says: "not trusted", tries: 3,
		},
	}
}

// impostor serves the same org under a certificate that the connection's CA bundle does not vouch for.
func (w *world) impostor() string {
	server, err := w.org.StartTLS("", oktasim.TLSOptions{Names: serverNames()})
	if err != nil {
		w.t.Error(err)

		return ""
	}
	w.t.Cleanup(func() { _ = server.Close() })

	return server.URL
}

func patientWithStaleness(c *v1alpha1.OktaClientCredential) { c.Spec.Validation.StaleAfter = "1h" }

func TestAnOutageWhileHealthyChangesNothing(t *testing.T) {
	t.Parallel()
	for name, test := range outages() {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oktasim.Options{})
			line := newWire(t, w.server.URL)
			w.connect(line.url())
			w.healthy(patientWithStaleness)
			before := w.target().ResourceVersion

			test.begin(w, line)
			w.eventually("the message tells of the outage", func() bool {
				return strings.Contains(w.message(v1alpha1.ConditionReady), test.says)
			})
			w.eventually("Reconciling tells the kind of outage", func() bool {
				return w.is(v1alpha1.ConditionReconciling, metav1.ConditionTrue, string(test.verdict))
			})
			w.eventually("the operator asks again, ever later", func() bool { return w.waits() >= test.tries })
			if !w.isReady() {
				t.Error("the last verdict was not kept")
			}
			if message := w.message(v1alpha1.ConditionReady); !strings.Contains(message, "asked again at") {
				t.Errorf("the message does not say when Okta is asked again: %s", message)
			}
			w.unchanged(before)

			test.end(w, line)
			w.eventually("the message is as before once Okta answers", func() bool {
				return w.isReady() && !strings.Contains(w.message(v1alpha1.ConditionReady), "Since then")
			})
			w.unchanged(before)
		})
	}
}

// waits is how many different times the condition has given for the next check, which it does once for every useless answer.
func (w *world) waits() int {
	_, after, found := strings.Cut(w.message(v1alpha1.ConditionSecretValid), "asked again at ")
	if found {
		if w.nextChecks == nil {
			w.nextChecks = map[string]struct{}{}
		}
		w.nextChecks[after] = struct{}{}
	}

	return len(w.nextChecks)
}

// unchanged says that the operator wrote neither the Secret nor anything at Okta.
func (w *world) unchanged(version string) {
	w.t.Helper()
	if got := w.target().ResourceVersion; got != version {
		w.t.Errorf("the Secret was written: version %s, then %s", version, got)
	}
	if changes := w.changesAtOkta(""); changes != 0 {
		w.t.Errorf("the operator made %d changes at Okta", changes)
	}
	if staged := w.now().Status.Secrets.Pending.Since; !staged.IsZero() {
		w.t.Error("a rotation was begun")
	}
}

func TestAnOutageAfterOneRejectionConfirmsNothing(t *testing.T) {
	t.Parallel()
	for name, test := range outages() {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oktasim.Options{})
			line := newWire(t, w.server.URL)
			w.connect(line.url())
			// Nothing asks but checkNow and what follows from it: a check in its turn would take the one answer that counts.
			w.healthy(patientWithStaleness, func(c *v1alpha1.OktaClientCredential) { c.Spec.Validation.Interval = "5m" })
			before := w.target().ResourceVersion

			w.revoke()
			test.beginAfterOneCheck(w, line)
			w.checkNow()
			w.eventually("a message tells of the outage", func() bool {
				return strings.Contains(w.message(v1alpha1.ConditionSecretValid), test.says)
			})
			w.eventually("Reconciling tells the kind of outage", func() bool {
				return w.is(v1alpha1.ConditionReconciling, metav1.ConditionTrue, string(test.verdict))
			})
			w.eventually("the operator asks again, ever later", func() bool { return w.waits() >= test.tries })
			if !w.is(v1alpha1.ConditionSecretValid, metav1.ConditionUnknown, "") || !w.is(v1alpha1.ConditionReady, metav1.ConditionUnknown, "") {
				t.Error("one rejection that nothing confirmed counts")
			}
			w.unchanged(before)

			test.end(w, line)
			w.eventually("the rejection is confirmed and heals once Okta answers", func() bool {
				return w.isReady() && w.value() != firstValue && w.holdsWorkingValue()
			})
			w.eventuallyAtOkta("stranger ACTIVE, ours ACTIVE")
		})
	}
}

// beginAfterOneCheck lets one more check of the client pass.
func (o outage) beginAfterOneCheck(w *world, line *wire) {
	if o.fault != nil {
		later := *o.fault
		later.After = 1
		w.org.Fault(later)

		return
	}
	var checks atomic.Int32
	w.org.OnCall(func(call oktasim.Call) {
		if call.Phase == oktasim.BeforeEffect && call.Route == oktasim.RouteToken && call.ClientID == clientID && checks.Add(1) == 2 {
			o.begin(w, line)
		}
	})
}

func TestAVerdictThatGrowsStaleIsNoLongerTrusted(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(func(c *v1alpha1.OktaClientCredential) { c.Spec.Validation.StaleAfter = "30s" })
	before := w.target().ResourceVersion
	w.org.Fault(oktasim.Fault{Route: oktasim.RouteToken, App: clientID, Kind: oktasim.FaultStatus, Status: 503})
	w.eventually("Ready is Unknown, because the last answer is stale", func() bool {
		return w.is(v1alpha1.ConditionReady, metav1.ConditionUnknown, v1alpha1.ReasonCheckStale)
	})
	w.eventually("a Warning says so", func() bool { return w.warned(v1alpha1.ReasonCheckStale, "web-shop") })
	w.unchanged(before)
	w.org.ClearFaults()
	w.eventually("the credential is Ready once Okta answers", w.isReady)
}

func TestAnOutageOfTheAdminAPIPutsTheRotationOff(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy()
	w.org.Fault(oktasim.Fault{Route: oktasim.RouteListSecrets, Kind: oktasim.FaultStatus, Status: 503})
	w.revoke()
	w.checkNow()
	w.eventually("RotationHealthy tells that Okta's admin API is out", func() bool {
		return w.is(v1alpha1.ConditionRotationHealthy, metav1.ConditionFalse, v1alpha1.ReasonOktaUnavailable)
	})
	w.eventually("it is asked again", func() bool { return w.org.Count(oktasim.RouteListSecrets) >= 2 })
	if w.changesAtOkta("") != 0 || w.value() != firstValue {
		t.Error("something was changed without a look at Okta")
	}
	w.org.ClearFaults()
	w.eventually("the rotation goes on", func() bool { return w.isReady() && w.holdsWorkingValue() })
}

// TestASecretThatIsListedAndNotThereIsLeftToAPerson: a role may show what it does not let change, and Okta answers a change with 404
// then. It is not tried again and again without a pause.
func TestASecretThatIsListedAndNotThereIsLeftToAPerson(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.org.Fault(oktasim.Fault{Route: oktasim.RouteDeactivateSecret, Kind: oktasim.FaultStatus, Status: 404})
	w.healthy()
	w.rotated("now")
	w.eventually("the status says what is missing", func() bool {
		return w.is(v1alpha1.ConditionRotationHealthy, metav1.ConditionFalse, v1alpha1.ReasonPermissionMissing) &&
			strings.Contains(w.message(v1alpha1.ConditionRotationHealthy), w.firstID)
	})
	if n := w.org.Count(oktasim.RouteDeactivateSecret); n > 5 {
		t.Errorf("Okta was asked %d times to deactivate it", n)
	}
	w.org.ClearFaults()
	w.eventuallyAtOkta("first INACTIVE, ours ACTIVE")
}
