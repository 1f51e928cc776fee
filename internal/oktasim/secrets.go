package oktasim

import (
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// maxSecrets is how many secret objects an app can have; INACTIVE ones count.
const maxSecrets = 2

// Secret is a client secret as the org holds it.
type Secret struct {
	ID          string
	Status      Status
	Value       redact.Value
	Hash        string
	Created     time.Time
	LastUpdated time.Time
	// CreatedBy is the id of the actor: the client id of the service app, or AdminID.
	CreatedBy string
}

// secret is a Secret at work.
type secret struct {
	id, value, creator string
	status             Status
	created, updated   time.Time
	// history says from when on /token honours or refuses the secret, oldest first.
	history []honour
}

type honour struct {
	from     time.Time
	honoured bool
}

// honouredAt says whether /token takes the secret.
func (s *secret) honouredAt(now time.Time) bool {
	honoured := false
	for _, change := range s.history {
		if !change.from.After(now) {
			honoured = change.honoured
		}
	}
	return honoured
}

// hash is secret_hash: not documented, but it holds on every pair that Okta publishes.
func (o *Org) hash(value string) string {
	if o.options.Unknowns.ForeignHash {
		value = "salted" + value
	}
	return redact.NewValue(value).Hash()
}

// AddSecret gives an app a secret as an admin at Okta does, and returns its id. An empty value is generated. What Okta
// would refuse (a third secret, an unknown app) is a mistake of the caller and panics.
func (o *Org) AddSecret(appID string, value redact.Value, status Status) string {
	made, err := o.CreateSecret(appID, value, status)
	if err != nil {
		panic(fmt.Sprintf("oktasim: add secret to %s: %v", appID, err))
	}
	return made.ID
}

// CreateSecret is AddSecret for callers who want Okta's refusal as an error.
func (o *Org) CreateSecret(appID string, value redact.Value, status Status) (Secret, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	found := o.world.apps[appID]
	if found == nil {
		return Secret{}, errNotFound(appID, "OAuth2AppInstance")
	}
	made, refused := o.makeSecret(found, value.Reveal(), status, admin())
	if refused != nil {
		return Secret{}, refused
	}
	return o.snapshot(made), nil
}

// Secrets are the secrets of an app, oldest first; none for an app that is not there.
func (o *Org) Secrets(appID string) []Secret {
	o.mu.Lock()
	defer o.mu.Unlock()
	found := o.world.apps[appID]
	if found == nil {
		return nil
	}
	secrets := make([]Secret, 0, len(found.secrets))
	for _, s := range found.secrets {
		secrets = append(secrets, o.snapshot(s))
	}
	return secrets
}

func (o *Org) snapshot(s *secret) Secret {
	return Secret{
		ID: s.id, Status: s.status, Value: redact.NewValue(s.value), Hash: o.hash(s.value),
		Created: s.created, LastUpdated: s.updated, CreatedBy: s.creator,
	}
}

// ActivateSecret activates a secret as an admin at Okta does.
func (o *Org) ActivateSecret(appID, secretID string) error {
	return o.asAdmin(appID, secretID, func(a *app, s *secret) *apiError { return o.setSecretStatus(a, s, Active, admin()) })
}

// DeactivateSecret deactivates a secret as an admin at Okta does; Okta refuses that for the only ACTIVE one.
func (o *Org) DeactivateSecret(appID, secretID string) error {
	return o.asAdmin(appID, secretID, func(a *app, s *secret) *apiError { return o.setSecretStatus(a, s, Inactive, admin()) })
}

// DeleteSecret deletes an INACTIVE secret as an admin at Okta does.
func (o *Org) DeleteSecret(appID, secretID string) error {
	return o.asAdmin(appID, secretID, func(a *app, s *secret) *apiError { return o.removeSecret(a, s, admin()) })
}

// RevokeSecret is what an admin does after a leak: sees to it that the app has another ACTIVE secret (activates the other one,
// or makes one), then deactivates and deletes this one. The app is left with a stranger's secret and one free slot.
func (o *Org) RevokeSecret(appID, secretID string) error {
	return o.asAdmin(appID, secretID, func(a *app, s *secret) *apiError {
		if refused := o.ensureAnother(a, s); refused != nil {
			return refused
		}
		if refused := o.setSecretStatus(a, s, Inactive, admin()); refused != nil {
			return refused
		}
		return o.removeSecret(a, s, admin())
	})
}

// ReplaceSecret is Okta's legacy newSecret: the old secrets die at once, the returned one takes their place.
func (o *Org) ReplaceSecret(appID string) (Secret, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	found := o.world.apps[appID]
	if found == nil {
		return Secret{}, errNotFound(appID, "OAuth2AppInstance")
	}
	for _, s := range slices.Clone(found.secrets) {
		o.dropSecret(found, s, admin())
	}
	made, refused := o.makeSecret(found, "", Active, admin())
	if refused != nil {
		return Secret{}, refused
	}
	return o.snapshot(made), nil
}

func (o *Org) ensureAnother(a *app, s *secret) *apiError {
	if a.activeBeside(s) {
		return nil
	}
	for _, other := range a.secrets {
		if other != s {
			return o.setSecretStatus(a, other, Active, admin())
		}
	}
	_, refused := o.makeSecret(a, "", Active, admin())
	return refused
}

func (o *Org) asAdmin(appID, secretID string, do func(*app, *secret) *apiError) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	found := o.world.apps[appID]
	if found == nil {
		return errNotFound(appID, "OAuth2AppInstance")
	}
	s := found.secret(secretID)
	if s == nil {
		return errNotFound(secretID, "OAuth2ClientSecretMediated")
	}
	if refused := do(found, s); refused != nil {
		return refused
	}
	return nil
}

func (a *app) secret(id string) *secret {
	for _, s := range a.secrets {
		if s.id == id {
			return s
		}
	}
	return nil
}

func (a *app) activeBeside(s *secret) bool {
	return slices.ContainsFunc(a.secrets, func(other *secret) bool { return other != s && other.status == Active })
}

// makeSecret creates a secret under Okta's rules; an empty value is generated.
func (o *Org) makeSecret(a *app, value string, status Status, by actor) (*secret, *apiError) {
	if status == "" {
		status = Active
	}
	if refused := o.checkNewSecret(a, value); refused != nil {
		return nil, refused
	}
	if value == "" {
		value = o.randomText(secretAlphabet, 64)
	}
	made := &secret{id: o.newID("ocs"), value: value, status: status, creator: by.ID, created: o.now(), updated: o.now()}
	if status == Active {
		made.history = []honour{{from: o.clock.Now().Add(o.options.Propagation.Accept), honoured: true}}
	}
	a.secrets = append(a.secrets, made)
	o.logSecret("create", a, made, by)
	return made, nil
}

func (o *Org) checkNewSecret(a *app, value string) *apiError {
	if refused := checkSecretValue(a, value); refused != nil {
		return refused
	}
	if len(a.secrets) >= maxSecrets {
		return errSecret(causeTwoSecrets)
	}
	same := func(s *secret) bool { return s.value == value }
	if o.options.Unknowns.RefuseSameValue && slices.ContainsFunc(a.secrets, same) {
		return errSecret(causeSameValue)
	}
	return nil
}

// checkSecretValue applies Okta's rules for a value that the caller brings.
func checkSecretValue(a *app, value string) *apiError {
	if a.TokenEndpointAuthMethod == MethodPrivateKeyJWT {
		return errValidation("client_secret", "'client_secret' can't be used when 'token_endpoint_auth_method' is 'private_key_jwt'.")
	}
	if value == "" {
		return nil
	}
	notPrintable := func(r rune) bool { return r < 0x20 || r > 0x7e }
	switch {
	case slices.ContainsFunc([]rune(value), notPrintable):
		return errValidation("client_secret", "client_secret: ''client_secret'' must only contain printable ASCII: [x20-x7E]+")
	case len(value) > 100:
		return errValidation("client_secret", "client_secret: 'client_secret' can't be more than '100' characters long.")
	case len(value) < 14:
		return errValidation("client_secret", "client_secret: 'client_secret' must be at least '14' characters long.")
	case len(value) < 32 && a.TokenEndpointAuthMethod == MethodClientSecretJWT:
		return errValidation("client_secret", "client_secret: 'client_secret' must be at least '32' characters long when "+
			"'token_endpoint_auth_method' is 'client_secret_jwt'.")
	default:
		return nil
	}
}

func (o *Org) setSecretStatus(a *app, s *secret, status Status, by actor) *apiError {
	if s.status == status {
		return nil
	}
	if status == Inactive && !a.activeBeside(s) {
		return errSecret(causeOnlyActive)
	}
	s.status, s.updated = status, o.now()
	if status == Active {
		s.history = append(s.history, honour{from: o.clock.Now().Add(o.options.Propagation.Accept), honoured: true})
		o.logSecret("activate", a, s, by)
		return nil
	}
	s.history = append(s.history, honour{from: o.clock.Now().Add(o.options.Propagation.Refuse)})
	o.logSecret("deactivate", a, s, by)
	return nil
}

func (o *Org) removeSecret(a *app, s *secret, by actor) *apiError {
	if s.status == Active {
		return errSecret(causeDeleteActive)
	}
	o.dropSecret(a, s, by)
	return nil
}

// dropSecret takes a secret away; /token goes on honouring it as long as propagation takes.
func (o *Org) dropSecret(a *app, s *secret, by actor) {
	a.secrets = slices.DeleteFunc(a.secrets, func(other *secret) bool { return other == s })
	if s.status == Active {
		s.history = append(s.history, honour{from: o.clock.Now().Add(o.options.Propagation.Refuse)})
	}
	s.status = Inactive
	a.gone = append(a.gone, s)
	o.logSecret("delete", a, s, by)
}

// otherHash stands for a hash that is not secret_hash, where nobody knows which one Okta uses.
func otherHash(value string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(redact.NewValue("event" + value).Hash()))
}
