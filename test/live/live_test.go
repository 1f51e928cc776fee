package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

func TestAnOrgLikeTheSimulator(t *testing.T) {
	for name, byKey := range map[string]bool{"with an API token": false, "with a private key": true} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{})
			if code := start(t.Context(), w.arguments(t), w.environment(t, byKey), &w.out); code != exitRan {
				t.Errorf("exit code %d, want %d", code, exitRan)
			}
			w.checkPrinted(t, "15 the same, 0 differ, 0 could not run",
				`wrong secret                       POST   /oauth2/v1/token: 401 invalid_client "The client secret supplied`,
				"POST   /api/v1/apps/{app}/credentials/secrets/{secret}/lifecycle/deactivate: 200")
			w.checkTraces(t)
		})
	}
}

// TestOrgsThatDiffer turns switches at the org that stands for the real one: the report must name just these.
func TestOrgsThatDiffer(t *testing.T) {
	for name, test := range map[string]struct {
		turned []string
		// differ is how many scenarios a turned switch changes.
		differ int
	}{
		"wrong and inactive secrets answered alike, in the ambiguous words": {
			turned: []string{"Unknowns.WrongSecret = Ambiguous", "Unknowns.InactiveSecret = Ambiguous"}, differ: 4,
		},
		"apps that are gone keep their secrets secret": {
			turned: []string{
				"Unknowns.InactiveApp = Ambiguous", "Unknowns.DeletedApp = WrongSecret", "Unknowns.UnknownServer = NotFoundHTML",
				"Unknowns.Values = Omitted",
			}, differ: 4,
		},
		"lenient about methods, strict about values": {
			turned: []string{
				"Unknowns.AnyMethod = true", "Unknowns.DecodeBasic = true", "Unknowns.RefuseSameValue = true", "Unknowns.ForeignHash = true",
				"Options.NoAPIAccessManagement = true",
			}, differ: 6,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var options oktasim.Options
			for _, one := range switches {
				for _, name := range test.turned {
					if one.name == name {
						one.turn(&options)
					}
				}
			}
			w := given(t, options)
			if code := w.run(t.Context()); code != exitRan {
				t.Errorf("exit code %d, want %d: differences are findings", code, exitRan)
			}
			w.checkPrinted(t, fmt.Sprintf("%d differ, 0 could not run", test.differ), "With these together every scenario ends the same.")
			for _, one := range switches {
				wanted := strings.Contains(strings.Join(test.turned, "\n"), one.name)
				if named := strings.Contains(w.out.String(), "\n  "+one.name+"\n"); named != wanted {
					t.Errorf("named %s: %t, want %t", one.name, named, wanted)
				}
			}
			w.checkTraces(t)
		})
	}
}

// TestEverySwitchShows keeps switches in the list that no scenario can see from passing for checked.
func TestEverySwitchShows(t *testing.T) {
	plain, err := simulate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range switches {
		turned, err := simulate(t.Context(), one)
		if err != nil {
			t.Fatal(err)
		}
		if len(differing(turned, plain)) == 0 {
			t.Errorf("%s changes no scenario", one.name)
		}
	}
}

func TestAnAnswerThatNoSwitchGives(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.on(func(c oktasim.Call) {
		if c.Phase == oktasim.AfterEffect && c.Route == oktasim.RouteDeactivateApp && c.Sequence > 3 {
			w.org.Fault(oktasim.Fault{
				Route: oktasim.RouteToken, Kind: oktasim.FaultAnswer, Status: http.StatusUnauthorized, ContentType: "application/json", Times: 1,
				Body: `{"error":"invalid_client","error_description":"The client is taking a nap."}`,
			})
		}
	})
	if code := w.run(t.Context()); code != exitRan {
		t.Errorf("exit code %d, want %d", code, exitRan)
	}
	w.checkPrinted(t, "The client is taking a nap.", "No switch of oktasim answers like that: it needs a new one.")
	w.checkTraces(t)
}

func TestAnAnswerThatQuotesTheSecret(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.on(func(c oktasim.Call) {
		if c.Phase == oktasim.BeforeEffect || c.Route != oktasim.RouteCreateApp || c.Sequence < 3 {
			return
		}
		for _, a := range w.org.Apps() {
			for _, s := range w.org.Secrets(a.ID) {
				w.org.Fault(oktasim.Fault{
					Route: oktasim.RouteToken, Kind: oktasim.FaultAnswer, Status: http.StatusUnauthorized, Times: 1, ContentType: "application/json",
					Body: `{"error":"invalid_client","error_description":"` + s.Value.Reveal() + ` of ` + a.ID + ` is wrong"}`,
				})
			}
		}
	})
	w.run(t.Context())
	w.checkPrinted(t, `"[redacted] of {app} is wrong"`)
	w.checkTraces(t)
}

func TestChangesThatTakeTheirTime(t *testing.T) {
	w := given(t, oktasim.Options{Propagation: oktasim.Propagation{Accept: 300 * time.Millisecond, Refuse: 300 * time.Millisecond}})
	if code := w.run(t.Context()); code != exitRan {
		t.Errorf("exit code %d, want %d", code, exitRan)
	}
	w.checkPrinted(t, "15 the same", "a new secret was accepted 0.3 s after it was made", "a deactivated secret was refused after 0.3 s")
	w.checkTraces(t)
}

func TestASmallOrgsRateLimitIsKept(t *testing.T) {
	w := given(t, oktasim.Options{Limits: oktasim.Limits{
		Buckets: map[oktasim.Bucket]int{oktasim.BucketApps: 24, oktasim.BucketApp: 24}, Window: 2 * time.Second,
	}})
	if code := w.run(t.Context()); code != exitRan {
		t.Errorf("exit code %d, want %d", code, exitRan)
	}
	w.checkPrinted(t, "15 the same")
	w.checkTraces(t)
	for route, byStatus := range w.org.Counts() {
		if n := byStatus[http.StatusTooManyRequests]; n > 0 {
			t.Errorf("%s was answered 429 %d times", route, n)
		}
	}
}

func TestWhatCannotRun(t *testing.T) {
	for name, test := range map[string]struct {
		fault oktasim.Fault
		say   string
	}{
		"no app can be made":           {fault: oktasim.Fault{Route: oktasim.RouteCreateApp, Kind: oktasim.FaultStatus, Status: 500}, say: "make an app: Okta answered 500"},
		"no secret can be made":        {fault: oktasim.Fault{Route: oktasim.RouteCreateSecret, Kind: oktasim.FaultStatus, Status: 500}, say: "5 could not run"},
		"the token endpoint is broken": {fault: oktasim.Fault{Route: oktasim.RouteToken, Kind: oktasim.FaultStatus, Status: 503}, say: "could not run: ask about a secret"},
		"the search does not find the apps": {
			fault: oktasim.Fault{Route: oktasim.RouteListApps, Kind: oktasim.FaultStatus, Status: 500, After: 1}, say: "15 the same",
		},
		"the answer to making an app gets lost": {
			fault: oktasim.Fault{Route: oktasim.RouteCreateApp, Kind: oktasim.FaultResetAfter, Times: 1}, say: "Removing \"oktacred-live-",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{})
			w.org.Fault(test.fault)
			if code := w.run(t.Context()); code != exitFailed {
				t.Errorf("exit code %d, want %d", code, exitFailed)
			}
			w.checkPrinted(t, test.say)
			w.checkTraces(t)
		})
	}
}

func TestCtrlC(t *testing.T) {
	for _, route := range []string{oktasim.RouteCreateApp, oktasim.RouteToken, oktasim.RouteCreateSecret, oktasim.RouteDeactivateSecret} {
		for _, phase := range []oktasim.Phase{oktasim.BeforeEffect, oktasim.AfterEffect} {
			t.Run(string(phase)+" "+route, func(t *testing.T) {
				w := given(t, oktasim.Options{})
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				w.on(func(c oktasim.Call) {
					if c.Route == route && c.Phase == phase {
						stop()
					}
				})
				if code := w.run(ctx); code != exitFailed {
					t.Errorf("exit code %d, want %d", code, exitFailed)
				}
				w.checkPrinted(t, "live: stopped")
				w.checkTraces(t)
			})
		}
	}
}

func TestLeftovers(t *testing.T) {
	w := given(t, oktasim.Options{})
	ours := w.org.AddApp(oktasim.App{Label: labelPrefix + "earlier", RedirectURIs: []string{redirectURI}})
	w.org.AddSecret(ours.ID, redact.NewValue("LeftoverLeftoverLeftoverLeftover"), oktasim.Active)
	theirs := w.org.AddApp(oktasim.App{Label: labelPrefix + "shop", RedirectURIs: []string{"https://shop.example.com/callback"}})
	other := w.org.AddApp(oktasim.App{Label: "Billing", RedirectURIs: []string{redirectURI}})
	if code := w.run(t.Context()); code != exitRan {
		t.Errorf("exit code %d, want %d", code, exitRan)
	}
	w.checkPrinted(t, `Removing "oktacred-live-earlier".`, `labelled "oktacred-live-shop"`, "15 the same")
	for id, want := range map[string]bool{ours.ID: false, theirs.ID: true, other.ID: true} {
		if found, there := w.org.App(id); there != want {
			t.Errorf("app %q is there: %t, want %t", found.Label, there, want)
		}
	}
}

func TestWithoutVariables(t *testing.T) {
	for name, test := range map[string]struct {
		set map[string]string
		say string
	}{
		"nothing is set": {say: "OKTACRED_LIVE_ORG_URL is not set"},
		"no credential is set": {
			set: map[string]string{"OKTACRED_LIVE_ORG_URL": "https://example.okta.com"}, say: "set OKTACRED_LIVE_CLIENT_ID and",
		},
		"both credentials are set": {
			set: map[string]string{
				"OKTACRED_LIVE_ORG_URL": "https://example.okta.com", "OKTACRED_LIVE_API_TOKEN": apiToken, "OKTACRED_LIVE_CLIENT_ID": serviceApp,
			}, say: "not both",
		},
		"the key file is missing": {
			set: map[string]string{
				"OKTACRED_LIVE_ORG_URL": "https://example.okta.com", "OKTACRED_LIVE_CLIENT_ID": serviceApp,
				"OKTACRED_LIVE_PRIVATE_KEY_FILE": "/nowhere/key.pem",
			}, say: "read OKTACRED_LIVE_PRIVATE_KEY_FILE",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			code := start(t.Context(), nil, func(name string) string { return test.set[name] }, &out)
			if code != exitNotTold {
				t.Errorf("exit code %d, want %d", code, exitNotTold)
			}
			for _, wanted := range []string{
				test.say, "OKTACRED_LIVE_ORG_URL", "OKTACRED_LIVE_API_TOKEN", "OKTACRED_LIVE_CLIENT_ID", "OKTACRED_LIVE_PRIVATE_KEY_FILE",
				"OKTACRED_LIVE_KEY_ID", "okta.apps.manage", "okta.apps.clientCredentials.read", "make live",
			} {
				if !strings.Contains(out.String(), wanted) {
					t.Errorf("the output does not say %q:\n%s", wanted, out.String())
				}
			}
			if strings.Contains(out.String(), apiToken) {
				t.Error("the output holds the API token")
			}
		})
	}
}

func TestAnOrgThatIsNoURL(t *testing.T) {
	if code := run(t.Context(), settings{orgURL: "http://example.okta.com"}, io.Discard); code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
}
