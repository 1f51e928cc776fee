package integration

import (
	"testing"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

func TestAutoLearnsThatTheApplicationUsesPost(t *testing.T) {
	w := given(t, oktasim.Options{})
	if err := w.org.ChangeApp(clientID, func(a *oktasim.App) { a.TokenEndpointAuthMethod = "client_secret_post" }); err != nil {
		t.Fatal(err)
	}
	w.healthy()
	if got := w.now().Status.TokenEndpointAuthMethod; got != v1alpha1.AuthMethodPost {
		t.Errorf("status.tokenEndpointAuthMethod is %q", got)
	}
	if n := w.org.Count(oktasim.RouteGetApp); n != 1 {
		t.Errorf("the application was asked %d times", n)
	}
}
