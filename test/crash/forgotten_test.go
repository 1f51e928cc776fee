package crash

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// usedElsewhere lets a program that nobody thought of authenticate with the first value again and again, until Okta takes it. From
// then on the org's System Log is followed.
func usedElsewhere(w *world) {
	change(w, w.connection(), func(c *v1alpha1.ClusterOktaConnection) {
		c.Spec.SystemLog = v1alpha1.SystemLog{Follow: true, Interval: "5s"}
	})
	stop := w.t.Context().Done()
	w.watched.Go(func() {
		tick := time.NewTicker(2 * time.Second)
		defer tick.Stop()
		for !w.takes(firstValue) {
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	})
}

// takes asks the token endpoint, past the operator's proxy, whether a value authenticates.
func (w *world) takes(value string) bool {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {"none"}, "redirect_uri": {"https://shop.example.com/callback"}}
	in := httptest.NewRequest(http.MethodPost, "https://example.okta.com/oauth2/v1/token", strings.NewReader(form.Encode()))
	in.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	in.Header.Set("User-Agent", "night-job/1.0")
	in.RemoteAddr = "203.0.113.9:40000"
	in.SetBasicAuth(clientID, value)
	out := httptest.NewRecorder()
	w.org.Handler().ServeHTTP(out, in)

	return out.Code != http.StatusUnauthorized
}

// broughtBack says that the superseded secret works again beside the present one, and the credential waits for a person and names
// where it is used.
func broughtBack(w *world) bool {
	record, found := w.journalAt(w.home())

	connection := w.connection()
	follows := w.read(connection) && !connection.Status.SystemLogReadUntil.IsZero()

	return follows && found && record.Halt != nil && strings.Contains(record.Halt.Message, "203.0.113.9") && w.isActive(w.value()) && blocked(v1alpha1.ReasonUndone)(w)
}
