package crash

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// fleetNamespace is the one in which the API server's audit log records requests.
const fleetNamespace = "fleet"

// auditPolicy records who reads a Secret by name, and whatever is changed, but for events.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: None, resources: [{group: "", resources: [events]}, {group: events.k8s.io, resources: [events]}]}
- {level: Metadata, namespaces: [` + fleetNamespace + `], verbs: [get], resources: [{group: "", resources: [secrets]}]}
- {level: Metadata, namespaces: [` + fleetNamespace + `], verbs: [create, update, patch, delete, deletecollection]}
- {level: None}
`

func auditPath() string { return filepath.Join(bed.dir, "audit.log") }

// auditOptions are the API server's flags for the audit log.
func auditOptions() (map[string][]string, error) {
	policy := filepath.Join(bed.dir, "audit.yaml")

	return map[string][]string{"audit-policy-file": {policy}, "audit-log-path": {auditPath()}}, os.WriteFile(policy, []byte(auditPolicy), 0o600)
}

// audited is a request to the API server.
type audited struct {
	Verb      string `json:"verb"`
	UserAgent string `json:"userAgent"`
	ObjectRef struct {
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
		Name        string `json:"name"`
	} `json:"objectRef"`
}

// byOperator says whether the operator sent it, and not this test.
func (a audited) byOperator() bool { return strings.HasPrefix(a.UserAgent, "manager/") }

// audit is what the operator asked of the API server after the log had a length; length is what it has now.
func (w *world) audit(from int64) (requests []audited, length int64) {
	w.t.Helper()
	log, err := os.Open(auditPath())
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	if _, err := log.Seek(from, 0); err != nil {
		w.t.Fatal(err)
	}
	length = from
	for lines := bufio.NewReader(log); ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			return requests, length // a line that is being written is read the next time
		}
		length += int64(len(line))
		var request audited
		if err := json.Unmarshal([]byte(line), &request); err != nil {
			w.t.Fatalf("read the audit log: %v", err)
		}
		if request.byOperator() {
			requests = append(requests, request)
		}
	}
}
