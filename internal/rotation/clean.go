package rotation

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// Cleaning is what a stored value may have been meant to be.
type Cleaning struct {
	Value redact.Value
	// Removed says in words what is wrong with the stored value, such as "a newline at the end".
	Removed string
}

const (
	// minSecret and maxSecret are the lengths that Okta allows for a client secret, in characters.
	minSecret, maxSecret = 14, 100
	// maxStored is the longest value that is worth cleaning.
	maxStored = 4096
	// maxDefects is how many defects one value may have at once.
	maxDefects = 3
	// maxCleanings bounds the answer; the likeliest come first.
	maxCleanings = 24
)

// Cleanings are the client secrets that a stored value may have been meant to be, the likeliest first. Each is one that Okta
// could have given out: 14 to 100 printable ASCII characters. Whether one is right, only Okta knows.
func Cleanings(value redact.Value, clientID string) []Cleaning {
	stored := value.Reveal()
	if stored == "" || len(stored) > maxStored {
		return nil
	}
	seen := map[string]bool{stored: true}
	level := []meant{{text: stored}}
	var found []Cleaning
	for range maxDefects {
		level = cleaner(level, clientID, seen)
		for _, better := range level {
			if isClientSecret(better.text) && len(found) < maxCleanings {
				found = append(found, Cleaning{Value: redact.NewValue(better.text), Removed: strings.Join(better.removed, ", ")})
			}
		}
	}

	return found
}

// cleaner are the texts that have one defect less, and were not seen before.
func cleaner(level []meant, clientID string, seen map[string]bool) []meant {
	var next []meant
	for _, m := range level {
		for _, better := range m.withoutOneDefect(clientID) {
			if !seen[better.text] {
				seen[better.text] = true
				next = append(next, better)
			}
		}
	}

	return next
}

// isClientSecret says whether Okta could have given out a value.
func isClientSecret(text string) bool {
	return len(text) >= minSecret && len(text) <= maxSecret && isPrintable(text)
}

func isPrintable(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

// meant is a text on the way from the stored value to what was meant.
type meant struct {
	text    string
	removed []string
}

func (m meant) without(text, defect string) meant {
	return meant{text: text, removed: append(slices.Clip(m.removed), defect)}
}

// withoutOneDefect are the texts that have one defect less, the likeliest first.
func (m meant) withoutOneDefect(clientID string) []meant {
	var better []meant
	for _, mend := range []func(meant, string) []meant{
		meant.trimmed, meant.unescaped, meant.unquoted, meant.narrowed, meant.alone, meant.decoded, meant.encoded, meant.percentDecoded,
	} {
		better = append(better, mend(m, clientID)...)
	}

	return better
}

// invisible are characters that editors and shells leave at the ends of a text.
var invisible = []struct {
	character rune
	words     string
}{
	{'\n', "a newline"},
	{'\r', "a carriage return"},
	{' ', "a space"},
	{'\t', "a tab"},
	{'\uFEFF', "a byte order mark"},
	{'\u200B', "a zero-width space"},
	{'\u00A0', "a no-break space"},
	{0, "a NUL byte"},
}

func isInvisible(r rune) bool {
	return unicode.IsSpace(r) || slices.ContainsFunc(invisible, func(i struct {
		character rune
		words     string
	},
	) bool {
		return i.character == r
	})
}

// trimmed takes away what cannot be seen at the ends.
func (m meant) trimmed(string) []meant {
	inner := strings.TrimFunc(m.text, isInvisible)
	if inner == m.text || inner == "" {
		return nil
	}
	before, after, _ := strings.Cut(m.text, inner)
	var defects []string
	for _, end := range []struct{ cut, where string }{{before, "at the beginning"}, {after, "at the end"}} {
		if end.cut == "" {
			continue
		}
		words := "white space"
		for _, i := range invisible {
			if strings.ContainsRune(end.cut, i.character) {
				words = i.words

				break
			}
		}
		defects = append(defects, words+" "+end.where)
	}

	return []meant{m.without(inner, strings.Join(defects, " and "))}
}

// unescaped takes away a newline that was written as the two characters \n.
func (m meant) unescaped(string) []meant {
	inner := strings.TrimSuffix(strings.TrimSuffix(m.text, `\n`), `\r`)
	if inner == m.text {
		return nil
	}

	return []meant{m.without(inner, `the characters \n at the end`)}
}

// unquoted takes away one pair of quotes, or a quote that lost its other half.
func (m meant) unquoted(string) []meant {
	for _, pair := range [][2]string{{`"`, `"`}, {"'", "'"}, {"`", "`"}, {"“", "”"}, {"‘", "’"}, {`\"`, `\"`}} {
		inner := strings.TrimSuffix(strings.TrimPrefix(m.text, pair[0]), pair[1])
		if inner != m.text && inner != "" {
			return []meant{m.without(inner, "quotes around it")}
		}
	}

	return nil
}

// narrowed makes one byte of two where a text was saved as UTF-16.
func (m meant) narrowed(string) []meant {
	text := strings.TrimPrefix(strings.TrimPrefix(m.text, "\xff\xfe"), "\xfe\xff")
	if strings.Count(text, "\x00")*2 != len(text) || text == "" {
		return nil
	}

	return []meant{m.without(strings.ReplaceAll(text, "\x00", ""), "the encoding UTF-16")}
}

// alone takes the secret out of client_id:client_secret, the form of Basic authentication.
func (m meant) alone(clientID string) []meant {
	text, isHeader := strings.CutPrefix(m.text, "Basic ")
	if isHeader {
		return []meant{m.without(text, `the word "Basic" before it`)}
	}
	secret, hasID := strings.CutPrefix(m.text, clientID+":")
	if clientID == "" || !hasID {
		return nil
	}

	return []meant{m.without(secret, "the client id before it (client_id:client_secret in one key)")}
}

// encodings are the forms of base64 that tools write.
func encodings() []*base64.Encoding {
	return []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding}
}

// decoded undoes one base64 too many.
func (m meant) decoded(string) []meant {
	for _, encoding := range encodings() {
		inner, err := encoding.DecodeString(m.text)
		if err == nil && utf8.Valid(inner) && len(inner) > 0 {
			return []meant{m.without(string(inner), "base64 once too often")}
		}
	}

	return nil
}

// encoded puts back a base64 too few: the secret itself was taken for base64 and decoded. Then it is no text, whatever stands
// at its ends.
func (m meant) encoded(string) []meant {
	if len(m.removed) > 0 || isPrintable(strings.TrimFunc(m.text, isInvisible)) {
		return nil
	}
	var better []meant
	for _, encoding := range encodings() {
		better = append(better, m.without(encoding.EncodeToString([]byte(m.text)), "base64 once too little"))
	}

	return better
}

// percentDecoded undoes the encoding of URLs and forms.
func (m meant) percentDecoded(string) []meant {
	inner, err := url.QueryUnescape(m.text)
	if !strings.Contains(m.text, "%") || err != nil || !utf8.ValidString(inner) {
		return nil
	}

	return []meant{m.without(inner, "the encoding of URLs")}
}
