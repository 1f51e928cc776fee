package fleet

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// strangersFor gives each application another secret, a day ago.
func strangersFor(status oktasim.Status, numbers ...int) func(*world, *v1alpha1.ClusterOktaConnection) {
	return func(w *world, _ *v1alpha1.ClusterOktaConnection) {
		w.time.back.Store(int64(24 * time.Hour))
		defer w.time.back.Store(0)
		for _, i := range numbers {
			w.org.AddSecret(oktasim.BenchClientID(i), redact.Value{}, status)
		}
	}
}

// stranger is the id of the other secret of an application.
func (w *world) stranger(i int) string { return w.org.Secrets(oktasim.BenchClientID(i))[1].ID }

// mustDo is for what an admin does at Okta.
func (w *world) mustDo(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// answersOf are the statuses of the token endpoint's answers about a client since a time.
func (w *world) answersOf(i int, since time.Time) (statuses []int) {
	for _, request := range w.org.Requests() {
		if request.Route == oktasim.RouteToken && request.ClientID == oktasim.BenchClientID(i) && request.Time.After(since) {
			statuses = append(statuses, request.Status)
		}
	}

	return statuses
}

// TestEachKindOfChangeIsLookedAtAtOnce: credentials that are checked once an hour are checked within seconds of a change.
func TestEachKindOfChangeIsLookedAtAtOnce(t *testing.T) {
	const deactivatedApp, activated, deactivated, created = 1, 2, 3, 4
	w := given(t, created, strangersFor(oktasim.Inactive, activated), strangersFor(oktasim.Active, deactivated))
	w.eventually("the System Log is followed", w.isFollowing)
	paused, changed := watchPauses(t), map[string]time.Time{}
	for i, change := range map[int]func(app string) error{
		deactivatedApp: w.deactivateApp,
		activated:      func(app string) error { return w.org.ActivateSecret(app, w.stranger(activated)) },
		deactivated:    func(app string) error { return w.org.DeactivateSecret(app, w.org.Secrets(app)[0].ID) },
		created: func(app string) error {
			_, err := w.org.CreateSecret(app, redact.Value{}, oktasim.Active)

			return err
		},
	} {
		changed[oktasim.BenchClientID(i)] = w.time.Now()
		w.mustDo(change(oktasim.BenchClientID(i)))
	}
	w.eventually("each was looked at", func() bool { return len(w.noticedAfter(changed, paused)) == len(changed) })
	for _, took := range w.noticedAfter(changed, paused) {
		if took > noticed {
			t.Errorf("a change was noticed after %s", took)
		}
	}
	w.eventually("the secret that was deactivated is replaced", func() bool { return w.healed() == 1 })
	w.eventually("the application is said to be deactivated", func() bool {
		return read(w, w.credential(deactivatedApp)).Status.Verdict.Name == v1alpha1.VerdictApplicationInactive
	})
	if made := w.made(); !slices.Equal(slices.Collect(maps.Keys(made)), []string{oktasim.BenchClientID(deactivated)}) {
		t.Errorf("new secrets: %v", made)
	}
}

// deactivateApp deactivates an application as an admin does, which the System Log tells as that and not as an update.
func (w *world) deactivateApp(app string) error {
	const token = "00AdminTokenAdminTokenAdminTokenAdminToken"
	w.org.AddAPIToken(redact.NewValue(token), oktasim.Role{})
	request := httptest.NewRequestWithContext(w.t.Context(), http.MethodPost, "/api/v1/apps/"+app+"/lifecycle/deactivate", nil)
	request.Header.Set("Authorization", "SSWS "+token)
	answer := httptest.NewRecorder()
	w.org.Handler().ServeHTTP(answer, request)
	if answer.Code != http.StatusOK {
		w.t.Errorf("Okta answers %d: %s", answer.Code, answer.Body)
	}

	return nil
}

// TestAChangeSoonAfterAnotherIsLookedAtToo, though Okta accepted the secret after the first one.
func TestAChangeSoonAfterAnotherIsLookedAtToo(t *testing.T) {
	w := given(t, 1, strangersFor(oktasim.Inactive, 1))
	w.eventually("the System Log is followed", w.isFollowing)
	paused, app := watchPauses(t), oktasim.BenchClientID(1)
	for _, change := range []func(app, id string) error{w.org.ActivateSecret, w.org.DeactivateSecret, w.org.ActivateSecret} {
		changed := map[string]time.Time{app: w.time.Now()}
		w.mustDo(change(app, w.stranger(1)))
		w.eventually("the change is looked at", func() bool { return len(w.noticedAfter(changed, paused)) == 1 })
		if took := w.noticedAfter(changed, paused)[0]; took > noticed {
			t.Errorf("noticed after %s", took)
		}
	}
}

// TestASecretThatOktaHonoursForAWhileAfterItsEndIsNoticed by the checks that follow the first, which Okta accepts.
func TestASecretThatOktaHonoursForAWhileAfterItsEndIsNoticed(t *testing.T) {
	w := given(t, 1)
	w.eventually("the System Log is followed", w.isFollowing)
	w.org.SetPropagation(oktasim.Propagation{Refuse: 28 * time.Second})
	revoked := w.time.Now()
	w.revoke(1)
	w.eventually("the credential heals", func() bool { return w.healed() == 1 })
	if answers := w.answersOf(1, revoked); len(answers) < 2 || answers[0] != http.StatusBadRequest || answers[1] != http.StatusUnauthorized {
		t.Errorf("Okta answered %v", answers)
	}
}
