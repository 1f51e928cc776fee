package oktasim

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FaultKind is a way in which a request goes wrong.
type FaultKind string

// The faults. Status faults and the first group leave Okta as it was; the rest let the request happen.
const (
	// FaultAnswer answers Status, ContentType and Body as given.
	FaultAnswer FaultKind = "Answer"
	// FaultStatus answers Status with Okta's own body for it: 401 E0000011, 403 E0000006, 404 E0000007, 429 E0000047, 500 and
	// others E0000009. On 429 RetryAfter is sent when set.
	FaultStatus FaultKind = "Status"
	// FaultHTML answers Status (502 when zero) with a proxy's HTML page.
	FaultHTML FaultKind = "HTML"
	// FaultTimeout answers nothing until the client gives up.
	FaultTimeout FaultKind = "Timeout"
	// FaultResetBefore resets the connection before anything happened.
	FaultResetBefore FaultKind = "ResetBefore"
	// FaultRedirect answers 302 to Location.
	FaultRedirect FaultKind = "Redirect"

	// FaultLateEffect answers nothing; once the client has given up, and Delay has passed, the request happens.
	FaultLateEffect FaultKind = "LateEffect"
	// FaultResetAfter lets the request happen and resets the connection instead of answering.
	FaultResetAfter FaultKind = "ResetAfter"
	// FaultDuplicate lets the request happen twice, as a proxy that retries does, and answers the second time's answer.
	FaultDuplicate FaultKind = "Duplicate"
	// FaultDelay sends the answer after Delay.
	FaultDelay FaultKind = "Delay"
	// FaultMalformed sends a body that is no JSON.
	FaultMalformed FaultKind = "Malformed"
	// FaultWrongType sends JSON of another type than the answer's: a number.
	FaultWrongType FaultKind = "WrongType"
	// FaultTruncated sends the first half of the body and closes the connection.
	FaultTruncated FaultKind = "Truncated"
	// FaultHuge sends a JSON string of Size bytes (1 GiB when zero).
	FaultHuge FaultKind = "Huge"
	// FaultDrip sends one byte each Delay (1 s when zero).
	FaultDrip FaultKind = "Drip"
)

// Fault is something that goes wrong with requests that match it.
type Fault struct {
	// Route is one of the Route constants; empty matches every route.
	Route string `json:"route,omitempty"`
	// App is an app id or client id; empty matches every app.
	App  string    `json:"app,omitempty"`
	Kind FaultKind `json:"kind"`
	// After lets that many matching requests pass first.
	After int `json:"after,omitempty"`
	// Times is how many requests it hits; 0 means until Until, or until faults are cleared.
	Times int `json:"times,omitempty"`
	// Until is when it ends, by the org's clock; zero means never.
	Until time.Time `json:"until,omitzero"`

	Status      int           `json:"status,omitempty"`
	ContentType string        `json:"contentType,omitempty"`
	Body        string        `json:"body,omitempty"`
	Location    string        `json:"location,omitempty"`
	RetryAfter  time.Duration `json:"retryAfter,omitempty"`
	Delay       time.Duration `json:"delay,omitempty"`
	Size        int64         `json:"size,omitempty"`
}

// Fault adds a fault. Of several that match a request the oldest hits.
func (o *Org) Fault(fault Fault) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.faults = append(o.faults, &fault)
}

// ClearFaults ends all faults; requests that hang go on hanging until their clients give up.
func (o *Org) ClearFaults() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.faults = nil
}

// OAuthErrorFault answers a route with an error of the OAuth error catalogue, for checks of how a client reads each.
func OAuthErrorFault(route string, status int, code, description string) Fault {
	body := newResponse(status, map[string]string{"error": code, "error_description": description}).body
	return Fault{Route: route, Kind: FaultAnswer, Status: status, ContentType: "application/json", Body: string(body)}
}

// takeFault finds the oldest fault for a call and uses it up by one. The lock is held.
func (o *Org) takeFault(c *call) Fault {
	now := o.clock.Now()
	o.faults = slices.DeleteFunc(o.faults, func(f *Fault) bool { return !f.Until.IsZero() && !now.Before(f.Until) })
	for i, f := range o.faults {
		if !f.matches(c) {
			continue
		}
		if f.After > 0 {
			f.After--
			continue
		}
		taken := *f
		if f.Times == 1 {
			o.faults = slices.Delete(o.faults, i, i+1)
		}
		if f.Times > 1 {
			f.Times--
		}
		return taken
	}
	return Fault{}
}

func (f *Fault) matches(c *call) bool {
	if f.Route != "" && f.Route != c.route {
		return false
	}
	return f.App == "" || f.App == c.client || f.App == c.request.PathValue("appId")
}

// stopsBefore says whether the request does not get to the org, or only later.
func (f *Fault) stopsBefore() bool {
	switch f.Kind {
	case FaultAnswer, FaultStatus, FaultHTML, FaultTimeout, FaultResetBefore, FaultRedirect, FaultLateEffect:
		return true
	default:
		return false
	}
}

func (f *Fault) spoilsAnswer() bool {
	switch f.Kind {
	case FaultResetAfter, FaultDelay, FaultMalformed, FaultWrongType, FaultTruncated, FaultHuge, FaultDrip:
		return true
	default:
		return false
	}
}

const proxyPage = "<html>\n<head><title>502 Bad Gateway</title></head>\n<body>\n<center><h1>502 Bad Gateway</h1></center>\n</body>\n</html>\n"

// deliverFault answers a request that does not get to the org; effect is what it would have done.
func (o *Org) deliverFault(w http.ResponseWriter, c *call, fault Fault, effect func()) {
	switch fault.Kind {
	case FaultTimeout:
		<-c.request.Context().Done()
		abort(w)
	case FaultLateEffect:
		<-c.request.Context().Done()
		o.sleep(context.WithoutCancel(c.request.Context()), fault.Delay)
		effect()
		abort(w)
	case FaultResetBefore:
		abort(w)
	default:
		o.deliver(w, c, Fault{}, o.faultAnswer(fault))
	}
}

func (o *Org) faultAnswer(fault Fault) response {
	switch fault.Kind {
	case FaultHTML:
		status := fault.Status
		if status == 0 {
			status = http.StatusBadGateway
		}
		return response{status: status, header: http.Header{"Content-Type": {"text/html"}}, body: []byte(proxyPage)}
	case FaultRedirect:
		return response{status: http.StatusFound, header: http.Header{"Location": {fault.Location}}}
	case FaultStatus:
		return o.statusAnswer(fault)
	default:
		answer := response{status: fault.Status, header: http.Header{}, body: []byte(fault.Body)}
		if fault.ContentType != "" {
			answer.header.Set("Content-Type", fault.ContentType)
		}
		return answer
	}
}

func (o *Org) statusAnswer(fault Fault) response {
	known := map[int]*apiError{
		http.StatusUnauthorized:    errInvalidToken(),
		http.StatusForbidden:       errForbidden(),
		http.StatusNotFound:        errNotFound("fault", "Fault"),
		http.StatusTooManyRequests: errTooManyRequests(),
	}
	e := known[fault.Status]
	if e == nil {
		e = errInternal()
		e.status = fault.Status
	}
	o.mu.Lock()
	answer := o.refuse(e)
	o.mu.Unlock()
	if fault.Status == http.StatusTooManyRequests {
		setLimit(answer.header, 100, 0, o.clock.Now().Add(time.Minute))
	}
	if fault.RetryAfter > 0 {
		answer.header.Set("Retry-After", strconv.Itoa(int(fault.RetryAfter.Seconds())))
	}
	return answer
}

// deliverSpoiled sends the answer of a request that happened in a way that the client cannot use, or can use only late.
func (o *Org) deliverSpoiled(w http.ResponseWriter, c *call, fault Fault, answer response) {
	switch fault.Kind {
	case FaultResetAfter:
		abort(w)
	case FaultDelay:
		if o.sleep(c.request.Context(), fault.Delay) {
			o.deliver(w, c, Fault{}, answer)
		}
	case FaultMalformed:
		answer.body = []byte(`{"id":`)
		o.deliver(w, c, Fault{}, answer)
	case FaultWrongType:
		answer.body = []byte("42")
		o.deliver(w, c, Fault{}, answer)
	case FaultTruncated:
		w.Header().Set("Content-Length", strconv.Itoa(len(answer.body)+1))
		w.WriteHeader(answer.status)
		_, _ = w.Write(answer.body[:len(answer.body)/2])
		_ = http.NewResponseController(w).Flush()
		abort(w)
	case FaultHuge:
		writeHuge(w, fault.Size, answer.status)
	default:
		o.drip(w, c, fault, answer)
	}
}

func writeHuge(w http.ResponseWriter, size int64, status int) {
	if size == 0 {
		size = 1 << 30
	}
	chunk := []byte(strings.Repeat("a", 1<<16))
	w.WriteHeader(status)
	_, err := w.Write([]byte(`"`))
	for ; size > 0 && err == nil; size -= int64(len(chunk)) {
		_, err = w.Write(chunk)
	}
	if err == nil {
		_, _ = w.Write([]byte(`"`))
	}
}

func (o *Org) drip(w http.ResponseWriter, c *call, fault Fault, answer response) {
	pause := fault.Delay
	if pause == 0 {
		pause = time.Second
	}
	control := http.NewResponseController(w)
	w.WriteHeader(answer.status)
	for i := range answer.body {
		if _, err := w.Write(answer.body[i : i+1]); err != nil {
			return
		}
		_ = control.Flush()
		if !o.sleep(c.request.Context(), pause) {
			return
		}
	}
}

// abort ends the connection with a reset where HTTP/1 lets us have it, else as the server aborts a stream.
func abort(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if errors.Is(err, http.ErrNotSupported) || connection == nil {
		panic(http.ErrAbortHandler)
	}
	if tlsConnection, ok := connection.(interface{ NetConn() net.Conn }); ok {
		connection = tlsConnection.NetConn()
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = connection.Close()
}
