package rotation_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

const (
	cleanID     = "0oa1gjh63g214q0Hq0g4"
	cleanSecret = "-k1DaZ_0ther.S3cret+with/signs%and~more="
)

// TestCleanings: whatever people and tools do to a client secret on its way into a Kubernetes Secret, it is found again.
func TestCleanings(t *testing.T) {
	t.Parallel()
	encoded := base64.StdEncoding.EncodeToString
	plain := "kZ81ABCDefgh0123456789ijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"
	decodedByMistake, err := base64.StdEncoding.DecodeString(plain)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ stored, meant, says string }{
		"echo without -n":                  {cleanSecret + "\n", cleanSecret, "a newline at the end"},
		"a file from Windows":              {cleanSecret + "\r\n", cleanSecret, "a newline at the end"},
		"a carriage return":                {cleanSecret + "\r", cleanSecret, "a carriage return at the end"},
		"spaces on both sides":             {" " + cleanSecret + " ", cleanSecret, "a space at the beginning and a space at the end"},
		"a byte order mark":                {"\uFEFF" + cleanSecret, cleanSecret, "a byte order mark at the beginning"},
		"a zero-width space from a chat":   {cleanSecret + "\u200B", cleanSecret, "a zero-width space at the end"},
		"a NUL byte from C":                {cleanSecret + "\x00", cleanSecret, "a NUL byte at the end"},
		"double quotes of YAML":            {`"` + cleanSecret + `"`, cleanSecret, "quotes around it"},
		"single quotes of a shell":         {`'` + cleanSecret + `'`, cleanSecret, "quotes around it"},
		"a quote that lost its other half": {cleanSecret + `"`, cleanSecret, "quotes around it"},
		"quotes and a newline":             {`"` + cleanSecret + "\"\n", cleanSecret, "a newline at the end, quotes around it"},
		"a written newline":                {cleanSecret + `\n`, cleanSecret, `the characters \n at the end`},
		"base64 twice":                     {encoded([]byte(cleanSecret)), cleanSecret, "base64 once too often"},
		"base64 twice with echo":           {encoded([]byte(cleanSecret+"\n")) + "\n", cleanSecret, "base64 once too often"},
		"base64 of URLs twice":             {base64.RawURLEncoding.EncodeToString([]byte(cleanSecret)), cleanSecret, "base64 once too often"},
		"base64 three times":               {encoded([]byte(encoded([]byte(cleanSecret)))), cleanSecret, "base64 once too often, base64 once too often"},
		"written to data without base64":   {string(decodedByMistake), plain, "base64 once too little"},
		"client id and secret in one key":  {cleanID + ":" + cleanSecret, cleanSecret, "client_id:client_secret in one key"},
		"a whole Basic header":             {"Basic " + encoded([]byte(cleanID+":"+cleanSecret)), cleanSecret, "client_id:client_secret in one key"},
		"encoded for a URL":                {url.QueryEscape(cleanSecret), cleanSecret, "the encoding of URLs"},
		"saved as UTF-16":                  {utf16LE(cleanSecret), cleanSecret, "the encoding UTF-16"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, cleaning := range rotation.Cleanings(value(c.stored), cleanID) {
				if cleaning.Value.Reveal() == c.meant {
					if !strings.Contains(cleaning.Removed, c.says) {
						t.Errorf("says %q, want %q", cleaning.Removed, c.says)
					}

					return
				}
			}
			t.Error("the secret was not found again")
		})
	}
}

func TestNothingToClean(t *testing.T) {
	t.Parallel()
	for name, stored := range map[string]string{
		"an empty value":                        "",
		"a value that is none of Okta's at all": "short\n",
		"a whole file":                          strings.Repeat("x", 5000) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if found := rotation.Cleanings(value(stored), cleanID); len(found) > 0 {
				t.Errorf("found %d cleanings, want none", len(found))
			}
		})
	}
}

// FuzzCleanings: whatever is stored, the cleaner ends, and gives back nothing but what Okta could have given out, and never
// the stored value itself.
func FuzzCleanings(f *testing.F) {
	f.Add([]byte(cleanSecret+"\n"), cleanID)
	f.Add([]byte("Basic "+base64.StdEncoding.EncodeToString([]byte(cleanID+":"+cleanSecret))), cleanID)
	f.Add([]byte(utf16LE(cleanSecret)), "")
	f.Add([]byte{0xff, 0xfe, 0, 0x80, '%', '2'}, "%")
	f.Fuzz(func(t *testing.T, stored []byte, clientID string) {
		found := rotation.Cleanings(value(string(stored)), clientID)
		if len(found) > 24 {
			t.Errorf("%d cleanings", len(found))
		}
		for _, cleaning := range found {
			text := cleaning.Value.Reveal()
			odd := strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) >= 0
			if odd || len(text) < 14 || len(text) > 100 || text == string(stored) || cleaning.Removed == "" {
				t.Errorf("%q becomes %q (%s)", stored, text, cleaning.Removed)
			}
		}
	})
}

func utf16LE(text string) string {
	wide := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text)) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}

	return string(wide)
}
