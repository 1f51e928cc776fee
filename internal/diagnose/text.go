package diagnose

import (
	"fmt"
	"io"
	"strings"
)

// width of a line of text, in characters.
const width = 110

// commandPrefix begins what a person can paste into a shell.
const commandPrefix = "kubectl "

// Write writes the report for people.
func (r Report) Write(out io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n", r.Subject)
	for _, step := range r.Steps {
		fmt.Fprintf(&text, "\n%s %d  %s\n", step.Mark.Sign(), step.Number, step.Title)
		for _, finding := range step.Findings {
			wrap(&text, "     "+finding.Mark.Sign()+" ", "       ", finding.Text)
		}
		for _, next := range step.Next {
			if strings.HasPrefix(next, commandPrefix) {
				// A command is copied, so it stays on one line.
				text.WriteString("       " + next + "\n")
				continue
			}
			wrap(&text, "     → ", "       ", next)
		}
	}
	text.WriteString("\n" + r.conclusion() + "\n")
	_, err := io.WriteString(out, text.String())
	return err
}

// conclusion is the last line: the verdict, and the first step to look at.
func (r Report) conclusion() string {
	name := "none yet"
	if r.Verdict.Name != "" {
		name = fmt.Sprintf("%s (%s)", r.Verdict.Name, r.Verdict.Source)
	}
	for _, mark := range []Mark{Failed, Unknown} {
		for _, step := range r.Steps {
			if step.Mark == mark && r.Mark == mark {
				return fmt.Sprintf("Verdict: %s. Begin with step %d.", name, step.Number)
			}
		}
	}
	return fmt.Sprintf("Verdict: %s. Nothing to do.", name)
}

// wrap writes a text in lines of at most width characters, but for words that are longer.
func wrap(out *strings.Builder, first, indent, text string) {
	line, used := first, len([]rune(first))
	empty := true
	for word := range strings.FieldsSeq(text) {
		length := len([]rune(word))
		if !empty && used+1+length > width {
			out.WriteString(line + "\n")
			line, used, empty = indent, len(indent), true
		}
		if !empty {
			line, used = line+" ", used+1
		}
		line, used, empty = line+word, used+length, false
	}
	out.WriteString(line + "\n")
}
