package diagnose

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// headerForm is how the halves of a Basic header are written before base64.
type headerForm string

// The forms. The empty one: no such header was seen, or both forms are the same.
const (
	// formEncoded is what RFC 6749 section 2.3.1 wants.
	formEncoded headerForm = "form-encoded"
	formRaw     headerForm = "as they are"
)

// basicHeader is what stands after "Basic ". It is a secret.
func basicHeader(clientID string, secret redact.Value, form headerForm) string {
	id, value := clientID, secret.Reveal()
	if form == formEncoded {
		id, value = url.QueryEscape(id), url.QueryEscape(value)
	}
	return base64.StdEncoding.EncodeToString([]byte(id + ":" + value))
}

// formsDiffer says whether the two ways to write the header differ.
func formsDiffer(clientID string, secret redact.Value) bool {
	return basicHeader(clientID, secret, formEncoded) != basicHeader(clientID, secret, formRaw)
}

// specials names the kinds of characters that form-encoding changes, each once and in an order of its own, so that it tells
// neither where they are nor how many.
func specials(texts ...string) []string {
	var kinds []string
	for _, r := range strings.Join(texts, "") {
		kind := kindOf(r)
		if kind != "" && !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

func kindOf(r rune) string {
	switch {
	case url.QueryEscape(string(r)) == string(r):
		return ""
	case r == ' ':
		return "a space"
	case r < ' ' || r == 0x7f:
		return "a control character, such as a newline"
	case r > 0x7f:
		return "a character that is not ASCII"
	default:
		return string(r)
	}
}

// formRecorder looks at the Basic headers on their way out, and remembers the form of the last one.
type formRecorder struct {
	next   http.RoundTripper
	client Client
	secret redact.Value
	form   headerForm
}

// start begins a new attempt with another secret.
func (f *formRecorder) start(secret redact.Value) { f.secret, f.form = secret, "" }

// RoundTrip implements http.RoundTripper.
func (f *formRecorder) RoundTrip(request *http.Request) (*http.Response, error) {
	if sent, ok := strings.CutPrefix(request.Header.Get("Authorization"), "Basic "); ok && formsDiffer(f.client.ID, f.secret) {
		for _, form := range []headerForm{formEncoded, formRaw} {
			if sent == basicHeader(f.client.ID, f.secret, form) {
				f.form = form
			}
		}
	}
	return f.next.RoundTrip(request)
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the transport.
func (f *formRecorder) CloseIdleConnections() {
	if closer, ok := f.next.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}
