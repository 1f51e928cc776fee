package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

func TestAuditLogCountsEachRequestOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	first := []string{
		`{"stage":"ResponseComplete","verb":"get","objectRef":{"resource":"secrets"},"responseStatus":{"code":200}}`,
		`{"stage":"ResponseComplete","verb":"get","objectRef":{"resource":"secrets"},"responseStatus":{"code":404}}`,
		`{"stage":"ResponseStarted","verb":"watch","objectRef":{"resource":"secrets"},"responseStatus":{"code":200}}`,
		`{"stage":"ResponseComplete","verb":"watch","objectRef":{"resource":"secrets"},"responseStatus":{"code":200}}`,
		`{"stage":"ResponseComplete","verb":"patch","objectRef":{"resource":"oktaclientcredentials","subresource":"status"},"responseStatus":{"code":409}}`,
		`{"stage":"ResponseComplete","verb":"get","requestURI":"/api"}`,
	}
	halfWritten := `{"stage":"ResponseComplete","verb":"update","objectRef":`
	log := newAuditLog(path)
	if err := log.read(); err != nil {
		t.Fatalf("a log that is not there yet: %v", err)
	}
	write(t, path, strings.Join(first, "\n")+"\n"+halfWritten)
	if err := log.read(); err != nil {
		t.Fatal(err)
	}
	before := log.snapshot()
	want := map[call]int{{"get", "secrets"}: 2, {"watch", "secrets"}: 1, {"patch", "oktaclientcredentials/status"}: 1}
	if diff := cmp.Diff(want, before); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"409 patch oktaclientcredentials/status": 1}, log.refused); diff != "" {
		t.Errorf("refused (-want +got)\n%s", diff)
	}
	write(t, path, `{"resource":"leases"},"responseStatus":{"code":200}}`+"\n")
	if err := log.read(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[call]int{{"update", "leases"}: 1}, since(before, log.snapshot())); diff != "" {
		t.Errorf("since (-want +got)\n%s", diff)
	}
	if got := log.work(); got != 4 {
		t.Errorf("%d requests are work, want 4: the lease is none", got)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestRestIsQuietOnlyWithoutWritesAndExtraRequests(t *testing.T) {
	for name, c := range map[string]struct {
		calls map[call]int
		rest  quiet
		want  bool
	}{
		"nothing at all":                   {want: true},
		"the lease and reads":              {calls: map[call]int{{"update", "leases"}: 9, {"get", "secrets"}: 4, {"watch", "secrets"}: 1}, want: true},
		"one write of a status":            {calls: map[call]int{{"patch", "oktaclientcredentials/status"}: 1}},
		"one event":                        {calls: map[call]int{{"create", "events"}: 1}},
		"one check of each":                {rest: quiet{Checks: 1000, MostChecks: 1, MaxChecks: 1}, want: true},
		"two checks of one in an interval": {rest: quiet{Checks: 2, MostChecks: 2, MaxChecks: 1}},
		"one request to the admin API":     {rest: quiet{OtherOkta: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			c.rest.takeAPI(c.calls)
			if got := c.rest.isQuiet(); got != c.want {
				t.Errorf("got %t, want %t", got, c.want)
			}
		})
	}
}

func TestOnlyAnAnswerThatNeedsTheSecretCountsAsItsTest(t *testing.T) {
	log := []oktasim.Request{
		{Route: oktasim.RouteToken, ClientID: oktasim.BenchClientID(1), Status: 400},
		{Route: oktasim.RouteToken, ClientID: oktasim.BenchClientID(1), Status: 400},
		{Route: oktasim.RouteToken, ClientID: oktasim.BenchClientID(2), Status: 401},
		{Route: oktasim.RouteRevoke, ClientID: oktasim.BenchClientID(3), Status: 400},
		{Route: oktasim.RouteToken, ClientID: serviceClientID, Status: 400},
	}
	if diff := cmp.Diff(map[string]int{oktasim.BenchClientID(1): 2}, checks(log, true)); diff != "" {
		t.Errorf("accepted (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{oktasim.BenchClientID(1): 2, oktasim.BenchClientID(2): 1}, checks(log, false)); diff != "" {
		t.Errorf("asked (-want +got)\n%s", diff)
	}
}

func TestReportEndsWithTheResultAndFailsOverBudget(t *testing.T) {
	within := result{N: 1000, ReadyWall: 15, CPUPerCredential: 6, PeakRSS: 80, budget: budgetFor(1000)}
	for name, c := range map[string]struct {
		change func(*result)
		within bool
	}{
		"just within":        {func(*result) {}, true},
		"too slow":           {func(r *result) { r.ReadyWall = 15.01 }, false},
		"too much CPU":       {func(r *result) { r.CPUPerCredential = 6.01 }, false},
		"too much memory":    {func(r *result) { r.PeakRSS = 80.01 }, false},
		"not quiet":          {func(r *result) { r.Quiet = &quiet{APIWrites: 1} }, false},
		"fewer, and as slow": {func(r *result) { r.N, r.budget = 100, budgetFor(100) }, false},
		"more, and not more": {func(r *result) { r.N, r.budget, r.CPUPerCredential = 5000, budgetFor(5000), 5.2 }, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := within
			c.change(&r)
			var out bytes.Buffer
			if err := report(&out, r); (err == nil) != c.within || (err != nil && !errors.Is(err, errOverBudget)) {
				t.Errorf("error %v, want within budget: %t", err, c.within)
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			var told map[string]any
			if err := json.Unmarshal([]byte(lines[len(lines)-1]), &told); err != nil {
				t.Fatalf("the last line is no JSON: %v", err)
			}
			for _, key := range []string{"n", "ready_wall_s", "cpu_ms_per_credential", "peak_rss_mb"} {
				if _, ok := told[key]; !ok {
					t.Errorf("the last line lacks %q", key)
				}
			}
			if told["within_budget"] != c.within {
				t.Errorf("within_budget is %v, want %t", told["within_budget"], c.within)
			}
		})
	}
}

func TestUsageIsReadFromProc(t *testing.T) {
	cpu, err := parseStat("42 (a name) with) R 1 42 42 0 -1 4194560 100 0 0 0 123 45 0 0 20 0 9 0 1 2 3")
	if err != nil || cpu != 1680*time.Millisecond {
		t.Errorf("CPU is %s (%v), want 1.68s", cpu, err)
	}
	peak, err := parseStatus("Name:\tmanager\nVmPeak:\t  999 kB\nVmHWM:\t   2048 kB\nVmRSS:\t 1 kB\n")
	if err != nil || peak != 2<<20 {
		t.Errorf("peak is %d (%v), want %d", peak, err, 2<<20)
	}
	if _, err := parseStat("42 (short) R 1"); err == nil {
		t.Error("a line without times was read")
	}
	if _, err := parseStatus("Name:\tmanager\n"); err == nil {
		t.Error("a status without VmHWM was read")
	}
}
