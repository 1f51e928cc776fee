package fleet

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

func (w *world) isFollowing() bool {
	return is(read(w, w.connection()).Status.Conditions, v1alpha1.ConditionFollowing, metav1.ConditionTrue, v1alpha1.ReasonFollowing)
}

// TestWithoutTheScopeChecksGoOn at their interval, the connection stays Ready, and it says what is missing.
func TestWithoutTheScopeChecksGoOn(t *testing.T) {
	w := given(t, 1, func(w *world, _ *v1alpha1.ClusterOktaConnection) {
		if err := w.org.ChangeApp(adminID, func(a *oktasim.App) { a.Scopes = []string{"okta.apps.read", "okta.apps.manage"} }); err != nil {
			t.Fatal(err)
		}
	}, func(c *v1alpha1.OktaClientCredential) { c.Spec.Validation.Interval = "10s" })
	w.eventually("the connection says that the scope is missing", func() bool {
		conditions := read(w, w.connection()).Status.Conditions
		following := meta.FindStatusCondition(conditions, v1alpha1.ConditionFollowing)

		return is(conditions, v1alpha1.ConditionFollowing, metav1.ConditionFalse, v1alpha1.ReasonScopeMissing) &&
			strings.Contains(following.Message, "okta.logs.read") && is(conditions, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonConnected)
	})
	w.revoke(1)
	w.eventually("a check finds the revocation, and the credential heals", func() bool { return w.healed() == 1 })
	if !is(read(w, w.connection()).Status.Conditions, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonConnected) {
		t.Error("the connection is no longer Ready")
	}
	if n := w.org.Count(oktasim.RouteLogs); n != 0 {
		t.Errorf("the log was asked for %d times", n)
	}
}

// TestARestartLeavesNoGapAndMakesNoFlood: what was revoked while no operator ran is noticed at once, and nothing else is checked
// before its time.
func TestARestartLeavesNoGapAndMakesNoFlood(t *testing.T) {
	const down = 3
	w := given(t, 20)
	w.eventually("the System Log is followed", w.isFollowing)
	w.eventually("the connection says until when it was read", func() bool { return !read(w, w.connection()).Status.SystemLogReadUntil.IsZero() })
	w.stopOperator()
	w.revoke(1, 2, 3)
	paused, restarted := watchPauses(t), w.time.Now()
	w.startOperator()
	w.eventually("what was revoked is healed", func() bool { return w.healed() == down })
	for _, took := range w.noticedAfter(map[string]time.Time{
		oktasim.BenchClientID(1): restarted, oktasim.BenchClientID(2): restarted, oktasim.BenchClientID(3): restarted,
	}, paused) {
		if took > noticed {
			t.Errorf("a revocation was noticed after %s", took)
		}
	}
	// Others are checked only as their turn comes, spread over some minutes.
	checked := 0
	for app, routes := range w.asked(restarted) {
		if strings.HasPrefix(app, "0oabench") && app > oktasim.BenchClientID(down) {
			checked += routes[oktasim.RouteToken]
		}
	}
	if checked > w.n/3 {
		t.Errorf("%d checks of credentials that did not change", checked)
	}
	if made := w.made(); len(made) != down {
		t.Errorf("%d clients have a new secret", len(made))
	}
}

// TestAForgottenConsumerGetsItsSecretBack: somebody outside of the cluster still uses what was retired, as the System Log tells. It
// is activated again, the event says who and from where, and it stays so until a person has looked.
func TestAForgottenConsumerGetsItsSecretBack(t *testing.T) {
	const program = "nightly-batch/1.0"
	w := given(t, 1, func(c *v1alpha1.OktaClientCredential) { c.Spec.Rotation.Overlap.Minimum = "0s" })
	w.eventually("the System Log is followed", w.isFollowing)
	app := oktasim.BenchClientID(1)
	first := w.org.Secrets(app)[0]
	if err := annotate(t.Context(), w.credential(1), v1alpha1.AnnotationRotate, "now"); err != nil {
		t.Fatal(err)
	}
	w.eventually("the first secret is retired", func() bool { return w.statusAtOkta(app, first.ID) == oktasim.Inactive })
	w.eventually("the first secret is activated again", func() bool {
		w.use(program, 1)

		return w.statusAtOkta(app, first.ID) == oktasim.Active
	})
	if got := w.use(program, 1); got != http.StatusBadRequest {
		t.Errorf("Okta answers %d to the first secret, and not that the client is authenticated and the code made up", got)
	}
	w.eventually("an event names who used it, and from where", func() bool {
		return w.hasEvent(v1alpha1.ReasonRotationUndone, first.ID, program, "127.0.0.1")
	})
	w.eventually("the credential is Ready and waits for a person", func() bool {
		c := read(w, w.credential(1))

		return isReady(c) && is(c.Status.Conditions, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonUndone)
	})
	if err := annotate(t.Context(), w.credential(1), v1alpha1.AnnotationResume, "moved it"); err != nil {
		t.Fatal(err)
	}
	w.eventually("nothing waits for a person any more", func() bool {
		c := read(w, w.credential(1))

		return isReady(c) && meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionStalled) == nil
	})
	if made := w.made()[app]; made != 1 {
		t.Errorf("%d secrets were made", made)
	}
}

func (w *world) statusAtOkta(app, id string) oktasim.Status {
	for _, s := range w.org.Secrets(app) {
		if s.ID == id {
			return s.Status
		}
	}

	return ""
}

// use sends the first secret of an application to the token endpoint, as a program does that was not told of the new one, and
// returns the status of the answer.
func (w *world) use(program string, i int) int {
	w.t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(w.server.CA)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {"a-login"}, "redirect_uri": {"https://shop.example.com/"}}
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.server.URL+"/oauth2/v1/token", strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("User-Agent", program)
	request.SetBasicAuth(oktasim.BenchClientID(i), oktasim.BenchSecret(seed, i).Reveal())
	response, err := (&http.Client{Transport: transport, Timeout: time.Minute}).Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = response.Body.Close()

	return response.StatusCode
}

// hasEvent says whether an event with this reason says all of these words.
func (w *world) hasEvent(reason string, words ...string) bool {
	w.t.Helper()
	var list eventsv1.EventList
	if err := cluster.client.List(w.t.Context(), &list, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
	for _, event := range list.Items {
		says := event.Reason == reason
		for _, word := range words {
			says = says && strings.Contains(event.Note, word)
		}
		if says {
			return true
		}
	}

	return false
}
