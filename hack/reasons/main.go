// Command reasons writes the index of docs/reasons from the constants of the API. It must not write anything else: the pages
// are written by people.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/oktacred/okta-credential-operator/hack/reasons/catalog"
)

const (
	constants = "api/v1alpha1/conditions.go"
	page      = "docs/reasons/README.md"
)

func main() {
	out := flag.String("o", page, "where the page with its index is written; it is always read from "+page)
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "reasons:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	source, err := os.ReadFile(constants)
	if err != nil {
		return err
	}
	groups, err := catalog.Parse(source)
	if err != nil {
		return fmt.Errorf("%s: %w", constants, err)
	}
	old, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	written, err := catalog.Index(string(old), groups)
	if err != nil {
		return fmt.Errorf("%s: %w", page, err)
	}

	return os.WriteFile(out, []byte(written), 0o644)
}
