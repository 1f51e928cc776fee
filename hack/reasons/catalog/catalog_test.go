package catalog_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oktacred/okta-credential-operator/hack/reasons/catalog"
)

const source = `package p

const (
	// ConditionReady: not a reason.
	ConditionReady = "Ready"
)

const (
	// ReasonAccepted: Okta took limits.perDay into account. And more
	// that the index leaves out.
	ReasonAccepted = "Accepted"
	// ReasonSecretRejected: Okta refuses the
	// secret.
	ReasonSecretRejected = "SecretRejected"

	// ReasonObserving: nothing is changed.
	ReasonObserving = "Observing"
)

const (
	// ReasonConnected: the org answers.
	ReasonConnected = "Connected"
)
`

const (
	begin = "<!-- The index: make generate writes it from api/v1alpha1/conditions.go. -->\n"
	end   = "<!-- End of the index. -->\n"
)

func TestIndex(t *testing.T) {
	t.Parallel()
	groups, err := catalog.Parse([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	want := "# Head\n\n" + begin + `
### What Okta says about the secret

- [Accepted](Accepted.md): Okta took limits.perDay into account.
- [SecretRejected](SecretRejected.md): Okta refuses the secret.

### The rotation

- [Observing](Observing.md): nothing is changed.

### Conditions of a connection

- [Connected](Connected.md): the org answers.

` + end + "tail\n"
	for name, old := range map[string]string{
		"an empty index is filled":        "# Head\n\n" + begin + end + "tail\n",
		"an old index is replaced":        "# Head\n\n" + begin + "- [Gone](Gone.md): gone.\n" + end + "tail\n",
		"an index that is right is kept ": want,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := catalog.Index(old, groups)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the page (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ constant, page, want string }{
		"a page without marks":              {"// ReasonAccepted: fine.\n\tReasonAccepted = \"Accepted\"", "# Head\n", "lacks the lines"},
		"a page without the end mark":       {"// ReasonAccepted: fine.\n\tReasonAccepted = \"Accepted\"", begin, "lacks the lines"},
		"a group that nobody has named":     {"// ReasonNew: fine.\n\tReasonNew = \"New\"", begin + end, "begins with New has no title"},
		"a reason with another value":       {"// ReasonAccepted: fine.\n\tReasonAccepted = \"Taken\"", begin + end, `must be "Accepted"`},
		"a reason without a comment":        {"ReasonAccepted = \"Accepted\"", begin + end, "its comment must begin"},
		"a reason with somebody's comment":  {"// Accepted is fine.\n\tReasonAccepted = \"Accepted\"", begin + end, "its comment must begin"},
		"constants without a reason":        {"ConditionReady = \"Ready\"", begin + end, "no constant"},
		"two reasons in one line":           {"// ReasonA: x.\n\tReasonA, ReasonB = \"A\", \"B\"", begin + end, "declare it alone"},
		"source that is not a Go file":      {")", begin + end, "parse the constants"},
		"a reason that is not a plain text": {"// ReasonA: x.\n\tReasonA = ConditionReady", begin + end, `must be "A"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			groups, err := catalog.Parse([]byte("package p\n\nconst (\n\t" + test.constant + "\n)\n"))
			if err == nil {
				_, err = catalog.Index(test.page, groups)
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
		})
	}
}
