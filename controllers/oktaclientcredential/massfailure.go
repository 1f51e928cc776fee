package oktaclientcredential

import (
	"fmt"
	"math"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// rejection is when a credential was first rejected since it was accepted: zero when that counts no more.
type rejection struct {
	at     time.Time
	healed bool
	// inTurn says that nothing had pointed at the credential: its check was due. So it stands for those that were not checked yet.
	inTurn bool
}

// rhythm is how often a credential is checked, and when it was last for no other reason.
type rhythm struct {
	interval time.Duration
	inTurn   time.Time
}

// latest is the newest version of a connection that was read, its brake, and when it was read last.
type latest struct {
	version string
	brake   v1alpha1.BrakeStatus
	read    time.Time
}

// answered notes what Okta said about a credential's secret. One that is healed still counts as rejected for a while: the brake
// is about how many were. Since is when an earlier process saw the rejection first, as the status says; zero when none did. InTurn
// says that the check was due by its interval, and nothing had pointed at this credential.
func (f *fleet) answered(c, credential types.UID, verdict v1alpha1.Verdict, since time.Time, inTurn bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, now := f.of(c), f.clock.Now()
	if checked, known := at.known[credential]; known && inTurn {
		checked.inTurn = now
		at.known[credential] = checked
	}
	before, rejected := at.rejected[credential]
	switch {
	case verdict == v1alpha1.VerdictSecretRejected && !rejected:
		at.rejected[credential] = at.rejectedSince(since, now, inTurn)
	case verdict == v1alpha1.VerdictSecretRejected && before.healed:
		at.rejected[credential] = rejection{at: now, inTurn: inTurn}
	case verdict == v1alpha1.VerdictAccepted && rejected:
		before.healed = true
		at.rejected[credential] = before
	}
}

// rejectedSince dates a rejection that is new to this process. Both stamps that tell whether it is from before the release of the
// brake are in statuses, whatever the clock says now.
func (p *pace) rejectedSince(since, now time.Time, inTurn bool) rejection {
	released := p.latest.brake.ReleasedAt
	switch {
	case since.IsZero():
		return rejection{at: now, inTurn: inTurn}
	case !released.IsZero() && !since.After(released.Time):
		return rejection{}
	default:
		return rejection{at: since}
	}
}

// brakes says whether the mass-failure brake holds, or begins to.
func (p *pace) brakes(c terms, now time.Time) hold {
	brake := p.brake(c, now)
	if !brake.Since.IsZero() {
		return braked(c.name, int(brake.Rejected), int(brake.Total))
	}
	rejected, inTurn := p.recentlyRejected(c.pace.MassFailureBrake, now)
	total := len(p.known)
	if !tripped(c.pace.MassFailureBrake, rejected, total) && !p.sampled(c.pace.MassFailureBrake, inTurn, now) {
		return hold{}
	}
	held := braked(c.name, rejected, total)
	held.trips, held.rejected, held.total = true, rejected, total

	return held
}

// staleReads is how long a connection may be read as it was before. A restored cluster counts its versions from an earlier one,
// and is believed after that.
const staleReads = 10 * time.Second

// brake is the brake by the newest version of the connection: an older one tells nothing of what began or ended since.
func (p *pace) brake(c terms, now time.Time) v1alpha1.BrakeStatus {
	order, err := resourceversion.CompareResourceVersion(c.version, p.latest.version)
	if age := now.Sub(p.latest.read); err == nil && order < 0 && age >= 0 && age < staleReads {
		return p.latest.brake
	}
	was := p.latest.brake
	p.latest = latest{version: c.version, brake: c.brake, read: now}
	if (!was.Since.IsZero() && c.brake.Since.IsZero()) || !was.ReleasedAt.Equal(&c.brake.ReleasedAt) {
		// It was released: what was rejected until now counts no more, though it is rejected still.
		for credential, r := range p.rejected {
			p.rejected[credential] = rejection{healed: r.healed}
		}
	}

	return c.brake
}

// recentlyRejected counts the credentials that were rejected lately: within the brake's time or, where that is longer, within the
// interval of the credential, by the end of which it must have been noticed. Of these, inTurn were within the brake's time, at a
// check that was just due.
func (p *pace) recentlyRejected(brake v1alpha1.MassFailureBrake, now time.Time) (all, inTurn int) {
	within := timeOf(brake)
	for credential, r := range p.rejected {
		if r.at.After(now) { // by a clock that was ahead
			r.at = now
			p.rejected[credential] = r
		}
		age := now.Sub(r.at)
		switch {
		case age <= max(within, p.known[credential].interval):
			all++
		case r.healed:
			delete(p.rejected, credential)
		}
		if r.inTurn && age <= within {
			inTurn++
		}
	}

	return all, inTurn
}

// sampled says whether the part of the fleet that was checked in turn lately is enough to trip the brake.
func (p *pace) sampled(brake v1alpha1.MassFailureBrake, inTurn int, now time.Time) bool {
	return inTurn > 0 && tripped(brake, inTurn, p.recentlyDue(brake, now))
}

// recentlyDue is of how many credentials those that were rejected in turn are a part: those that were checked in turn within the
// brake's time. It is never less than how many should have been by their intervals, so that the first few answers after a start
// stand for nobody else, and where every credential is checked within that time it is the whole fleet.
func (p *pace) recentlyDue(brake v1alpha1.MassFailureBrake, now time.Time) int {
	within := timeOf(brake)
	checked, due := 0, 0.0
	for _, c := range p.known {
		if !c.inTurn.IsZero() && now.Sub(c.inTurn) <= within {
			checked++
		}
		due += float64(within) / float64(max(within, c.interval))
	}

	return max(checked, int(math.Ceil(due)))
}

func timeOf(brake v1alpha1.MassFailureBrake) time.Duration {
	return brake.Within.OrDefault(15 * time.Minute)
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
