package fleet

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/journal"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// maxConcurrent is the default of rotation.maxConcurrent.
const maxConcurrent = 5

// window of the orgs' rate limits in these tests, which is a minute at Okta.
const window = time.Second

// limits are those of an Enterprise org, but for the window.
func limits() oktasim.Limits {
	found := oktasim.EnterpriseLimits()
	found.Window = window

	return found
}

// TestAMassRevocationTripsTheBrake: what is at work ends, nothing more is made until a person says so, not by another process of
// the operator either, and then everything heals with one new secret each; in whichever words Okta refuses the dead secrets.
func TestAMassRevocationTripsTheBrake(t *testing.T) {
	t.Parallel()
	for wording, test := range map[string]struct {
		refusal oktasim.ClientRefusal
		n       int
	}{
		"in the exact text": {oktasim.RefuseAsWrongSecret, *size.braked},
		// Each application is asked for its method besides, so as many would take twice as long.
		"in the ambiguous text": {oktasim.RefuseAsAmbiguous, min(*size.braked, 60)},
	} {
		t.Run(wording, func(t *testing.T) {
			w := given(t, test.n, limits())
			w.org.SetUnknowns(oktasim.Unknowns{WrongSecret: test.refusal, InactiveSecret: test.refusal})
			w.mustBrakeAndHeal()
		})
	}
}

// mustBrakeAndHeal revokes half of the secrets.
func (w *world) mustBrakeAndHeal() {
	w.t.Helper()
	rotations := w.watchRotations()
	// At once, for the operator: of a part, the first ones would be healed before the brake sees how many there are.
	w.org.SetLogDelay(time.Hour)
	w.revoke(w.half()...)
	w.org.SetLogDelay(0)
	w.eventually("the brake holds", func() bool { return !read(w, w.connection()).Status.Brake.Since.IsZero() })
	w.eventually("every credential that was not healed says so", func() bool { return len(w.matching(isBraked))+w.healed() == len(w.half()) })
	brake := read(w, w.connection()).Status.Brake
	if int(brake.Total) != w.n || int(brake.Rejected) < w.n/5 {
		w.t.Errorf("the brake tripped at %d of %d", brake.Rejected, brake.Total)
	}
	// A rejection counts at the first answer, and a rotation starts at the second, some time later: by then the brake holds, but
	// for what was quick and has a place.
	made := w.made()
	if len(made) > maxConcurrent || w.healed() != len(made) {
		w.t.Errorf("%d secrets were made and %d credentials healed before the brake held", len(made), w.healed())
	}

	w.stopOperator()
	w.startOperator()
	w.check(w.half()...)
	w.eventually("every credential that was not healed says so again", func() bool { return len(w.matching(isBraked)) == len(w.half())-len(made) })
	if again := w.made(); !maps.Equal(made, again) {
		w.t.Errorf("while the brake holds %d secrets were made, after %d", len(again), len(made))
	}

	w.mustCountTheHalted(len(w.half()) - len(made))

	if err := annotate(w.t.Context(), w.connection(), v1alpha1.AnnotationResume, "found it"); err != nil {
		w.t.Fatal(err)
	}
	w.eventually("the brake is released, and the first are at work", func() bool { return len(w.made()) > len(made) })
	w.stopOperator()
	w.startOperator()
	w.eventually("every credential is Ready", func() bool { return w.healed() == len(w.half()) })
	w.mustHaveHealedOnce(rotations())
	w.mustHaveKeptItsShare()
	w.eventually("the metrics say that all is well", func() bool {
		return w.gauge("oktacred_credentials", "True") == w.n && w.gauge("oktacred_credentials_stalled") == 0 && w.gauge(brakeHeld, w.namespace) == 0
	})
}

const brakeHeld = "oktacred_connection_brake_held"

// mustCountTheHalted waits until the status of the connection and the metrics say how many credentials the brake holds up.
func (w *world) mustCountTheHalted(halted int) {
	w.t.Helper()
	// The metrics are of what the operator has been told by the API server, which the test may ask before.
	w.eventually("the metrics count them", func() bool {
		return w.gauge(brakeHeld, w.namespace) == 1 && w.gauge("oktacred_credentials_stalled", v1alpha1.ReasonMassFailure) == halted &&
			w.gauge("oktacred_credentials", "False", v1alpha1.ReasonMassFailure) == halted && w.gauge("oktacred_credentials") == w.n
	})
	want := v1alpha1.CredentialsStatus{Total: int32(w.n), Rejected: int32(halted), Halted: int32(halted)}
	w.eventually("the connection counts them", func() bool { return read(w, w.connection()).Status.Credentials == want })
}

// mustHaveHealedOnce holds what happened against: a secret a revocation, no more rotations at once than may be, no request that
// Okta had to refuse.
func (w *world) mustHaveHealedOnce(mostAtOnce int) {
	w.t.Helper()
	made := w.made()
	if len(made) != len(w.half()) {
		w.t.Errorf("%d clients have a new secret, of %d", len(made), len(w.half()))
	}
	for app, n := range made {
		if n != 1 {
			w.t.Errorf("%s has %d new secrets", app, n)
		}
	}
	if mostAtOnce > maxConcurrent {
		w.t.Errorf("%d rotations were at work at once", mostAtOnce)
	}
	if n := w.refused(); n != 0 {
		w.t.Errorf("Okta refused %d requests with 429", n)
	}
	w.t.Logf("at most %d rotations at once", mostAtOnce)
}

// mustHaveKeptItsShare holds what happened against the share of the rate limits that the operator may use: a quarter of the half of
// a bucket that one service application has.
func (w *world) mustHaveKeptItsShare() {
	w.t.Helper()
	limit := limits().Buckets[oktasim.BucketApps] / 2 / 4
	if most := w.busiest(window, oktasim.RouteListSecrets, oktasim.RouteCreateSecret, oktasim.RouteListApps); most > limit {
		w.t.Errorf("%d requests in one window, of %d that the connection's share allows", most, limit)
	}
}

// healed counts the revoked credentials that hold another secret, which Okta accepts.
func (w *world) healed() int {
	return len(w.matching(func(c *v1alpha1.OktaClientCredential) bool { return isReady(c) && c.Status.Rotation.Cause != "" }))
}

func isBraked(c *v1alpha1.OktaClientCredential) bool {
	return is(c.Status.Conditions, v1alpha1.ConditionRotationHealthy, metav1.ConditionFalse, v1alpha1.ReasonMassFailure)
}

// check asks for a check of credentials and waits for the answers.
func (w *world) check(numbers ...int) {
	w.t.Helper()
	command := time.Now().Format(time.RFC3339Nano)
	w.each(numbers, func(ctx context.Context, i int) error {
		return annotate(ctx, w.credential(i), v1alpha1.AnnotationValidate, command)
	})
	w.eventually("every check was made", func() bool {
		return len(w.matching(func(c *v1alpha1.OktaClientCredential) bool { return c.Status.HandledCommands.Validate == command })) == len(numbers)
	})
}

// watchRotations counts the journals with a value that is not yet in use; the answer is the most that there were at once.
func (w *world) watchRotations() (most func() int) {
	w.t.Helper()
	ctx, stop := context.WithCancel(w.t.Context())
	watching, err := cluster.client.Watch(ctx, &corev1.SecretList{}, client.InNamespace(w.namespace))
	if err != nil {
		w.t.Fatal(err)
	}
	counted := make(chan int, 1)
	go func() { counted <- countStaged(watching.ResultChan()) }()

	return func() int {
		stop()

		return <-counted
	}
}

func countStaged(events <-chan watch.Event) (most int) {
	staged := map[string]bool{}
	for event := range events {
		secret, ok := event.Object.(*corev1.Secret)
		if !ok || !strings.HasSuffix(secret.Name, "-rotation") {
			continue
		}
		record, err := journal.Decode(secret.Data["journal.json"])
		if err != nil {
			continue
		}
		if record.Staged == nil {
			delete(staged, secret.Name)

			continue
		}
		staged[secret.Name] = true
		most = max(most, len(staged))
	}

	return most
}

// TestABrakeIsReleasedWhileOktaIsAway: that takes nothing from Okta, so it does not wait for the next time that Okta is asked.
func TestABrakeIsReleasedWhileOktaIsAway(t *testing.T) {
	w := given(t, 1)
	if err := w.server.Close(); err != nil {
		t.Fatal(err)
	}
	held := w.connection()
	if err := cluster.client.Get(t.Context(), client.ObjectKeyFromObject(held), held); err != nil {
		t.Fatal(err)
	}
	base := held.DeepCopy()
	held.Status.Brake = v1alpha1.BrakeStatus{Since: metav1.Now(), Rejected: 10, Total: 10}
	if err := cluster.client.Status().Patch(t.Context(), held, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	if err := annotate(t.Context(), held, "example.com/note", "look again"); err != nil {
		t.Fatal(err)
	}
	w.eventually("the connection says that Okta is away", func() bool {
		return is(read(w, w.connection()).Status.Conditions, v1alpha1.ConditionReachable, metav1.ConditionFalse, v1alpha1.ReasonUnreachable)
	})
	asked := time.Now()
	if err := annotate(t.Context(), held, v1alpha1.AnnotationResume, "found it"); err != nil {
		t.Fatal(err)
	}
	w.eventually("the brake is released", func() bool {
		brake := read(w, w.connection()).Status.Brake

		return brake.Since.IsZero() && !brake.ReleasedAt.IsZero()
	})
	// Okta is asked again half a minute after it did not answer.
	if took := time.Since(asked); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}
