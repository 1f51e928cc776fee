package situations

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// captures is where what kubectl describe says is kept for people to read.
var captures = filepath.Join("..", "..", "docs", "describe")

// captured compares what kubectl describe says with its capture, at one of the variants of a situation; with -update it
// writes the capture. Events are left out: they repeat the status, in no fixed order.
func (s *scene) captured(title string) {
	s.t.Helper()
	if s.describe == "" || s.engine != identity || (s.server != "" && s.at != atCustomServer) {
		return
	}
	kubectl := filepath.Join(cluster.AssetsDir, "kubectl")
	if _, err := os.Stat(kubectl); err != nil {
		s.t.Logf("not compared with docs/describe: there is no kubectl in %s", cluster.AssetsDir)

		return
	}
	out, err := exec.CommandContext(s.t.Context(), kubectl, "--kubeconfig", cluster.KubeconfigPath,
		"--namespace", s.namespace, "describe", "occ", s.name, "--show-events=false").CombinedOutput()
	if err != nil {
		s.t.Fatalf("kubectl describe: %v: %s", err, out)
	}
	compare(s.t, s.describe+".md", page(title, s.want, s.normal(string(out))))
}

// page is a capture with what a reader needs to know about it.
func page(title string, want outcome, described string) string {
	reasons := fmt.Sprintf("Reason: [%s](../reasons/%s.md).", want.reason, want.reason)
	if want.verdict != "" && string(want.verdict) != want.reason {
		reasons += fmt.Sprintf(" Verdict: [%s](../reasons/%s.md).", want.verdict, want.verdict)
	}

	return fmt.Sprintf("# %s\n\n%s\n\n```console\n$ kubectl describe occ web-shop --show-events=false\n%s\n```\n", sentence(title), reasons, strings.TrimRight(described, "\n"))
}

// sentence begins with a capital letter, but for the name of a method.
func sentence(title string) string {
	if strings.HasPrefix(title, "client_secret_") {
		return title
	}

	return strings.ToUpper(title[:1]) + title[1:]
}

// What differs from run to run, and what stands for it in a capture.
var (
	secretID = regexp.MustCompile(`\bocs[A-Za-z0-9]{17}\b`)
	normals  = []struct {
		pattern *regexp.Regexp
		text    string
	}{
		{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`), "2026-03-01T12:00:00Z"},
		{regexp.MustCompile(`created \d{4}-\d\d-\d\d`), "created 2026-03-01"},
		{regexp.MustCompile(`(Resource Version:\s+)\d+`), "${1}1000"},
		{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "00000000-0000-4000-8000-000000000000"},
		{regexp.MustCompile(`\b0oa2[0-9a-f]{16}\b`), "0oa2payroll000000000"},
		{regexp.MustCompile(`\bacme-\d+\b`), "acme"},
		{regexp.MustCompile(`\b00oacme\d{13}\b`), "00oacme0000000000000"},
	}
)

// normal is a text with the same times, ids and hosts in each run.
func (s *scene) normal(text string) string {
	text = strings.NewReplacer(
		s.org.host(), "acme.okta.com", s.org.customDomain(), "login.acme.com", cluster.orgs.another.host(), "another.okta.com",
		s.clientID, clientIDFor(s), s.appID, "0oa1webshop000000000", s.namespace, "shop", s.name, "web-shop",
	).Replace(text)
	for _, n := range normals {
		text = n.pattern.ReplaceAllString(text, n.text)
	}
	seen := map[string]string{}

	return secretID.ReplaceAllStringFunc(text, func(id string) string {
		if seen[id] == "" {
			seen[id] = fmt.Sprintf("ocs%017d", len(seen)+1)
		}

		return seen[id]
	})
}

func clientIDFor(s *scene) string {
	if s.clientID == s.appID {
		return "0oa1webshop000000000"
	}

	return s.situation.clientID + "client"
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join(captures, file)
	if *update {
		must(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("docs/describe/%s is stale: go test ./test/situations -update (-want +got):\n%s", file, diff)
	}
}

func TestEveryCaptureIsInTheIndex(t *testing.T) {
	t.Parallel()
	all := tables()
	index, files := strings.Builder{}, []string{"README.md"}
	index.WriteString("# What `kubectl describe occ` says\n\nOne page a cause, taken from a real API server and written by a test (`go test ./test/situations -update`), which fails when a\n" +
		"page is stale. Times, ids and hosts are replaced. What to do is in `Fix`, and in the message of `Ready`; more is in [reasons](../reasons/README.md).\n\n" +
		"| page | situation | verdict | reason |\n|---|---|---|---|\n")
	for _, name := range slices.SortedFunc(maps.Keys(all), func(a, b string) int { return strings.Compare(all[a].describe+a, all[b].describe+b) }) {
		s := all[name]
		if s.describe == "" {
			continue
		}
		files = append(files, s.describe+".md")
		fmt.Fprintf(&index, "| [%s](%s.md) | %s | %s | %s |\n", s.describe, s.describe, sentence(name), s.want.verdict, s.want.reason)
	}
	compare(t, "README.md", index.String())
	entries, err := os.ReadDir(captures)
	must(t, err)
	for _, entry := range entries {
		if !slices.Contains(files, entry.Name()) && !*update {
			t.Errorf("docs/describe/%s is the capture of no situation", entry.Name())
		}
	}
}
