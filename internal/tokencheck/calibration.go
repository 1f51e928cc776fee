package tokencheck

import (
	"context"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

const (
	// calibrationHolds is how long what we found out about Okta is believed: Okta can change it, and each calibration is a
	// failed authentication in the org's System Log.
	calibrationHolds = 7 * 24 * time.Hour
	// maxRemembered bounds each memory; a full one is emptied, which costs requests and nothing else.
	maxRemembered = 10_000
)

// place is an authorization server.
type place struct {
	org, server string
}

// question is what a calibration answers: at this place, with this method and probe, is the secret looked at before this
// answer?
type question struct {
	place
	method Method
	probe  string
	cause  string
	// clientID is empty for what holds for every client at the place.
	clientID string
}

// calibration is a question that was asked or is being asked.
type calibration struct {
	done    chan struct{} // closed once the rest is set
	decided bool
	decides bool
	at      time.Time
	// by is the client that it was asked with.
	by string
}

// client is one client at one place.
type client struct {
	place
	clientID string
}

// chosen is a probe, and until when it is believed to be the right one.
type chosen struct {
	probe string
	until time.Time
}

// memory is what a Checker has found out about how Okta behaves. Losing it costs requests and nothing else.
type memory struct {
	clock clock.PassiveClock

	mu           sync.Mutex
	calibrations map[question]*calibration
	// probes are what to ask about clients that the usual probe cannot decide about.
	probes map[client]chosen
	// encodings are places that want Basic otherwise than form-encoded.
	encodings map[place]encoding
}

func newMemory(passive clock.PassiveClock) *memory {
	return &memory{
		clock: passive, calibrations: map[question]*calibration{}, probes: map[client]chosen{}, encodings: map[place]encoding{},
	}
}

// calibrated answers a question, asking Okta by ask at most once however many callers there are. Where Okta gave no answer
// that decides, the answer is not decided, and nothing is remembered.
func (m *memory) calibrated(ctx context.Context, about question, clientID string, ask func() (decides, ok bool)) calibration {
	found, mine := m.enter(about, clientID)
	if mine {
		found.decides, found.decided = ask()
		m.leave(about, found)
		return *found
	}
	select {
	case <-found.done:
		return *found
	case <-ctx.Done():
		return calibration{}
	}
}

// enter returns the calibration of a question, and whether it is the caller who has to ask.
func (m *memory) enter(about question, clientID string) (found *calibration, mine bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock.Now()
	if found, ok := m.calibrations[about]; ok && now.Before(found.at.Add(calibrationHolds)) {
		return found, false
	}
	if len(m.calibrations) >= maxRemembered {
		clear(m.calibrations)
	}
	found = &calibration{done: make(chan struct{}), at: now, by: clientID}
	m.calibrations[about] = found
	return found, true
}

func (m *memory) leave(about question, found *calibration) {
	close(found.done)
	if found.decided {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.calibrations[about] == found {
		delete(m.calibrations, about)
	}
}

// probe is the one that decides about this client, as far as is known.
func (m *memory) probe(about client) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	found, ok := m.probes[about]
	if !ok || !m.clock.Now().Before(found.until) {
		return ProbeAuthorizationCode
	}
	return found.probe
}

func (m *memory) setProbe(about client, probe string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.probes) >= maxRemembered {
		clear(m.probes)
	}
	m.probes[about] = chosen{probe: probe, until: m.clock.Now().Add(calibrationHolds)}
}

func (m *memory) encoding(at place) encoding {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.encodings[at]
}

func (m *memory) setEncoding(at place, works encoding) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.encodings) >= maxRemembered {
		clear(m.encodings)
	}
	m.encodings[at] = works
}
