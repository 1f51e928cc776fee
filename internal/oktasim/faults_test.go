package oktasim

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// outcome is what a client sees of a faulty request, and what happened at Okta.
type outcome struct {
	Status  int
	JSON    bool
	Failed  bool
	Secrets int
}

// moment is how long a client waits for what does not come.
const moment = 100 * time.Millisecond

// faulty creates a secret under a fault, as a client with a limit for the body. It gives up where no end is to come: a moment
// after the org has the request, or after the header, so that a slow machine changes nothing of what it sees.
func faulty(t *testing.T, f *fixture, appID string, fault Fault) outcome {
	t.Helper()
	fault.Route, fault.Times = RouteCreateSecret, 1
	f.org.Fault(fault)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if fault.Kind == FaultTimeout || fault.Kind == FaultLateEffect || fault.Kind == FaultDelay {
		f.org.OnCall(func(Call) { time.AfterFunc(moment, cancel) })
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url+secretsPath(appID), strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "SSWS "+adminToken)
	got := outcome{}
	answer, err := f.client.Do(r)
	if err != nil {
		got.Failed = true
	}
	if err == nil {
		defer func() { _ = answer.Body.Close() }()
		if fault.Kind == FaultDrip {
			time.AfterFunc(moment, cancel)
		}
		body, readErr := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
		var object map[string]any
		got.Status, got.Failed, got.JSON = answer.StatusCode, readErr != nil, json.Unmarshal(body, &object) == nil
	}
	return got
}

func TestFaults(t *testing.T) {
	for name, test := range map[string]struct {
		fault Fault
		want  outcome
	}{
		"429 with Okta's body":             {Fault{Kind: FaultStatus, Status: 429}, outcome{Status: 429, JSON: true}},
		"500":                              {Fault{Kind: FaultStatus, Status: 500}, outcome{Status: 500, JSON: true}},
		"503":                              {Fault{Kind: FaultStatus, Status: 503}, outcome{Status: 503, JSON: true}},
		"401":                              {Fault{Kind: FaultStatus, Status: 401}, outcome{Status: 401, JSON: true}},
		"403":                              {Fault{Kind: FaultStatus, Status: 403}, outcome{Status: 403, JSON: true}},
		"a page of a proxy":                {Fault{Kind: FaultHTML}, outcome{Status: 502}},
		"an answer of one's own":           {Fault{Kind: FaultAnswer, Status: 418, Body: "{}"}, outcome{Status: 418, JSON: true}},
		"a redirect":                       {Fault{Kind: FaultRedirect, Location: "http://169.254.169.254/"}, outcome{Status: 302}},
		"no answer":                        {Fault{Kind: FaultTimeout}, outcome{Failed: true}},
		"reset before the effect":          {Fault{Kind: FaultResetBefore}, outcome{Failed: true}},
		"reset after the effect":           {Fault{Kind: FaultResetAfter}, outcome{Failed: true, Secrets: 1}},
		"the effect after the client left": {Fault{Kind: FaultLateEffect}, outcome{Failed: true, Secrets: 1}},
		"twice, as by a retrying proxy":    {Fault{Kind: FaultDuplicate}, outcome{Status: 201, JSON: true, Secrets: 2}},
		"half a body of JSON":              {Fault{Kind: FaultMalformed}, outcome{Status: 201, Secrets: 1}},
		"JSON of another type":             {Fault{Kind: FaultWrongType}, outcome{Status: 201, Secrets: 1}},
		"a truncated body":                 {Fault{Kind: FaultTruncated}, outcome{Status: 201, Failed: true, Secrets: 1}},
		"a huge body":                      {Fault{Kind: FaultHuge, Size: 64 << 20}, outcome{Status: 201, Secrets: 1}},
		"a body that drips":                {Fault{Kind: FaultDrip, Delay: time.Hour}, outcome{Status: 201, Failed: true, Secrets: 1}},
		"an answer that comes too late":    {Fault{Kind: FaultDelay, Delay: time.Hour}, outcome{Failed: true, Secrets: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newAdminFixture(t, Options{}, Role{})
			added := f.org.AddApp(App{})
			got := faulty(t, f, added.ID, test.fault)
			for deadline := time.After(time.Minute); len(f.org.Secrets(added.ID)) != test.want.Secrets; {
				select {
				case <-deadline:
					t.Fatalf("%d secrets at Okta, want %d", len(f.org.Secrets(added.ID)), test.want.Secrets)
				case <-time.After(time.Millisecond):
				}
			}
			got.Secrets = test.want.Secrets
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if again := f.manage(http.MethodGet, secretsPath(added.ID), ""); again.status != 200 {
				t.Errorf("the request after the fault got %d", again.status)
			}
		})
	}
}

func TestWhichRequestsAFaultHits(t *testing.T) {
	for name, test := range map[string]struct {
		fault Fault
		want  []int
	}{
		"every one of its route": {Fault{Route: RouteToken, Kind: FaultStatus, Status: 503}, []int{503, 503, 503, 503}},
		"two":                    {Fault{Kind: FaultStatus, Status: 503, Times: 2}, []int{503, 503, 400, 400}},
		"one after two others":   {Fault{Kind: FaultStatus, Status: 503, Times: 1, After: 2}, []int{400, 400, 503, 400}},
		"until a time":           {Fault{Kind: FaultStatus, Status: 503, Until: start.Add(3 * time.Second)}, []int{503, 503, 503, 400}},
		"another route":          {Fault{Route: RouteRevoke, Kind: FaultStatus, Status: 503}, []int{400, 400, 400, 400}},
		"another app":            {Fault{App: "somebody", Kind: FaultStatus, Status: 503}, []int{400, 400, 400, 400}},
		"this app":               {Fault{App: "0oaclient", Kind: FaultStatus, Status: 503, Times: 1}, []int{503, 400, 400, 400}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Options{})
			added, _ := f.webApp(App{ID: "0oaclient"})
			f.org.Fault(test.fault)
			var got []int
			for range 4 {
				got = append(got, f.check("/oauth2/v1/token", added.ClientID, goodValue).status)
				f.clock.Step(time.Second)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHookSeesBothSidesOfTheEffect(t *testing.T) {
	f := newAdminFixture(t, Options{}, Role{})
	added := f.org.AddApp(App{})
	var seen []int
	f.org.OnCall(func(c Call) {
		if c.Route == RouteCreateSecret {
			seen = append(seen, len(f.org.Secrets(added.ID)))
		}
	})
	f.manage(http.MethodPost, secretsPath(added.ID), "")
	if !cmp.Equal(seen, []int{0, 1}) {
		t.Errorf("secrets at Okta at each phase: %v, want [0 1]", seen)
	}
}

func TestRequestsAreCountedWithoutTheirSecrets(t *testing.T) {
	f := newAdminFixture(t, Options{}, Role{})
	added, _ := f.webApp(App{})
	f.check("/oauth2/v1/token", added.ClientID, goodValue)
	f.check("/oauth2/v1/token", added.ClientID, otherValue)
	f.manage(http.MethodGet, secretsPath(added.ID)+"?token="+goodValue, "")
	want := map[string]map[int]int{RouteToken: {400: 1, 401: 1}, RouteListSecrets: {200: 1}}
	if diff := cmp.Diff(want, f.org.Counts()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	kept, err := json.Marshal(f.org.Requests())
	if err != nil {
		t.Fatal(err)
	}
	for _, canary := range []string{goodValue, otherValue, adminToken} {
		if strings.Contains(string(kept), canary) {
			t.Errorf("the list of requests holds a secret")
		}
	}
	if f.org.Requests()[0].ClientID != added.ClientID {
		t.Errorf("the client of the request is not named")
	}
}

func TestRateLimits(t *testing.T) {
	small := Limits{Buckets: map[Bucket]int{BucketApps: 4, BucketToken: 2}}
	f := newAdminFixture(t, Options{Limits: small}, Role{})
	added, _ := f.webApp(App{})
	var got []int
	for range 3 {
		got = append(got, f.manage(http.MethodGet, secretsPath(added.ID), "").status)
	}
	for range 3 {
		got = append(got, f.check("/oauth2/v1/token", added.ClientID, goodValue).status)
	}
	if diff := cmp.Diff([]int{200, 200, 429, 400, 400, 429}, got); diff != "" {
		t.Errorf("half of the bucket for one token, all of it for clients (-want +got):\n%s", diff)
	}
	limited := f.manage(http.MethodGet, secretsPath(added.ID), "")
	if limited.field("errorCode") != "E0000047" || limited.header.Get("X-Rate-Limit-Remaining") != "0" ||
		limited.header.Get("X-Rate-Limit-Limit") != "2" || limited.header.Get("X-Rate-Limit-Reset") != "1772366460" {
		t.Errorf("got %s %v", limited.body, limited.header)
	}
	f.clock.Step(time.Minute)
	if again := f.manage(http.MethodGet, secretsPath(added.ID), ""); again.status != 200 || again.header.Get("X-Rate-Limit-Remaining") != "1" {
		t.Errorf("in the next window: %d, remaining %s", again.status, again.header.Get("X-Rate-Limit-Remaining"))
	}
}

func TestConcurrentRequestsAreLimited(t *testing.T) {
	f := newAdminFixture(t, Options{Limits: Limits{Concurrent: 1}}, Role{})
	added, _ := f.webApp(App{})
	inner := 0
	f.org.OnCall(func(c Call) {
		if c.Route == RouteToken && c.Phase == BeforeEffect {
			inner = f.manage(http.MethodGet, secretsPath(added.ID), "").status
		}
	})
	f.check("/oauth2/v1/token", added.ClientID, goodValue)
	after := f.manage(http.MethodGet, secretsPath(added.ID), "").status
	if inner != 429 || after != 200 {
		t.Errorf("inside of another request %d, after it %d", inner, after)
	}
}
