package oktasim

import (
	"encoding/json"
	"net/http"
)

// secretBody is a secret as the admin API shows it.
type secretBody struct {
	ID          string         `json:"id"`
	Status      Status         `json:"status"`
	Value       string         `json:"client_secret,omitempty"`
	Hash        string         `json:"secret_hash"`
	Created     string         `json:"created"`
	LastUpdated string         `json:"lastUpdated"`
	Links       map[string]any `json:"_links"`
}

func (o *Org) secretBody(c *call, a *app, s *secret) secretBody {
	self := c.base + "/api/v1/apps/" + a.ID + "/credentials/secrets/" + s.id
	links := map[string]any{"deactivate": link(self+"/lifecycle/deactivate", http.MethodPost)}
	if s.status == Inactive {
		links = map[string]any{
			"activate": link(self+"/lifecycle/activate", http.MethodPost),
			"delete":   link(self, http.MethodDelete),
		}
	}
	return secretBody{
		ID: s.id, Status: s.status, Value: s.value, Hash: o.hash(s.value),
		Created: timestamp(s.created), LastUpdated: timestamp(s.updated), Links: links,
	}
}

// shownSecret is a secret as this caller may see it: only the answer to its creation always shows the value.
func (o *Org) shownSecret(c *call, a *app, s *secret) secretBody {
	body := o.secretBody(c, a, s)
	display := o.options.Unknowns.Values
	if c.caller.role.HideSecrets && (display == "" || display == ValueClear) {
		display = o.options.Unknowns.HiddenValues
		if display == "" {
			display = ValueMasked
		}
	}
	switch display {
	case ValueMasked:
		body.Value = "***" + s.value[len(s.value)-4:]
	case ValueOmitted:
		body.Value = ""
	case ValueClear:
	}
	return body
}

func (o *Org) listSecrets(c *call) response {
	found, refused := o.appFor(c)
	if refused != nil {
		if refused.status == http.StatusForbidden && o.options.Unknowns.HiddenApp == HiddenEmpty {
			return newResponse(http.StatusOK, []secretBody{})
		}
		return o.refuse(refused)
	}
	bodies := []secretBody{}
	for _, s := range found.secrets {
		bodies = append(bodies, o.shownSecret(c, found, s))
	}
	o.logSecretRead(found, c.caller.actor)
	return newResponse(http.StatusOK, bodies)
}

// secretFor is the app and the secret that the path names, for a caller who may see them.
func (o *Org) secretFor(c *call) (*app, *secret, *apiError) {
	found, refused := o.appFor(c)
	if refused != nil {
		return nil, nil, refused
	}
	id := c.request.PathValue("secretId")
	s := found.secret(id)
	if s == nil {
		return nil, nil, errNotFound(id, "OAuth2ClientSecretMediated")
	}
	return found, s, nil
}

func (o *Org) getSecret(c *call) response {
	found, s, refused := o.secretFor(c)
	if refused != nil {
		return o.refuse(refused)
	}
	o.logSecretRead(found, c.caller.actor)
	return newResponse(http.StatusOK, o.shownSecret(c, found, s))
}

func (o *Org) createSecret(c *call) response {
	found, refused := o.appFor(c)
	if refused != nil {
		return o.refuse(refused)
	}
	var asked struct {
		Value  string `json:"client_secret"`
		Status Status `json:"status"`
	}
	if len(c.body) > 0 {
		if err := json.Unmarshal(c.body, &asked); err != nil {
			return o.refuse(&apiError{status: http.StatusBadRequest, code: "E0000003", summary: "The request body was not well-formed."})
		}
	}
	if asked.Status != "" && asked.Status != Active && asked.Status != Inactive {
		return o.refuse(errValidation("status", "status: The value must be one of: ACTIVE, INACTIVE."))
	}
	made, refused := o.makeSecret(found, asked.Value, asked.Status, c.caller.actor)
	if refused != nil {
		return o.refuse(refused)
	}
	return newResponse(http.StatusCreated, o.secretBody(c, found, made))
}

func (o *Org) activateSecret(c *call) response { return o.changeSecretStatus(c, Active) }

func (o *Org) deactivateSecret(c *call) response { return o.changeSecretStatus(c, Inactive) }

func (o *Org) changeSecretStatus(c *call, status Status) response {
	found, s, refused := o.secretFor(c)
	if refused != nil {
		return o.refuse(refused)
	}
	if refused := o.setSecretStatus(found, s, status, c.caller.actor); refused != nil {
		return o.refuse(refused)
	}
	return newResponse(http.StatusOK, o.shownSecret(c, found, s))
}

func (o *Org) deleteSecret(c *call) response {
	found, s, refused := o.secretFor(c)
	if refused != nil {
		return o.refuse(refused)
	}
	if refused := o.removeSecret(found, s, c.caller.actor); refused != nil {
		return o.refuse(refused)
	}
	return newResponse(http.StatusNoContent, nil)
}
