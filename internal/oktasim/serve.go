package oktasim

import (
	"bytes"
	"context"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// maxRequestBody is more than any request to Okta needs.
const maxRequestBody = 1 << 20

// call is one request on its way through the org.
type call struct {
	request *http.Request
	route   string
	base    string
	id      string
	form    url.Values
	body    []byte
	// client is the client id that the request names, whether or not it proves to be that client.
	client string
	// caller is the admin behind the request; empty on public routes.
	caller principal
}

// Phase is a moment in the life of a call.
type Phase string

// The two moments that a hook sees.
const (
	// BeforeEffect: the request was read, nothing happened at Okta yet.
	BeforeEffect Phase = "BeforeEffect"
	// AfterEffect: it happened, the answer is not sent yet.
	AfterEffect Phase = "AfterEffect"
)

// Call is what a hook is told of a request; it never holds a secret.
type Call struct {
	Phase Phase
	// Sequence numbers the requests of the org from 1; both phases of a request have the same one.
	Sequence int
	Route    string
	Method   string
	Path     string
	ClientID string
}

// OnCall sets the hook that is called before and after the effect of each request, in the request's goroutine: as long as it
// runs, the client has no answer. A crash test kills its client in here. nil removes it.
func (o *Org) OnCall(hook func(Call)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hook = hook
}

func (o *Org) notify(c *call, phase Phase, sequence int) {
	o.mu.Lock()
	hook := o.hook
	o.mu.Unlock()
	if hook == nil {
		return
	}
	hook(Call{
		Phase: phase, Sequence: sequence, Route: c.route, Method: c.request.Method, Path: c.request.URL.Path, ClientID: c.client,
	})
}

// serve takes a request through hook, fault, rate limit and handler, and sends the answer, spoiled if a fault says so.
func (o *Org) serve(w http.ResponseWriter, r *http.Request, route string, handle handler) {
	c, err := o.newCall(r, route)
	if err != nil {
		http.Error(w, "read request", http.StatusBadRequest)
		return
	}
	sequence, fault := o.begin(c)
	o.notify(c, BeforeEffect, sequence)
	if fault.stopsBefore() {
		o.record(c, sequence, fault, 0)
		o.deliverFault(w, c, fault, func() { o.apply(c, handle); o.notify(c, AfterEffect, sequence) })
		return
	}
	answer := o.apply(c, handle)
	if fault.Kind == FaultDuplicate {
		answer = o.apply(c, handle)
	}
	o.record(c, sequence, fault, answer.status)
	o.notify(c, AfterEffect, sequence)
	o.deliver(w, c, fault, answer)
}

func (o *Org) newCall(r *http.Request, route string) (*call, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBody))
	if err != nil {
		return nil, err
	}
	c := &call{request: r, route: route, body: body, base: o.baseURL(r)}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/x-www-form-urlencoded" {
		if c.form, err = url.ParseQuery(string(body)); err != nil {
			c.form = nil
		}
	}
	c.client = claimedClient(c)
	return c, nil
}

func (o *Org) baseURL(r *http.Request) string {
	if o.options.URL != "" {
		return o.options.URL
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// begin numbers the request and takes the fault that waits for it, if any.
func (o *Org) begin(c *call) (int, Fault) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c.id = o.randomText(secretAlphabet, 27)
	o.limiter.concurrent++
	o.ledger.next++
	return o.ledger.next, o.takeFault(c)
}

func (o *Org) record(c *call, sequence int, fault Fault, status int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.limiter.concurrent--
	o.ledger.add(Request{
		Sequence: sequence, Time: o.now(), Route: c.route, Method: c.request.Method, Path: c.request.URL.Path,
		ClientID: c.client, Status: status, Fault: fault.Kind, RequestID: c.id,
	})
}

// apply lets the request happen.
func (o *Org) apply(c *call, handle handler) response {
	o.mu.Lock()
	defer o.mu.Unlock()
	if answer, limited := o.limit(c); limited {
		return answer
	}
	answer := handle(c)
	o.setLimitHeaders(c, answer.header)
	return answer
}

// deliver sends an answer, spoiled as the fault says.
func (o *Org) deliver(w http.ResponseWriter, c *call, fault Fault, answer response) {
	header := w.Header()
	maps.Copy(header, answer.header)
	header.Set("X-Okta-Request-Id", c.id)
	header.Set("Date", o.clock.Now().UTC().Format(http.TimeFormat))
	header.Set("Cache-Control", "no-cache, no-store")
	if fault.spoilsAnswer() {
		o.deliverSpoiled(w, c, fault, answer)
		return
	}
	if answer.status != http.StatusNoContent {
		header.Set("Content-Length", strconv.Itoa(len(answer.body)))
	}
	w.WriteHeader(answer.status)
	_, _ = io.Copy(w, bytes.NewReader(answer.body))
}

// sleep waits by the org's clock, and says whether the client was still there at the end.
func (o *Org) sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := o.clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C():
		return true
	}
}
