package okta_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/oktacred/okta-credential-operator/internal/egress"
	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

var logStart = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func read(t *testing.T, client *okta.Client, from okta.LogPosition) okta.LogPage {
	t.Helper()
	page, err := client.LogEvents(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// typesOf are the event types without what all of them begin with.
func typesOf(page okta.LogPage) []string {
	var types []string
	for _, event := range page.Events {
		types = append(types, strings.TrimPrefix(strings.TrimPrefix(event.Type, "app.oauth2.credentials."), "application."))
	}
	return types
}

// fail sends a wrong secret of the world's client to the token endpoint, as a forgotten consumer does.
func (w *world) fail(t *testing.T, userAgent string) {
	t.Helper()
	through, err := egress.New(egress.Options{
		AllowedHost: strings.TrimPrefix(w.server.URL, "https://"), CABundle: w.server.CA, AllowPrivateAddresses: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer through.CloseIdleConnections()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {"made-up"}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/oauth2/v1/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("User-Agent", userAgent)
	request.SetBasicAuth(w.app.ClientID, secondValue)
	response, err := through.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
}

func TestLogEventsSayWhatChangedAndWhoFailed(t *testing.T) {
	w := given(t, oktasim.Options{Clock: clocktesting.NewFakeClock(logStart)})
	if err := w.org.RevokeSecret(w.app.ID, w.secret); err != nil {
		t.Fatal(err)
	}
	w.fail(t, "forgotten-batch/1.0")
	if err := w.org.ChangeApp(w.app.ID, func(a *oktasim.App) { a.Status = oktasim.Inactive }); err != nil {
		t.Fatal(err)
	}
	page := read(t, w.client(t, withToken()), okta.LogSince(logStart))

	const secrets = "app.oauth2.credentials.lifecycle."
	common := okta.LogEvent{Published: logStart, AppID: w.app.ID, Result: "SUCCESS", ActorID: oktasim.AdminID, IP: "127.0.0.1"}
	created, replaced, deactivated, deleted, failed, changed := common, common, common, common, common, common
	created.Type, created.SecretID, created.ClientID = secrets+"create", w.secret, w.app.ClientID
	replaced.Type, replaced.SecretID, replaced.ClientID = secrets+"create", w.org.Secrets(w.app.ID)[0].ID, w.app.ClientID
	deactivated.Type, deactivated.SecretID, deactivated.ClientID = secrets+"deactivate", w.secret, w.app.ClientID
	deleted.Type, deleted.SecretID, deleted.ClientID = secrets+"delete", w.secret, w.app.ClientID
	failed.Type, failed.ClientID, failed.ActorID = "app.oauth2.invalid_client_credentials", w.app.ClientID, w.app.ClientID
	failed.Result, failed.Reason, failed.UserAgent = "FAILURE", "invalid_client", "forgotten-batch/1.0"
	changed.Type = "application.lifecycle.update"
	ofOurs := cmpopts.IgnoreSliceElements(func(e okta.LogEvent) bool { return e.AppID != w.app.ID })
	if diff := cmp.Diff([]okta.LogEvent{created, replaced, deactivated, deleted, failed, changed}, page.Events, ofOurs, cmpopts.IgnoreFields(okta.LogEvent{}, "UUID")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if page.Unreadable != 0 || page.Full || page.Next.IsZero() {
		t.Errorf("%d unreadable, full %v, next %v", page.Unreadable, page.Full, page.Next)
	}
	if strings.Contains(fmt.Sprintf("%+v", page), redact.NewValue(firstValue).Hash()) {
		t.Error("a hash of a secret is in the page")
	}
}

func TestPollingMissesNothingAndRepeatsNothing(t *testing.T) {
	clock := clocktesting.NewFakeClock(logStart)
	w := given(t, oktasim.Options{Clock: clock, LogDelay: 5 * time.Second})
	client := w.client(t, withToken())
	clock.Step(time.Minute)
	page := read(t, client, okta.LogSince(clock.Now()))
	if err := w.org.RevokeSecret(w.app.ID, w.secret); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"", "lifecycle.create lifecycle.deactivate lifecycle.delete", ""} {
		page = read(t, client, page.Next)
		if got := strings.Join(typesOf(page), " "); got != want || !page.Next.IsLink() {
			t.Errorf("got %q, want %q; next %v", got, want, page.Next)
		}
		clock.Step(5 * time.Second)
	}
}

func TestALogLongerThanAPageIsReadInPages(t *testing.T) {
	w := given(t, oktasim.Options{Clock: clocktesting.NewFakeClock(logStart)})
	w.org.AddSecret(w.app.ID, redact.NewValue(secondValue), oktasim.Active)
	for range 60 {
		if err := w.org.DeactivateSecret(w.app.ID, w.secret); err != nil {
			t.Fatal(err)
		}
		if err := w.org.ActivateSecret(w.app.ID, w.secret); err != nil {
			t.Fatal(err)
		}
	}
	client := w.client(t, withToken())
	first := read(t, client, okta.LogSince(logStart))
	second := read(t, client, first.Next)
	if len(first.Events) != 100 || !first.Full || len(second.Events) != 22 || second.Full {
		t.Errorf("%d events, full %v, then %d, full %v", len(first.Events), first.Full, len(second.Events), second.Full)
	}
}

func TestALinkToAnotherHostIsNotFollowed(t *testing.T) {
	w := given(t, oktasim.Options{Clock: clocktesting.NewFakeClock(logStart), URL: "https://elsewhere.example.com"})
	page := read(t, w.client(t, withToken()), okta.LogSince(logStart))
	if len(page.Events) == 0 || !page.Next.IsZero() {
		t.Errorf("%d events, next %v", len(page.Events), page.Next)
	}
}

func TestLogErrors(t *testing.T) {
	logKey := goodKey()
	logKey.Scopes = []string{okta.ScopeLogsRead}
	withFault := func(fault oktasim.Fault) func(*world) {
		return func(w *world) {
			fault.Route = oktasim.RouteLogs
			w.org.Fault(fault)
		}
	}
	for name, c := range map[string]struct {
		auth okta.Auth
		from okta.LogPosition
		make func(*world)
		want okta.Kind
		says string
	}{
		"a token without the scope":    {auth: withKey(goodKey()), want: okta.KindMissingScope, says: "grant okta.logs.read"},
		"a scope that was not granted": {auth: withKey(logKey), want: okta.KindMissingScope, says: "grant the scopes"},
		"an admin without the right":   {auth: withToken(), make: withFault(oktasim.Fault{Kind: oktasim.FaultStatus, Status: 403}), want: okta.KindForbidden, says: "the right to read the System Log"},
		"too many requests":            {auth: withToken(), make: withFault(oktasim.Fault{Kind: oktasim.FaultStatus, Status: 429}), want: okta.KindThrottled},
		"a server that fails":          {auth: withToken(), make: withFault(oktasim.Fault{Kind: oktasim.FaultStatus, Status: 503}), want: okta.KindUnknown},
		"no JSON":                      {auth: withToken(), make: withFault(oktasim.Fault{Kind: oktasim.FaultMalformed}), want: okta.KindUnknown},
		"another type":                 {auth: withToken(), make: withFault(oktasim.Fault{Kind: oktasim.FaultWrongType}), want: okta.KindUnknown},
		"nothing where a list was": {
			auth: withToken(), want: okta.KindUnknown,
			make: withFault(oktasim.Fault{Kind: oktasim.FaultAnswer, Status: 200, ContentType: "application/json", Body: "null"}),
		},
		"an answer without end": {auth: withToken(), make: withFault(oktasim.Fault{Kind: oktasim.FaultHuge}), want: okta.KindUnknown},
		"a redirect":            {auth: withToken(), make: withFault(oktasim.Fault{Kind: oktasim.FaultRedirect, Location: "https://elsewhere.example.com"}), want: okta.KindUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{Clock: clocktesting.NewFakeClock(logStart)})
			if c.make != nil {
				c.make(w)
			}
			_, err := w.client(t, c.auth).LogEvents(t.Context(), okta.LogSince(logStart))
			wantKind(t, err, c.want)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
			if c.want == okta.KindThrottled && okta.RetryAfter(err) <= 0 {
				t.Errorf("no time to wait in %v", err)
			}
		})
	}
	t.Run("no position", func(t *testing.T) {
		w := given(t, oktasim.Options{})
		_, err := w.client(t, withToken()).LogEvents(t.Context(), okta.LogPosition{})
		wantKind(t, err, okta.KindInvalidRequest)
		if got := w.org.Count(oktasim.RouteLogs); got != 0 {
			t.Errorf("%d requests", got)
		}
	})
}

func TestReadingTheLogStopsWithItsContext(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.org.Fault(oktasim.Fault{Route: oktasim.RouteLogs, Kind: oktasim.FaultTimeout})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.org.OnCall(func(oktasim.Call) { cancel() })
	_, err := w.client(t, withToken()).LogEvents(ctx, okta.LogSince(logStart))
	wantKind(t, err, okta.KindUnknown)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v is not context.Canceled", err)
	}
}

// FuzzLogEvents holds that no answer, however odd, breaks the reader or brings out text that is not fit for a condition.
func FuzzLogEvents(f *testing.F) {
	hash := base64.RawURLEncoding.EncodeToString([]byte("0123456789abcdef"))
	f.Add(`[{"uuid":"1","published":"2026-03-02T12:00:00Z","eventType":"application.lifecycle.update","target":[{"id":"0oa1","type":"AppInstance"}]}]`)
	f.Add(`[{"uuid":"1","published":"2026-03-02T12:00:00Z","eventType":"a","debugContext":{"debugData":{"clientSecret":"` + hash + `","clientId":7}}},7,null]`)
	f.Fuzz(func(t *testing.T, body string) {
		page, ok := okta.ParseLogPage([]byte(body))
		if !ok {
			return
		}
		for _, event := range page.Events {
			for _, text := range []string{event.UUID, event.Type, event.AppID, event.ClientID, event.SecretID, event.Result, event.Reason, event.IP, event.UserAgent, event.ActorID} {
				if len(text) > 200 || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || (r > '~' && r != '…') }) {
					t.Errorf("%q", text)
				}
			}
			if event.UUID == "" || event.Type == "" || event.Published.IsZero() {
				t.Errorf("%+v", event)
			}
		}
	})
}
