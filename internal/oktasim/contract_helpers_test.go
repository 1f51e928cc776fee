package oktasim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// contract is Okta's own OpenAPI description. Its schemas have almost no required fields, so that presence is checked besides.
type contract struct {
	management, oauth *openapi3.T
}

// loadContract finds the description beside the checkout, and reads it once. It is not part of the repository.
var loadContract = sync.OnceValues(func() (*contract, error) {
	folder, err := descriptionFolder()
	if err != nil {
		return nil, err
	}
	load := func(name string) (*openapi3.T, error) {
		return openapi3.NewLoader().LoadFromFile(filepath.Join(folder, name))
	}
	management, err := load("management.yaml")
	if err != nil {
		return nil, err
	}
	oauth, err := load("oauth.yaml")
	if err != nil {
		return nil, err
	}
	return &contract{management: management, oauth: oauth}, nil
})

// errNoDescription is a checkout without Okta's description beside it.
var errNoDescription = errors.New("the OpenAPI description of Okta is not at ../shared/okta beside the checkout")

func descriptionFolder() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; folder != filepath.Dir(folder); folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err != nil {
			continue
		}
		found := filepath.Join(filepath.Dir(folder), "shared", "okta")
		if _, err := os.Stat(filepath.Join(found, "management.yaml")); err != nil {
			return "", errNoDescription
		}
		return found, nil
	}
	return "", errNoDescription
}

// Fields that an answer must have, as path:kind. [] goes into every element; kinds are those of JSON, and time and url.
var (
	secretFields = []string{
		"id:string", "status:string", "secret_hash:string", "created:time", "lastUpdated:time", "_links:object",
	}
	appFields = []string{
		"id:string", "status:string", "label:string", "name:string", "signOnMode:string", "created:time", "lastUpdated:time",
		"_links.self.href:url", "credentials.oauthClient.client_id:string", "credentials.oauthClient.token_endpoint_auth_method:string",
		"credentials.oauthClient.pkce_required:boolean", "credentials.oauthClient.autoKeyRotation:boolean",
		"settings.oauthClient.application_type:string", "settings.oauthClient.grant_types:array",
		"settings.oauthClient.response_types:array", "settings.oauthClient.consent_method:string",
		"settings.oauthClient.dpop_bound_access_tokens:boolean", "settings.oauthClient.network:object",
	}
	eventFields = []string{
		"uuid:string", "published:time", "eventType:string", "severity:string", "outcome.result:string", "actor.id:string",
		"actor.type:string", "actor.alternateId:string", "actor.displayName:string", "client.ipAddress:string",
		"client.userAgent:object", "target:array", "debugContext.debugData:object",
	}
	metadataFields = []string{
		"issuer:url", "token_endpoint:url", "revocation_endpoint:url", "introspection_endpoint:url", "jwks_uri:url",
		"token_endpoint_auth_methods_supported:array", "grant_types_supported:array", "scopes_supported:array",
	}
	tokenFields      = []string{"token_type:string", "expires_in:number", "access_token:string", "scope:string"}
	errorFields      = []string{"errorCode:string", "errorSummary:string", "errorLink:string", "errorId:string", "errorCauses:array"}
	oauthErrorFields = []string{"error:string", "error_description:string"}
)

func each(fields []string) []string {
	inside := make([]string, 0, len(fields))
	for _, f := range fields {
		inside = append(inside, "[]."+f)
	}
	return inside
}

// successFields are the fields of each route's success; a route that is missing answers without a body.
var successFields = map[string][]string{
	RouteListApps: each(appFields), RouteCreateApp: appFields, RouteGetApp: appFields,
	RouteListSecrets: each(secretFields), RouteCreateSecret: append(slices.Clip(secretFields), "client_secret:string"),
	RouteGetSecret: secretFields, RouteActivateSecret: secretFields, RouteDeactivateSecret: secretFields,
	RouteLogs: each(eventFields), RouteToken: tokenFields, RouteServerToken: tokenFields,
	RouteIntrospect: {"active:boolean"}, RouteServerIntrospect: {"active:boolean"},
	RouteOrgMetadata:    {"id:string", "pipeline:string", "_links.organization.href:url"},
	RouteOpenIDMetadata: metadataFields, RouteOAuthMetadata: metadataFields,
	RouteServerOpenID: metadataFields, RouteServerOAuthMetadata: metadataFields,
}

// check holds an answer against the description and the fields that must be there.
func (k *contract) check(route string, answer reply) error {
	if answer.status >= 300 {
		return k.checkError(route, answer)
	}
	fields, hasBody := successFields[route]
	if !hasBody {
		if body := strings.TrimSpace(answer.body); body != "" && body != "{}" {
			return errors.New("a body where the description has none")
		}
		return k.checkStatus(route, answer.status)
	}
	value, err := decode(answer)
	if err != nil {
		return err
	}
	if schema := k.schema(route, answer.status); schema != nil {
		if err := schema.VisitJSON(value); err != nil {
			return fmt.Errorf("schema: %w", err)
		}
	}
	return present(value, fields)
}

func decode(answer reply) (any, error) {
	if kind := answer.header.Get("Content-Type"); kind != "application/json" {
		return nil, fmt.Errorf("content type %q", kind)
	}
	var value any
	if err := json.Unmarshal([]byte(answer.body), &value); err != nil {
		return nil, fmt.Errorf("decode body: %w", err)
	}
	return value, nil
}

// checkError takes Okta's errorCode form everywhere, and OAuth's form at OAuth endpoints. The description shows one form a
// status; which of the two Okta really sends is recorded (a client that it does not know gets the errorCode form).
func (k *contract) checkError(route string, answer reply) error {
	value, err := decode(answer)
	if err != nil {
		return err
	}
	name, fields := "Error", errorFields
	if object, ok := value.(map[string]any); ok && object["error"] != nil {
		name, fields = "OAuthError", oauthErrorFields
		if !strings.Contains(route, "/oauth2/") {
			return errors.New("OAuth's error form outside of an OAuth endpoint")
		}
	}
	if err := k.oauth.Components.Schemas[name].Value.VisitJSON(value); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	return present(value, fields)
}

// operation is the description of a route; nil where Okta's description leaves the route out.
func (k *contract) operation(route string) *openapi3.Operation {
	method, path, _ := strings.Cut(route, " ")
	for _, description := range []*openapi3.T{k.management, k.oauth} {
		if item := description.Paths.Value(path); item != nil {
			return item.GetOperation(method)
		}
	}
	return nil
}

func (k *contract) checkStatus(route string, status int) error {
	operation := k.operation(route)
	if operation == nil || operation.Responses.Value(strconv.Itoa(status)) == nil {
		return fmt.Errorf("status %d is not described", status)
	}
	return nil
}

func (k *contract) schema(route string, status int) *openapi3.Schema {
	operation := k.operation(route)
	if operation == nil {
		return nil
	}
	described := operation.Responses.Value(strconv.Itoa(status))
	if described == nil {
		return &openapi3.Schema{Not: openapi3.NewSchemaRef("", openapi3.NewSchema())}
	}
	return described.Value.Content.Get("application/json").Schema.Value
}

// present checks that fields are there with the right kind of value.
func present(value any, fields []string) error {
	for _, field := range fields {
		path, kind, _ := strings.Cut(field, ":")
		if err := walk(value, strings.Split(path, "."), kind); err != nil {
			return fmt.Errorf("field %s: %w", field, err)
		}
	}
	return nil
}

func walk(value any, path []string, kind string) error {
	if len(path) == 0 {
		return hasKind(value, kind)
	}
	if path[0] == "[]" {
		elements, ok := value.([]any)
		if !ok {
			return errors.New("no array")
		}
		for _, element := range elements {
			if err := walk(element, path[1:], kind); err != nil {
				return err
			}
		}
		return nil
	}
	object, ok := value.(map[string]any)
	if !ok {
		return errors.New("no object")
	}
	inner, there := object[path[0]]
	if !there {
		return fmt.Errorf("%q is missing", path[0])
	}
	return walk(inner, path[1:], kind)
}

func hasKind(value any, kind string) error {
	right := false
	switch typed := value.(type) {
	case string:
		_, err := time.Parse("2006-01-02T15:04:05.000Z", typed)
		right = typed != "" && (kind == "string" || (kind == "time" && err == nil) || (kind == "url" && strings.HasPrefix(typed, "http")))
	case bool:
		right = kind == "boolean"
	case float64:
		right = kind == "number"
	case []any:
		right = kind == "array"
	case map[string]any:
		right = kind == "object"
	}
	if !right {
		return fmt.Errorf("a %T, want %s", value, kind)
	}
	return nil
}

// obeys checks every answer of every test in this package, where the description is at hand; pages of proxies are no answers
// of Okta's API.
func (f *fixture) obeys(r *http.Request, answer reply) {
	f.t.Helper()
	description, err := loadContract()
	if err != nil || strings.HasPrefix(answer.header.Get("Content-Type"), "text/html") {
		return
	}
	_, route := f.org.mux.Handler(r)
	if err := description.check(route, answer); err != nil {
		f.t.Errorf("%s %s answered %d against Okta's description: %v", r.Method, r.URL.Path, answer.status, err)
	}
	if f.seen == nil {
		f.seen = map[string]reply{}
	}
	kind := "error"
	if answer.status < 300 {
		kind = "success"
	}
	if len(answer.body) >= len(f.seen[route+" "+kind].body) {
		f.seen[route+" "+kind] = answer
	}
}
