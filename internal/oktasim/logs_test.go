package oktasim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// events reads a page of the System Log: the event types, and the path of the next page.
func (f *fixture) events(path string) (types []string, next string) {
	f.t.Helper()
	answer := f.manage(http.MethodGet, path, "")
	var page []struct{ EventType string }
	if err := json.Unmarshal([]byte(answer.body), &page); err != nil {
		f.t.Fatalf("%d %s", answer.status, answer.body)
	}
	for _, e := range page {
		types = append(types, strings.TrimPrefix(e.EventType, "app.oauth2.credentials.lifecycle."))
	}
	return types, nextLink(answer.header, f.url)
}

const lifecycle = `/api/v1/logs?filter=eventType+sw+%22app.oauth2.credentials.lifecycle%22`

func TestPollingTheSystemLog(t *testing.T) {
	f := newAdminFixture(t, Options{}, Role{})
	added, id := f.webApp(App{})
	_, next := f.events(lifecycle + "&since=" + url.QueryEscape(start.Format(time.RFC3339)))
	nothing, next := f.events(next)
	f.clock.Step(time.Second)
	if err := f.org.RevokeSecret(added.ID, id); err != nil {
		t.Fatal(err)
	}
	revoked, next := f.events(next + "&limit=2")
	rest, next := f.events(next)
	if next == "" || nothing != nil || !cmp.Equal(revoked, []string{"create", "deactivate"}) || !cmp.Equal(rest, []string{"delete"}) {
		t.Errorf("pages %v, %v, %v, next %q", nothing, revoked, rest, next)
	}
}

func TestSystemLogQueries(t *testing.T) {
	f := newAdminFixture(t, Options{LogDelay: 5 * time.Second}, Role{})
	added, id := f.webApp(App{})
	f.clock.Step(3 * time.Second)
	_ = f.org.RevokeSecret(added.ID, id)
	f.clock.Step(4 * time.Second)
	for query, want := range map[string][]string{
		"": {"create"},
		"&since=" + url.QueryEscape(start.Add(time.Second).Format(time.RFC3339)): nil,
		`+and+target.id+eq+%22` + id + `%22`:                                     {"create"},
		`+and+target.id+eq+%22ocsnobody%22`:                                      nil,
	} {
		if got, _ := f.events(lifecycle + query); !cmp.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
	f.clock.Step(time.Second)
	if got, next := f.events(lifecycle + "&sortOrder=DESCENDING"); !cmp.Equal(got, []string{"delete", "deactivate", "create", "create"}) || next != "" {
		t.Errorf("descending: %v, next %q", got, next)
	}
	if got := f.manage(http.MethodGet, "/api/v1/logs?filter=nonsense", ""); got.status != 400 {
		t.Errorf("nonsense as a filter got %d", got.status)
	}
}

func TestALogThatWasHeldBackShowsEverythingAtOnce(t *testing.T) {
	f := newAdminFixture(t, Options{}, Role{})
	added, id := f.webApp(App{})
	shown, next := f.events(lifecycle + "&since=" + url.QueryEscape(start.Format(time.RFC3339)))
	f.org.SetLogDelay(time.Hour)
	f.clock.Step(time.Second)
	if err := f.org.RevokeSecret(added.ID, id); err != nil {
		t.Fatal(err)
	}
	held, next := f.events(next)
	f.org.SetLogDelay(0)
	after, _ := f.events(next)
	if !cmp.Equal(shown, []string{"create"}) || held != nil || !cmp.Equal(after, []string{"create", "deactivate", "delete"}) {
		t.Errorf("pages %v, %v, %v", shown, held, after)
	}
}

func TestWhoDidWhatIsTold(t *testing.T) {
	f := newAdminFixture(t, Options{}, Role{})
	added, _ := f.webApp(App{})
	f.manage(http.MethodPost, secretsPath(added.ID), "")
	f.check("/oauth2/v1/token", added.ClientID, otherValue)
	got := map[string]string{}
	for _, e := range f.org.Events() {
		if e.Type == "app.oauth2.credentials.lifecycle.create" || e.Type == "app.oauth2.invalid_client_credentials" {
			got[e.Type+" "+e.ActorID[:4]] = e.Result
		}
	}
	operator := f.org.Secrets(added.ID)[1].CreatedBy[:4]
	want := map[string]string{
		"app.oauth2.credentials.lifecycle.create " + AdminID[:4]:      "SUCCESS",
		"app.oauth2.credentials.lifecycle.create " + operator:         "SUCCESS",
		"app.oauth2.invalid_client_credentials " + added.ClientID[:4]: "FAILURE",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTokenEventsNameTheSecretByItsHash(t *testing.T) {
	for other, equal := range map[bool]bool{false: true, true: false} {
		f := newAdminFixture(t, Options{Unknowns: Unknowns{TokenEventOtherHash: other}}, Role{})
		added, _ := f.webApp(App{})
		f.check("/oauth2/v1/token", added.ClientID, goodValue)
		log := f.manage(http.MethodGet, "/api/v1/logs?filter=eventType+sw+%22app.oauth2.token%22", "").body
		if strings.Contains(log, f.org.Secrets(added.ID)[0].Hash) != equal || strings.Contains(log, goodValue) {
			t.Errorf("TokenEventOtherHash %v: %s", other, log)
		}
	}
}
