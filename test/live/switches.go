package main

import "github.com/oktacred/okta-credential-operator/internal/oktasim"

// oktaSwitch is one way to make oktasim answer otherwise.
type oktaSwitch struct {
	// name is the field of oktasim's Go types and its value; seed files begin the field's name with a small letter.
	name string
	turn func(*oktasim.Options)
}

// switches are those whose effect the scenarios can see. The others are about what a run does not make: apps with DPoP,
// PKCE, network zones or policies, admin credentials with less rights, the System Log.
var switches = []oktaSwitch{
	{"Unknowns.WrongSecret = Ambiguous", func(o *oktasim.Options) { o.Unknowns.WrongSecret = oktasim.RefuseAsAmbiguous }},
	{"Unknowns.WrongSecret = UnknownClient", func(o *oktasim.Options) { o.Unknowns.WrongSecret = oktasim.RefuseAsUnknownClient }},
	{"Unknowns.InactiveSecret = Ambiguous", func(o *oktasim.Options) { o.Unknowns.InactiveSecret = oktasim.RefuseAsAmbiguous }},
	{"Unknowns.InactiveSecret = UnknownClient", func(o *oktasim.Options) { o.Unknowns.InactiveSecret = oktasim.RefuseAsUnknownClient }},
	{"Unknowns.InactiveApp = WrongSecret", func(o *oktasim.Options) { o.Unknowns.InactiveApp = oktasim.RefuseAsWrongSecret }},
	{"Unknowns.InactiveApp = Ambiguous", func(o *oktasim.Options) { o.Unknowns.InactiveApp = oktasim.RefuseAsAmbiguous }},
	{"Unknowns.DeletedApp = WrongSecret", func(o *oktasim.Options) { o.Unknowns.DeletedApp = oktasim.RefuseAsWrongSecret }},
	{"Unknowns.DeletedApp = Ambiguous", func(o *oktasim.Options) { o.Unknowns.DeletedApp = oktasim.RefuseAsAmbiguous }},
	{"Unknowns.UnknownClient400 = true", func(o *oktasim.Options) { o.Unknowns.UnknownClient400 = true }},
	{"Unknowns.UnknownServer = InvalidRequest", func(o *oktasim.Options) { o.Unknowns.UnknownServer = oktasim.ServerInvalidRequest }},
	{"Unknowns.UnknownServer = NotFoundHTML", func(o *oktasim.Options) { o.Unknowns.UnknownServer = oktasim.ServerNotFoundHTML }},
	{"Unknowns.AnyMethod = true", func(o *oktasim.Options) { o.Unknowns.AnyMethod = true }},
	{"Unknowns.DecodeBasic = true", func(o *oktasim.Options) { o.Unknowns.DecodeBasic = true }},
	{"Unknowns.RefuseSameValue = true", func(o *oktasim.Options) { o.Unknowns.RefuseSameValue = true }},
	{"Unknowns.Values = Omitted", func(o *oktasim.Options) { o.Unknowns.Values = oktasim.ValueOmitted }},
	{"Unknowns.ForeignHash = true", func(o *oktasim.Options) { o.Unknowns.ForeignHash = true }},
	{"Options.NoAPIAccessManagement = true", func(o *oktasim.Options) { o.NoAPIAccessManagement = true }},
}
