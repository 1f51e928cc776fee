package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The output in the documentation is what is said, word for word.
func TestTheDocumentationShowsWhatIsSaid(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "kubectl-oktacred.md"))
	if err != nil {
		t.Fatal(err)
	}
	var help bytes.Buffer
	run(t.Context(), []string{"help"}, streams{out: &help, err: &help})
	shown := map[string][]byte{"the help": help.Bytes()}
	for _, path := range []string{
		filepath.Join("testdata", "newline.txt"),
		filepath.Join("..", "..", "test", "plugin", "testdata", "halted.txt"),
		filepath.Join("..", "..", "test", "plugin", "testdata", "wrong-tenant.txt"),
	} {
		if shown[path], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range shown {
		if !strings.Contains(string(page), "```text\n"+strings.TrimRight(string(text), "\n")+"\n```") {
			t.Errorf("docs/kubectl-oktacred.md does not show %s as it is", name)
		}
	}
}
