package tokencheck

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// verdictsTSV is the verdict table: every error of the OAuth error catalogue that Okta publishes (release 2026.08.1), in
// Okta's order and words, then Okta's own error codes as far as we know them, then what holds for a text that Okta does not
// publish. Its columns:
//
//	error, status, internal, description   as published; "en" and "{1}" in a description stand for a value. An added row may
//	                                       have several statuses; one with "*" for a name holds for every other text
//	verdict                                what the error proves about the client secret
//	then                                   what is asked to find out more: see followUp
//	flags                                  see entry
//	means, fix                             what people are told; empty where the verdict says it (advice.go)
//	source                                 how we know: D documented, W seen on the wire, M in a mock, I inferred
//
// To add an error, add a row: nothing else knows the texts.
//
//go:embed verdicts.tsv
var verdictsTSV string

// followUp is what has to be asked before an error means more than its verdict.
type followUp string

const (
	// askNothing: the verdict is all there is.
	askNothing followUp = ""
	// askRandom: the error proves Accepted where, and only where, the same request with a random secret is answered
	// otherwise. A row whose verdict is Accepted already is documented to prove it; where Okta cannot be asked, it still does.
	askRandom followUp = "calibrate"
	// askElsewhere: the error says nothing about the secret; another probe has to.
	askElsewhere followUp = "revoke"
)

// Flags of entries.
const (
	// flagAmbiguous: Okta names several causes, of which a wrong secret is one.
	flagAmbiguous = "ambiguous"
	// flagSecretJWT: it means its verdict to a client_secret_jwt alone.
	flagSecretJWT = "secret-jwt"
	// flagCustomServer: it means its verdict at a custom authorization server alone.
	flagCustomServer = "custom-server"
)

// anyText is the name of entries that hold for every text that Okta does not publish.
const anyText = "*"

// entry is one error that Okta's endpoints can answer with, and what it proves.
type entry struct {
	// code is the OAuth error or, in the other shape of body, errorCode.
	code string
	// statuses are the HTTP statuses that it is published or was seen with.
	statuses []int
	// cause is the name of the entry in Okta's error catalogue.
	cause string
	// text is Okta's description, with "…" for a value.
	text    string
	pattern pattern
	verdict Verdict
	then    followUp
	flags   []string
	// means and fix are for people; see Answer.
	means, fix string
	source     string
}

// catalogue is the table by code. It never changes, so that all Checkers share it.
var catalogue = sync.OnceValue(func() map[string][]entry {
	byCode := map[string][]entry{}
	for _, e := range readTable(verdictsTSV) {
		byCode[e.code] = append(byCode[e.code], e)
	}
	return byCode
})

// readTable reads the table. A row that cannot be read is a mistake in the program, which its tests find.
func readTable(table string) []entry {
	const columns = 10
	lines := strings.Split(strings.TrimSuffix(table, "\n"), "\n")
	entries := make([]entry, 0, len(lines))
	for i, line := range lines[1:] {
		field := strings.Split(line, "\t")
		if len(field) != columns {
			panic(fmt.Sprintf("tokencheck: row %d of the verdict table has %d columns", i+1, len(field)))
		}
		entries = append(entries, entry{
			code: field[0], statuses: readStatuses(field[1]), cause: field[2],
			text: placeholder.ReplaceAllString(field[3], "…"), pattern: newPattern(field[3]),
			verdict: Verdict(field[4]), then: followUp(field[5]), flags: strings.Fields(field[6]),
			means: field[7], fix: field[8], source: field[9],
		})
	}
	return entries
}

func readStatuses(words string) []int {
	var statuses []int
	for word := range strings.FieldsSeq(words) {
		status, err := strconv.Atoi(word)
		if err != nil {
			panic("tokencheck: the verdict table has the status " + word)
		}
		statuses = append(statuses, status)
	}
	return statuses
}

// find returns the entry that an error matches, if there is one: of several texts the longest. A published text with a
// status that Okta does not give it proves nothing, so that it is not found.
func find(r reply, code, text string) (entry, bool) {
	text = normalize(text)
	best, found := entry{}, false
	for _, e := range catalogue()[code] {
		if e.matches(text) && (!found || e.pattern.length > best.pattern.length) {
			best, found = e, true
		}
	}
	return best, found && best.holdsFor(r)
}

// matches says whether a normalized text is the entry's.
func (e entry) matches(text string) bool {
	if e.cause == anyText {
		return true
	}
	// A description that is nothing but a placeholder ("en") would claim every text for its own.
	return e.pattern.length > 0 && e.pattern.matches(text)
}

func (e entry) holdsFor(r reply) bool {
	switch {
	case e.is(flagSecretJWT) && r.method != ClientSecretJWT, e.is(flagCustomServer) && !r.custom:
		return false
	default:
		return e.comesWith(r.status)
	}
}

// comesWith says whether Okta gives the error with this status. invalid_client is published with 401 and was seen with 400
// (W); a denial is published with each of three statuses.
func (e entry) comesWith(status int) bool {
	switch {
	case slices.Contains(e.statuses, status):
		return true
	case e.code == "access_denied":
		return status == 400 || status == 401 || status == 403
	default:
		return status == 400 && slices.Contains(e.statuses, 401)
	}
}

func (e entry) is(flag string) bool { return slices.Contains(e.flags, flag) }

// errorCode is the form of Okta's own error codes.
var errorCode = regexp.MustCompile(`^E[0-9]{7}$`)

// publishedCode returns the code if it is one that Okta publishes, else nothing: any other word in an answer could be an
// echo of the request.
func publishedCode(code string) string {
	if _, known := catalogue()[code]; known || errorCode.MatchString(code) {
		return code
	}
	return ""
}
