package oktaclientcredential

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// shown is what a person and the next process read of a pass.
type shown struct {
	Ready, Valid  string
	Verdict       v1alpha1.Verdict
	Fix           string
	RejectedFor   time.Duration // since the first rejection; zero when the status has none
	CountsForOrg  bool
	RotationStops string
}

// TestARefusalIsShownBeforeItsCauseIsKnown: Okta refuses the client in the text that leaves open why, and a hold of the connection
// keeps the cause from being looked for. Nothing may say then that the secret is good, after a restart neither.
func TestARefusalIsShownBeforeItsCauseIsKnown(t *testing.T) {
	t.Parallel()
	const compare = "Compare the application's client authentication and its list of client secrets in Okta's admin console; with an admin credential the operator does so by itself."
	braked := hold{reason: v1alpha1.ReasonMassFailure, message: "Find the cause."}
	const minute = time.Minute
	for name, test := range map[string]struct {
		known bool // Okta accepted the value before
		does  func(w *world, held hold) shown
		held  func(w *world) hold
		want  shown
	}{
		"one answer is not confirmed": {
			known: true, does: func(w *world, held hold) shown { return w.shows(held) },
			want: shown{Ready: "Unknown RejectionUnconfirmed", Valid: "Unknown RejectionUnconfirmed", Verdict: "Unrecognized", Fix: compare, CountsForOrg: true},
		},
		"one answer about a value that never worked": {
			does: func(w *world, held hold) shown { return w.shows(held) },
			want: shown{Ready: "Unknown RejectionUnconfirmed", Valid: "Unknown RejectionUnconfirmed", Verdict: "Unrecognized", Fix: compare, CountsForOrg: true},
		},
		"two answers while the brake holds": {
			known: true, does: func(w *world, held hold) shown { w.shows(held); return w.later(spacing).shows(held) },
			want: shown{
				Ready: "False MassFailure", Valid: "False Unrecognized", Verdict: "Unrecognized", Fix: "Find the cause.",
				RejectedFor: spacing, CountsForOrg: true, RotationStops: "MassFailure",
			},
		},
		"two answers while others rotate": {
			known: true, does: func(w *world, held hold) shown { w.shows(held); return w.later(spacing).shows(held) },
			held: func(w *world) hold {
				return hold{reason: v1alpha1.ReasonPaced, message: "Others rotate.", until: w.clock.Now().Add(time.Hour)}
			},
			want: shown{
				Ready: "False Paced", Valid: "False Unrecognized", Verdict: "Unrecognized", Fix: compare,
				RejectedFor: spacing, CountsForOrg: true, RotationStops: "Paced",
			},
		},
		"then Okta is out of reach": {
			known: true, does: func(w *world, held hold) shown {
				w.shows(held)
				w.later(spacing).shows(held)
				w.org.Fault(oktasim.Fault{Route: oktasim.RouteToken, Kind: oktasim.FaultStatus, Status: 503})

				return w.later(6 * time.Hour).shows(held)
			},
			want: shown{
				Ready: "False Unreachable", Valid: "False Unrecognized", Verdict: "Unrecognized", Fix: compare,
				RejectedFor: spacing + 6*time.Hour, CountsForOrg: true, RotationStops: "Unreachable",
			},
		},
		"then the operator restarts": {
			known: true, does: func(w *world, held hold) shown {
				w.shows(held)
				w.later(spacing).shows(held)
				w.memory = &memory{uid: w.memory.uid, connectionKey: "known"}

				return w.later(minute).shows(held)
			},
			want: shown{
				Ready: "Unknown RejectionUnconfirmed", Valid: "Unknown RejectionUnconfirmed", Verdict: "Unrecognized", Fix: compare,
				RejectedFor: spacing + minute, CountsForOrg: true,
			},
		},
		"then Okta accepts it again": {
			known: true, does: func(w *world, held hold) shown {
				w.shows(held)
				w.later(spacing).shows(held)
				w.mustDo(w.org.ActivateSecret(w.app.ID, w.secret))

				return w.later(6 * time.Hour).shows(held)
			},
			want: shown{Ready: "True Accepted", Valid: "True Accepted", Verdict: "Accepted"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "idx")
			w.reset(oktasim.Unknowns{WrongSecret: oktasim.RefuseAsAmbiguous, InactiveSecret: oktasim.RefuseAsAmbiguous}, oktasim.App{})
			w.credential.Spec.TokenEndpointAuthMethod = v1alpha1.AuthMethodBasic
			if test.known {
				w.mustWork()
			}
			w.replaceByAdmin(false)
			held := braked
			if test.held != nil {
				held = test.held(w)
			}
			if diff := cmp.Diff(test.want, test.does(w, held)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestARefusalRecognisesNoClient: Okta refuses a client that it does not know in the same text, and what stands under the key of the
// client id may be a secret then.
func TestARefusalRecognisesNoClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "idx")
	w.reset(oktasim.Unknowns{WrongSecret: oktasim.RefuseAsAmbiguous}, oktasim.App{})
	w.credential.Spec.TokenEndpointAuthMethod = v1alpha1.AuthMethodBasic
	w.credential.Spec.ClientID, w.credential.Spec.ApplicationID = "", ""
	held := hold{reason: v1alpha1.ReasonMassFailure, message: "Find the cause."}
	w.store(wrongValue)
	if w.shows(held); w.credential.Status.ClientID != "" {
		t.Errorf("the status shows %q", w.credential.Status.ClientID)
	}
	w.store(goodValue)
	if w.later(spacing).shows(held); w.credential.Status.ClientID != w.app.ClientID {
		t.Errorf("accepted, the status shows %q", w.credential.Status.ClientID)
	}
}

func (w *world) later(by time.Duration) *world {
	w.clock.Step(by)

	return w
}

// shows makes passes until one waits, while the connection holds rotations, and writes the status.
func (w *world) shows(held hold) shown {
	w.t.Helper()
	for range maxPasses {
		seen := w.observe()
		seen.hold(held)
		if w.memory.check == nil {
			w.memory.check = w.reconciler.lastKnown(seen)
			seen.Check = withoutFreshness(w.memory.check)
		}
		action := w.look(seen)
		if write, ok := action.(rotation.WriteJournal); ok {
			w.journal = rotation.Journal{Found: true, Version: w.journal.Version + "+", Record: write.Record}

			continue
		}
		wait, ok := action.(rotation.Wait)
		if !ok {
			w.t.Fatalf("%T while rotations are held", action)
		}
		fillStatus(&w.credential.Status, seen, wait)

		return w.read()
	}
	w.t.Fatalf("no wait after %d passes", maxPasses)

	return shown{}
}

// read is what the status says.
func (w *world) read() shown {
	status := w.credential.Status
	said := func(kind string) string {
		found := meta.FindStatusCondition(status.Conditions, kind)

		return string(found.Status) + " " + found.Reason
	}
	read := shown{
		Ready: said(v1alpha1.ConditionReady), Valid: said(v1alpha1.ConditionSecretValid), Verdict: status.Verdict.Name, Fix: status.Verdict.Fix,
		CountsForOrg: isRejected(status.Verdict),
	}
	if since := status.Verdict.RejectedSince; !since.IsZero() {
		read.RejectedFor = w.clock.Now().Sub(since.Time)
	}
	if healthy := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionRotationHealthy); healthy.Status == metav1.ConditionFalse {
		read.RotationStops = healthy.Reason
	}

	return read
}
