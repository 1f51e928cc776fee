package fleet

import (
	"sync"
	"testing"
	"time"
)

const (
	// pulse is how often a watch over pauses looks at the clock, and missed what it takes for a pause.
	pulse  = 50 * time.Millisecond
	missed = 10 * pulse
)

// pauses are the times in which the machine let nothing of this process run: test, org and operator alike. What waits for them
// says nothing about the operator.
type pauses struct {
	mu   sync.Mutex
	seen []pause
}

type pause struct{ begun, ended time.Time }

// watchPauses watches until the test ends.
func watchPauses(t *testing.T) *pauses {
	t.Helper()
	p, tick, stop := &pauses{}, time.NewTicker(pulse), make(chan struct{})
	var watching sync.WaitGroup
	// Without the monotonic clock, which stands still when the machine does, and which the times of requests do not have.
	last := time.Now().Round(0)
	watching.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				now := time.Now().Round(0)
				p.beat(last, now)
				last = now
			}
		}
	})
	t.Cleanup(func() {
		tick.Stop()
		close(stop)
		watching.Wait()
	})

	return p
}

// beat notes that nothing ran between two looks at the clock, if that is so.
func (p *pauses) beat(last, now time.Time) {
	if now.Sub(last) < missed {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, pause{last, now})
}

// between is how long the machine paused between two times.
func (p *pauses) between(from, to time.Time) (total time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.seen {
		begun, ended := one.begun, one.ended
		if begun.Before(from) {
			begun = from
		}
		if ended.After(to) {
			ended = to
		}
		total += max(0, ended.Sub(begun))
	}

	return total
}

func TestAPauseCountsWhereItOverlaps(t *testing.T) {
	start := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	p := &pauses{}
	p.beat(at(0), at(0).Add(pulse))
	p.beat(at(10), at(14))
	for name, test := range map[string]struct{ from, to, want int }{
		"before it":         {0, 9, 0},
		"all of it":         {9, 20, 4},
		"its first half":    {5, 12, 2},
		"its second half":   {12, 20, 2},
		"in the middle":     {11, 12, 1},
		"after it":          {15, 20, 0},
		"ends when it does": {10, 14, 4},
	} {
		t.Run(name, func(t *testing.T) {
			if got := p.between(at(test.from), at(test.to)); got != time.Duration(test.want)*time.Second {
				t.Errorf("%s, want %ds", got, test.want)
			}
		})
	}
}
