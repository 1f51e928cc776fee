package okta

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// identifier is what Okta's ids are made of. Anything else would leave the path that it is put into.
var identifier = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// wireSecret is a client secret as the API writes it.
type wireSecret struct {
	ID          string       `json:"id"`
	Status      SecretStatus `json:"status"`
	Value       string       `json:"client_secret"`
	Hash        string       `json:"secret_hash"`
	Created     string       `json:"created"`
	LastUpdated string       `json:"lastUpdated"`
}

// secret drops masked values: one with an asterisk is no value, and to take it for one would be to lose the real one.
func (w wireSecret) secret() ClientSecret {
	value := redact.NewValue(w.Value)
	if strings.Contains(w.Value, "*") {
		value = redact.Value{}
	}
	return ClientSecret{
		ID: w.ID, Status: w.Status, Value: value, Hash: w.Hash, Created: parseTime(w.Created), LastUpdated: parseTime(w.LastUpdated),
	}
}

func parseTime(text string) time.Time {
	parsed, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return parsed
}

// ListSecrets lists the client secrets of an application, ACTIVE and INACTIVE, in Okta's order (oldest first, as seen).
// Okta logs every call: list only when needed.
func (c *Client) ListSecrets(ctx context.Context, appID string) ([]ClientSecret, error) {
	request := secretCall("list the application's client secrets", http.MethodGet, scopeAppsRead)
	reply, err := c.exchangeSecret(ctx, request, "", appID)
	if err != nil {
		return nil, err
	}
	var listed []wireSecret
	if !isJSON(reply.header) || json.Unmarshal(reply.body, &listed) != nil || listed == nil {
		return nil, unreadable(request, reply)
	}
	secrets := make([]ClientSecret, 0, len(listed))
	for _, wire := range listed {
		if !wire.isComplete() {
			return nil, unreadable(request, reply)
		}
		secrets = append(secrets, wire.secret())
	}
	return secrets, nil
}

// CreateSecret adds an ACTIVE client secret with this value and returns what Okta made of it, which is the truth if it
// differs. Okta takes 14 to 100 printable ASCII characters, 32 at least for client_secret_jwt. After KindUnknown the secret
// may exist: list before anything else.
func (c *Client) CreateSecret(ctx context.Context, appID string, value redact.Value) (ClientSecret, error) {
	request := secretCall("create a client secret of the application", http.MethodPost, scopeAppsManage)
	body, err := json.Marshal(map[string]string{"client_secret": value.Reveal(), "status": string(SecretActive)})
	if err != nil {
		return ClientSecret{}, fmt.Errorf("%s: the value cannot be encoded", request.operation)
	}
	request.body, request.contentType = body, "application/json"
	reply, err := c.exchangeSecret(ctx, request, "", appID)
	if err != nil {
		return ClientSecret{}, err
	}
	var created wireSecret
	if !isJSON(reply.header) || json.Unmarshal(reply.body, &created) != nil || !created.isComplete() {
		return ClientSecret{}, unreadable(request, reply)
	}
	return created.secret(), nil
}

// ActivateSecret makes an INACTIVE secret ACTIVE.
func (c *Client) ActivateSecret(ctx context.Context, appID, secretID string) error {
	request := secretCall(fmt.Sprintf("activate client secret %q", secretID), http.MethodPost, scopeAppsManage)
	_, err := c.exchangeSecret(ctx, request, "/lifecycle/activate", appID, secretID)
	return err
}

// DeactivateSecret makes an ACTIVE secret INACTIVE. Okta refuses it for the last ACTIVE one (KindOnlyActiveSecret).
func (c *Client) DeactivateSecret(ctx context.Context, appID, secretID string) error {
	request := secretCall(fmt.Sprintf("deactivate client secret %q", secretID), http.MethodPost, scopeAppsManage)
	_, err := c.exchangeSecret(ctx, request, "/lifecycle/deactivate", appID, secretID)
	return err
}

// DeleteSecret deletes an INACTIVE secret for good. Okta refuses it for an ACTIVE one (KindSecretStillActive).
func (c *Client) DeleteSecret(ctx context.Context, appID, secretID string) error {
	request := secretCall(fmt.Sprintf("delete client secret %q", secretID), http.MethodDelete, scopeAppsManage)
	_, err := c.exchangeSecret(ctx, request, "", appID, secretID)
	return err
}

// secretID is what the id of a client secret is made of; a longer one would fit into no status.
var secretID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// isComplete says whether what every decision rests on is there.
func (w wireSecret) isComplete() bool { return secretID.MatchString(w.ID) && w.Status != "" }

func secretCall(operation, method, scope string) call {
	return call{operation: operation, method: method, scope: scope, confidential: true}
}

// exchangeSecret sends a request about an application's secrets, or about one of them, ids being that of the application
// and, if any, that of the secret.
func (c *Client) exchangeSecret(ctx context.Context, request call, suffix string, ids ...string) (answer, error) {
	for _, id := range ids {
		if err := checkID(request.operation, id); err != nil {
			return answer{}, err
		}
	}
	request.path = "/api/v1/apps/" + ids[0] + "/credentials/secrets"
	if len(ids) > 1 {
		request.path += "/" + ids[1] + suffix
	}
	return c.exchange(ctx, request)
}

func checkID(operation, id string) error {
	if identifier.MatchString(id) {
		return nil
	}
	return &Error{
		Operation: operation, Kind: KindInvalidRequest, Summary: "nothing was sent, because an id of Okta has only letters, digits, - and _",
		Fix: "check the id",
	}
}
