package oktaclientcredential

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

var (
	sampleFlag = flag.Int("switches.sample", 25, "how many combinations of all switches are tried in each situation, beside every combination of those that matter there")
	seedFlag   = flag.Uint64("switches.seed", 1, "which combinations of all switches are tried")
)

// oktaSwitch is a field of oktasim.Unknowns: something about Okta that nobody we found knows.
type oktaSwitch struct {
	field string
	// positions set the field; the first one is the simulated org's default.
	positions []func(*oktasim.Unknowns)
	// otherwise says why it cannot matter in the situations that do not name it. A sample over all switches holds that it
	// does not.
	otherwise string
}

func choice[V any](field, otherwise string, of func(*oktasim.Unknowns) *V, values ...V) oktaSwitch {
	s := oktaSwitch{field: field, otherwise: otherwise}
	for _, value := range values {
		s.positions = append(s.positions, func(u *oktasim.Unknowns) { *of(u) = value })
	}

	return s
}

func toggle(field, otherwise string, of func(*oktasim.Unknowns) *bool) oktaSwitch {
	return choice(field, otherwise, of, false, true)
}

const (
	unlisted   = "the secrets' values decide nothing: Okta accepts the stored one, or the client is refused whatever it is"
	unrefused  = "no request gets this refusal: the client is refused before, and for another cause"
	orderless  = "the application passes this check, so that it is all one when it is made"
	notInCheck = "nothing that a check or a diagnosis reads shows it"
)

// switches are all of them: TestNoSwitchIsForgotten holds that.
func switches() []oktaSwitch {
	values := []oktasim.ValueDisplay{"", oktasim.ValueMasked, oktasim.ValueOmitted}
	refusals := []oktasim.ClientRefusal{"", oktasim.RefuseAsWrongSecret, oktasim.RefuseAsAmbiguous, oktasim.RefuseAsUnknownClient}
	// The first two of these are refused as wrong secrets by default, the others as unknown clients.
	secrets, clients := refusals[1:], []oktasim.ClientRefusal{refusals[3], refusals[1], refusals[2]}

	return []oktaSwitch{
		toggle("RefuseSameValue", "no value is created a second time, and none at all before a new one is staged", func(u *oktasim.Unknowns) *bool { return &u.RefuseSameValue }),
		choice("Values", unlisted, func(u *oktasim.Unknowns) *oktasim.ValueDisplay { return &u.Values }, values...),
		choice("HiddenValues", "the admin role may see values", func(u *oktasim.Unknowns) *oktasim.ValueDisplay { return &u.HiddenValues },
			"", oktasim.ValueOmitted, oktasim.ValueClear),
		toggle("ForeignHash", unlisted, func(u *oktasim.Unknowns) *bool { return &u.ForeignHash }),
		toggle("DecodeBasic", "client id and value have no character that is encoded", func(u *oktasim.Unknowns) *bool { return &u.DecodeBasic }),
		toggle("AnyMethod", "the check authenticates as the application is set to, or not by a secret at all", func(u *oktasim.Unknowns) *bool { return &u.AnyMethod }),
		choice("WrongSecret", unrefused, func(u *oktasim.Unknowns) *oktasim.ClientRefusal { return &u.WrongSecret }, secrets...),
		choice("InactiveSecret", "no INACTIVE value is sent", func(u *oktasim.Unknowns) *oktasim.ClientRefusal { return &u.InactiveSecret }, secrets...),
		choice("InactiveApp", "the application is not INACTIVE", func(u *oktasim.Unknowns) *oktasim.ClientRefusal { return &u.InactiveApp }, clients...),
		choice("DeletedApp", "the application is not deleted", func(u *oktasim.Unknowns) *oktasim.ClientRefusal { return &u.DeletedApp }, clients...),
		toggle("UnknownClient400", "nothing is refused as an unknown client", func(u *oktasim.Unknowns) *bool { return &u.UnknownClient400 }),
		choice("UnknownServer", "the authorization server is there", func(u *oktasim.Unknowns) *oktasim.ServerRefusal { return &u.UnknownServer },
			oktasim.ServerNotFound, oktasim.ServerInvalidRequest, oktasim.ServerNotFoundHTML),
		toggle("DPoPFirst", orderless, func(u *oktasim.Unknowns) *bool { return &u.DPoPFirst }),
		toggle("PKCEFirst", orderless, func(u *oktasim.Unknowns) *bool { return &u.PKCEFirst }),
		toggle("GrantFirst", orderless, func(u *oktasim.Unknowns) *bool { return &u.GrantFirst }),
		toggle("PolicyFirst", orderless, func(u *oktasim.Unknowns) *bool { return &u.PolicyFirst }),
		toggle("NetworkFirst", orderless, func(u *oktasim.Unknowns) *bool { return &u.NetworkFirst }),
		toggle("RefusePartialScopes", "the admin credential is an API token, which has no scopes", func(u *oktasim.Unknowns) *bool { return &u.RefusePartialScopes }),
		toggle("ManageReads", "the admin credential is an API token, which has no scopes", func(u *oktasim.Unknowns) *bool { return &u.ManageReads }),
		choice("HiddenApp", "the admin role has the application in its resource set", func(u *oktasim.Unknowns) *oktasim.HiddenAppAnswer { return &u.HiddenApp },
			oktasim.HiddenForbidden, oktasim.HiddenNotFound, oktasim.HiddenEmpty),
		toggle("TokenEventOtherHash", notInCheck, func(u *oktasim.Unknowns) *bool { return &u.TokenEventOtherHash }),
		choice("FailuresPerEvent", notInCheck, func(u *oktasim.Unknowns) *int { return &u.FailuresPerEvent }, 0, 3),
	}
}

func TestNoSwitchIsForgotten(t *testing.T) {
	all := map[string]bool{}
	for _, s := range switches() {
		all[s.field] = true
	}
	for field := range reflect.TypeFor[oktasim.Unknowns]().Fields() {
		if !all[field.Name] {
			t.Errorf("the switch %s is tried in no situation", field.Name)
		}
	}
	matters := map[string]int{}
	for _, s := range situations() {
		for _, name := range s.matter {
			if !all[name] {
				t.Errorf("%s: there is no switch %s", s.name, name)
			}
			matters[name]++
		}
	}
	for _, s := range switches() {
		t.Logf("%-20s matters in %2d of %d situations; not in the others: %s", s.field, matters[s.field], len(situations()), s.otherwise)
	}
}

// combinations are all combinations of the named switches, the default of all of them first.
func combinations(names []string) []oktasim.Unknowns {
	all := []oktasim.Unknowns{atDefault()}
	for _, s := range switches() {
		if slices.Contains(names, s.field) {
			all = each(all, s.positions, func(u *oktasim.Unknowns, set func(*oktasim.Unknowns)) { set(u) })
		}
	}

	return all
}

// atDefault writes each default out, so that combinations can be compared.
func atDefault() oktasim.Unknowns {
	var u oktasim.Unknowns
	for _, s := range switches() {
		s.positions[0](&u)
	}

	return u
}

// spelled names the switches that are not at their defaults.
func spelled(u oktasim.Unknowns) string {
	standard, given := reflect.ValueOf(atDefault()), reflect.ValueOf(u)
	turned := []string{}
	for i := range given.NumField() {
		if value := given.Field(i).Interface(); value != standard.Field(i).Interface() {
			turned = append(turned, fmt.Sprintf("%s=%v", given.Type().Field(i).Name, value))
		}
	}

	return "with " + cmp.Or(strings.Join(turned, " "), "every default")
}

// sample is the i-th combination of all switches for a situation, and what is left of it when those that do not matter there
// are at their defaults.
func sample(i int, situation string, matter []string) (all, left oktasim.Unknowns) {
	left = atDefault()
	for _, s := range switches() {
		sum := sha256.Sum256(fmt.Appendf(nil, "%d/%s/%d/%s", *seedFlag, situation, i, s.field))
		set := s.positions[binary.BigEndian.Uint64(sum[:])%uint64(len(s.positions))]
		set(&all)
		if slices.Contains(matter, s.field) {
			set(&left)
		}
	}

	return all, left
}

// TestWhateverNobodyKnows puts the operator into each situation with every combination of the switches that can matter there,
// and with a sample of the combinations of all: the verdict is what is true, or Unrecognized, and no secret is made but where
// one is needed.
func TestWhateverNobodyKnows(t *testing.T) {
	var verdicts tally
	var tried atomic.Int64
	t.Run("in", func(t *testing.T) {
		for _, s := range situations() {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, "idx")
				standard, found := atDefault(), map[oktasim.Unknowns]outcome{}
				for _, u := range combinations(s.matter) {
					found[u] = s.outcome(w, u)
					s.mustBeRight(t, u, standard, found[u])
					verdicts.add(fmt.Sprintf("%-24s %s", found[u].Verdict, found[u].Action))
				}
				for i := range *sampleFlag {
					all, left := sample(i, s.name, s.matter)
					if got := s.outcome(w, all); got != found[left] {
						t.Errorf("a switch matters that should not: %s it is %+v, but %s %+v", spelled(all), got, spelled(left), found[left])
					}
				}
				tried.Add(int64(len(found) + *sampleFlag))
				t.Logf("%d combinations of %v, and %d of all switches (seed %d)", len(found), s.matter, *sampleFlag, *seedFlag)
			})
		}
	})
	verdicts.log(t)
	t.Logf("%d situations, %d combinations", len(situations()), tried.Load())
}

// outcome of the situation with these switches.
func (s situation) outcome(w *world, u oktasim.Unknowns) outcome {
	w.t.Helper()
	w.reset(u, s.app)
	if s.arrange != nil {
		s.arrange(w)
	}
	if s.wasAccepted {
		w.mustWork()
	}
	if s.happens != nil {
		s.happens(w)
	}

	return w.decide()
}

// mustBeRight holds what came of one combination against what is true.
func (s situation) mustBeRight(t *testing.T, u, standard oktasim.Unknowns, got outcome) {
	t.Helper()
	truth := s.truth(u)
	if got.Verdict != truth && got.Verdict != v1alpha1.VerdictUnrecognized {
		t.Errorf("%s: %s, and the truth is %s", spelled(u), got.Verdict, truth)
	}
	if u == standard && (got.Verdict != truth || got.Action != s.action) {
		t.Errorf("%s and %q, want %s and %q", got.Verdict, got.Action, truth, s.action)
	}
	if heals := s.heals != nil && s.heals(u); got.generates() != heals {
		t.Errorf("%s: %s and %q, and a new secret has to be made: %t", spelled(u), got.Verdict, got.Action, heals)
	}
}
