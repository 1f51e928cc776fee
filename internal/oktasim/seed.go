package oktasim

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"sigs.k8s.io/yaml"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// Seed is what an org starts with, as a YAML file says it.
type Seed struct {
	OrgID                string                `json:"orgID,omitempty"`
	Pipeline             string                `json:"pipeline,omitempty"`
	Random               uint64                `json:"random,omitempty"`
	Limits               LimitsName            `json:"limits,omitempty"`
	Propagation          SeedPropagation       `json:"propagation,omitzero"`
	LogDelay             Duration              `json:"logDelay,omitempty"`
	Unknowns             Unknowns              `json:"unknowns,omitzero"`
	AuthorizationServers []AuthorizationServer `json:"authorizationServers,omitempty"`
	Apps                 []SeedApp             `json:"apps,omitempty"`
	ServiceApps          []SeedServiceApp      `json:"serviceApps,omitempty"`
	APITokens            []SeedAPIToken        `json:"apiTokens,omitempty"`
	Bench                SeedBench             `json:"bench,omitzero"`
}

// SeedPropagation is Propagation in a seed file.
type SeedPropagation struct {
	Accept Duration `json:"accept,omitempty"`
	Refuse Duration `json:"refuse,omitempty"`
}

// SeedApp is an app with its secrets.
type SeedApp struct {
	App
	Secrets []SeedSecret `json:"secrets,omitempty"`
}

// SeedSecret is a client secret; an empty value is generated.
type SeedSecret struct {
	Value  string `json:"value,omitempty"`
	Status Status `json:"status,omitempty"`
}

// SeedServiceApp is an app for admin access with private_key_jwt; its key is either a JWK set or a PEM public key with its id.
type SeedServiceApp struct {
	ClientID  string              `json:"clientID"`
	JWKS      *jose.JSONWebKeySet `json:"jwks,omitempty"`
	PublicKey string              `json:"publicKey,omitempty"`
	KeyID     string              `json:"keyID,omitempty"`
	Scopes    []string            `json:"scopes,omitempty"`
	Role      Role                `json:"role,omitzero"`
}

// SeedAPIToken is an SSWS token.
type SeedAPIToken struct {
	Token string `json:"token"`
	Role  Role   `json:"role,omitzero"`
}

// SeedBench adds apps for a benchmark; see AddBenchApps.
type SeedBench struct {
	Apps int    `json:"apps,omitempty"`
	Seed string `json:"seed,omitempty"`
}

// Duration is a time.Duration that YAML and JSON write as "1m30s".
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("parse duration: %w", err)
	}
	*d = Duration(parsed)
	return nil
}

// LimitsName names a set of rate limits: off, integrator, enterprise or workforce.
type LimitsName string

// UnmarshalJSON takes false as "off", because that is how YAML reads a bare off.
func (n *LimitsName) UnmarshalJSON(data []byte) error {
	if string(data) == "false" {
		*n = "off"
		return nil
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("read limits: %w", err)
	}
	*n = LimitsName(text)
	return nil
}

// Limits are the limits of that name.
func (n LimitsName) Limits() (Limits, error) {
	switch n {
	case "", "off":
		return Limits{}, nil
	case "integrator":
		return IntegratorLimits(), nil
	case "enterprise":
		return EnterpriseLimits(), nil
	case "workforce":
		return WorkforceLimits(), nil
	default:
		return Limits{}, fmt.Errorf("unknown limits %q: use off, integrator, enterprise or workforce", string(n))
	}
}

// ParseSeed reads a seed file; a field that there is not is an error.
func ParseSeed(data []byte) (Seed, error) {
	var seed Seed
	if err := yaml.UnmarshalStrict(data, &seed); err != nil {
		return Seed{}, fmt.Errorf("parse seed: %w", err)
	}
	return seed, nil
}

// Options are the options of an org that starts with the seed.
func (s Seed) Options() (Options, error) {
	limits, err := s.Limits.Limits()
	if err != nil {
		return Options{}, err
	}
	return Options{
		Seed: s.Random, OrgID: s.OrgID, Pipeline: s.Pipeline, Limits: limits, Unknowns: s.Unknowns, LogDelay: time.Duration(s.LogDelay),
		Propagation: Propagation{Accept: time.Duration(s.Propagation.Accept), Refuse: time.Duration(s.Propagation.Refuse)},
	}, nil
}

// Plant adds what a seed holds to an org. Errors name the entry, never a value.
func (o *Org) Plant(seed Seed) error {
	for _, server := range seed.AuthorizationServers {
		o.AddAuthorizationServer(server)
	}
	for _, service := range seed.ServiceApps {
		keys, err := service.keys()
		if err != nil {
			return fmt.Errorf("plant service app %q: %w", service.ClientID, err)
		}
		o.AddServiceApp(service.ClientID, keys, service.Scopes, service.Role)
	}
	for _, token := range seed.APITokens {
		o.AddAPIToken(redact.NewValue(token.Token), token.Role)
	}
	for _, planted := range seed.Apps {
		added, err := o.CreateApp(planted.App)
		if err != nil {
			return fmt.Errorf("plant app %q: %w", planted.Label, err)
		}
		for i, s := range planted.Secrets {
			if _, err := o.CreateSecret(added.ID, redact.NewValue(s.Value), s.Status); err != nil {
				return fmt.Errorf("plant secret %d of app %q: %w", i, added.ID, err)
			}
		}
	}
	o.AddBenchApps(seed.Bench.Apps, seed.Bench.Seed)
	return nil
}

func (s SeedServiceApp) keys() (jose.JSONWebKeySet, error) {
	if s.JWKS != nil {
		return *s.JWKS, nil
	}
	block, _ := pem.Decode([]byte(s.PublicKey))
	if block == nil {
		return jose.JSONWebKeySet{}, errors.New("needs jwks, or a publicKey in PEM")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return jose.JSONWebKeySet{}, fmt.Errorf("parse publicKey: %w", err)
	}
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key, KeyID: s.KeyID, Use: "sig"}}}, nil
}
