package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
)

// auditPolicy records the operator's requests and nobody else's, so that recording costs the API server little.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: Metadata, users: ["` + operatorUser + `"]}
- {level: None}
`

// call is a kind of request to the API server.
type call struct {
	Verb     string
	Resource string
}

func (c call) String() string { return c.Verb + " " + c.Resource }

// isWrite says whether the request may change an object.
func (c call) isWrite() bool {
	switch c.Verb {
	case "get", "list", "watch":
		return false
	default:
		return true
	}
}

// isLease says whether it belongs to leader election.
func (c call) isLease() bool { return c.Resource == "leases" }

// auditEvent is the part of audit.k8s.io/v1 Event that is counted.
type auditEvent struct {
	Stage     string `json:"stage"`
	Verb      string `json:"verb"`
	ObjectRef struct {
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
	} `json:"objectRef"`
	ResponseStatus struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
}

// auditLog counts the requests in an audit log that is being written.
type auditLog struct {
	path   string
	offset int64
	calls  map[call]int
	// refused counts answers from 400 up, by code and call, but for 404 to a get, which is how one finds that nothing is there.
	refused map[string]int
}

func newAuditLog(path string) *auditLog {
	return &auditLog{path: path, calls: map[call]int{}, refused: map[string]int{}}
}

// read takes in what was written since it was last called.
func (l *auditLog) read() error {
	file, err := os.Open(l.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the audit log: %w", err)
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.NewSectionReader(file, l.offset, 1<<40))
	if err != nil {
		return fmt.Errorf("read the audit log: %w", err)
	}
	// The last line may be half written; it is read next time.
	whole := content[:bytes.LastIndexByte(content, '\n')+1]
	for line := range bytes.Lines(whole) {
		if err := l.add(line); err != nil {
			return err
		}
	}
	l.offset += int64(len(whole))
	return nil
}

func (l *auditLog) add(line []byte) error {
	var event auditEvent
	if err := json.Unmarshal(line, &event); err != nil {
		return fmt.Errorf("read a line of the audit log: %w", err)
	}
	// A watch ends some day; that it began is what counts.
	counted := "ResponseComplete"
	if event.Verb == "watch" {
		counted = "ResponseStarted"
	}
	if event.Stage != counted || event.ObjectRef.Resource == "" {
		return nil
	}
	made := call{Verb: event.Verb, Resource: event.ObjectRef.Resource}
	if event.ObjectRef.Subresource != "" {
		made.Resource += "/" + event.ObjectRef.Subresource
	}
	l.calls[made]++
	code := event.ResponseStatus.Code
	if code >= 400 && (code != 404 || event.Verb != "get") {
		l.refused[fmt.Sprintf("%d %s", code, made)]++
	}
	return nil
}

// snapshot is a copy of the counters.
func (l *auditLog) snapshot() map[call]int { return maps.Clone(l.calls) }

// work is the number of requests that are not leader election's.
func (l *auditLog) work() int {
	total := 0
	for made, n := range l.calls {
		if !made.isLease() {
			total += n
		}
	}
	return total
}

// since is what counters grew by, without those that did not.
func since[K comparable](before, after map[K]int) map[K]int {
	grown := map[K]int{}
	for key, n := range after {
		if n > before[key] {
			grown[key] = n - before[key]
		}
	}
	return grown
}
