package oktasim

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

func (k *control) addSecret(w http.ResponseWriter, r *http.Request) {
	var asked SeedSecret
	if err := readControl(r, &asked); err != nil {
		refuseControl(w, err)
		return
	}
	made, err := k.org.CreateSecret(r.PathValue("id"), redact.NewValue(asked.Value), asked.Status)
	if err != nil {
		refuseControl(w, err)
		return
	}
	reply200(w, showSecret(made))
}

func (k *control) changeSecret(w http.ResponseWriter, r *http.Request) {
	verbs := map[string]func(appID, secretID string) error{
		"revoke":     k.org.RevokeSecret,
		"deactivate": k.org.DeactivateSecret,
		"activate":   k.org.ActivateSecret,
		"delete":     k.org.DeleteSecret,
	}
	change, known := verbs[r.PathValue("verb")]
	if !known {
		refuseControl(w, fmt.Errorf("unknown verb %q", r.PathValue("verb")))
		return
	}
	appID, secretID := r.PathValue("id"), k.secretID(r)
	if err := change(appID, secretID); err != nil {
		refuseControl(w, err)
		return
	}
	left, _ := k.org.App(appID)
	reply200(w, map[string]any{"done": r.PathValue("verb") + " " + secretID, "left": k.shown(left).Secrets})
}

// secretID reads "active" as the newest ACTIVE secret, so that a person need not look up an id.
func (k *control) secretID(r *http.Request) string {
	asked := r.PathValue("secretID")
	if asked != "active" {
		return asked
	}
	for _, s := range k.org.Secrets(r.PathValue("id")) {
		if s.Status == Active {
			asked = s.ID
		}
	}
	return asked
}

// controlFault is a Fault with durations that people can write.
type controlFault struct {
	Route       string    `json:"route"`
	App         string    `json:"app"`
	Kind        FaultKind `json:"kind"`
	After       int       `json:"after"`
	Times       int       `json:"times"`
	For         Duration  `json:"for"`
	Status      int       `json:"status"`
	ContentType string    `json:"contentType"`
	Body        string    `json:"body"`
	Location    string    `json:"location"`
	RetryAfter  Duration  `json:"retryAfter"`
	Delay       Duration  `json:"delay"`
	Size        int64     `json:"size"`
}

func (k *control) addFault(w http.ResponseWriter, r *http.Request) {
	var asked controlFault
	if err := readControl(r, &asked); err != nil {
		refuseControl(w, err)
		return
	}
	fault, err := asked.fault(k.org.clock.Now())
	if err != nil {
		refuseControl(w, err)
		return
	}
	k.org.Fault(fault)
	reply200(w, map[string]any{"done": "fault added", "fault": fault, "undo": "DELETE /_sim/faults"})
}

func (f controlFault) fault(now time.Time) (Fault, error) {
	probe := Fault{Kind: f.Kind}
	if !probe.stopsBefore() && !probe.spoilsAnswer() && f.Kind != FaultDuplicate {
		return Fault{}, fmt.Errorf("unknown kind %q", string(f.Kind))
	}
	if (f.Kind == FaultStatus || f.Kind == FaultAnswer) && (f.Status < 200 || f.Status > 599) {
		return Fault{}, errors.New("status must be between 200 and 599")
	}
	fault := Fault{
		Route: f.Route, App: f.App, Kind: f.Kind, After: f.After, Times: f.Times, Status: f.Status, ContentType: f.ContentType,
		Body: f.Body, Location: f.Location, RetryAfter: time.Duration(f.RetryAfter), Delay: time.Duration(f.Delay), Size: f.Size,
	}
	if f.For > 0 {
		fault.Until = now.Add(time.Duration(f.For))
	}
	return fault, nil
}

func (k *control) setUnknowns(w http.ResponseWriter, r *http.Request) {
	var unknowns Unknowns
	if err := readControl(r, &unknowns); err != nil {
		refuseControl(w, err)
		return
	}
	k.org.SetUnknowns(unknowns)
	reply200(w, unknowns)
}

func (k *control) setPropagation(w http.ResponseWriter, r *http.Request) {
	var asked SeedPropagation
	if err := readControl(r, &asked); err != nil {
		refuseControl(w, err)
		return
	}
	k.org.SetPropagation(Propagation{Accept: time.Duration(asked.Accept), Refuse: time.Duration(asked.Refuse)})
	reply200(w, done("propagation set"))
}

func (k *control) restart(w http.ResponseWriter, _ *http.Request) {
	k.org.Reset()
	if k.reset != nil {
		if err := k.reset(); err != nil {
			refuseControl(w, err)
			return
		}
	}
	reply200(w, done("the org is as it was at its start"))
}
