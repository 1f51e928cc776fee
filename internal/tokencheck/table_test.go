package tokencheck

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// published are the rows of the table that are Okta's, in Okta's order: all but its own error codes and the words for texts
// that it does not publish.
func published() []entry {
	return slices.DeleteFunc(readTable(verdictsTSV), func(e entry) bool {
		return e.cause == anyText || errorCode.MatchString(e.code)
	})
}

// TestTableIsOktas compares with the catalogue that Okta publishes, where a copy lies beside the checkout.
func TestTableIsOktas(t *testing.T) {
	theirs, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "okta", "oauth-errors.tsv"))
	if err != nil {
		t.Skip("Okta's published OAuth error catalogue is not beside the checkout")
	}
	ours := strings.SplitAfter(verdictsTSV, "\n")
	var columns []string
	for _, line := range ours[:len(published())+1] {
		columns = append(columns, strings.Join(strings.Split(line, "\t")[:4], "\t"))
	}
	if diff := cmp.Diff(strings.Split(strings.TrimSpace(string(theirs)), "\n"), columns); diff != "" {
		t.Errorf("rows are missing or invented (-Okta's +ours):\n%s", diff)
	}
}

func TestTableIsWhole(t *testing.T) {
	rows := published()
	counts := map[Verdict]int{}
	invalidClients := map[Verdict]int{}
	for _, row := range rows {
		counts[row.verdict]++
		if row.code == invalidClient {
			invalidClients[row.verdict]++
		}
	}
	for _, verdict := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%-24s %3d of %d, %2d of them invalid_client", verdict, counts[verdict], len(rows), invalidClients[verdict])
	}
	if len(rows) != 476 {
		t.Errorf("%d errors, want the 476 that Okta publishes", len(rows))
	}
	want := map[Verdict]int{
		SecretRejected: 2, ClientUnknown: 3, MethodMismatch: 7, PrivateKeyRequired: 12, WrongAuthorizationServer: 1, Unrecognized: 20,
	}
	if diff := cmp.Diff(want, invalidClients); diff != "" {
		t.Errorf("invalid_client by verdict (-want +got):\n%s", diff)
	}
}

func TestRowsAreSound(t *testing.T) {
	verdicts := []Verdict{
		Accepted, SecretRejected, ClientUnknown, Forbidden, MethodMismatch, WrongAuthorizationServer, PublicClient, PrivateKeyRequired,
		Throttled, Unreachable, Unrecognized,
	}
	for _, row := range readTable(verdictsTSV) {
		for what, isWrong := range map[string]bool{
			"its verdict is not one of the set":         !slices.Contains(verdicts, row.verdict),
			"its follow-up is not one of the set":       !slices.Contains([]followUp{askNothing, askRandom, askElsewhere}, row.then),
			"a flag is not one of the set":              !isSubset(row.flags, flagAmbiguous, flagSecretJWT, flagCustomServer),
			"nobody says how we know":                   row.source == "" || !isAttributed(row),
			"it has no status":                          len(row.statuses) == 0,
			"it needs a calibration and is conclusive":  row.then == askRandom && row.verdict != Unrecognized && row.verdict != Accepted,
			"it is accepted uncalibrated":               row.verdict == Accepted && row.then != askRandom,
			"it says something else and is conclusive":  row.then == askElsewhere && row.verdict != Unrecognized,
			"it is ambiguous and means something":       row.is(flagAmbiguous) && (row.verdict != Unrecognized || row.then != askNothing),
			"an invalid_client has no words of its own": row.code == invalidClient && row.cause != anyText && (row.means == "" || row.fix == ""),
			"it means a wrong secret":                   row.verdict == SecretRejected && row.cause != "invalid_client_secret" && row.cause != "client_assertion_invalid_signature",
			"its words are too long":                    len(row.means) > maxDetail || len(row.fix) > maxDetail,
			"its words are no sentences":                row.means != "" && !strings.HasSuffix(row.means, ".") || row.fix != "" && !strings.HasSuffix(row.fix, "."),
		} {
			if isWrong {
				t.Errorf("%s %s: %s", row.code, row.cause, what)
			}
		}
	}
	for _, verdict := range verdicts {
		if meaning(verdict) == "" || (advice(verdict) == "") != (verdict == Accepted) {
			t.Errorf("%s means %q, do %q", verdict, meaning(verdict), advice(verdict))
		}
	}
}

// isAttributed says whether a row of Okta's begins its source with the kind of knowledge.
func isAttributed(row entry) bool {
	return row.cause == anyText || strings.ContainsAny(row.source[:1], "DWMI")
}

func isSubset(some []string, all ...string) bool {
	return !slices.ContainsFunc(some, func(one string) bool { return !slices.Contains(all, one) })
}

// TestTextsMatchTheirOwnRows shows that no row takes the text of another one that means something else.
func TestTextsMatchTheirOwnRows(t *testing.T) {
	for _, row := range published() {
		r := reply{method: ClientSecretJWT, status: row.statuses[0]}
		found, ok := find(r, row.code, row.text)
		if found.text != row.text && row.pattern.length > 0 {
			t.Errorf("%s %q is found as %s %q", row.cause, row.text, found.cause, found.text)
		}
		if !ok || found.verdict != row.verdict || found.then != row.then || !slices.Equal(found.flags, row.flags) {
			t.Errorf("%s %q is found as %s: %s %s %v", row.cause, row.text, found.cause, found.verdict, found.then, found.flags)
		}
	}
}

func TestATextThatIsNobodysHasNoCause(t *testing.T) {
	for code, status := range map[string]int{"server_error": 400, invalidClient: 401, "invalid_grant": 400, "access_denied": 403} {
		found := classify(reply{probe: ProbeAuthorizationCode, status: status, contentType: "application/json", body: fmt.Appendf(nil, `{"error":%q,"error_description":"Nobody says this."}`, code)})
		if found.known.cause != "" || found.code != code || found.verdict != Unrecognized {
			t.Errorf("%s is %s %q", code, found.verdict, found.known.cause)
		}
	}
}

func TestPatterns(t *testing.T) {
	for name, test := range map[string]struct {
		description, text string
		want              bool
	}{
		"the same":                          {"Invalid grant", "Invalid grant", true},
		"another case and quotes":           {"The 'token' parameter is required.", `the "TOKEN" parameter is required`, true},
		"more sentences":                    {"Invalid grant", "Invalid grant. See the docs.", true},
		"the sentence goes on":              {"The token is invalid.", "The token is invalid because it is Tuesday.", false},
		"the word goes on":                  {"Invalid grant", "Invalid grants", false},
		"a value":                           {"The 'en' was revoked.", "The one_time_token was revoked.", true},
		"no value":                          {"The 'en' was revoked.", "The one_time_token was used.", false},
		"a value that holds what follows":   {"The 'en' was revoked.", "The x was revoked and y was revoked.", true},
		"several values":                    {"When 'en' is {1}, {2} fails", "When a is b, c fails", true},
		"a value at the end":                {"PKCE verification failed: en.", "PKCE verification failed: no match.", true},
		"a list":                            {"Configured grant types: [en].", "Configured grant types: [password, implicit].", true},
		"something before":                  {"Invalid grant", "Sorry: Invalid grant", false},
		"spaces and line breaks":            {"Invalid grant", "  Invalid\n grant ", true},
		"an apostrophe of the better kind":  {"Review the Authentication Policy’s requirements", "review the authentication policy's requirements", true},
		"a mark that Okta put there itself": {"=The 'en' user claim could not be evaluated.", "The x user claim could not be evaluated.", true},
		"the middle is missing":             {"a {0} b {1} c", "a x c", false},
		"nothing":                           {"Invalid grant", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := newPattern(test.description).matches(normalize(test.text)); got != test.want {
				t.Errorf("%q matches %q: %t, want %t", test.description, test.text, got, test.want)
			}
		})
	}
}
