package tokencheck

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of docs/verdicts.md")

// TestThePageHoldsTheTable compares docs/verdicts.md with the table; -update writes it.
func TestThePageHoldsTheTable(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "verdicts.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := string(page)
	for name, table := range map[string]string{"invalid_client": invalidClientTable(), "counts": countTable()} {
		begin, end := "<!-- begin "+name+" -->\n", "<!-- end "+name+" -->"
		before, rest, found := strings.Cut(want, begin)
		_, after, ended := strings.Cut(rest, end)
		if !found || !ended {
			t.Fatalf("the page has no place for the table %s", name)
		}
		want = before + begin + table + end + after
	}
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(page) != want {
		t.Error("docs/verdicts.md is not what the table says: run go test ./internal/tokencheck -run TestThePageHoldsTheTable -update")
	}
}

// TestThePageNamesEachInvalidClient reads the page by other means than those that write it.
func TestThePageNamesEachInvalidClient(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "verdicts.md"))
	if err != nil {
		t.Fatal(err)
	}
	lines, found := strings.Split(string(page), "\n"), 0
	for _, row := range published() {
		if row.code != invalidClient {
			continue
		}
		for _, line := range lines {
			if strings.HasPrefix(line, "| `"+row.cause+"`") && strings.Contains(line, row.text) && strings.Contains(line, "| "+string(row.verdict)) {
				found++
			}
		}
	}
	if found != 45 {
		t.Errorf("the page holds %d of the 45 invalid_client", found)
	}
}

func invalidClientTable() string {
	var table strings.Builder
	table.WriteString("| Okta says | verdict | what it means | what to do |\n|---|---|---|---|\n")
	for _, verdict := range pageOrder {
		for _, row := range published() {
			if row.code == invalidClient && row.verdict == verdict {
				fmt.Fprintf(&table, "| `%s`: %s | %s | %s | %s |\n", row.cause, row.text, verdictCell(row), row.means, row.fix)
			}
		}
	}
	return table.String()
}

func verdictCell(row entry) string {
	switch {
	case row.is(flagSecretJWT):
		return string(row.verdict) + ", with client_secret_jwt only"
	case row.is(flagAmbiguous):
		return string(row.verdict) + ", until the admin API says which"
	case row.then == askElsewhere:
		return string(row.verdict) + "; /revoke decides"
	default:
		return string(row.verdict)
	}
}

func countTable() string {
	var table strings.Builder
	table.WriteString("| verdict | of the 476 | of the 45 `invalid_client` |\n|---|---|---|\n")
	for _, verdict := range pageOrder {
		all, clients, followed := 0, 0, 0
		for _, row := range published() {
			if row.verdict != verdict {
				continue
			}
			all++
			if row.code == invalidClient {
				clients++
			}
			if row.then != askNothing {
				followed++
			}
		}
		note := ""
		if followed > 0 {
			note = fmt.Sprintf(" (%d of them are followed up)", followed)
		}
		fmt.Fprintf(&table, "| %s | %d%s | %d |\n", verdict, all, note, clients)
	}
	return table.String()
}

// pageOrder is the order in which the page has the verdicts.
var pageOrder = []Verdict{
	SecretRejected, ClientUnknown, MethodMismatch, PrivateKeyRequired, PublicClient, WrongAuthorizationServer, Forbidden, Accepted,
	Throttled, Unreachable, Unrecognized,
}
