// Package catalog reads the reasons of conditions and events from the constants of the API, and writes the index of their
// pages. It must not know what a reason means: that is said by its doc comment and its page.
package catalog

import (
	"errors"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
)

// The lines of a page between which the index stands.
const (
	begin = "<!-- The index: make generate writes it from api/v1alpha1/conditions.go. -->\n"
	end   = "<!-- End of the index. -->\n"
)

// Reason is one constant whose name begins with Reason.
type Reason struct {
	// Name of the constant without Reason, which is its value too, so that who reads a message finds the constant.
	Name string
	// Summary is the first sentence of the constant's doc comment, without the name.
	Summary string
}

// Group of reasons that stand together: between two empty lines of the constants.
type Group []Reason

// Parse returns the groups of reasons in Go source, in its order. A reason without a doc comment, or whose value is not its
// name, is an error.
func Parse(source []byte) ([]Group, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "reasons", source, parser.ParseComments)
	if err != nil {
		return nil, fmt.Errorf("parse the constants: %w", err)
	}
	var groups []Group
	for _, declaration := range file.Decls {
		constants, ok := declaration.(*ast.GenDecl)
		if !ok || constants.Tok != token.CONST {
			continue
		}
		found, err := parseBlock(files, constants)
		if err != nil {
			return nil, err
		}
		groups = append(groups, found...)
	}
	if len(groups) == 0 {
		return nil, errors.New("there is no constant whose name begins with Reason")
	}

	return groups, nil
}

func parseBlock(files *token.FileSet, constants *ast.GenDecl) ([]Group, error) {
	var groups []Group
	last := -1
	for _, spec := range constants.Specs {
		value, ok := spec.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(value.Names[0].Name, "Reason") {
			continue
		}
		reason, err := parseReason(value)
		if err != nil {
			return nil, err
		}
		first := files.Position(value.Doc.Pos()).Line
		if len(groups) == 0 || first > last+1 {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], reason)
		last = files.Position(value.End()).Line
	}

	return groups, nil
}

func parseReason(spec *ast.ValueSpec) (Reason, error) {
	constant := spec.Names[0].Name
	name := strings.TrimPrefix(constant, "Reason")
	if len(spec.Names) != 1 || len(spec.Values) != 1 {
		return Reason{}, fmt.Errorf("constant %s: declare it alone, with its value", constant)
	}
	literal, ok := spec.Values[0].(*ast.BasicLit)
	if !ok || literal.Value != strconv.Quote(name) {
		return Reason{}, fmt.Errorf("constant %s: its value must be %q", constant, name)
	}
	summary, ok := strings.CutPrefix(new(doc.Package).Synopsis(spec.Doc.Text()), constant+": ")
	if !ok {
		return Reason{}, fmt.Errorf("constant %s: its comment must begin with %q", constant, constant+": ")
	}

	return Reason{Name: name, Summary: summary}, nil
}

// title of a group, by its first reason: a new group has to be named here.
func title(group Group) (string, error) {
	switch group[0].Name {
	case "Accepted":
		return "What Okta says about the secret", nil
	case "SecretPresent":
		return "The Kubernetes Secret", nil
	case "ConnectionNotFound":
		return "The credential's connection", nil
	case "ApplicationNotFound":
		return "The application at Okta", nil
	case "Observing":
		return "The rotation", nil
	case "JournalUnreadable":
		return "The rotation journal, writing and deleting", nil
	case "RotationStarted":
		return "Events of single steps", nil
	case "Connected":
		return "Conditions of a connection", nil
	default:
		return "", fmt.Errorf("the group of reasons that begins with %s has no title in hack/reasons/catalog", group[0].Name)
	}
}

// Index returns the page with the index between its two marks written anew: the groups with their titles, one line a reason,
// linked to its page. All else on the page stays.
func Index(page string, groups []Group) (string, error) {
	head, rest, found := strings.Cut(page, begin)
	_, tail, foundEnd := strings.Cut(rest, end)
	if !found || !foundEnd {
		return "", fmt.Errorf("the page lacks the lines %q and %q, between which the index is written", strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	var index strings.Builder
	for _, group := range groups {
		name, err := title(group)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&index, "\n### %s\n\n", name)
		for _, reason := range group {
			fmt.Fprintf(&index, "- [%s](%s.md): %s\n", reason.Name, reason.Name, reason.Summary)
		}
	}

	return head + begin + index.String() + "\n" + end + tail, nil
}
