package oktasim

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// control is the API by which a person or a script plays the admin at Okta, and the bad weather. It is no part of Okta: real
// orgs have no such paths.
type control struct {
	org   *Org
	reset func() error
}

// controlHelp lists the control API; GET /_sim/ answers it.
var controlHelp = map[string]string{
	"GET /_sim/apps":               "every app with its secrets (no values)",
	"GET /_sim/apps/{id}":          "one app with its secrets",
	"POST /_sim/apps/{id}/{verb}":  "activate | deactivate | delete | replace-secret (Okta's legacy newSecret: old ones die at once)",
	"POST /_sim/apps/{id}/secrets": `add a secret as an admin: {"value":"…","status":"ACTIVE"}; both may be left out`,
	"POST /_sim/apps/{id}/secrets/{secretID}/{verb}": "revoke (make sure of another ACTIVE secret, then deactivate and delete) | deactivate | activate | delete; " +
		`"active" as secretID means the newest ACTIVE one`,
	"POST /_sim/faults":      `{"kind":"Status","status":503,"for":"1m"}; also route, app, times, after, delay, retryAfter, body, contentType, location, size`,
	"DELETE /_sim/faults":    "end all faults",
	"GET /_sim/requests":     "counters by route and status",
	"GET /_sim/requests/log": "the last requests, without headers, bodies and queries",
	"GET /_sim/events":       "the audit trail; ?type= the start of an event type",
	"PUT /_sim/unknowns":     "how the org answers where nobody knows what Okta does",
	"PUT /_sim/propagation":  `{"accept":"10s","refuse":"10s"}: how long /token takes to learn of changes`,
	"POST /_sim/reset":       "start again from the seed",
}

// ControlHandler is the control API under /_sim/. reset puts the org back to its start; the org is emptied when it is nil.
// Whoever reaches it owns the org: serve it on loopback only.
func (o *Org) ControlHandler(reset func() error) http.Handler {
	k := &control{org: o, reset: reset}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_sim/{$}", func(w http.ResponseWriter, _ *http.Request) { reply200(w, controlHelp) })
	mux.HandleFunc("GET /_sim/apps", k.apps)
	mux.HandleFunc("GET /_sim/apps/{id}", k.app)
	mux.HandleFunc("POST /_sim/apps/{id}/{verb}", k.changeApp)
	mux.HandleFunc("POST /_sim/apps/{id}/secrets", k.addSecret)
	mux.HandleFunc("POST /_sim/apps/{id}/secrets/{secretID}/{verb}", k.changeSecret)
	mux.HandleFunc("POST /_sim/faults", k.addFault)
	mux.HandleFunc("DELETE /_sim/faults", func(w http.ResponseWriter, _ *http.Request) { o.ClearFaults(); reply200(w, done("faults ended")) })
	mux.HandleFunc("GET /_sim/requests", func(w http.ResponseWriter, _ *http.Request) { reply200(w, k.requests()) })
	mux.HandleFunc("GET /_sim/requests/log", func(w http.ResponseWriter, _ *http.Request) { reply200(w, o.Requests()) })
	mux.HandleFunc("GET /_sim/events", k.events)
	mux.HandleFunc("PUT /_sim/unknowns", k.setUnknowns)
	mux.HandleFunc("PUT /_sim/propagation", k.setPropagation)
	mux.HandleFunc("POST /_sim/reset", k.restart)
	return mux
}

func done(what string) map[string]string { return map[string]string{"done": what} }

func reply200(w http.ResponseWriter, body any) { writeControl(w, http.StatusOK, body) }

func refuseControl(w http.ResponseWriter, err error) {
	writeControl(w, http.StatusBadRequest, map[string]string{"error": err.Error(), "help": "GET /_sim/"})
}

func writeControl(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(body)
}

// readControl reads a JSON body; an empty one leaves the target as it is.
func readControl(r *http.Request, into any) error {
	if r.ContentLength == 0 {
		return nil
	}
	decoder := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxRequestBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	return nil
}

// controlApp is an app as the control API shows it.
type controlApp struct {
	App     App             `json:"app"`
	Secrets []controlSecret `json:"secrets"`
}

type controlSecret struct {
	ID        string    `json:"id"`
	Status    Status    `json:"status"`
	Hash      string    `json:"hash"`
	Created   time.Time `json:"created"`
	CreatedBy string    `json:"createdBy"`
}

func (k *control) shown(a App) controlApp {
	shown := controlApp{App: a, Secrets: []controlSecret{}}
	for _, s := range k.org.Secrets(a.ID) {
		shown.Secrets = append(shown.Secrets, showSecret(s))
	}
	return shown
}

func showSecret(s Secret) controlSecret {
	return controlSecret{ID: s.ID, Status: s.Status, Hash: s.Hash, Created: s.Created, CreatedBy: s.CreatedBy}
}

func (k *control) apps(w http.ResponseWriter, _ *http.Request) {
	apps := []controlApp{}
	for _, a := range k.org.Apps() {
		apps = append(apps, k.shown(a))
	}
	reply200(w, apps)
}

func (k *control) app(w http.ResponseWriter, r *http.Request) {
	found, ok := k.org.App(r.PathValue("id"))
	if !ok {
		refuseControl(w, errNotFound(r.PathValue("id"), "OAuth2AppInstance"))
		return
	}
	reply200(w, k.shown(found))
}

func (k *control) changeApp(w http.ResponseWriter, r *http.Request) {
	id, verb := r.PathValue("id"), r.PathValue("verb")
	var err error
	switch verb {
	case "activate":
		err = k.org.ChangeApp(id, func(a *App) { a.Status = Active })
	case "deactivate":
		err = k.org.ChangeApp(id, func(a *App) { a.Status = Inactive })
	case "delete":
		err = k.org.DeleteApp(id)
	case "replace-secret":
		_, err = k.org.ReplaceSecret(id)
	default:
		err = fmt.Errorf("unknown verb %q", verb)
	}
	if err != nil {
		refuseControl(w, err)
		return
	}
	found, _ := k.org.App(id)
	reply200(w, k.shown(found))
}

func (k *control) requests() map[string]any {
	counts, total := k.org.Counts(), 0
	for _, byStatus := range counts {
		for n := range maps.Values(byStatus) {
			total += n
		}
	}
	return map[string]any{"total": total, "byRoute": counts}
}

func (k *control) events(w http.ResponseWriter, r *http.Request) {
	prefix := r.URL.Query().Get("type")
	reply200(w, slices.DeleteFunc(k.org.Events(), func(e Event) bool { return !strings.HasPrefix(e.Type, prefix) }))
}
