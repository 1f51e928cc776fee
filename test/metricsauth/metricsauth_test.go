// Package metricsauth asks a guarded endpoint as scrapers do, with tokens of a real API server. It must not look into the
// guard.
package metricsauth

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-logr/logr/testr"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/oktacred/okta-credential-operator/internal/metricsauth"
	"github.com/oktacred/okta-credential-operator/test/controlplane"
)

// endpoint is what is guarded, on one API server.
type endpoint struct {
	url    string
	client *kubernetes.Clientset
	clock  *clocktesting.FakePassiveClock
}

func TestMetricsAreForThoseWhoMayGetThem(t *testing.T) {
	e := guarded(t)
	reader, other := e.token(t, "reader"), e.token(t, "other")
	binding := e.allow(t, "reader")
	e.eventually(t, "the reader's right is known", reader, "/metrics", http.StatusOK)
	for name, c := range map[string]struct {
		header, path string
		want         int
	}{
		"somebody who may get metrics":               {"Bearer " + reader, "/metrics", http.StatusOK},
		"the scheme in any case":                     {"bearer " + reader, "/metrics", http.StatusOK},
		"another path than the one that was allowed": {"Bearer " + reader, "/debug/secrets", http.StatusForbidden},
		"somebody whom nobody allowed to":            {"Bearer " + other, "/metrics", http.StatusForbidden},
		"a token that nobody issued":                 {"Bearer not-a-token", "/metrics", http.StatusUnauthorized},
		"no token":                                   {"", "/metrics", http.StatusUnauthorized},
		"an empty token":                             {"Bearer ", "/metrics", http.StatusUnauthorized},
		"a user and a password":                      {"Basic cmVhZGVyOnBhc3N3b3Jk", "/metrics", http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			if got := e.get(t.Context(), t, c.header, c.path); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
	if err := e.client.RbacV1().ClusterRoleBindings().Delete(t.Context(), binding, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := e.get(t.Context(), t, "Bearer "+reader, "/metrics"); got != http.StatusOK {
		t.Errorf("an answer that is a moment old was not believed: got %d", got)
	}
	e.clock.SetTime(e.clock.Now().Add(2 * time.Minute))
	e.eventually(t, "a right that was taken away is missed after a minute", reader, "/metrics", http.StatusForbidden)
}

func TestMetricsAreForNobodyWhenTheAPIServerDoesNotAnswer(t *testing.T) {
	e := endpoint{url: serve(t, &rest.Config{Host: "https://127.0.0.1:1"}, clocktesting.NewFakePassiveClock(time.Now()))}
	if got := e.get(t.Context(), t, "Bearer token", "/metrics"); got != http.StatusInternalServerError {
		t.Errorf("got %d, want %d", got, http.StatusInternalServerError)
	}
}

func guarded(t *testing.T) endpoint {
	t.Helper()
	cluster, err := controlplane.Start(t.Context(), controlplane.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	client, err := kubernetes.NewForConfig(cluster.Config)
	if err != nil {
		t.Fatal(err)
	}
	clock := clocktesting.NewFakePassiveClock(time.Now())
	return endpoint{url: serve(t, cluster.Config, clock), client: client, clock: clock}
}

func serve(t *testing.T, config *rest.Config, clock *clocktesting.FakePassiveClock) string {
	t.Helper()
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	filter, err := metricsauth.Provider(clock)(config, httpClient)
	if err != nil {
		t.Fatal(err)
	}
	handler, err := filter(testr.New(t), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// token makes a service account and returns a token of it.
func (e endpoint) token(t *testing.T, name string) string {
	t.Helper()
	accounts := e.client.CoreV1().ServiceAccounts(metav1.NamespaceDefault)
	if _, err := accounts.Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	issued, err := accounts.CreateToken(t.Context(), name, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return issued.Status.Token
}

// allow lets a service account get /metrics, and returns the name of the binding that does.
func (e endpoint) allow(t *testing.T, name string) string {
	t.Helper()
	if _, err := e.client.RbacV1().ClusterRoles().Create(t.Context(), &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: "metrics-reader"},
		Rules:      []rbacv1.PolicyRule{{NonResourceURLs: []string{"/metrics"}, Verbs: []string{"get"}}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.client.RbacV1().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: metav1.NamespaceDefault, Name: name}},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "metrics-reader"},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	return name
}

func (e endpoint) get(ctx context.Context, t *testing.T, authorization, path string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", authorization)
	client := http.Client{Timeout: time.Minute}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode
}

// eventually waits for a status: the API server learns of RBAC's changes a moment later. Each time the clock moves on, so
// that no remembered answer is heard again.
func (e endpoint) eventually(t *testing.T, what, token, path string, want int) {
	t.Helper()
	got := 0
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		got = e.get(ctx, t, "Bearer "+token, path)
		if got != want {
			e.clock.SetTime(e.clock.Now().Add(2 * time.Minute))
		}
		return got == want, nil
	})
	if err != nil {
		t.Fatalf("in vain: %s: got %d, want %d", what, got, want)
	}
}
