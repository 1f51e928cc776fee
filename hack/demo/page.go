package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// width is the columns of a line at most.
const width = 100

// The colours of a terminal, used only where there is one.
const (
	bold   = "1"
	faint  = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

// page prints the story: plain text, with colours and a running clock where it is a terminal.
type page struct {
	out io.Writer
	// terminal says whether lines can be overwritten.
	terminal bool
	colours  bool
	pulsing  bool
}

func newPage(file *os.File) *page {
	info, err := file.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0

	return &page{out: file, terminal: terminal, colours: terminal && os.Getenv("NO_COLOR") == ""}
}

func (p *page) paint(colour, text string) string {
	if !p.colours || text == "" {
		return text
	}

	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

func (p *page) println(text string) {
	p.still()
	_, _ = fmt.Fprintln(p.out, text)
}

func (p *page) blank() { p.println("") }

func (p *page) title(text string) {
	p.println("")
	p.println(p.paint(bold, text))
}

func (p *page) chapter(number int, title string) {
	p.println("")
	p.println(p.paint(bold, fmt.Sprintf("%d  %s", number, title)))
	p.println(p.paint(faint, strings.Repeat("─", width)))
}

// text is prose.
func (p *page) text(text string) {
	for _, line := range wrap(text, width-3) {
		p.println("   " + line)
	}
}

// marked is prose with a mark before it.
func (p *page) marked(mark, colour, text string) {
	for i, line := range wrap(text, width-5) {
		if i > 0 {
			mark = " "
		}
		p.println("   " + p.paint(colour, mark) + " " + line)
	}
}

func (p *page) ok(format string, args ...any) { p.marked("✓", green, fmt.Sprintf(format, args...)) }

func (p *page) wrong(format string, args ...any) { p.marked("✗", red, fmt.Sprintf(format, args...)) }

// note explains what is seen.
func (p *page) note(format string, args ...any) { p.marked("…", cyan, fmt.Sprintf(format, args...)) }

// done is ok with the time that it took.
func (p *page) done(began time.Time, format string, args ...any) {
	p.ok("%s (%s)", fmt.Sprintf(format, args...), seconds(time.Since(began)))
}

func (p *page) command(line string) { p.println("   " + p.paint(bold, "$ "+line)) }

// output is what a command printed. Lines that are too long go on below themselves.
func (p *page) output(text string) {
	for line := range strings.Lines(strings.TrimRight(text, "\n")) {
		line = strings.TrimRight(line, "\n")
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		for i, part := range wrap(line[len(indent):], width-7-len(indent)) {
			if i > 0 {
				part = "    " + part
			}
			p.println("   " + indent + part)
		}
	}
}

// raw is what a command printed, as it is.
func (p *page) raw(text string) {
	for line := range strings.Lines(strings.TrimRight(text, "\n")) {
		p.println("   " + strings.TrimRight(line, "\n"))
	}
}

func (p *page) table(rows [][]string) {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 3, ' ', 0)
	for _, row := range rows {
		_, _ = fmt.Fprintln(table, strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	_ = table.Flush()
	p.raw(text.String())
}

// indent is where the words of the timeline begin.
const indent = 23

// entry is a line of the timeline: when, in which log, what, who; and below it in words.
func (p *page) entry(e entry) {
	colour := green
	switch {
	case e.warning:
		colour = yellow
	case e.source == fromOkta:
		colour = cyan
	}
	what := e.what
	if e.who != "" {
		what = fmt.Sprintf("%-44s", what)
	}
	p.println(fmt.Sprintf("   %s  %-4s  %s", p.paint(faint, clock(e.at)), e.source, p.paint(colour, what)+e.who))
	for _, part := range wrap(e.message, width-indent) {
		p.println(strings.Repeat(" ", indent) + part)
	}
}

// login is a line of the timeline for what the application does, and below it Okta's answer.
func (p *page) login(what string, answer tokenAnswer) {
	p.println(fmt.Sprintf("   %s  %-4s  %s", p.paint(faint, clock(answer.at)), "shop", what))
	mark := p.paint(yellow, "✗ ")
	if answer.accepted() {
		mark = p.paint(green, "✓ ")
	}
	for i, part := range wrap(answer.String(), width-indent-2) {
		if i > 0 {
			mark = "  "
		}
		p.println(strings.Repeat(" ", indent) + mark + part)
	}
}

// pulse shows on a terminal that something is waited for; the next line takes its place.
func (p *page) pulse(format string, args ...any) {
	if p.terminal {
		_, _ = fmt.Fprint(p.out, "\r\x1b[K   "+p.paint(faint, "… "+fmt.Sprintf(format, args...)))
		p.pulsing = true
	}
}

// still ends the pulse.
func (p *page) still() {
	if p.pulsing {
		_, _ = fmt.Fprint(p.out, "\r\x1b[K")
		p.pulsing = false
	}
}

// wrap breaks text between words into lines of at most n columns; spaces within a line stay as they are.
func wrap(text string, n int) []string {
	lines := []string{}
	for rest := []rune(text); len(rest) > 0; {
		cut := len(rest)
		if cut > n {
			cut = lastSpace(rest, n)
		}
		lines = append(lines, strings.TrimRight(string(rest[:cut]), " "))
		rest = []rune(strings.TrimLeft(string(rest[cut:]), " "))
	}

	return lines
}

// lastSpace is where to break a line of more than n columns: before its n+1st, or after a first word that is longer.
func lastSpace(line []rune, n int) int {
	for i := n; i > 0; i-- {
		if line[i] == ' ' {
			return i
		}
	}
	if i := slices.Index(line, ' '); i > 0 {
		return i
	}

	return len(line)
}
