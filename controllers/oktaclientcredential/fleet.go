package oktaclientcredential

import (
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/controllers/connection"
)

// fleet counts, for each connection, the credentials, the rejected ones and the rotations at work. It is rebuilt from what
// each credential's pass finds; a brake that holds is in the connection's status and outlives it.
type fleet struct {
	mu          sync.Mutex
	connections map[types.UID]*pace
}

// pace is the state of one connection.
type pace struct {
	known    map[types.UID]struct{}
	rejected map[types.UID]time.Time // when a credential was first rejected since it was accepted
	healed   map[types.UID]struct{}  // those of them that are accepted again
	rotating map[types.UID]struct{}
	started  time.Time // of the last rotation
	braked   bool
}

func newFleet() *fleet { return &fleet{connections: map[types.UID]*pace{}} }

func (f *fleet) of(c types.UID) *pace {
	if f.connections[c] == nil {
		f.connections[c] = &pace{
			known: map[types.UID]struct{}{}, rejected: map[types.UID]time.Time{},
			healed: map[types.UID]struct{}{}, rotating: map[types.UID]struct{}{},
		}
	}

	return f.connections[c]
}

// note what a pass found of a credential.
func (f *fleet) note(c, credential types.UID, rotating bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.of(c)
	at.known[credential] = struct{}{}
	if rotating {
		at.rotating[credential] = struct{}{}
	} else {
		delete(at.rotating, credential)
	}
}

// answered notes what Okta said about a credential's secret. One that is healed still counts as rejected for a while: the brake
// is about how many were.
func (f *fleet) answered(c, credential types.UID, verdict v1alpha1.Verdict, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.of(c)
	_, rejected := at.rejected[credential]
	_, healed := at.healed[credential]
	switch verdict {
	case v1alpha1.VerdictSecretRejected:
		if !rejected || healed {
			at.rejected[credential] = now
			delete(at.healed, credential)
		}
	case v1alpha1.VerdictAccepted:
		if rejected {
			at.healed[credential] = struct{}{}
		}
	default:
	}
}

// forget a credential that is gone.
func (f *fleet) forget(credential types.UID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, at := range f.connections {
		delete(at.known, credential)
		delete(at.rejected, credential)
		delete(at.healed, credential)
		delete(at.rotating, credential)
	}
}

// terms are what a connection says about its rotations.
type terms struct {
	uid   types.UID
	name  string
	pace  v1alpha1.RotationPace
	brake v1alpha1.BrakeStatus
}

func termsOf(c connection.Connection) terms {
	return terms{uid: c.UID, name: c.String(), pace: c.Spec.Rotation, brake: c.Brake()}
}

// hold is why no rotation of a credential may start now.
type hold struct {
	reason, message string
	// until is zero when a person must act.
	until time.Time
	// trips says that the mass-failure brake begins to hold.
	trips           bool
	rejected, total int
}

// pacePoll is how often a rotation that waits for others is tried.
const pacePoll = 5 * time.Second

// holds says what keeps a rotation of a credential from starting.
func (f *fleet) holds(c terms, credential types.UID, now time.Time) hold {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, pace := f.of(c.uid), c.pace
	if !c.brake.Since.IsZero() {
		at.braked = true

		return braked(c.name, int(c.brake.Rejected), int(c.brake.Total))
	}
	if at.braked {
		// It was released: what was rejected until now counts no more, though it is rejected still.
		at.braked = false
		for credential := range at.rejected {
			at.rejected[credential] = time.Time{}
		}
	}
	if rejected, total := at.recentlyRejected(pace.MassFailureBrake, now), len(at.known); tripped(pace.MassFailureBrake, rejected, total) {
		found := braked(c.name, rejected, total)
		found.trips, found.rejected, found.total = true, rejected, total

		return found
	}
	others := len(at.rotating)
	if _, mine := at.rotating[credential]; mine {
		others--
	}
	if most := max(1, int(pace.MaxConcurrent)); others >= most {
		return hold{reason: v1alpha1.ReasonPaced, until: now.Add(pacePoll), message: fmt.Sprintf(
			"%d rotations of this connection are at work, which is its rotation.maxConcurrent. This one starts when one of them has ended.", others)}
	}
	// A pass began before the rotation that another one has started since: without a spacing that keeps nothing apart.
	spacing := pace.MinSpacing.OrDefault(0)
	if next := at.started.Add(spacing); spacing > 0 && !at.started.IsZero() && now.Before(next) {
		return hold{reason: v1alpha1.ReasonPaced, until: next, message: fmt.Sprintf(
			"The connection's rotation.minSpacing keeps rotations apart. This one starts at %s at the earliest.", next.UTC().Format(time.RFC3339))}
	}

	return hold{}
}

// start takes a place for a rotation; false when there is none any more.
func (f *fleet) start(c terms, credential types.UID, now time.Time) bool {
	if f.holds(c, credential, now).reason != "" {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.of(c.uid)
	if _, mine := at.rotating[credential]; !mine && len(at.rotating) >= max(1, int(c.pace.MaxConcurrent)) {
		return false
	}
	at.rotating[credential], at.started = struct{}{}, now

	return true
}

func (p *pace) recentlyRejected(brake v1alpha1.MassFailureBrake, now time.Time) int {
	within := brake.Within.OrDefault(15 * time.Minute)
	n := 0
	for credential, at := range p.rejected {
		switch _, healed := p.healed[credential]; {
		case now.Sub(at) <= within:
			n++
		case healed:
			delete(p.rejected, credential)
			delete(p.healed, credential)
		}
	}

	return n
}

func tripped(brake v1alpha1.MassFailureBrake, rejected, total int) bool {
	const defaultPercent, defaultMinimum = 20, 10
	percent, minimum := defaultPercent, int(brake.Minimum)
	if brake.Percent != nil {
		percent = int(*brake.Percent)
	}
	if minimum == 0 {
		minimum = defaultMinimum
	}

	return percent > 0 && rejected >= minimum && rejected*100 >= percent*total
}

func braked(c string, rejected, total int) hold {
	return hold{reason: v1alpha1.ReasonMassFailure, message: fmt.Sprintf(
		"%d of the %d credentials of %s were rejected within a short time, so no new secret is made: the cause is rather the org, or an accident there. Find it in Okta's System Log; when new secrets are wanted, set the annotation %s on the connection.",
		rejected, total, c, v1alpha1.AnnotationResume)}
}
