package okta_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/oktacred/okta-credential-operator/internal/okta"
)

func TestOnlyALinkToTheOrgsOwnLogIsTaken(t *testing.T) {
	const org = "https://acme.okta.com"
	for name, c := range map[string]struct {
		links []string
		want  string
	}{
		"one header a relation":            {[]string{`<https://acme.okta.com/api/v1/logs?a=1>; rel="self"`, `<https://acme.okta.com/api/v1/logs?after=2>; rel="next"`}, "after=2"},
		"both in one header":               {[]string{`<https://acme.okta.com/api/v1/logs?a=1>; rel="self", <https://acme.okta.com/api/v1/logs?after=2>; rel="next"`}, "after=2"},
		"the port that https implies":      {[]string{`<https://ACME.okta.com:443/api/v1/logs?after=2>; rel=next`}, "after=2"},
		"self alone":                       {[]string{`<https://acme.okta.com/api/v1/logs?after=2>; rel="self"`}, ""},
		"another host":                     {[]string{`<https://evil.example.com/api/v1/logs?after=2>; rel="next"`}, ""},
		"a host that begins like the org":  {[]string{`<https://acme.okta.com.evil.example.com/api/v1/logs?after=2>; rel="next"`}, ""},
		"the org as a user":                {[]string{`<https://acme.okta.com@evil.example.com/api/v1/logs?after=2>; rel="next"`}, ""},
		"a user at the org":                {[]string{`<https://me@acme.okta.com/api/v1/logs?after=2>; rel="next"`}, ""},
		"another port":                     {[]string{`<https://acme.okta.com:8443/api/v1/logs?after=2>; rel="next"`}, ""},
		"clear text":                       {[]string{`<http://acme.okta.com/api/v1/logs?after=2>; rel="next"`}, ""},
		"another path":                     {[]string{`<https://acme.okta.com/api/v1/users?after=2>; rel="next"`}, ""},
		"a path that is written otherwise": {[]string{`<https://acme.okta.com/api/v1/apps/../logs?after=2>; rel="next"`}, ""},
		"no host":                          {[]string{`</api/v1/logs?after=2>; rel="next"`}, ""},
		"no query":                         {[]string{`<https://acme.okta.com/api/v1/logs>; rel="next"`}, ""},
		"no end":                           {[]string{`<https://acme.okta.com/api/v1/logs?after=` + strings.Repeat("2", 8<<10) + `>; rel="next"`}, ""},
		"none":                             {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := okta.NextLogQuery(org, c.links...); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestOddEventsAreReadAsFarAsTheyGo(t *testing.T) {
	const head = `"uuid":"u","published":"2026-03-02T12:00:00Z","eventType":`
	for name, c := range map[string]struct {
		body string
		want okta.LogEvent
	}{
		"a change by a service app is about its target and not about the service app": {
			`{` + head + `"application.lifecycle.update","target":[{"id":"0oa1","type":"AppInstance"}],"debugContext":{"debugData":{"clientId":"0oaAdmin"}}}`,
			okta.LogEvent{Type: "application.lifecycle.update", AppID: "0oa1"},
		},
		"the client id of a custom client is in the target's details": {
			`{` + head + `"app.oauth2.credentials.lifecycle.create","target":[{"id":"ocs1","type":"OAuth2ClientSecretEntity","detailEntry":{"clientid":"mine","clientsecret":"hash"}}]}`,
			okta.LogEvent{Type: "app.oauth2.credentials.lifecycle.create", SecretID: "ocs1", ClientID: "mine"},
		},
		"a change without a target is about the client of debugData": {
			`{` + head + `"app.oauth2.client.lifecycle.update","target":null,"debugContext":{"debugData":{"clientId":"mine"}}}`,
			okta.LogEvent{Type: "app.oauth2.client.lifecycle.update", ClientID: "mine"},
		},
		"a failure names its client as actor": {
			`{` + head + `"app.oauth2.invalid_client_credentials","actor":{"id":"mine","type":"PublicClientApp"}}`,
			okta.LogEvent{Type: "app.oauth2.invalid_client_credentials", ClientID: "mine", ActorID: "mine"},
		},
		"a user who fails is no client": {
			`{` + head + `"app.oauth2.invalid_client_credentials","actor":{"id":"00u1","type":"User"}}`,
			okta.LogEvent{Type: "app.oauth2.invalid_client_credentials", ActorID: "00u1"},
		},
		"texts of other types are as empty": {
			`{` + head + `"a","outcome":{"result":7,"reason":{"x":1}},"client":{"ipAddress":null,"userAgent":null},"debugContext":{"debugData":{"clientId":[1]}}}`,
			okta.LogEvent{Type: "a"},
		},
		"a user agent with control characters is cleaned": {
			`{` + head + `"a","client":{"userAgent":{"rawUserAgent":"bad\u001b[31m\nagent\u202e"}}}`,
			okta.LogEvent{Type: "a", UserAgent: "bad[31magent"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			page, ok := okta.ParseLogPage([]byte("[" + c.body + "]"))
			c.want.UUID = "u"
			if diff := cmp.Diff([]okta.LogEvent{c.want}, page.Events, cmpopts.IgnoreFields(okta.LogEvent{}, "Published")); !ok || diff != "" {
				t.Errorf("%v (-want +got):\n%s", ok, diff)
			}
		})
	}
}

func TestEventsThatCannotBeReadAreCountedAndPassed(t *testing.T) {
	page, ok := okta.ParseLogPage([]byte(`[7, null, "x", {"uuid":"u"}, {"uuid":"u","eventType":"a","published":"yesterday"},
		{"uuid":"u","published":"2026-03-02T12:00:00Z","eventType":"a"}]`))
	if !ok || page.Unreadable != 5 || len(page.Events) != 1 {
		t.Errorf("%v, %d unreadable, events %+v", ok, page.Unreadable, page.Events)
	}
}
