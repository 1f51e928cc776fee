package oktasim

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// attributes gives the values of an attribute of the thing that a filter is asked about.
type attributes func(name string) []string

// filter is a parsed filter expression.
type filter func(attributes) bool

// term is one comparison of a filter: attribute, operator, quoted value.
var term = regexp.MustCompile(`^\s*([A-Za-z.]+)\s+(eq|ne|sw|co|gt|ge|lt|le)\s+"([^"]*)"\s*$`)

// parseFilter reads the part of Okta's filter language that is in use: comparisons joined by "or", and those by "and", with
// parentheses around a whole side of an "and". The empty filter matches everything.
func parseFilter(text string) (filter, error) {
	if strings.TrimSpace(text) == "" {
		return func(attributes) bool { return true }, nil
	}
	var all []filter
	for _, side := range split(text, " and ") {
		side = strings.TrimSpace(side)
		if strings.HasPrefix(side, "(") && strings.HasSuffix(side, ")") {
			side = side[1 : len(side)-1]
		}
		var either []filter
		for _, part := range split(side, " or ") {
			comparison, err := parseTerm(part)
			if err != nil {
				return nil, err
			}
			either = append(either, comparison)
		}
		all = append(all, anyOf(either))
	}
	return func(of attributes) bool {
		return !slices.ContainsFunc(all, func(f filter) bool { return !f(of) })
	}, nil
}

func anyOf(filters []filter) filter {
	return func(of attributes) bool {
		return slices.ContainsFunc(filters, func(f filter) bool { return f(of) })
	}
}

// split cuts at a word that stands outside of parentheses and quotes.
func split(text, word string) []string {
	var parts []string
	depth, quoted, start := 0, false, 0
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case quoted:
		case text[i] == '(':
			depth++
		case text[i] == ')':
			depth--
		case depth == 0 && strings.HasPrefix(text[i:], word):
			parts = append(parts, text[start:i])
			start = i + len(word)
			i = start - 1
		}
	}
	return append(parts, text[start:])
}

func parseTerm(text string) (filter, error) {
	found := term.FindStringSubmatch(text)
	if found == nil {
		return nil, fmt.Errorf("unsupported expression %q", text)
	}
	name, operator, value := found[1], found[2], found[3]
	return func(of attributes) bool {
		return slices.ContainsFunc(of(name), func(have string) bool { return compare(have, operator, value) })
	}, nil
}

func compare(have, operator, value string) bool {
	switch operator {
	case "eq":
		return have == value
	case "ne":
		return have != value
	case "sw":
		return strings.HasPrefix(have, value)
	case "co":
		return strings.Contains(have, value)
	case "gt":
		return have > value
	case "ge":
		return have >= value
	case "lt":
		return have < value
	default:
		return have <= value
	}
}
