package rotation_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// The time at which all decisions of the tables fall.
var at = epoch

type given func(*rotation.Observation)

// decision is one line of a table: what is given, on top of a healthy credential, and what comes next.
type decision struct {
	given []given
	want  rotation.Action
}

func value(s string) redact.Value { return redact.NewValue(s) }

// healthy is a credential whose Secret holds "old", which Okta accepts and lists as ocs1; nothing is due.
func healthy(changes ...given) rotation.Observation {
	o := rotation.Observation{
		Credential: rotation.Credential{
			Namespace: "team", Name: "app", Binding: rotation.Binding{CredentialUID: "uid", Org: "https://org", ApplicationID: "0oa"},
			ClientID: "0oa", AuthMethod: v1alpha1.AuthMethodAuto, Mode: v1alpha1.ModeRotate,
			CreationPolicy: v1alpha1.CreationAdopt, DeletionPolicy: v1alpha1.DeletionRetain,
			Confirmations: 2, Interval: 10 * time.Minute, StaleAfter: 30 * time.Minute,
			Policy: rotation.Policy{Spacing: 15 * time.Second, OverlapMinimum: time.Hour, Retire: v1alpha1.RetireDelete, DeleteAfter: 168 * time.Hour, PerDay: 3, MaxAttempts: 5},
		},
		Target: rotation.Target{Found: true, Version: "7", Labelled: true, HasKey: true, Value: value("old"), ClientID: "0oa", Writers: "kubectl"},
		Journal: rotation.Journal{Found: true, Version: "3", Record: rotation.Record{
			ClientID: "0oa", Current: &rotation.Held{Value: value("old"), Since: at.Add(-48 * time.Hour)},
		}},
		Check: &rotation.Check{Verdict: v1alpha1.VerdictAccepted, At: at.Add(-time.Minute)},
	}
	o.Journal.Record.Binding = o.Credential.Binding
	for _, change := range changes {
		change(&o)
	}

	return o
}

// answered sets the token endpoint's last answer about the target, a minute ago.
func answered(verdict v1alpha1.Verdict, rejections int) given {
	return func(o *rotation.Observation) {
		o.Check = &rotation.Check{Verdict: verdict, At: at.Add(-10 * time.Second), Failures: max(1, rejections), Rejections: rejections}
	}
}

// rejected is a confirmed rejection with the second opinion and this list at Okta.
func rejected(secrets ...rotation.Listed) given {
	return func(o *rotation.Observation) {
		answered(v1alpha1.VerdictSecretRejected, 2)(o)
		o.Second = &rotation.Check{Verdict: v1alpha1.VerdictSecretRejected, At: at}
		lists(secrets...)(o)
	}
}

// lists is what Okta lists.
func lists(secrets ...rotation.Listed) given {
	return func(o *rotation.Observation) {
		o.Okta = &rotation.OktaView{AppStatus: "ACTIVE", AppClientID: "0oa", AppAuthMethod: "client_secret_basic", Secrets: secrets}
	}
}

func active(id, secret string) rotation.Listed {
	return rotation.Listed{ID: id, Active: true, Value: value(secret), Hash: value(secret).Hash(), Created: at.Add(-24 * time.Hour)}
}

func inactive(id, secret string) rotation.Listed {
	l := active(id, secret)
	l.Active = false

	return l
}

// masked hides the value, and makes the hash one that nobody can compute.
func masked(l rotation.Listed) rotation.Listed {
	l.Value, l.Hash = redact.Value{}, "opaque-"+l.ID

	return l
}

func command(rotate string) given {
	return func(o *rotation.Observation) { o.Credential.Commands.Rotate = rotate }
}

func mode(m v1alpha1.Mode) given { return func(o *rotation.Observation) { o.Credential.Mode = m } }

func missing(o *rotation.Observation) { o.Target = rotation.Target{} }

func immutable(o *rotation.Observation) { o.Target.Immutable = true }

// staged has a rotation at work, whose new value is "new".
func staged(o *rotation.Observation) {
	o.Journal.Held = true
	o.Journal.Record.Staged = &rotation.Staged{
		Value: value("new"), Cause: rotation.CauseRejected, At: at.Add(-time.Minute),
		IDsBefore: []string{"ocs1"}, Replaces: rotation.Replaced{Hash: value("old").Hash(), ID: "ocs1"},
	}
	answered(v1alpha1.VerdictSecretRejected, 2)(o)
}

// justStaged has this process stage the value so long ago, and write the journal no more since.
func justStaged(ago time.Duration) given {
	return func(o *rotation.Observation) { o.JustStaged, o.Journal.Record.Staged.At = true, at.Add(-ago) }
}

// tested sets the token endpoint's last answer about the staged value.
func tested(verdict v1alpha1.Verdict) given {
	return func(o *rotation.Observation) {
		o.StagedCheck = &rotation.Check{Verdict: verdict, At: at.Add(-time.Second), Failures: 1}
	}
}

// promoting has noted the intent to write "new" over the target.
func promoting(o *rotation.Observation) {
	staged(o)
	o.Journal.Record.Promoting = &rotation.Promotion{
		TargetVersion: "7", ID: "ocs2",
		Replaces: rotation.Replaced{Hash: value("old").Hash(), ID: "ocs1"}, Previous: &rotation.Held{Value: value("old"), ID: "ocs1"},
	}
	tested(v1alpha1.VerdictAccepted)(o)
}

// superseded has a finished rotation: "old" was superseded by "new" some time ago.
func superseded(age time.Duration) given {
	return func(o *rotation.Observation) {
		o.Journal.Held = true
		o.Target.Value = value("new")
		o.Journal.Record.Current = &rotation.Held{Value: value("new"), ID: "ocs2", Made: true, Since: at.Add(-age)}
		o.Journal.Record.Previous = &rotation.Held{Value: value("old"), ID: "ocs1", Since: at.Add(-age)}
		o.Journal.Record.Retired = []rotation.Retired{{Hash: value("old").Hash(), ID: "ocs1", Promoted: true, Ended: true, At: at.Add(-age)}}
	}
}

func pods(names ...string) given {
	return func(o *rotation.Observation) { o.Target.PodsOnOlder = &names }
}

// unready are pods that are not ready with the new value.
func unready(pods ...string) given {
	return func(o *rotation.Observation) { o.Target.PodsUnready = pods }
}

func unusable(o *rotation.Observation) {
	o.Connection.Unusable, o.Connection.UnusableMessage = "AdminCredentialRejected", "401"
}

func deleting(policy v1alpha1.DeletionPolicy) given {
	return func(o *rotation.Observation) {
		o.Credential.Deleting, o.Credential.HasFinalizer, o.Credential.DeletionPolicy = true, true, policy
	}
}

// rotationAt is a wait that says when the next rotation may start.
func rotationAt(at time.Time, w rotation.Wait) rotation.Wait {
	w.RotationAt = at

	return w
}

func wait(state rotation.State, reason string, until time.Time) rotation.Wait {
	return rotation.Wait{State: state, Reason: reason, Until: until}
}

// record is the journal's record after a transition.
func record(transition func(rotation.Record) rotation.Record, changes ...given) rotation.WriteJournal {
	return rotation.WriteJournal{Record: transition(healthy(changes...).Journal.Record)}
}

// stopped by the operator itself, for a reason.
func stopped(reason string) func(rotation.Record) rotation.Record {
	return func(r rotation.Record) rotation.Record { return r.Stop(rotation.Halt{Reason: reason, At: at}) }
}

// givenIn to another writer, who has just put a value into version 7 of the target.
func givenIn(held string) func(rotation.Record) rotation.Record {
	return func(r rotation.Record) rotation.Record {
		return stopped(v1alpha1.ReasonContested)(r.Flip(at, "7", value(held)))
	}
}

func unchanged(r rotation.Record) rotation.Record { return r }

// texts are for people: what they say is not compared.
var texts = cmp.Options{
	cmpopts.IgnoreFields(rotation.Wait{}, "Message", "Step", "HoldsUp"), cmpopts.IgnoreFields(rotation.Halt{}, "Message"), cmpopts.EquateEmpty(),
	cmpopts.IgnoreTypes([]rotation.Telling{}),
}

func decide(t *testing.T, table map[string]decision) {
	t.Helper()
	for name, c := range table {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := rotation.Decide(at, healthy(c.given...))
			if diff := cmp.Diff(c.want, got, texts); diff != "" {
				t.Errorf("decided otherwise (-want +got):\n%s", diff)
			}
		})
	}
}
