package v1alpha1_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	conditionsFile = "conditions.go"
	reasonsPage    = "../../docs/reasons.md"
)

// parts are what a section of the page says of its reason, in this order.
var parts = []string{"- **Means:** ", "- **Found:** ", "- **Operator:** ", "- **You:** "}

// section is what the page says below one heading.
type section struct{ name, text string }

// TestReasonsPage holds docs/reasons.md against the constants, because a reason that a person cannot look up is half a
// message, and a page about a reason that is gone misleads.
func TestReasonsPage(t *testing.T) {
	reasons := reasonConstants(t)
	page, err := os.ReadFile(reasonsPage)
	if err != nil {
		t.Fatalf("read the page of the reasons: %v", err)
	}
	sections := sectionsOf(string(page))

	t.Run("each reason has one heading, in the order of the constants", func(t *testing.T) {
		headings := make([]string, 0, len(sections))
		for _, s := range sections {
			headings = append(headings, s.name)
		}
		if diff := cmp.Diff(reasons, headings); diff != "" {
			t.Errorf("constants of %s (-) and headings of %s (+):\n%s", conditionsFile, reasonsPage, diff)
		}
	})

	t.Run("the index links every reason, by name", func(t *testing.T) {
		sorted := slices.Sorted(slices.Values(reasons))
		if diff := cmp.Diff(sorted, indexOf(string(page))); diff != "" {
			t.Errorf("constants (-) and links of the index (+):\n%s", diff)
		}
	})

	t.Run("each section says what it means, how it was found, and who does what", func(t *testing.T) {
		for _, s := range sections {
			rest := s.text
			for _, part := range parts {
				_, after, found := strings.Cut(rest, "\n"+part)
				if !found {
					t.Errorf("the section of %s lacks %q, or has it in the wrong place", s.name, part)

					break
				}
				rest = after
			}
		}
	})
}

// reasonConstants are the values of the constants whose names begin with Reason. A value is its constant's name without
// that, so that who reads a message finds the constant.
func reasonConstants(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), conditionsFile, nil, 0)
	if err != nil {
		t.Fatalf("parse the conditions: %v", err)
	}
	var values []string
	ast.Inspect(file, func(node ast.Node) bool {
		spec, isValue := node.(*ast.ValueSpec)
		if !isValue {
			return true
		}
		for i, name := range spec.Names {
			reason, isReason := strings.CutPrefix(name.Name, "Reason")
			if !isReason {
				continue
			}
			values = append(values, reason)
			if value := literal(spec.Values[i]); value != reason {
				t.Errorf("constant %s has the value %q, want %q", name.Name, value, reason)
			}
		}

		return false
	})
	if len(values) == 0 {
		t.Fatalf("%s has no constant that begins with Reason", conditionsFile)
	}

	return values
}

func literal(expression ast.Expr) string {
	basic, ok := expression.(*ast.BasicLit)
	if !ok {
		return ""
	}
	value, err := strconv.Unquote(basic.Value)
	if err != nil {
		return ""
	}

	return value
}

// sectionsOf are the sections below headings of the third level, which are those of reasons.
func sectionsOf(page string) []section {
	var sections []section
	for line := range strings.Lines(page) {
		name, isReason := strings.CutPrefix(line, "### ")
		switch {
		case isReason:
			sections = append(sections, section{name: strings.TrimSpace(name)})
		case strings.HasPrefix(line, "## "), len(sections) == 0:
		default:
			sections[len(sections)-1].text += line
		}
	}

	return sections
}

var indexLink = regexp.MustCompile(`\[([A-Za-z]+)\]\(#([a-z]+)\)`)

// indexOf are the names that the part under the heading "Index" links to their anchors.
func indexOf(page string) []string {
	_, index, _ := strings.Cut(page, "\n## Index\n")
	index, _, _ = strings.Cut(index, "\n## ")
	var names []string
	for _, link := range indexLink.FindAllStringSubmatch(index, -1) {
		if link[2] == strings.ToLower(link[1]) {
			names = append(names, link[1])
		}
	}

	return names
}
