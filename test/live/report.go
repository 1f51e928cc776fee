package main

import (
	"cmp"
	"fmt"
	"io"
)

// print tells each scenario's result and sums up. It says whether one could not run.
func (c comparison) print(out io.Writer) (failed bool) {
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	line("\nCompared with oktasim:\n")
	same, differ, broken := 0, 0, 0
	for i, one := range c.real {
		switch {
		case one.err != nil:
			broken++
			line("  %-34s could not run: %v", one.scenario, one.err)
		case len(c.simulated) == 0:
			line("  %-34s ran", one.scenario)
		case len(differing([]outcome{one}, c.simulated[i:])) == 0:
			same++
			line("  %-34s same", one.scenario)
		default:
			differ++
			line("  %-34s differs", one.scenario)
			c.printDifference(line, one, c.simulated[i])
		}
		for _, note := range one.notes {
			line("  %-34s   %s", "", note)
		}
	}
	line("\n%d the same, %d differ, %d could not run, of %d scenarios.", same, differ, broken, len(scenarios))
	if differ > 0 {
		c.printAdvice(line)
	}
	return broken > 0 || len(c.real) < len(scenarios)
}

func (c comparison) printDifference(line func(string, ...any), real, simulated outcome) {
	for i := range max(len(real.findings), len(simulated.findings)) {
		theirs, ours := findingAt(real, i), findingAt(simulated, i)
		if theirs == ours {
			continue
		}
		line("    %s", cmp.Or(theirs.what, ours.what))
		line("      Okta:    %s", theirs.told)
		line("      oktasim: %s", ours.told)
	}
	found := c.switches[real.scenario]
	if len(found) == 0 {
		line("      No switch of oktasim answers like that: it needs a new one.")
	}
	for _, one := range found {
		line("      oktasim answers the same with %s", one.name)
	}
}

func findingAt(one outcome, i int) finding {
	if i < len(one.findings) {
		return one.findings[i]
	}
	return finding{told: "was not asked"}
}

func (c comparison) printAdvice(line func(string, ...any)) {
	line("A difference is a finding about Okta, not a failure. docs/live.md says what to do with it.")
	turned := c.turned()
	if len(turned) == 0 {
		return
	}
	line("\nThis org is oktasim with:")
	for _, one := range turned {
		line("  %s", one.name)
	}
	if len(c.rest) == 0 {
		line("With these together every scenario ends the same.")
		return
	}
	line("With these together these still differ: %q", c.rest)
}
