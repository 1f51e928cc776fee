package oktaclientcredential

import (
	"slices"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// situation is something that can be the matter with a credential.
type situation struct {
	name string
	app  oktasim.App
	// arrange changes the world before it is looked at first. Without it the Secret holds an ACTIVE secret of the application.
	arrange func(*world)
	// wasAccepted has Okta accept the stored value before happens is called.
	wasAccepted bool
	happens     func(*world)
	// matter are the switches that can change what Okta answers here.
	matter []string
	// truth is what a person with all the facts would say, as far as it depends on what nobody knows.
	truth func(oktasim.Unknowns) v1alpha1.Verdict
	// action is what is done where every switch is at its default.
	action string
	// heals says with which switches a new secret is made; nil means never.
	heals func(oktasim.Unknowns) bool
}

func always(v v1alpha1.Verdict) func(oktasim.Unknowns) v1alpha1.Verdict {
	return func(oktasim.Unknowns) v1alpha1.Verdict { return v }
}

// toldBy says whether a refusal can heal: the exact text does, the ambiguous one where Okta's list tells that the value is not
// ACTIVE, and never the text about the client.
func toldBy(refusal oktasim.ClientRefusal, listTells bool) bool {
	return refusal == oktasim.RefuseAsWrongSecret || (refusal == oktasim.RefuseAsAmbiguous && listTells)
}

// showsValues says whether Okta's list shows what it holds, so that it tells that a value is not there.
func showsValues(u oktasim.Unknowns) bool { return u.Values == "" }

// tellsInactive says whether Okta's list tells that a value is there and INACTIVE: by the value, or by the hash.
func tellsInactive(u oktasim.Unknowns) bool { return showsValues(u) || !u.ForeignHash }

func healsAbsent(u oktasim.Unknowns) bool { return toldBy(u.WrongSecret, showsValues(u)) }

// healsInactive: where Okta's list does not tell which of the two secrets is the stored one, there is no room for a new one, and
// the operator may remove neither.
func healsInactive(u oktasim.Unknowns) bool {
	return tellsInactive(u) && toldBy(u.InactiveSecret, true)
}

// refusedAs are the switches of how a wrong secret is refused, a calibration's too; absent adds what Okta's list tells then.
func refusedAs(more ...string) []string {
	return append([]string{"WrongSecret", "UnknownClient400"}, more...)
}

func absent(more ...string) []string {
	return refusedAs(append([]string{"Values", "ForeignHash"}, more...)...)
}

func isDeactivated(w *world) { w.replaceByAdmin(false) }

func isDeleted(w *world) { w.replaceByAdmin(true) }

func atCustomServer(w *world) { w.credential.Spec.AuthorizationServer = "default" }

func authenticates(method v1alpha1.TokenEndpointAuthMethod) func(*world) {
	return func(w *world) { w.credential.Spec.TokenEndpointAuthMethod = method }
}

// accepted is a situation in which nothing is wrong, whatever it may look like.
func accepted(name string, app oktasim.App, arrange func(*world), matter ...string) situation {
	return situation{
		name: name + ", and a good secret", app: app, arrange: arrange, matter: refusedAs(matter...),
		truth: always(v1alpha1.VerdictAccepted), action: "Nothing",
	}
}

// gone is a situation in which the stored secret was deleted at Okta.
func gone(name string, app oktasim.App, arrange func(*world), matter ...string) situation {
	return situation{
		name: name + ", and a deleted secret", app: app, arrange: arrange, happens: isDeleted, matter: absent(matter...),
		truth: always(v1alpha1.VerdictSecretRejected), action: "Generate SecretRejected", heals: healsAbsent,
	}
}

// explained is a situation in which no new secret would help.
func explained(verdict v1alpha1.Verdict, name string, app oktasim.App, arrange func(*world), matter ...string) situation {
	return situation{name: name, app: app, arrange: arrange, matter: matter, truth: always(verdict), action: "Explain " + string(verdict)}
}

func (s situation) before(happens func(*world)) situation {
	s.wasAccepted, s.happens = true, happens

	return s
}

// withTruth is the situation with a verdict of its own where a switch changes what is true.
func (s situation) withTruth(isOther func(oktasim.Unknowns) bool, other v1alpha1.Verdict) situation {
	truth, heals := s.truth, s.heals
	s.truth = func(u oktasim.Unknowns) v1alpha1.Verdict {
		if isOther(u) {
			return other
		}

		return truth(u)
	}
	s.heals = func(u oktasim.Unknowns) bool { return heals != nil && heals(u) && !isOther(u) }

	return s
}

// situations are what the operator is put into.
func situations() []situation {
	return slices.Concat(secretSituations(), malformedSituations(), applicationSituations(), methodSituations(), orderSituations(), adminSituations())
}

// secretSituations are about the stored value alone.
func secretSituations() []situation {
	web := oktasim.App{}
	deactivated := situation{
		name: "an INACTIVE secret", arrange: isDeactivated, matter: []string{"InactiveSecret", "UnknownClient400", "Values", "ForeignHash"},
		truth: always(v1alpha1.VerdictSecretRejected), action: "Generate SecretRejected", heals: healsInactive,
	}
	deactivatedLater := deactivated.before(isDeactivated)
	deactivatedLater.name, deactivatedLater.arrange = "a secret that worked and is INACTIVE", nil
	deletedLater := gone("a web application that worked", web, nil)
	deletedLater.wasAccepted = true
	wrong := gone("a web application", web, func(w *world) { w.store(wrongValue) })
	wrong.name, wrong.happens = "a secret of nobody's", nil

	return []situation{
		accepted("a web application", web, nil),
		accepted("a web application at a custom server", web, atCustomServer),
		wrong, deactivated, deactivatedLater, deletedLater,
		gone("a web application", web, nil),
		gone("a web application at a custom server", web, atCustomServer),
		gone("a client id that is not the application's id", oktasim.App{ID: "0oaApplication", ClientID: "my-client"}, nil),
		accepted("special characters", web, isSpecial, "DecodeBasic"),
		specialDeactivated(),
		specialDeleted(),
		notHonouredYet(),
	}
}
