package v1alpha1

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestACommandComesBackFromWhereItIsNoted: journal and status are JSON, and what comes back as another value is carried out again.
func TestACommandComesBackFromWhereItIsNoted(t *testing.T) {
	for name, given := range map[string]string{
		"a time":                         "2026-03-01T12:00:00Z",
		"a long one":                     strings.Repeat("x", 300),
		"a long one that is cut in an é": strings.Repeat("é", 127) + "x" + strings.Repeat("é", 50),
		"one that is cut in a sign":      "x" + strings.Repeat("🔑", 100),
		"bytes that are no text":         "now\xff\xfe",
	} {
		t.Run(name, func(t *testing.T) {
			value := CommandValue(map[string]string{AnnotationRotate: given}, AnnotationRotate)
			noted, err := json.Marshal(HandledCommands{Rotate: value})
			if err != nil {
				t.Fatal(err)
			}
			var read HandledCommands
			if err := json.Unmarshal(noted, &read); err != nil {
				t.Fatal(err)
			}
			if read.Rotate != value || value == "" || len(value) > 256 {
				t.Errorf("%q was noted as %q", value, read.Rotate)
			}
		})
	}
}
