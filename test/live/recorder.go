package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/oktacred/okta-credential-operator/internal/egress"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// recorder is a transport that prints each request and remembers its answer, both without secrets and ids: the lines are
// meant to be shown around, and to be equal for two orgs that behave alike.
type recorder struct {
	next http.RoundTripper
	out  io.Writer
	// scenario heads each line; set between requests only.
	scenario string

	mu      sync.Mutex
	hidden  []string
	names   map[string]string
	answers []answer
}

// answer is what is kept of a response.
type answer struct {
	status int
	// errorCodeForm says that the error came in the shape of the management API.
	errorCodeForm bool
	// media is the type of a refusal that is no JSON.
	media      string
	code, text string
}

// String is how people see an answer.
func (a answer) String() string {
	var text strings.Builder
	fmt.Fprint(&text, a.status)
	for _, word := range []string{a.code, a.media} {
		if word != "" {
			text.WriteString(" " + word)
		}
	}
	if a.errorCodeForm {
		text.WriteString(" (errorCode form)")
	}
	if a.text != "" {
		fmt.Fprintf(&text, " %q", a.text)
	}
	return text.String()
}

func newRecorder(next http.RoundTripper, out io.Writer) *recorder {
	return &recorder{next: next, out: out, names: map[string]string{}}
}

// hide keeps a secret, in every spelling that an answer could quote it in, out of what is printed.
func (r *recorder) hide(secret redact.Value) {
	r.mu.Lock()
	defer r.mu.Unlock()
	value := secret.Reveal()
	quoted, err := json.Marshal(value)
	if value == "" || err != nil {
		return
	}
	r.hidden = append(r.hidden, value, url.QueryEscape(value), url.PathEscape(value), strings.Trim(string(quoted), `"`))
	// The longest first, so that no part of it is left when a shorter one is taken out.
	slices.SortFunc(r.hidden, func(a, b string) int { return len(b) - len(a) })
}

// name prints an id of this run as a word.
func (r *recorder) name(id, word string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names[id] = word
}

// mark is a place in the record, for since.
func (r *recorder) mark() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.answers)
}

func (r *recorder) since(mark int) []answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.answers[mark:])
}

// RoundTrip implements http.RoundTripper.
func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := r.next.RoundTrip(request)
	if err != nil {
		r.print(request, "no answer: "+string(egress.FailureOf(err)))
		return nil, err
	}
	heard := answer{status: response.StatusCode}
	if response.StatusCode >= http.StatusBadRequest {
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			r.print(request, "no answer: "+string(egress.FailureOf(err)))
			return nil, err
		}
		response.Body = io.NopCloser(bytes.NewReader(body))
		heard = r.understand(response, body)
	}
	r.mu.Lock()
	r.answers = append(r.answers, heard)
	r.mu.Unlock()
	r.print(request, heard.String())
	return response, nil
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the transport below.
func (r *recorder) CloseIdleConnections() {
	(&http.Client{Transport: r.next}).CloseIdleConnections()
}

func (r *recorder) print(request *http.Request, told string) {
	_, _ = fmt.Fprintf(r.out, "%-34s %-6s %s: %s\n", r.scenario, request.Method, route(request.URL.Path), told)
}

// understand reads an error of either shape.
func (r *recorder) understand(response *http.Response, body []byte) answer {
	heard := answer{status: response.StatusCode}
	var said struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
		Code        string `json:"errorCode"`
		Summary     string `json:"errorSummary"`
		Causes      []struct {
			Summary string `json:"errorSummary"`
		} `json:"errorCauses"`
	}
	media, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil || !strings.HasSuffix(media, "json") || json.Unmarshal(body, &said) != nil {
		heard.media = r.neutral("as " + media)
		return heard
	}
	heard.code, heard.text = r.neutral(said.Error), r.neutral(said.Description)
	if said.Error == "" && said.Code != "" {
		heard.errorCodeForm = true
		heard.code, heard.text = r.neutral(said.Code), r.neutral(said.Summary)
		if len(said.Causes) > 0 {
			heard.text = r.neutral(said.Causes[0].Summary)
		}
	}
	return heard
}

// oktaID is what Okta's ids look like, those of others included.
var oktaID = regexp.MustCompile(`\b(0oa|ocs|aus|00[a-zA-Z]|oae)[A-Za-z0-9_-]{15,}`)

// neutral takes secrets and ids out of a text of the org's, and makes it fit for a line.
func (r *recorder) neutral(text string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, secret := range r.hidden {
		text = strings.ReplaceAll(text, secret, "[redacted]")
	}
	for id, word := range r.names {
		text = strings.ReplaceAll(text, id, word)
	}
	text = strings.Map(func(letter rune) rune {
		if letter < ' ' || letter > '~' {
			return -1
		}
		return letter
	}, oktaID.ReplaceAllString(text, "{id}"))
	const longest = 250
	return text[:min(len(text), longest)]
}

// route is a path with words in place of ids.
func route(path string) string {
	segments := strings.Split(path, "/")
	for i := 1; i < len(segments); i++ {
		switch before := segments[i-1]; {
		case before == "apps":
			segments[i] = "{app}"
		case before == "secrets":
			segments[i] = "{secret}"
		case before == "oauth2" && segments[i] != "v1":
			segments[i] = "{server}"
		}
	}
	return strings.Join(segments, "/")
}
