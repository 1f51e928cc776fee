package okta_test

import (
	"context"
	"errors"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

func TestSecretsLive(t *testing.T) {
	for name, auth := range map[string]okta.Auth{"with a private key": withKey(goodKey()), "with an API token": withToken()} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{})
			client := w.client(t, auth)
			created, err := client.CreateSecret(t.Context(), w.app.ID, redact.NewValue(secondValue))
			if err != nil {
				t.Fatal(err)
			}
			if created.Status != okta.SecretActive || created.Value.Reveal() != secondValue || created.Hash != created.Value.Hash() || created.Created.IsZero() {
				t.Errorf("created %+v", created)
			}
			_, err = client.CreateSecret(t.Context(), w.app.ID, redact.NewValue(secondValue+"3"))
			wantKind(t, err, okta.KindSlotsFull)
			wantKind(t, client.DeleteSecret(t.Context(), w.app.ID, w.secret), okta.KindSecretStillActive)
			wantKind(t, client.DeactivateSecret(t.Context(), w.app.ID, w.secret), okta.KindNone)
			wantKind(t, client.DeactivateSecret(t.Context(), w.app.ID, created.ID), okta.KindOnlyActiveSecret)
			wantKind(t, client.ActivateSecret(t.Context(), w.app.ID, w.secret), okta.KindNone)
			wantKind(t, client.DeactivateSecret(t.Context(), w.app.ID, w.secret), okta.KindNone)
			wantSecrets(t, client, w.app.ID, map[string]okta.SecretStatus{w.secret: okta.SecretInactive, created.ID: okta.SecretActive})
			wantKind(t, client.DeleteSecret(t.Context(), w.app.ID, w.secret), okta.KindNone)
			wantKind(t, client.DeleteSecret(t.Context(), w.app.ID, w.secret), okta.KindNotFound)
			wantSecrets(t, client, w.app.ID, map[string]okta.SecretStatus{created.ID: okta.SecretActive})
			wantKind(t, client.DeleteSecret(t.Context(), w.app.ID, "../"+created.ID), okta.KindInvalidRequest)
		})
	}
}

func wantKind(t *testing.T, err error, want okta.Kind) {
	t.Helper()
	if got := okta.KindOf(err); got != want || (err == nil) != (want == okta.KindNone) {
		t.Errorf("kind %q, want %q: %v", got, want, err)
	}
}

func wantSecrets(t *testing.T, client *okta.Client, appID string, want map[string]okta.SecretStatus) {
	t.Helper()
	listed, err := client.ListSecrets(t.Context(), appID)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]okta.SecretStatus{}
	for _, secret := range listed {
		got[secret.ID] = secret.Status
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
}

func TestMaskedValuesAreNoValues(t *testing.T) {
	for name, unknowns := range map[string]oktasim.Unknowns{
		"masked": {Values: oktasim.ValueMasked}, "left out": {Values: oktasim.ValueOmitted},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{Unknowns: unknowns})
			listed, err := w.client(t, withToken()).ListSecrets(t.Context(), w.app.ID)
			if err != nil || len(listed) != 1 || !listed[0].Value.IsEmpty() || listed[0].Hash != redact.NewValue(firstValue).Hash() {
				t.Errorf("listed %+v, %v", listed, err)
			}
		})
	}
}

func TestApplication(t *testing.T) {
	w := given(t, oktasim.Options{})
	described := w.org.AddApp(oktasim.App{
		ClientID: "custom-client-id", Label: "Payroll", TokenEndpointAuthMethod: oktasim.MethodPost, PKCERequired: true, DPoPBound: true,
	})
	// The SDK must not listen to the environment, nor to its files.
	t.Setenv("OKTA_CLIENT_ORGURL", "https://evil.example")
	t.Setenv("OKTA_CLIENT_CACHE_ENABLED", "true")
	client := w.client(t, withKey(goodKey()))
	got, err := client.Application(t.Context(), described.ID)
	want := okta.Application{
		ID: described.ID, ClientID: "custom-client-id", Status: okta.ApplicationActive, Label: "Payroll", ApplicationType: "web",
		TokenEndpointAuthMethod: "client_secret_post", GrantTypes: []string{"authorization_code"},
		RedirectURIs: []string{"https://app.example.com/callback"}, PKCERequired: true, DPoPBound: true, IsOIDC: true,
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("Application (-want +got):\n%s%v", diff, err)
	}
	_ = w.org.ChangeApp(described.ID, func(a *oktasim.App) { a.Status = oktasim.Inactive })
	if got, err = client.Application(t.Context(), described.ID); err != nil || got.Status != okta.ApplicationInactive {
		t.Errorf("after a change: %q, %v: something was cached", got.Status, err)
	}
	_, err = client.Application(t.Context(), "0oaMissing")
	wantKind(t, err, okta.KindNotFound)
}

func TestApplicationOfAnotherKind(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.org.Fault(oktasim.Fault{
		Route: oktasim.RouteGetApp, Kind: oktasim.FaultAnswer, Status: 200, ContentType: "application/json",
		Body: `{"id":"0oaSaml","status":"ACTIVE","label":"Wiki","name":"wiki","signOnMode":"SAML_2_0"}`,
	})
	got, err := w.client(t, withToken()).Application(t.Context(), "0oaSaml")
	if diff := cmp.Diff(okta.Application{ID: "0oaSaml"}, got); diff != "" || err != nil {
		t.Errorf("Application (-want +got):\n%s%v", diff, err)
	}
}

func TestOrganization(t *testing.T) {
	for pipeline, want := range map[string]okta.Engine{"idx": okta.EngineIdentity, "v1": okta.EngineClassic} {
		w := given(t, oktasim.Options{OrgID: "00oAcme", Pipeline: pipeline, URL: "https://acme.okta.com"})
		got, err := w.client(t, okta.Auth{APIToken: redact.NewValue("wrong")}).Organization(t.Context())
		if diff := cmp.Diff(okta.Organization{ID: "00oAcme", Engine: want, Href: "https://acme.okta.com"}, got); diff != "" || err != nil {
			t.Errorf("Organization (-want +got):\n%s%v", diff, err)
		}
	}
}

// TestFaults holds, for a write, the border between "nothing happened" and "it may have".
func TestFaults(t *testing.T) {
	for name, test := range map[string]struct {
		fault oktasim.Fault
		want  okta.Kind
	}{
		"429":                 {oktasim.Fault{Kind: oktasim.FaultStatus, Status: 429}, okta.KindThrottled},
		"500":                 {oktasim.Fault{Kind: oktasim.FaultStatus, Status: 500}, okta.KindUnknown},
		"503":                 {oktasim.Fault{Kind: oktasim.FaultStatus, Status: 503}, okta.KindUnknown},
		"502 with HTML":       {oktasim.Fault{Kind: oktasim.FaultHTML}, okta.KindUnknown},
		"403 with HTML":       {oktasim.Fault{Kind: oktasim.FaultHTML, Status: 403}, okta.KindUnknown},
		"200 with HTML":       {oktasim.Fault{Kind: oktasim.FaultHTML, Status: 200}, okta.KindUnknown},
		"401":                 {oktasim.Fault{Kind: oktasim.FaultStatus, Status: 401}, okta.KindUnauthenticated},
		"403":                 {oktasim.Fault{Kind: oktasim.FaultStatus, Status: 403}, okta.KindForbidden},
		"404":                 {oktasim.Fault{Kind: oktasim.FaultStatus, Status: 404}, okta.KindNotFound},
		"no answer":           {oktasim.Fault{Kind: oktasim.FaultTimeout}, okta.KindUnknown},
		"a reset before":      {oktasim.Fault{Kind: oktasim.FaultResetBefore}, okta.KindUnknown},
		"a reset after":       {oktasim.Fault{Kind: oktasim.FaultResetAfter}, okta.KindUnknown},
		"a body that is cut":  {oktasim.Fault{Kind: oktasim.FaultTruncated}, okta.KindUnknown},
		"a body that drips":   {oktasim.Fault{Kind: oktasim.FaultDrip}, okta.KindUnknown},
		"a huge body":         {oktasim.Fault{Kind: oktasim.FaultHuge, Size: 4 << 20}, okta.KindUnknown},
		"JSON that is broken": {oktasim.Fault{Kind: oktasim.FaultMalformed}, okta.KindUnknown},
		"JSON of a wrong type": {
			oktasim.Fault{Kind: oktasim.FaultWrongType}, okta.KindUnknown,
		},
		"an empty object": {
			oktasim.Fault{Kind: oktasim.FaultAnswer, Status: 201, ContentType: "application/json", Body: `{}`}, okta.KindUnknown,
		},
		"a redirect": {oktasim.Fault{Kind: oktasim.FaultRedirect, Location: "https://evil.example/"}, okta.KindUnknown},
		"another E0000001": {oktasim.Fault{
			Kind: oktasim.FaultAnswer, Status: 400, ContentType: "application/json",
			Body: `{"errorCode":"E0000001","errorSummary":"Api validation failed","errorCauses":[{"errorSummary":"` + secondValue + ` is bad"}]}`,
		}, okta.KindInvalidRequest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := given(t, oktasim.Options{})
			if endless := test.fault.Kind == oktasim.FaultTimeout || test.fault.Kind == oktasim.FaultDrip; endless {
				w.timeout = time.Second
			}
			client := w.client(t, withToken())
			w.mustConnect(t, client)
			w.org.Fault(test.fault)
			_, err := client.CreateSecret(t.Context(), w.app.ID, redact.NewValue(secondValue))
			wantKind(t, err, test.want)
			if _, err := client.Application(t.Context(), w.app.ID); err == nil {
				t.Error("the SDK's application came through the fault")
			}
			if err != nil && (strings.Contains(err.Error(), secondValue) || strings.Contains(err.Error(), apiToken) || len(err.Error()) > 300) {
				t.Errorf("the error shows too much: %v", err)
			}
			if got := len(w.org.Secrets(w.app.ID)); got == 2 && test.want != okta.KindUnknown {
				t.Errorf("%s, and yet the secret was made", test.want)
			}
		})
	}
}

func TestNothingListens(t *testing.T) {
	w := given(t, oktasim.Options{})
	client := w.client(t, withToken())
	_ = w.server.Close()
	_, err := client.CreateSecret(t.Context(), w.app.ID, redact.NewValue(secondValue))
	wantKind(t, err, okta.KindUnavailable)
	_, err = client.Application(t.Context(), w.app.ID)
	wantKind(t, err, okta.KindUnavailable)
}

func TestACallerThatGivesUpIsToldSo(t *testing.T) {
	w := given(t, oktasim.Options{})
	client := w.client(t, withToken())
	ctx, cancel := context.WithCancel(t.Context())
	w.org.OnCall(func(oktasim.Call) { cancel() })
	w.org.Fault(oktasim.Fault{Kind: oktasim.FaultTimeout})
	err := client.DeactivateSecret(ctx, w.app.ID, w.secret)
	wantKind(t, err, okta.KindUnknown)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v is not context.Canceled", err)
	}
}

// TestDroppedClientsLeaveNothing: the SDK's cache starts a goroutine that nobody can stop but the garbage collector.
func TestDroppedClientsLeaveNothing(t *testing.T) {
	w := given(t, oktasim.Options{})
	for range 5 {
		if _, err := w.client(t, withToken()).Application(t.Context(), w.app.ID); err != nil {
			t.Fatal(err)
		}
	}
	janitors := func() int {
		var dump strings.Builder
		_ = pprof.Lookup("goroutine").WriteTo(&dump, 2)
		return strings.Count(dump.String(), "(*janitor).Run")
	}
	deadline := time.After(10 * time.Second)
	for janitors() > 0 {
		runtime.GC()
		select {
		case <-deadline:
			t.Fatalf("%d goroutines of dropped clients are left", janitors())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestAuthorize(t *testing.T) {
	readOnly, noRole := "0oaReadOnly", "0oaNoRole"
	for name, test := range map[string]struct {
		auth okta.Auth
		want okta.Authorization
		kind okta.Kind
	}{
		"a key with all scopes": {auth: withKey(goodKey()), want: okta.Authorization{GrantedScopes: okta.DefaultScopes}},
		"an API token":          {auth: withToken()},
		"a wrong API token":     {auth: okta.Auth{APIToken: redact.NewValue("wrong")}, kind: okta.KindUnauthenticated},
		"a key with one scope": {auth: withKey(keyOf(readOnly)), want: okta.Authorization{
			GrantedScopes: []string{"okta.apps.read"}, MissingScopes: []string{"okta.apps.manage"},
		}},
		"a key without a role": {auth: withKey(keyOf(noRole)), kind: okta.KindForbidden, want: okta.Authorization{
			GrantedScopes: okta.DefaultScopes, MissingPermissions: []string{"okta.apps.read"},
		}},
		"a key without scopes": {auth: withKey(keyOf("0oaNoScopes")), kind: okta.KindMissingScope, want: okta.Authorization{
			MissingScopes: okta.DefaultScopes,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(t, oktasim.Options{})
			w.addService(readOnly, []string{"okta.apps.read"}, oktasim.Role{})
			w.addService(noRole, okta.DefaultScopes, oktasim.Role{None: true})
			w.addService("0oaNoScopes", []string{"okta.users.read"}, oktasim.Role{})
			got, err := w.client(t, test.auth).Authorize(t.Context())
			wantKind(t, err, test.kind)
			sorted := cmpopts.SortSlices(func(a, b string) bool { return a < b })
			if diff := cmp.Diff(test.want, got, sorted, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Authorize (-want +got):\n%s%v", diff, err)
			}
		})
	}
}

func TestOneTokenForAllAndANewOneWhenRevoked(t *testing.T) {
	w := given(t, oktasim.Options{})
	client := w.client(t, withKey(goodKey()))
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, err := client.ListSecrets(t.Context(), w.app.ID)
			wantKind(t, err, okta.KindNone)
		})
	}
	all.Wait()
	if got := w.org.Count(oktasim.RouteToken); got != 1 {
		t.Errorf("%d tokens were minted, want 1", got)
	}
	w.org.RevokeAccessTokens()
	_, err := client.ListSecrets(t.Context(), w.app.ID)
	wantKind(t, err, okta.KindNone)
	if got := w.org.Count(oktasim.RouteToken); got != 2 {
		t.Errorf("%d tokens were minted after the first was revoked, want 2", got)
	}
}
