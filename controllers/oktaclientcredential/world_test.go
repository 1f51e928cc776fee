package oktaclientcredential

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
	"github.com/oktacred/okta-credential-operator/internal/tokencheck"
)

const (
	orgURL   = "https://sim.okta.com"
	apiToken = "00ApiTokenApiTokenApiTokenApiTokenApiToken"
	spacing  = 15 * time.Second
	// waitsAtMost is longer than any wait for the next check of an accepted value.
	waitsAtMost = 12 * time.Minute

	// goodValue is the secret that the application has; otherValue one that somebody else uses.
	goodValue  = "GoodSecretGoodSecretGoodSecretGoodSecretGoodSecretGoodSecret0001"
	otherValue = "OtherSecretOtherSecretOtherSecretOtherSecretOtherSecretOther0002"
	// wrongValue was never a secret of the application.
	wrongValue = "WrongSecretWrongSecretWrongSecretWrongSecretWrongSecretWrong0003"
)

// world is a simulated org with one application, and everything of the operator that decides about it but Kubernetes: what is
// asked, remembered and decided is the operator's own code, and its questions are HTTP.
type world struct {
	t     *testing.T
	org   *oktasim.Org
	clock *clocktesting.FakeClock

	reconciler *Reconciler
	checker    *tokencheck.Checker
	admin      *okta.Client
	metadata   *okta.Metadata
	// tokenAdmin is the client with the API token; it is made once, since each holds an SDK.
	tokenAdmin *okta.Client

	app        oktasim.App
	secret     string // Okta's id of goodValue
	credential *v1alpha1.OktaClientCredential
	target     rotation.Target
	journal    rotation.Journal
	memory     *memory
}

func newWorld(t *testing.T, pipeline string) *world {
	t.Helper()
	now := clocktesting.NewFakeClock(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	w := &world{t: t, clock: now, org: oktasim.New(oktasim.Options{Clock: now, URL: orgURL, Pipeline: pipeline})}
	w.reconciler = &Reconciler{Options: Options{Clock: now, ConfirmationSpacing: spacing}}
	w.tokenAdmin = w.newAdmin(okta.Auth{APIToken: redact.NewValue(apiToken)})
	var err error
	if w.metadata, err = okta.NewMetadata(orgURL, w.http(), w.budget()); err != nil {
		t.Fatal(err)
	}

	return w
}

func (w *world) budget() *okta.Budget {
	return okta.NewBudget(okta.BudgetOptions{MaxCapacityPercent: 100, Clock: w.clock})
}

func (w *world) newAdmin(auth okta.Auth) *okta.Client {
	w.t.Helper()
	admin, err := okta.NewClient(okta.Config{OrgURL: orgURL, HTTPClient: w.http(), Auth: auth, Budget: w.budget(), Clock: w.clock})
	if err != nil {
		w.t.Fatal(err)
	}

	return admin
}

// http reaches the org without a network, so that thousands of cases take seconds.
func (w *world) http() *http.Client { return &http.Client{Transport: inProcess{w.org.Handler()}} }

type inProcess struct{ org http.Handler }

// RoundTrip implements http.RoundTripper.
func (i inProcess) RoundTrip(request *http.Request) (*http.Response, error) {
	served := request.Clone(request.Context())
	if served.Host = request.URL.Host; served.Body == nil {
		served.Body = http.NoBody
	}
	answer := httptest.NewRecorder()
	i.org.ServeHTTP(answer, served)
	response := answer.Result()
	response.Request = request

	return response, nil
}

// unlimited is a Limiter that lets everything out.
type unlimited struct{}

func (unlimited) Acquire(context.Context, string) (func(*http.Response), error) {
	return func(*http.Response) {}, nil
}

// reset empties the org and everything that the operator remembers, but for the clock. The application gets goodValue.
func (w *world) reset(unknowns oktasim.Unknowns, app oktasim.App) {
	w.clock.Step(time.Hour)
	w.org.Reset()
	w.org.SetUnknowns(unknowns)
	w.org.SetPropagation(oktasim.Propagation{})
	w.org.AddAPIToken(redact.NewValue(apiToken), oktasim.Role{})
	w.org.AddAuthorizationServer(oktasim.AuthorizationServer{ID: "default"})
	w.app, w.secret = w.org.AddApp(app), ""
	if method := w.app.TokenEndpointAuthMethod; method != oktasim.MethodNone && method != oktasim.MethodPrivateKeyJWT {
		w.secret = w.org.AddSecret(w.app.ID, redact.NewValue(goodValue), oktasim.Active)
	}
	w.admin, w.checker = w.tokenAdmin, tokencheck.New(w.http(), unlimited{}, w.clock)
	w.credential = &v1alpha1.OktaClientCredential{
		ObjectMeta: metav1.ObjectMeta{Name: "app", Namespace: "team", UID: "uid", Generation: 1},
		Spec: v1alpha1.OktaClientCredentialSpec{
			ClientID: w.app.ClientID, ApplicationID: w.app.ID, TokenEndpointAuthMethod: v1alpha1.AuthMethodAuto, Mode: v1alpha1.ModeRotate,
			Validation: v1alpha1.ValidationSpec{Confirmations: 2},
			Rotation: v1alpha1.RotationSpec{
				OnInvalidClient: v1alpha1.OnInvalidClientGenerate, Retire: v1alpha1.RetireDelete, Limits: v1alpha1.Limits{PerDay: 3, Attempts: 5},
			},
		},
	}
	w.journal, w.memory = rotation.Journal{}, &memory{uid: "uid"}
	w.store(goodValue)
}

// store puts a value into the Secret, beside the client id.
func (w *world) store(value string) {
	w.target = rotation.Target{
		Found: true, Version: "1", Labelled: true, HasKey: true, Value: redact.NewValue(value), ClientID: w.app.ClientID, Writers: "kubectl",
	}
}

// replaceByAdmin gives the application another secret, and makes goodValue INACTIVE or deletes it.
func (w *world) replaceByAdmin(alsoDelete bool) {
	w.t.Helper()
	w.org.AddSecret(w.app.ID, redact.NewValue(otherValue), oktasim.Active)
	w.mustDo(w.org.DeactivateSecret(w.app.ID, w.secret))
	if alsoDelete {
		w.mustDo(w.org.DeleteSecret(w.app.ID, w.secret))
	}
}

func (w *world) mustDo(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// secretRoutes are the endpoints that are asked about a secret.
func secretRoutes() []string {
	return []string{oktasim.RouteToken, oktasim.RouteRevoke, oktasim.RouteServerToken, oktasim.RouteServerRevoke}
}

// mustWork lets Okta accept the stored value, and time pass until it is asked about again.
func (w *world) mustWork() {
	w.t.Helper()
	if got := w.decide(); got.Verdict != v1alpha1.VerdictAccepted || got.Action != "Nothing" {
		w.t.Fatalf("what Okta should accept is %+v: %s", got, w.memory.check.Evidence)
	}
	w.clock.Step(waitsAtMost)
}
