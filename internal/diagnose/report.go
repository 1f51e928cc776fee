package diagnose

import (
	"fmt"
	"slices"
)

// Mark is how a step or a finding ended.
type Mark string

// The marks. A step has the worst of its findings' marks, a report the worst of its steps'.
const (
	// Passed: looked at, and nothing is wrong (✓).
	Passed Mark = "passed"
	// Unknown: what there is to look at does not tell (?).
	Unknown Mark = "unknown"
	// Failed: something is wrong, or a person must act (✗).
	Failed Mark = "failed"
)

// Sign is the mark as one character for people.
func (m Mark) Sign() string {
	switch m {
	case Passed:
		return "✓"
	case Failed:
		return "✗"
	default:
		return "?"
	}
}

// worse returns the one of two marks that matters more.
func worse(a, b Mark) Mark {
	if a == Failed || b == Failed {
		return Failed
	}
	if a == Unknown || b == Unknown {
		return Unknown
	}
	return Passed
}

// Finding is one thing that was looked at, with the evidence in one sentence.
type Finding struct {
	Mark Mark   `json:"mark"`
	Text string `json:"text"`
}

// Step is one of the article's five steps.
type Step struct {
	// Number from 1 to 5.
	Number   int       `json:"number"`
	Title    string    `json:"title"`
	Mark     Mark      `json:"mark"`
	Findings []Finding `json:"findings"`
	// Next is what to do, in order; empty when nothing is to be done at this step.
	Next []string `json:"next,omitempty"`
}

// Report is the whole diagnosis.
type Report struct {
	// Subject names what was diagnosed: the credential, or the client id and the issuer.
	Subject string  `json:"subject"`
	Verdict Verdict `json:"verdict"`
	Steps   []Step  `json:"steps"`
	Mark    Mark    `json:"mark"`
}

func newStep(number int, title string) *Step {
	return &Step{Number: number, Title: title, Mark: Passed, Findings: []Finding{}}
}

func (s *Step) add(mark Mark, format string, values ...any) {
	s.Findings = append(s.Findings, Finding{Mark: mark, Text: fmt.Sprintf(format, values...)})
	s.Mark = worse(s.Mark, mark)
}

func (s *Step) pass(format string, values ...any)   { s.add(Passed, format, values...) }
func (s *Step) unsure(format string, values ...any) { s.add(Unknown, format, values...) }
func (s *Step) fail(format string, values ...any)   { s.add(Failed, format, values...) }

// next adds what to do, unless it is empty or there already.
func (s *Step) next(format string, values ...any) {
	text := fmt.Sprintf(format, values...)
	if text != "" && !slices.Contains(s.Next, text) {
		s.Next = append(s.Next, text)
	}
}
