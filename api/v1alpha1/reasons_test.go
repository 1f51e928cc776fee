package v1alpha1_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/hack/reasons/catalog"
)

const (
	conditionsFile = "conditions.go"
	verdictFile    = "verdict.go"
	reasonsFolder  = "../../docs/reasons"
	indexPage      = "README.md"
)

// parts are what a page says of its reason, in this order.
var parts = []string{"\n**Means:** ", "\n**Found:** ", "\n**Operator:** ", "\n**You:** "}

// TestReasonPages holds docs/reasons against the constants, because a reason that a person cannot look up is half a message,
// and a page about a reason that is gone misleads.
func TestReasonPages(t *testing.T) {
	t.Parallel()
	groups := reasonGroups(t)
	reasons := namesOf(groups)

	t.Run("each reason has a page, and each page has a reason", func(t *testing.T) {
		t.Parallel()
		var pages []string
		for _, name := range pagesOf(t) {
			if name != indexPage {
				pages = append(pages, strings.TrimSuffix(name, ".md"))
			}
		}
		if diff := cmp.Diff(slices.Sorted(slices.Values(reasons)), pages); diff != "" {
			t.Errorf("constants of %s (-) and pages in %s (+):\n%s", conditionsFile, reasonsFolder, diff)
		}
	})

	t.Run("the index is what make generate writes", func(t *testing.T) {
		t.Parallel()
		page := readPage(t, indexPage)
		want, err := catalog.Index(page, groups)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, page); diff != "" {
			t.Errorf("the index is out of date, run make generate (-want +got):\n%s", diff)
		}
	})

	t.Run("no reason is there twice", func(t *testing.T) {
		t.Parallel()
		sorted := slices.Sorted(slices.Values(reasons))
		if diff := cmp.Diff(slices.Compact(slices.Clone(sorted)), sorted); diff != "" {
			t.Errorf("constants, once each (-) and as they are (+):\n%s", diff)
		}
	})

	for _, reason := range reasons {
		t.Run("the page says what it means, how it was found, and who does what: "+reason, func(t *testing.T) {
			t.Parallel()
			holdPage(t, reason, readPage(t, reason+".md"))
		})
	}
}

// TestVerdictsAreReasons: a verdict is the reason of SecretValid, so that it needs a page too.
func TestVerdictsAreReasons(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile(verdictFile)
	if err != nil {
		t.Fatalf("read the verdicts: %v", err)
	}
	verdicts := regexp.MustCompile(`(?m)^\tVerdict\w+ Verdict = "(\w+)"$`).FindAllStringSubmatch(string(source), -1)
	if len(verdicts) == 0 {
		t.Fatalf("%s has no verdicts", verdictFile)
	}
	reasons := namesOf(reasonGroups(t))
	for _, verdict := range verdicts {
		if !slices.Contains(reasons, verdict[1]) {
			t.Errorf("verdict %s is no reason of %s", verdict[1], conditionsFile)
		}
	}
}

// TestReasonLinks: a link to another file under docs leads somewhere.
func TestReasonLinks(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`)
	for _, page := range pagesOf(t) {
		for _, target := range link.FindAllStringSubmatch(readPage(t, page), -1) {
			if strings.Contains(target[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(reasonsFolder, target[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", page, target[1])
			}
		}
	}
}

// holdPage holds one page against the form that all of them have.
func holdPage(t *testing.T, reason, page string) {
	t.Helper()
	rest, found := strings.CutPrefix(page, "# "+reason+"\n\nOn ")
	if !found {
		t.Fatalf("the page does not begin with its title and, below it, the kinds that the reason appears on: On …")
	}
	for i, part := range parts {
		said, after, found := strings.Cut(rest, part)
		if !found {
			t.Fatalf("the page lacks %q, or has it in the wrong place", strings.TrimSpace(part))
		}
		if strings.TrimSpace(said) == "" || strings.Count(page, part) != 1 {
			t.Errorf("what stands before %q is empty, or it is there twice", strings.TrimSpace(part))
		}
		if i == 0 {
			holdAppearance(t, said)
		}
		rest = after
	}
	if strings.TrimSpace(rest) == "" {
		t.Errorf("%q is empty", strings.TrimSpace(parts[len(parts)-1]))
	}
}

// holdAppearance holds the line that says where a reason appears: it names a kind, and only conditions that there are.
func holdAppearance(t *testing.T, line string) {
	t.Helper()
	if !strings.HasPrefix(line, "OktaClientCredential: ") && !strings.HasPrefix(line, "OktaConnection") {
		t.Errorf("the line below the title does not begin with a kind: On %s", line)
	}
	known := []string{
		v1alpha1.ConditionReady, v1alpha1.ConditionSecretValid, v1alpha1.ConditionSecretSynced, v1alpha1.ConditionRotationHealthy,
		v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled, v1alpha1.ConditionConsumersUpdated,
		v1alpha1.ConditionReachable, v1alpha1.ConditionAuthorized, v1alpha1.ConditionFollowing,
		"status.history", "status.rotation.next", "status.rotation.nextTime",
	}
	for _, named := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(line, -1) {
		if !slices.Contains(known, named[1]) {
			t.Errorf("the line below the title names %s, which is no condition", named[1])
		}
	}
}

func reasonGroups(t *testing.T) []catalog.Group {
	t.Helper()
	source, err := os.ReadFile(conditionsFile)
	if err != nil {
		t.Fatalf("read the conditions: %v", err)
	}
	groups, err := catalog.Parse(source)
	if err != nil {
		t.Fatalf("%s: %v", conditionsFile, err)
	}

	return groups
}

func namesOf(groups []catalog.Group) []string {
	var names []string
	for _, group := range groups {
		for _, reason := range group {
			names = append(names, reason.Name)
		}
	}

	return names
}

// pagesOf are the names of the files in the folder of the reasons, sorted.
func pagesOf(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(reasonsFolder)
	if err != nil {
		t.Fatalf("read the folder of the reasons: %v", err)
	}
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		names = append(names, entry.Name())
	}

	return names
}

func readPage(t *testing.T, name string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(reasonsFolder, name))
	if err != nil {
		t.Fatalf("read the page: %v", err)
	}

	return string(page)
}
