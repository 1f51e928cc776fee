package integration

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// The objects that the wrong ones are made from, by replacing a line.
const (
	goodCredential = `
apiVersion: oktacred.dev/v1alpha1
kind: OktaClientCredential
metadata:
  name: web-shop
spec:
  suspend: true
  connectionRef: {name: acme}
  clientID: 0oawebshop0000000001
  secretRef: {name: web-shop}
  validation: {interval: 10m}
  rotation: {deleteAfter: 168h}
`
	goodConnection = `
apiVersion: oktacred.dev/v1alpha1
kind: ClusterOktaConnection
metadata:
  name: refused
spec:
  suspend: true
  orgURL: https://example.okta.com
  auth:
    apiToken: {secretRef: {name: admin, key: token}}
  allow: []
`
)

const jwtAuth = "privateKeyJWT: {clientID: 0oa1, privateKeySecretRef: {name: admin, key: key}}"

func TestWrongCredentialsAreRefusedWithTheFix(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]refusal{
		"connectionRef is left out":           {"  connectionRef: {name: acme}\n", "", "connectionRef is required: name the OktaConnection"},
		"the connection has no name":          {"connectionRef: {name: acme}", "connectionRef: {}", "spec.connectionRef.name: Required"},
		"a kind of connection that is none":   {"connectionRef: {", "connectionRef: {kind: Connection, ", `supported values: "OktaConnection", "ClusterOktaConnection"`},
		"secretRef is left out":               {"  secretRef: {name: web-shop}\n", "", "secretRef is required: name the Secret"},
		"the interval is zero":                {"interval: 10m", "interval: 0s", "must be a duration between 10s and 24h, such as 10m"},
		"the interval is a bare zero":         {"interval: 10m", `interval: "0"`, "must be a duration between 10s and 24h, such as 10m"},
		"the interval has no unit":            {"interval: 10m", `interval: "600"`, "must be a duration between 10s and 24h, such as 10m"},
		"the interval is a number":            {"interval: 10m", "interval: 600", `must be of type string`},
		"staleAfter is not after an interval": {"interval: 10m", "interval: 10m, staleAfter: 10m", "staleAfter must be longer than validation.interval"},
		"staleAfter has no unit":              {"interval: 10m", `interval: 10m, staleAfter: "60"`, "staleAfter must be a duration between 30s and 168h"},
		"one confirmation":                    {"interval: 10m", "confirmations: 1", "should be greater than or equal to 2"},
		"an overlap that ends before it may":  {"deleteAfter: 168h", "overlap: {minimum: 2h, maximum: 1h}", "overlap.maximum must not be shorter than overlap.minimum"},
		"an overlap without unit":             {"deleteAfter: 168h", `overlap: {minimum: "1"}`, "overlap.minimum must be a duration"},
		"deleteAfter of nothing":              {"deleteAfter: 168h", `deleteAfter: ""`, "deleteAfter must be a duration"},
		"a retirement that there is not":      {"deleteAfter: 168h", "retire: Delete", `supported values: "DeactivateThenDelete", "Deactivate", "Retain"`},
		"a key that no Secret can have":       {"secretRef: {", "secretRef: {clientSecretKey: client/secret, ", "no Secret can have this key"},
		"one key for two things":              {"secretRef: {", "secretRef: {clientIDKey: oidc, clientSecretKey: oidc, ", "must be two different keys"},
		"a misspelt field":                    {"validation: {interval: 10m}", "validation: {intervall: 10m}", `unknown field "spec.validation.intervall"`},
		"Create without a client id":          {"  clientID: 0oawebshop0000000001\n  secretRef: {", "  secretRef: {creationPolicy: Create, ", "clientID is required when the operator makes the Secret"},
		"a name that is no label":             {"name: web-shop\nspec", "name: " + strings.Repeat("a", 64) + "\nspec", "at most 63 characters"},
		"a client id with a space":            {"clientID: 0oawebshop0000000001", "clientID: 0oa webshop", "without spaces: copy it from the application's page"},
		"an authorization server as a URL":    {"suspend: true", "authorizationServer: https://example.okta.com/oauth2/default", "authorizationServer is an id such as"},
		"a mode that there is not":            {"suspend: true", "mode: Fix", `supported values: "Observe", "Repair", "Rotate"`},
		"an empty mode":                       {"suspend: true", `mode: ""`, `supported values: "Observe", "Repair", "Rotate"`},
		"a method that is not kept":           {"suspend: true", "tokenEndpointAuthMethod: client_secret_basic", `supported values: "Auto", "ClientSecretBasic", "ClientSecretPost"`},
		"a deletion policy that there is not": {"suspend: true", "deletionPolicy: Delete", `supported values: "Retain", "Retire"`},
	} {
		t.Run(name, func(t *testing.T) { test.try(t, goodCredential) })
	}
}

func TestWrongConnectionsAreRefusedWithTheFix(t *testing.T) {
	t.Parallel()
	const auth = "apiToken: {secretRef: {name: admin, key: token}}"
	for name, test := range map[string]refusal{
		"no admin authentication":         {"  auth:\n    " + auth + "\n", "", "auth is required: give auth.privateKeyJWT (recommended) or auth.apiToken"},
		"neither kind of authentication":  {"auth:\n    " + auth, "auth: {}", "give exactly one kind of admin authentication"},
		"both kinds of authentication":    {auth, auth + "\n    " + jwtAuth, "give exactly one kind of admin authentication"},
		"a key that no Secret can have":   {"key: token", "key: a/token", "no Secret can have this key"},
		"http":                            {"https://example", "http://example", "orgURL must be an https URL"},
		"a host alone":                    {"https://example.okta.com", "example.okta.com", "orgURL must be an https URL"},
		"the admin console":               {"https://example.okta.com", "https://example-admin.okta.com", "remove -admin"},
		"a path":                          {"https://example.okta.com", "https://example.okta.com/oauth2/default", "remove the path"},
		"a query":                         {"https://example.okta.com", "https://example.okta.com/?a=b", "remove the path and the query"},
		"no org":                          {"  orgURL: https://example.okta.com\n", "", "spec.orgURL: Required"},
		"a CA bundle that is none":        {"allow: []", "caBundle: /etc/ssl/ca.pem", "caBundle must be PEM"},
		"a proxy with a password":         {"allow: []", "proxy: http://me:mine@proxy:3128", "without user and password"},
		"a proxy of another kind":         {"allow: []", "proxy: socks5://proxy:1080", "proxy must be an http or https URL"},
		"a rule for nobody":               {"allow: []", "allow: [{clientIDs: [a]}]", "either namespaces or namespaceSelector"},
		"a rule for two kinds of nobody":  {"allow: []", "allow: [{clientIDs: [a], namespaces: [b], namespaceSelector: {}}]", "either namespaces or namespaceSelector"},
		"a rule without clients":          {"allow: []", "allow: [{namespaces: [b]}]", "clientIDs: Required"},
		"a share of the limit above it":   {"allow: []", "rateLimit: {maxCapacityPercent: 101}", "less than or equal to 100"},
		"a misspelt field":                {"allow: []", "allowed: []", `unknown field "spec.allowed"`},
		"a CA bundle of a namespaced one": {"ClusterOktaConnection", "OktaConnection", `unknown field "spec.allow"`},
	} {
		t.Run(name, func(t *testing.T) { test.try(t, goodConnection) })
	}
}

// refusal is a good object made wrong, and what its author is told.
type refusal struct{ good, wrong, says string }

func (r refusal) try(t *testing.T, good string) {
	t.Helper()
	t.Parallel()
	text := strings.Replace(good, r.good, r.wrong, 1)
	if text == good {
		t.Fatalf("the good object does not hold %q", r.good)
	}
	err := apply(t, text, "default")
	if err == nil {
		t.Fatal("it was taken")
	}
	if !strings.Contains(err.Error(), r.says) {
		t.Errorf("the refusal does not say %q: %v", r.says, err)
	}
}

// apply creates an object as kubectl apply does: what the API server does not know is an error. Nothing is kept.
func apply(t *testing.T, text, namespace string) error {
	t.Helper()
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &object.Object); err != nil {
		t.Fatal(err)
	}
	if object.GetKind() != "ClusterOktaConnection" {
		object.SetNamespace(namespace)
	}
	strict := client.WithFieldValidation(cluster.client, metav1.FieldValidationStrict)

	return strict.Create(t.Context(), object, client.DryRunAll)
}

func TestTheObjectsThatTheWrongOnesAreMadeFromAreTaken(t *testing.T) {
	t.Parallel()
	for _, text := range []string{goodCredential, goodConnection} {
		if err := apply(t, text, "default"); err != nil {
			t.Error(err)
		}
	}
}

func TestSamplesAreTaken(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "config", "samples", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("there is no config/samples")
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for text := range strings.SplitSeq(string(content), "\n---\n") {
			if !strings.Contains(text, "apiVersion: oktacred.dev/") {
				continue
			}
			if err := apply(t, text, "default"); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

func TestWhatIsImmutableStaysWithTheFixInTheMessage(t *testing.T) {
	w := newWorld(t, oktasim.Options{})
	w.connect(w.server.URL, func(_ *world, c *v1alpha1.ClusterOktaConnection) { c.Spec.Suspend = true })
	suspend := func(c *v1alpha1.OktaClientCredential) { c.Spec.Suspend = true }
	w.create(w.credential(suspend, func(c *v1alpha1.OktaClientCredential) { c.Spec.ApplicationID = clientID }))
	w.create(w.credential(suspend, func(c *v1alpha1.OktaClientCredential) {
		c.Name, c.Spec.ClientID, c.Spec.SecretRef.Name = "without", "", "without"
	}))
	for name, test := range map[string]struct {
		object client.Object
		patch  string
		says   string
	}{
		"clientID changed":         {w.credential(), `{"clientID":"0oaother"}`, "clientID is immutable: make a new"},
		"clientID removed":         {w.credential(), `{"clientID":null}`, "clientID is immutable: make a new"},
		"clientID added later":     {w.named("without"), `{"clientID":"0oaother"}`, "clientID is immutable: make a new"},
		"applicationID changed":    {w.credential(), `{"applicationID":"0oaother"}`, "applicationID is immutable: make a new"},
		"applicationID added":      {w.named("without"), `{"applicationID":"0oaother"}`, "applicationID is immutable: make a new"},
		"connectionRef changed":    {w.credential(), `{"connectionRef":{"name":"other"}}`, "connectionRef is immutable: make a new"},
		"connectionRef removed":    {w.credential(), `{"connectionRef":null}`, "connectionRef is required"},
		"secretRef changed":        {w.credential(), `{"secretRef":{"name":"other"}}`, "secretRef is immutable: make a new"},
		"a key of secretRef":       {w.credential(), `{"secretRef":{"clientSecretKey":"other"}}`, "secretRef is immutable: make a new"},
		"orgURL of the connection": {w.connection(), `{"orgURL":"https://other.okta.com"}`, "orgURL is immutable: make a new"},
	} {
		patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":`+test.patch+`}`))
		err := w.client().Patch(t.Context(), test.object, patch)
		if err == nil {
			err = errors.New("it was taken")
		}
		if !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: want %q: %v", name, test.says, err)
		}
	}
}
