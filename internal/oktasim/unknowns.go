package oktasim

// Unknowns has one switch for each thing about Okta that nobody we found knows. The zero value is the likelier answer; the
// operator must be right either way.
type Unknowns struct {
	// RefuseSameValue refuses a second secret with a value that the app already has. Zero: it is taken.
	RefuseSameValue bool `json:"refuseSameValue,omitempty"`
	// Values says how secret values are shown in lists and gets to everybody. Zero: in clear, as recordings show.
	Values ValueDisplay `json:"values,omitempty"`
	// HiddenValues says how values are shown to an admin without okta.apps.clientCredentials.read. Zero: masked.
	HiddenValues ValueDisplay `json:"hiddenValues,omitempty"`
	// ForeignHash makes secret_hash something else than the truncated SHA-256 of the value, which Okta does not document.
	ForeignHash bool `json:"foreignHash,omitempty"`
	// DecodeBasic form-decodes the two halves of Basic credentials, as RFC 6749 says. Zero: they are taken as they are.
	DecodeBasic bool `json:"decodeBasic,omitempty"`
	// AnyMethod takes a secret by Basic and by post, whichever the app has configured. Zero: the other one is refused.
	AnyMethod bool `json:"anyMethod,omitempty"`
	// WrongSecret is the answer to a secret that the app does not have. Zero: the exact text.
	WrongSecret ClientRefusal `json:"wrongSecret,omitempty"`
	// InactiveSecret is the answer to an INACTIVE secret. Zero: as for a wrong one, the exact text.
	InactiveSecret ClientRefusal `json:"inactiveSecret,omitempty"`
	// InactiveApp is the answer for a deactivated app. Zero: as for an unknown client id.
	InactiveApp ClientRefusal `json:"inactiveApp,omitempty"`
	// DeletedApp is the answer for a deleted app. Zero: as for an unknown client id.
	DeletedApp ClientRefusal `json:"deletedApp,omitempty"`
	// UnknownClient400 answers an unknown client id with status 400, as was seen once, instead of 401.
	UnknownClient400 bool `json:"unknownClient400,omitempty"`
	// UnknownServer is the answer of the OAuth endpoints of an authorization server that is not there. Zero: 404 E0000007.
	UnknownServer ServerRefusal `json:"unknownServer,omitempty"`
	// DPoPFirst, PKCEFirst, GrantFirst, PolicyFirst and NetworkFirst look at the named thing before the secret. Zero: after it.
	DPoPFirst    bool `json:"dpopFirst,omitempty"`
	PKCEFirst    bool `json:"pkceFirst,omitempty"`
	GrantFirst   bool `json:"grantFirst,omitempty"`
	PolicyFirst  bool `json:"policyFirst,omitempty"`
	NetworkFirst bool `json:"networkFirst,omitempty"`
	// RefusePartialScopes refuses an admin token when one of several scopes was not granted. Zero: the granted ones are given.
	RefusePartialScopes bool `json:"refusePartialScopes,omitempty"`
	// ManageReads lets okta.apps.manage read as well. Zero: reading needs okta.apps.read, as the OpenAPI description says.
	ManageReads bool `json:"manageReads,omitempty"`
	// HiddenApp is the answer for an app outside of the caller's resource set. Zero: 403 E0000006.
	HiddenApp HiddenAppAnswer `json:"hiddenApp,omitempty"`
	// TokenEventOtherHash makes debugData.clientSecret of token events another hash than secret_hash.
	TokenEventOtherHash bool `json:"tokenEventOtherHash,omitempty"`
	// FailuresPerEvent is how many failed authentications of a client make one app.oauth2.invalid_client_credentials event.
	// Zero: each one does, the noisiest case.
	FailuresPerEvent int `json:"failuresPerEvent,omitempty"`
}

// ValueDisplay is how the admin API shows the value of a secret after it was created.
type ValueDisplay string

// How a value may be shown. The empty ValueDisplay is the default that its switch names.
const (
	ValueClear   ValueDisplay = "Clear"
	ValueMasked  ValueDisplay = "Masked"
	ValueOmitted ValueDisplay = "Omitted"
)

// ClientRefusal is which of Okta's answers a client gets that cannot be authenticated.
type ClientRefusal string

// The refusals. The empty ClientRefusal is the default that its switch names.
const (
	// RefuseAsWrongSecret: "The client secret supplied for a confidential client is invalid.".
	RefuseAsWrongSecret ClientRefusal = "WrongSecret"
	// RefuseAsAmbiguous: "Client authentication failed. Either the client or the client credentials are invalid.".
	RefuseAsAmbiguous ClientRefusal = "Ambiguous"
	// RefuseAsUnknownClient: the errorCode form with "Invalid value for 'client_id' parameter.".
	RefuseAsUnknownClient ClientRefusal = "UnknownClient"
)

// ServerRefusal is how a request to an authorization server that is not there is answered.
type ServerRefusal string

// The refusals of an unknown server. The empty one is ServerNotFound.
const (
	ServerNotFound       ServerRefusal = "NotFound"
	ServerInvalidRequest ServerRefusal = "InvalidRequest"
	ServerNotFoundHTML   ServerRefusal = "NotFoundHTML"
)

// HiddenAppAnswer is how an app outside of the caller's resource set is answered for. In the list of apps it is always just
// left out.
type HiddenAppAnswer string

// The answers for a hidden app. The empty one is HiddenForbidden.
const (
	HiddenForbidden HiddenAppAnswer = "Forbidden"
	HiddenNotFound  HiddenAppAnswer = "NotFound"
	// HiddenEmpty answers a list of secrets with [] and everything else with 403.
	HiddenEmpty HiddenAppAnswer = "Empty"
)
