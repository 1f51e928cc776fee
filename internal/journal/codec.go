// Package journal keeps the write-ahead journal of each credential in a Secret beside the target, so that no crash loses a
// client secret. It must not decide anything, and it must never write a journal that it did not read in the same state.
package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// version of the format that this operator writes at most. A journal of a later version is not read: an older operator must not
// drop what it does not know. Each journal gets the lowest version that can hold it, so that a downgrade works while nothing
// newer is at work.
const version = 2

// versionOf is the lowest version that can hold a record. The first one knows no adopted values, which it would take for the
// operator's own and remove, and nothing that is compromised, kept or halted, which it would drop. The tool that was consented to
// needs no later version: who drops it asks again. Nor does the time from which an age counts: who drops it counts from a later one.
func versionOf(record rotation.Record) int {
	marked := slices.ContainsFunc(record.Retired, func(e rotation.Retired) bool { return e.Revoked || e.Kept })
	if marked || record.Halt != nil || (record.Staged != nil && record.Staged.Adopted) {
		return version
	}

	return 1
}

// ErrVersion says that a later operator wrote the journal.
var ErrVersion = errors.New("a later version of the operator wrote it; run that version again")

// document is the journal as it is stored: a rotation.Record with its values in clear. Only this file turns one into the other.
type document struct {
	Version     int                `json:"version"`
	Binding     rotation.Binding   `json:"binding"`
	ClientID    string             `json:"clientID,omitempty"`
	AuthMethod  string             `json:"authMethod,omitempty"`
	Current     *held              `json:"current,omitempty"`
	Previous    *held              `json:"previous,omitempty"`
	Staged      *staged            `json:"staged,omitempty"`
	Promoting   *promotion         `json:"promoting,omitempty"`
	Retired     []rotation.Retired `json:"retired,omitempty"`
	Attempts    int                `json:"attempts,omitempty"`
	LastFailure time.Time          `json:"lastFailure,omitzero"`
	Starts      []time.Time        `json:"starts,omitempty"`
	LastCause   rotation.Cause     `json:"lastCause,omitempty"`
	Flips       int                `json:"flips,omitempty"`
	FlipsSince  time.Time          `json:"flipsSince,omitzero"`
	FlipVersion string             `json:"flipVersion,omitempty"`
	Handled     rotation.Commands  `json:"handled"`
	Released    string             `json:"released,omitempty"`
	Undelivered bool               `json:"undelivered,omitempty"`
	Restored    time.Time          `json:"restored,omitzero"`
	Owned       bool               `json:"owned,omitempty"`
	Followed    string             `json:"followed,omitempty"`
	Halt        *rotation.Halt     `json:"halt,omitempty"`
	// Consented is to whatever tool: that is how it was noted before its name was.
	Consented   bool   `json:"consented,omitempty"`
	ConsentedTo string `json:"consentedTo,omitempty"`
}

type held struct {
	Value string    `json:"value"`
	ID    string    `json:"id,omitempty"`
	Made  bool      `json:"made,omitempty"`
	Since time.Time `json:"since,omitzero"`
	First time.Time `json:"first,omitzero"`
}

type staged struct {
	Value        string            `json:"value"`
	Cause        rotation.Cause    `json:"cause"`
	At           time.Time         `json:"at"`
	IDsBefore    []string          `json:"idsBefore,omitempty"`
	Replaces     rotation.Replaced `json:"replaces"`
	RefusedSince time.Time         `json:"refusedSince,omitzero"`
	Adopted      bool              `json:"adopted,omitempty"`
	ID           string            `json:"id,omitempty"`
	Note         string            `json:"note,omitempty"`
}

type promotion struct {
	TargetVersion string            `json:"targetVersion,omitempty"`
	Replaces      rotation.Replaced `json:"replaces"`
	Previous      *held             `json:"previous,omitempty"`
	ID            string            `json:"id,omitempty"`
}

// Encode writes a record as a journal.
func Encode(record rotation.Record) ([]byte, error) {
	d := document{
		Version: versionOf(record), Binding: record.Binding, ClientID: record.ClientID, AuthMethod: record.AuthMethod,
		Current: encodeHeld(record.Current), Previous: encodeHeld(record.Previous), Retired: record.Retired,
		Attempts: record.Attempts, LastFailure: record.LastFailure, Starts: record.Starts, LastCause: record.LastCause,
		Flips: record.Flips, FlipsSince: record.FlipsSince, FlipVersion: record.FlipVersion,
		Handled: record.Handled, Released: record.Released,
		Undelivered: record.Undelivered, Owned: record.Owned, Restored: record.Restored, Followed: record.Followed, Halt: record.Halt,
	}
	if d.Consented = record.Consented == rotation.AnyTool; !d.Consented {
		d.ConsentedTo = record.Consented
	}
	if s := record.Staged; s != nil {
		d.Staged = &staged{
			Value: s.Value.Reveal(), Cause: s.Cause, At: s.At, IDsBefore: s.IDsBefore, Replaces: s.Replaces, RefusedSince: s.RefusedSince,
			Adopted: s.Adopted, ID: s.ID, Note: s.Note,
		}
	}
	if p := record.Promoting; p != nil {
		d.Promoting = &promotion{TargetVersion: p.TargetVersion, Replaces: p.Replaces, Previous: encodeHeld(p.Previous), ID: p.ID}
	}

	return json.Marshal(d)
}

// Decode reads a journal. Its errors never show what was read.
func Decode(data []byte) (rotation.Record, error) {
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		return rotation.Record{}, fmt.Errorf("it is no journal: %s", describe(err))
	}
	switch {
	case d.Version > version:
		return rotation.Record{}, ErrVersion
	case d.Version < 1:
		return rotation.Record{}, errors.New("it is no journal: it has no version")
	case d.Promoting != nil && d.Staged == nil:
		return rotation.Record{}, errors.New("it is no journal: it promotes what it does not hold")
	case d.lacksValue():
		return rotation.Record{}, errors.New("it is no journal: a client secret in it is empty")
	}
	record := rotation.Record{
		Binding: d.Binding, ClientID: d.ClientID, AuthMethod: d.AuthMethod,
		Current: decodeHeld(d.Current), Previous: decodeHeld(d.Previous), Retired: d.Retired,
		Attempts: d.Attempts, LastFailure: d.LastFailure, Starts: d.Starts, LastCause: d.LastCause,
		Flips: d.Flips, FlipsSince: d.FlipsSince, FlipVersion: d.FlipVersion,
		Handled: d.Handled, Released: d.Released,
		Undelivered: d.Undelivered, Owned: d.Owned, Restored: d.Restored, Followed: d.Followed, Halt: d.Halt, Consented: d.ConsentedTo,
	}
	if d.Consented {
		record.Consented = rotation.AnyTool
	}
	if s := d.Staged; s != nil {
		record.Staged = &rotation.Staged{
			Value: redact.NewValue(s.Value), Cause: s.Cause, At: s.At, IDsBefore: s.IDsBefore, Replaces: s.Replaces, RefusedSince: s.RefusedSince,
			Adopted: s.Adopted, ID: s.ID, Note: s.Note,
		}
	}
	if p := d.Promoting; p != nil {
		record.Promoting = &rotation.Promotion{TargetVersion: p.TargetVersion, Replaces: p.Replaces, Previous: decodeHeld(p.Previous), ID: p.ID}
	}

	return record, nil
}

// lacksValue says whether a client secret that the journal speaks of is empty, or the hash of one: it would be written to the
// target, or be taken for any other that is empty.
func (d document) lacksValue() bool {
	helds := []*held{d.Current, d.Previous}
	if d.Promoting != nil {
		helds = append(helds, d.Promoting.Previous)
	}

	return slices.ContainsFunc(helds, func(h *held) bool { return h != nil && h.Value == "" }) || (d.Staged != nil && d.Staged.Value == "") ||
		slices.ContainsFunc(d.Retired, func(e rotation.Retired) bool { return e.Hash == "" })
}

// describe says where JSON is broken without showing any of it.
func describe(err error) string {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("broken JSON at byte %d", syntax.Offset)
	}
	if field, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Sprintf("a wrong type at byte %d", field.Offset)
	}

	return "a malformed field"
}

func encodeHeld(h *rotation.Held) *held {
	if h == nil {
		return nil
	}

	return &held{Value: h.Value.Reveal(), ID: h.ID, Made: h.Made, Since: h.Since, First: h.First}
}

func decodeHeld(h *held) *rotation.Held {
	if h == nil {
		return nil
	}

	return &rotation.Held{Value: redact.NewValue(h.Value), ID: h.ID, Made: h.Made, Since: h.Since, First: h.First}
}
