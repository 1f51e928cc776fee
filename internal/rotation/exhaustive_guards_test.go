package rotation_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// missingGuard is a guard that is taken from the planner by what it is made to see, and what the check has to say then.
type missingGuard struct {
	without func(*rotation.Observation)
	// The world in which it is missed first.
	setting setting
	starts  []start
	total   int
	only    []moveKind
	says    string
}

// TestExhaustiveFindsAMissingGuard shows that the check is not blind: the planner with one guard less is found out, each time in what
// that guard is for. The planner itself is not changed: it is made to believe that the guard has nothing to say.
func TestExhaustiveFindsAMissingGuard(t *testing.T) {
	t.Parallel()
	for name, guard := range missingGuards() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from := roots(t, []setting{guard.setting}, guard.starts, 1)
			for _, root := range from {
				root.without = guard.without
			}
			s := explore(from, anything(0), guard.total, guard.only...)
			if !strings.HasPrefix(s.what, guard.says) {
				t.Errorf("without it the check says %q after %d states, want %q", s.what, s.states.len(), guard.says)
			}
			t.Logf("%s: %s, found in %d states", name, s.what, s.states.len())
		})
	}
}

func missingGuards() map[string]missingGuard {
	rotated := starts()[4:]
	limited := setting{limited: true}
	guards := map[string]missingGuard{
		"attempts are counted": {
			without: func(o *rotation.Observation) { o.Journal.Record.Attempts = 0 }, starts: starts()[2:3], total: 1,
			only: []moveKind{moveLieAlways}, says: "I6: a rotation that failed is repeated at once",
		},
		"limits.perDay": {
			without: func(o *rotation.Observation) { o.Credential.Policy.PerDay = 50 }, setting: limited, starts: rotated, total: 4,
			only: []moveKind{moveDeactivate}, says: "I6: more rotations within a day",
		},
		"three flips": {
			without: func(o *rotation.Observation) { o.Journal.Record.Flips = 0 }, starts: rotated, total: 4,
			only: []moveKind{movePasteBefore}, says: "I6: it fights",
		},
	}
	for _, more := range []map[string]missingGuard{guardsOfRetirement(rotated), guardsOfTheDeletion(rotated), guardsOfAHealing()} {
		maps.Copy(guards, more)
	}

	return guards
}

func guardsOfRetirement(rotated []start) map[string]missingGuard {
	return map[string]missingGuard{
		"overlap.minimum": {
			without: func(o *rotation.Observation) { o.Credential.Policy.OverlapMinimum = 0 }, starts: rotated,
			says: "I2: a superseded secret is deactivated before overlap.minimum",
		},
		"half of overlap.minimum": {
			without: func(o *rotation.Observation) { o.Credential.Policy.OverlapMinimum /= 2 }, starts: rotated,
			says: "I2: a superseded secret is deactivated before overlap.minimum",
		},
		"deleteAfter": {
			without: func(o *rotation.Observation) { o.Credential.Policy.DeleteAfter = 0 }, starts: rotated, total: 1,
			says: "I2: a superseded secret is deleted before deleteAfter",
		},
		"no pod uses it": {
			without: podsAreNew, starts: rotated, total: 1,
			says: "I2: a secret is deactivated that a pod still needs",
		},
		"room is made of our own only": {
			without: func(o *rotation.Observation) { o.Credential.Policy.ReplaceInactive = true }, starts: starts(), total: 2,
			only: []moveKind{moveAdd, moveDeactivate, moveRotate}, says: "I4: a stranger's secret is deleted",
		},
	}
}

// guardsOfTheDeletion are those that hold under deletionPolicy: Retire too.
func guardsOfTheDeletion(rotated []start) map[string]missingGuard {
	inDeletion := func(without func(*rotation.Observation)) func(*rotation.Observation) {
		return func(o *rotation.Observation) {
			if o.Credential.Deleting {
				without(o)
			}
		}
	}

	return map[string]missingGuard{
		"overlap.minimum, in a deletion": {
			without: inDeletion(func(o *rotation.Observation) { o.Credential.Policy.OverlapMinimum = 0 }), starts: rotated, total: 1,
			only: []moveKind{moveDeleteCredential}, says: "I2: a superseded secret is deactivated before overlap.minimum",
		},
		"no pod uses it, in a deletion": {
			without: inDeletion(podsAreNew), starts: rotated, total: 1,
			only: []moveKind{moveDeleteCredential}, says: "I2: a secret is deactivated that a pod still needs",
		},
		"not the last ACTIVE one, in a deletion": {
			without: inDeletion(anotherIsActive), starts: rotated, total: 2,
			only: []moveKind{moveDeactivate, moveDeleteCredential}, says: "I2: the last ACTIVE secret",
		},
		"the target's own value stays, in a deletion": {
			without: inDeletion(func(o *rotation.Observation) {
				if current := o.Journal.Record.Current; current != nil {
					o.Target.Value = current.Value
				}
			}), starts: rotated, total: 2,
			only: []moveKind{movePasteBefore, moveDeleteCredential}, says: "I2: deactivating broke a working Secret",
		},
	}
}

func guardsOfAHealing() map[string]missingGuard {
	works := starts()[:1]

	return map[string]missingGuard{
		"a rejection is confirmed": {
			without: func(o *rotation.Observation) {
				if o.Check != nil && o.Check.Rejections > 0 {
					o.Check = changed(o.Check, func(c *rotation.Check) { c.Rejections = o.Credential.Confirmations })
				}
			}, starts: starts()[2:3], says: "I5: SecretRejected heals a secret whose rejection is not confirmed",
		},
		"ACTIVE at Okta is not rejected": {
			without: func(o *rotation.Observation) {
				if o.Okta != nil && o.Check != nil && o.Check.RejectsSecret() && o.Journal.Record.Staged == nil {
					o.Okta = changed(o.Okta, func(v *rotation.OktaView) {
						v.Secrets = slices.DeleteFunc(slices.Clone(v.Secrets), func(l rotation.Listed) bool { return l.Value.Equal(o.Target.Value) })
					})
				}
			}, starts: works, total: 1, only: []moveKind{moveLieAlways}, says: "I5: SecretRejected heals a secret that works",
		},
		"ownership": {
			without: func(o *rotation.Observation) { o.Target.ClientID = "0oaclient" }, setting: setting{alone: true}, starts: starts()[2:3], total: 1,
			only: []moveKind{movePasteWrong}, says: "I5: a value is overwritten that may belong to something else",
		},
		"the finalizer before the create": {
			without: func(o *rotation.Observation) { o.Journal.Held, o.Credential.HasFinalizer = true, true }, starts: starts()[2:3],
			says: "I1: a secret is made while the credential may go unnoticed",
		},
	}
}

// changed is a copy with a change: what an observation points at belongs to the state.
func changed[T any](of *T, change func(*T)) *T {
	other := *of
	change(&other)

	return &other
}

func podsAreNew(o *rotation.Observation) { o.Target.PodsOnOlder = &[]string{} }

// anotherIsActive shows one ACTIVE secret more than there is.
func anotherIsActive(o *rotation.Observation) {
	if o.Okta != nil && o.Okta.Problem == "" {
		o.Okta = changed(o.Okta, func(v *rotation.OktaView) {
			v.Secrets = append(slices.Clone(v.Secrets), rotation.Listed{ID: "imagined", Active: true, Hash: "imagined", Created: epoch})
		})
	}
}
