package tokencheck

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// placeholder is what stands for a value in Okta's published descriptions.
var placeholder = regexp.MustCompile(`\ben\b|\{[0-9]\}`)

// pattern matches the texts that begin with a published description, whatever their case and quotes.
type pattern struct {
	// parts are the normalized description, cut at its placeholders. The first one begins a text, the others follow in order.
	parts []string
	// length is how many bytes a text must have to match: the longer, the more it says.
	length int
}

func newPattern(description string) pattern {
	parts := placeholder.Split(description, -1)
	made := pattern{}
	for i, part := range parts {
		part = clean(part)
		if i == 0 {
			part = strings.TrimLeftFunc(part, isBorder)
		}
		if i == len(parts)-1 {
			part = strings.TrimRightFunc(part, isBorder)
		}
		made.parts = append(made.parts, part)
		made.length += len(part)
	}
	return made
}

// matches says whether a normalized text begins with the pattern and goes on, if it does, with punctuation: "… is invalid"
// is not "… is invalid because it was never looked at".
func (p pattern) matches(text string) bool {
	if len(p.parts) == 1 {
		return strings.HasPrefix(text, p.parts[0]) && endsAt(text, len(p.parts[0]))
	}
	rest, ok := strings.CutPrefix(text, p.parts[0])
	last := len(p.parts) - 1
	for i := 1; ok && i < last; i++ {
		_, rest, ok = strings.Cut(rest, p.parts[i])
	}
	for ok {
		at := strings.Index(rest, p.parts[last])
		if at < 0 {
			return false
		}
		if p.parts[last] == "" || endsAt(rest, at+len(p.parts[last])) {
			return true
		}
		rest = rest[at+1:]
	}
	return false
}

// endsAt says whether nothing follows there but punctuation and what comes after that.
func endsAt(text string, at int) bool {
	next, size := utf8.DecodeRuneInString(text[at:])
	return size == 0 || unicode.IsPunct(next)
}

// normalize makes texts comparable: Okta's catalogue and its answers differ in case, quotes and apostrophes.
func normalize(text string) string {
	return strings.TrimSpace(strings.TrimLeftFunc(clean(text), isBorder))
}

// clean lowers a text, drops its quotes and makes one space of several.
func clean(text string) string {
	var made strings.Builder
	made.Grow(len(text))
	wasSpace := false
	for _, r := range text {
		switch {
		case strings.ContainsRune("'\"`‘’“”", r):
			continue
		case unicode.IsSpace(r):
			if !wasSpace {
				made.WriteByte(' ')
			}
		default:
			made.WriteRune(unicode.ToLower(r))
		}
		wasSpace = unicode.IsSpace(r)
	}
	return made.String()
}

// isBorder says what may stand around a text without being part of it.
func isBorder(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(".,;:=!", r) }
