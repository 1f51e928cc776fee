// Package windows says when a planned rotation may start: it reads rotation windows and tells whether they are open at a
// moment and until when. It must not read the clock or the API, and it must not decide about rotations.
package windows

import (
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // the operator's image has no zones, and a node's may be years old

	"github.com/robfig/cron/v3"
)

// Type says what a Window does while it is open.
type Type string

// The types. Deny wins over Allow.
const (
	// Allow: rotations may start only in a window of this type, once there is one.
	Allow Type = "Allow"
	// Deny: no rotation may start, whatever the others say.
	Deny Type = "Deny"
)

// MaxDuration bounds Window.Duration: long enough for a freeze of a quarter.
const MaxDuration = 2160 * time.Hour

// Window is a repeated stretch of time.
type Window struct {
	Type Type
	// Schedule is when it opens, in the five fields of cron (minute, hour, day, month, weekday).
	Schedule string
	// Duration is how long it stays open, in elapsed time: a window of 3h over a change of the clock lasts 3 hours. From a
	// minute to MaxDuration.
	Duration time.Duration
	// TimeZone is an IANA name, such as Europe/Berlin; empty means UTC.
	TimeZone string
}

// Plan is a list of windows that was found sound. The zero Plan is always open.
type Plan struct {
	allow, deny []span
}

// span is a Window that was understood.
type span struct {
	// starts works on wall-clock readings that are written as if they were UTC; instant turns them into moments.
	starts   cron.Schedule
	duration time.Duration
	zone     *time.Location
}

// Validate returns an error that says which window is wrong, and how to mend it, or nil.
func Validate(windows []Window) error {
	_, err := Parse(windows)

	return err
}

// Parse understands windows. Its error is that of Validate.
func Parse(windows []Window) (Plan, error) {
	var plan Plan
	for i, window := range windows {
		understood, err := window.parse()
		if err != nil {
			return Plan{}, fmt.Errorf("read window %d: %w", i+1, err)
		}
		switch window.Type {
		case Allow:
			plan.allow = append(plan.allow, understood)
		case Deny:
			plan.deny = append(plan.deny, understood)
		default:
			return Plan{}, fmt.Errorf("read window %d: type %q is not known: write Allow or Deny", i+1, window.Type)
		}
	}

	return plan, nil
}

func (w Window) parse() (span, error) {
	if w.Duration < time.Minute || w.Duration > MaxDuration {
		return span{}, fmt.Errorf("duration %s is out of bounds: write one from 1m to %dh", w.Duration, int(MaxDuration.Hours()))
	}
	zone, err := zoneOf(w.TimeZone)
	if err != nil {
		return span{}, err
	}
	starts, err := schedule(w.Schedule)
	if err != nil {
		return span{}, err
	}

	return span{starts: starts, duration: w.Duration, zone: zone}, nil
}

// zoneOf refuses "Local": it would mean whatever the node of the operator's pod is set to.
func zoneOf(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, fmt.Errorf("time zone %q is not known: write an IANA name such as Europe/Berlin, or UTC", name)
	}

	return zone, nil
}

// fiveFields leaves out what the library reads besides: @daily has no one meaning to all readers, @every has no anchor.
var fiveFields = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

func schedule(text string) (cron.Schedule, error) {
	// The library takes a zone before the fields, and panics when nothing follows it.
	if strings.Contains(text, "=") {
		return nil, errors.New("the schedule names a time zone: remove it there and give the window a timeZone")
	}
	starts, err := fiveFields.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("schedule %q is not understood (%w): write five fields, minute hour day month weekday, such as 0 2 * * 1-5", text, err)
	}
	if starts.Next(someLeapYear).IsZero() {
		return nil, fmt.Errorf("schedule %q names a day that no year has: change its day or its month", text)
	}

	return starts, nil
}

// someLeapYear is just before one, since the library looks no further than five years for 29 February.
var someLeapYear = time.Date(2027, time.December, 31, 0, 0, 0, 0, time.UTC)
