package rotation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

const (
	goodValue = "goodgoodgoodgoodgoodgoodgoodgood"
	slow      = 9*time.Minute + 50*time.Second
)

// said is the token endpoint's last answer, confirmed where it has to be.
func said(verdict v1alpha1.Verdict) given { return answered(verdict, 2) }

// unclear is Okta's ambiguous text, confirmed, for a client whose method is known.
func unclear(o *rotation.Observation) {
	said(v1alpha1.VerdictUnrecognized)(o)
	o.Check.Ambiguous = true
	knownMethod("ClientSecretBasic")(o)
}

func stored(text string) given {
	return func(o *rotation.Observation) { o.Target.Value = value(text) }
}

// neverAccepted is a credential whose secret never worked here.
func neverAccepted(o *rotation.Observation) { o.Journal.Record.Current = nil }

func admin(problem string) given {
	return func(o *rotation.Observation) {
		o.Okta = &rotation.OktaView{Problem: problem, Message: "as it is", NeedsPerson: true}
	}
}

func appIs(change func(*rotation.OktaView)) given {
	return func(o *rotation.Observation) { change(o.Okta) }
}

func tenants(view rotation.TenantView) given {
	return func(o *rotation.Observation) { o.Tenants = &view }
}

func server(id string) given {
	return func(o *rotation.Observation) { o.Credential.AuthorizationServer = id }
}

func issuer(url string) given { return func(o *rotation.Observation) { o.Target.Issuer = url } }

// TestDiagnosis: each cause of a refusal has its own verdict, and only a secret that is proven wrong is called so.
func TestDiagnosis(t *testing.T) {
	t.Parallel()
	type row struct {
		given  []given
		want   v1alpha1.Verdict
		reason string
	}
	for name, c := range map[string]row{
		"revoked":                          {[]given{said("SecretRejected"), lists(inactive("ocs1", "old"), active("ocs2", "x"))}, "SecretRejected", ""},
		"deleted":                          {[]given{said("SecretRejected"), lists(active("ocs2", "x"))}, "SecretRejected", ""},
		"masked":                           {[]given{said("SecretRejected"), lists(masked(active("ocs2", "x")))}, "SecretRejected", ""},
		"in unclear words, revoked":        {[]given{unclear, lists(inactive("ocs1", "old"))}, "SecretRejected", ""},
		"in unclear words, deleted":        {[]given{unclear, lists(active("ocs2", "x"))}, "SecretRejected", ""},
		"in unclear words, masked":         {[]given{unclear, lists(masked(active("ocs2", "x")))}, "Unrecognized", ""},
		"in unclear words, nothing listed": {[]given{unclear, lists()}, "Unrecognized", ""},
		"in unclear words, ACTIVE":         {[]given{unclear, lists(active("ocs1", "old"))}, "RejectedButActive", ""},
		"ACTIVE":                           {[]given{said("SecretRejected"), lists(active("ocs1", "old"))}, "RejectedButActive", ""},
		"ACTIVE, and the server is not there": {
			[]given{said("SecretRejected"), lists(active("ocs1", "old")), server("aus1"), tenants(rotation.TenantView{Server: rotation.Missing})},
			"WrongAuthorizationServer", "",
		},
		"ACTIVE, and the server is there": {
			[]given{said("SecretRejected"), lists(active("ocs1", "old")), server("aus1"), tenants(rotation.TenantView{Server: rotation.Exists})}, "RejectedButActive", "",
		},
		"a newline too many":            {[]given{said("SecretRejected"), stored(goodValue + "\n"), lists(active("ocs1", goodValue))}, "SecretMalformed", ""},
		"a newline too many, unclear":   {[]given{unclear, stored(goodValue + "\n"), lists(active("ocs1", goodValue))}, "SecretMalformed", ""},
		"a newline, and INACTIVE":       {[]given{said("SecretRejected"), stored(goodValue + "\n"), lists(inactive("ocs1", goodValue), active("ocs2", "x"))}, "SecretRejected", ""},
		"a newline, masked, hash known": {[]given{said("SecretRejected"), stored(goodValue + "\n"), lists(hashOnly(active("ocs1", goodValue)))}, "SecretMalformed", ""},
		"a newline, masked, tried": {
			[]given{said("SecretRejected"), stored(goodValue + "\n"), lists(masked(active("ocs1", goodValue))), func(o *rotation.Observation) {
				o.Cleaned = []rotation.Check{{Verdict: v1alpha1.VerdictAccepted}}
			}}, "SecretMalformed", "",
		},
		"a newline, masked, tried in vain": {
			[]given{said("SecretRejected"), stored(goodValue + "\n"), lists(masked(active("ocs1", goodValue))), func(o *rotation.Observation) {
				o.Cleaned = []rotation.Check{{Verdict: v1alpha1.VerdictSecretRejected}}
			}}, "SecretRejected", "",
		},
		"a newline and quotes, masked, tried once more": {
			[]given{said("SecretRejected"), stored(`"` + goodValue + "\"\n"), lists(masked(active("ocs1", goodValue))), func(o *rotation.Observation) {
				o.Cleaned = []rotation.Check{{Verdict: v1alpha1.VerdictSecretRejected}, {Verdict: v1alpha1.VerdictAccepted}}
			}}, "SecretMalformed", "",
		},
		"a newline, masked, tried while Okta was away": {
			[]given{said("SecretRejected"), stored(goodValue + "\n"), lists(masked(active("ocs1", goodValue))), func(o *rotation.Observation) {
				o.Cleaned = []rotation.Check{{Verdict: v1alpha1.VerdictUnreachable}}
			}}, "Unrecognized", "",
		},
		"the application is INACTIVE":          {[]given{said("SecretRejected"), lists(), appIs(func(v *rotation.OktaView) { v.AppStatus = "INACTIVE" })}, "ApplicationInactive", ""},
		"INACTIVE, called an unknown client":   {[]given{said("ClientUnknown"), lists(), appIs(func(v *rotation.OktaView) { v.AppStatus = "INACTIVE" })}, "ApplicationInactive", ""},
		"INACTIVE, in unclear words":           {[]given{unclear, lists(), appIs(func(v *rotation.OktaView) { v.AppStatus = "INACTIVE" })}, "ApplicationInactive", ""},
		"the application is DELETED":           {[]given{said("ClientUnknown"), lists(), appIs(func(v *rotation.OktaView) { v.AppStatus = "DELETED" })}, "ApplicationGone", ""},
		"gone, accepted before":                {[]given{said("ClientUnknown"), admin("ApplicationNotFound")}, "ApplicationGone", ""},
		"not found, and called a wrong secret": {[]given{said("SecretRejected"), admin("ApplicationNotFound")}, "Unrecognized", "ApplicationNotFound"},
		"not found, in unclear words":          {[]given{unclear, admin("ApplicationNotFound")}, "Unrecognized", "ApplicationNotFound"},
		"never known here":                     {[]given{said("ClientUnknown"), neverAccepted, admin("ApplicationNotFound"), tenants(rotation.TenantView{})}, "ClientUnknown", ""},
		"of another org": {
			[]given{
				said("ClientUnknown"), neverAccepted, admin("ApplicationNotFound"), issuer("https://other.okta.com/oauth2/default"),
				tenants(rotation.TenantView{OrgID: "00o1", IssuerOrgID: "00o2"}),
			}, "WrongTenant", "",
		},
		"of a custom domain of the org": {
			[]given{
				said("ClientUnknown"), neverAccepted, admin("ApplicationNotFound"), issuer("https://login.example.com"),
				tenants(rotation.TenantView{OrgID: "00o1", IssuerOrgID: "00o1"}),
			}, "ClientUnknown", "",
		},
		"an issuer that cannot be asked proves nothing": {
			[]given{said("ClientUnknown"), neverAccepted, admin("ApplicationNotFound"), issuer("https://other.okta.com"), tenants(rotation.TenantView{OrgID: "00o1"})},
			"ClientUnknown", "",
		},
		"an unknown client that is listed":     {[]given{said("ClientUnknown"), lists(inactive("ocs1", "old"))}, "Unrecognized", ""},
		"a public client":                      {[]given{unclear, lists(), appIs(func(v *rotation.OktaView) { v.AppAuthMethod = "none" })}, "PublicClient", ""},
		"a private key":                        {[]given{unclear, lists(), appIs(func(v *rotation.OktaView) { v.AppAuthMethod = "private_key_jwt" })}, "PrivateKeyRequired", ""},
		"a method nobody knows":                {[]given{unclear, lists(), appIs(func(v *rotation.OktaView) { v.AppAuthMethod = "tls_client_auth" })}, "Unrecognized", ""},
		"another method":                       {[]given{unclear, lists(), appIs(func(v *rotation.OktaView) { v.AppAuthMethod = "client_secret_post" })}, "MethodMismatch", ""},
		"another application":                  {[]given{unclear, lists(), appIs(func(v *rotation.OktaView) { v.AppClientID = "0ob" })}, "Unrecognized", "ApplicationMismatch"},
		"an admin API without rights":          {[]given{said("SecretRejected"), admin("PermissionMissing")}, "SecretRejected", ""},
		"an admin API without rights, unclear": {[]given{unclear, admin("PermissionMissing")}, "Unrecognized", ""},
		"an admin credential that is unusable": {[]given{said("PrivateKeyRequired"), unusable}, "PrivateKeyRequired", ""},
		"a 404 of an authorization server": {
			[]given{said("Unrecognized"), func(o *rotation.Observation) { o.Check.Status = 404 }, server("aus1"), tenants(rotation.TenantView{Server: rotation.Missing})},
			"WrongAuthorizationServer", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, found := rotation.Diagnose(healthy(c.given...))
			if !found {
				t.Fatal("no diagnosis")
			}
			reason := c.reason
			if reason == "" {
				reason = string(c.want)
			}
			if got.Verdict != c.want || got.Reason != reason {
				t.Errorf("diagnosed %s (%s), want %s (%s)", got.Verdict, got.Reason, c.want, reason)
			}
			if got.Evidence == "" && got.Verdict != v1alpha1.VerdictSecretRejected {
				t.Error("no evidence")
			}
			if strings.Contains(got.Evidence+got.Fix, goodValue) {
				t.Error("the secret is told")
			}
		})
	}
}

// hashOnly hides the value, and leaves the hash.
func hashOnly(l rotation.Listed) rotation.Listed {
	l.Value = value("")

	return l
}

// TestNoDiagnosis: an answer that says nothing about the client, or is not confirmed, comes down to nothing.
func TestNoDiagnosis(t *testing.T) {
	t.Parallel()
	for name, g := range map[string][]given{
		"Accepted":              {},
		"Throttled":             {said("Throttled"), lists(active("ocs2", "x"))},
		"Unreachable":           {said("Unreachable"), lists(active("ocs2", "x"))},
		"a first rejection":     {answered("SecretRejected", 1), lists(active("ocs2", "x"))},
		"a policy":              {said("Forbidden")},
		"before anybody looked": {said("SecretRejected")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, found := rotation.Diagnose(healthy(g...)); found {
				t.Errorf("diagnosed %s", got.Verdict)
			}
		})
	}
}

// TestFactsAreAskedFor: a fact that would explain a refusal is asked for before anything is concluded.
func TestFactsAreAskedFor(t *testing.T) {
	t.Parallel()
	decide(t, map[string]decision{
		"the application": {given: []given{said("ClientUnknown")}, want: rotation.Look{At: rotation.LookApplication}},
		"the tenants":     {given: []given{said("ClientUnknown"), neverAccepted, admin("ApplicationNotFound")}, want: rotation.Look{At: rotation.LookTenants}},
		"the server":      {given: []given{said("SecretRejected"), server("aus1"), lists(active("ocs1", "old"))}, want: rotation.Look{At: rotation.LookTenants}},
		"the clean form":  {given: []given{said("SecretRejected"), stored(goodValue + "\n"), lists(masked(active("ocs1", goodValue)))}, want: rotation.Look{At: rotation.LookCleaned}},
		"the next clean form": {given: []given{said("SecretRejected"), stored(`"` + goodValue + "\"\n"), lists(masked(active("ocs1", goodValue))), func(o *rotation.Observation) {
			o.Cleaned = []rotation.Check{{Verdict: v1alpha1.VerdictSecretRejected}}
		}}, want: rotation.Look{At: rotation.LookCleaned}},
		"a server behind a 404":     {given: []given{said("Unrecognized"), server("aus1"), func(o *rotation.Observation) { o.Check.Status, o.Check.At = 404, at }}, want: rotation.Look{At: rotation.LookTenants}},
		"the issuer of another org": {given: []given{issuer("https://other.okta.com")}, want: rotation.Look{At: rotation.LookTenants}},
		"not while it just failed": {
			given: []given{said("ClientUnknown"), func(o *rotation.Observation) { o.Retry = rotation.Retry{At: at.Add(time.Minute), Message: "503."} }},
			want:  wait(blocked, "ClientUnknown", at.Add(time.Minute)),
		},
	})
}

// TestAnAnswerThatNobodyKnows is waited out at first; a person is asked when it stays.
func TestAnAnswerThatNobodyKnows(t *testing.T) {
	t.Parallel()
	failures := func(n int) given {
		return func(o *rotation.Observation) {
			o.Check = &rotation.Check{Verdict: v1alpha1.VerdictUnrecognized, At: at, Failures: n, Evidence: "odd", Fix: "Look."}
		}
	}
	decide(t, map[string]decision{
		"the first":  {given: []given{failures(1)}, want: wait(working, "Unrecognized", at.Add(5*time.Second))},
		"the fourth": {given: []given{failures(4)}, want: wait(working, "Unrecognized", at.Add(40*time.Second))},
		"the fifth":  {given: []given{failures(5)}, want: wait(blocked, "Unrecognized", at.Add(80*time.Second))},
	})
}

// TestMisdirected: a secret that works is no use to applications that are sent to another org or authorization server.
func TestMisdirected(t *testing.T) {
	t.Parallel()
	next := at.Add(-time.Minute + 10*time.Minute)
	other := tenants(rotation.TenantView{OrgID: "00o1", IssuerOrgID: "00o2"})
	decide(t, map[string]decision{
		"another org":        {given: []given{issuer("https://other.okta.com"), other}, want: wait(blocked, v1alpha1.ReasonWrongTenant, next)},
		"another server":     {given: []given{issuer("https://org/oauth2/aus1")}, want: wait(blocked, v1alpha1.ReasonWrongAuthorizationServer, next)},
		"the same server":    {given: []given{issuer("https://org/oauth2/aus1/"), server("aus1")}, want: wait(rotation.Settled, "Accepted", next)},
		"the org's own":      {given: []given{issuer("https://ORG")}, want: wait(rotation.Settled, "Accepted", next)},
		"no URL is no proof": {given: []given{issuer("org.example.com")}, want: wait(rotation.Settled, "Accepted", next)},
	})
}

// TestWhatIsNoIssuerIsNotShown: issuerKey may name any key of the Secret, by mistake or to have its value in the status.
func TestWhatIsNoIssuerIsNotShown(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"a webhook":                    "https://hooks.example.com/services/T000/B000/hush",
		"a webhook with a port":        "https://hooks.example.com:8443/hush/",
		"a path below /oauth2":         "https://org/oauth2/aus1/hush",
		"an id that is none":           "https://org/oauth2/hush%20hush",
		"an id that is too long":       "https://org/oauth2/" + strings.Repeat("hush", 17),
		"a password before the host":   "https://me:hush@org/hush",
		"a query besides":              "https://org/webhook?token=hush",
		"a path that begins as oauth2": "https://org/oauth2hush",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := healthy(issuer(url), tenants(rotation.TenantView{OrgID: "00o1"}))
			wait, ok := rotation.Decide(at, o).(rotation.Wait)
			if !ok || wait.Reason != v1alpha1.ReasonWrongAuthorizationServer || !strings.Contains(wait.Message, "no issuer of Okta's") {
				t.Errorf("got %+v", wait)
			}
			if strings.Contains(wait.Message, "hush") || strings.Contains(wait.Message, "hooks") {
				t.Errorf("the message shows what is there: %s", wait.Message)
			}
		})
	}
}

// TestRepairs: what needs no new secret gets none.
func TestRepairs(t *testing.T) {
	t.Parallel()
	malformed := []given{said("SecretRejected"), stored(goodValue + "\n"), lists(active("ocs1", goodValue))}
	adopts := func(o *rotation.Observation) { o.Credential.Adopts = true }
	next := at.Add(slow)
	for name, c := range map[string]struct {
		given []given
		want  rotation.Staged
	}{
		"a malformed value, in mode Rotate": {malformed, rotation.Staged{Cause: rotation.CauseMalformed, Value: value(goodValue), ID: "ocs1"}},
		"a malformed value, in mode Repair": {append(malformed, mode(v1alpha1.ModeRepair)), rotation.Staged{Cause: rotation.CauseMalformed, Value: value(goodValue), ID: "ocs1"}},
		"another ACTIVE secret, by Adopt":   {[]given{rejected(inactive("ocs1", "old"), active("ocs2", "x")), adopts}, rotation.Staged{Cause: rotation.CauseAdopted, Value: value("x"), ID: "ocs2"}},
		"one that we superseded is taken last, by Adopt": {
			[]given{rejected(active("ocs3", "y"), active("ocs9", "x")), adopts, supersededIs("x", false)},
			rotation.Staged{Cause: rotation.CauseAdopted, Value: value("y"), ID: "ocs3"},
		},
		"but it is taken where there is no other": {
			[]given{rejected(inactive("ocs1", "old"), active("ocs9", "x")), adopts, supersededIs("x", false)},
			rotation.Staged{Cause: rotation.CauseAdopted, Value: value("x"), ID: "ocs9"},
		},
		"by Adopt in mode Repair": {
			[]given{rejected(inactive("ocs1", "old"), active("ocs2", "x")), adopts, mode(v1alpha1.ModeRepair)},
			rotation.Staged{Cause: rotation.CauseAdopted, Value: value("x"), ID: "ocs2"},
		},
		"another cluster's, by the rotate command and Adopt": {
			[]given{lists(inactive("ocs1", "old"), active("ocs2", "x")), adopts, command("now")},
			rotation.Staged{Cause: rotation.CauseAdopted, Value: value("x"), ID: "ocs2"},
		},
		"the previous one, by command": {
			[]given{superseded(2 * time.Minute), rollbackIs("r1"), lists(active("ocs1", "old"), active("ocs2", "new"))},
			rotation.Staged{Cause: rotation.CauseRollback, Value: value("old"), ID: "ocs1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			write, ok := rotation.Decide(at, healthy(c.given...)).(rotation.WriteJournal)
			if !ok || write.Record.Staged == nil {
				t.Fatalf("decided otherwise: %+v", rotation.Decide(at, healthy(c.given...)))
			}
			got := *write.Record.Staged
			if !got.Adopted || got.Cause != c.want.Cause || got.ID != c.want.ID || !got.Value.Equal(c.want.Value) {
				t.Errorf("staged %s %s adopted %v, want %s %s", got.Cause, got.ID, got.Adopted, c.want.Cause, c.want.ID)
			}
		})
	}
	decide(t, map[string]decision{
		"mode Observe says what it would do": {given: append(malformed, mode(v1alpha1.ModeObserve)), want: wait(blocked, v1alpha1.ReasonObserving, next)},
		"masked values cannot be adopted": {
			given: []given{rejected(inactive("ocs1", "old"), masked(active("ocs2", "x"))), adopts}, want: wait(blocked, v1alpha1.ReasonAdoptionImpossible, next),
		},
		"without Adopt the rotate command makes a new one": {
			given: []given{lists(inactive("ocs1", "old"), active("ocs2", "x")), command("now")},
			want:  rotation.StageSecret{Cause: rotation.CauseCommand, Command: "now", IDsBefore: []string{"ocs1", "ocs2"}, Replaces: rotation.Replaced{Hash: value("old").Hash(), ID: "ocs1", Inactive: true}},
		},
		"while the Secret's own is ACTIVE too": {
			given: []given{lists(active("ocs1", "old")), adopts, command("now")},
			want:  rotation.StageSecret{Cause: rotation.CauseCommand, Command: "now", IDsBefore: []string{"ocs1"}, Replaces: rotation.Replaced{Hash: value("old").Hash(), ID: "ocs1"}},
		},
		"a rotation that another cluster was faster with makes no room": {
			given: []given{staged, adopts, lists(inactive("ocs1", "old"), active("ocs9", "theirs"))},
			want: record(func(r rotation.Record) rotation.Record {
				return r.Withdraw(at, false, "").Stage(rotation.Staged{
					Value: value("theirs"), ID: "ocs9", Cause: rotation.CauseAdopted, Adopted: true, At: at,
					Replaces: rotation.Replaced{Hash: value("old").Hash(), ID: "ocs1", Inactive: true},
				}, "")
			}, staged),
		},
		"our own secret is nobody's rotation, when something else is in the Secret": {
			given: []given{stored("garbage"), lists(active("ocs1", "old")), adopts, command("now"), answered(v1alpha1.VerdictSecretRejected, 2)},
			want:  rotation.StageSecret{Cause: rotation.CauseCommand, Command: "now", IDsBefore: []string{"ocs1"}, Replaces: rotation.Replaced{Hash: value("garbage").Hash()}},
		},
		"a revoke command makes a new one": {
			given: []given{lists(inactive("ocs1", "old"), active("ocs2", "x")), adopts, func(o *rotation.Observation) { o.Credential.Commands.Revoke = "now" }},
			want:  rotation.StageSecret{Cause: rotation.CauseRevoked, Command: "now", IDsBefore: []string{"ocs1", "ocs2"}, Replaces: rotation.Replaced{Hash: value("old").Hash(), ID: "ocs1", Inactive: true}},
		},
		"a compromised one is not adopted": {
			given: []given{rejected(inactive("ocs1", "old"), active("ocs9", "x")), adopts, supersededIs("x", true)},
			want:  rotation.StageSecret{Cause: rotation.CauseRejected, IDsBefore: []string{"ocs1", "ocs9"}, Replaces: rotation.Replaced{Hash: value("old").Hash(), ID: "ocs1", Inactive: true}},
		},
		"where there is nothing to adopt, one is made": {
			given: []given{rejected(inactive("ocs1", "old")), adopts},
			want:  rotation.StageSecret{Cause: rotation.CauseRejected, IDsBefore: []string{"ocs1"}, Replaces: rotation.Replaced{Hash: value("old").Hash(), ID: "ocs1", Inactive: true}},
		},
		"a rollback without a previous secret is refused": {given: []given{rollbackIs("r1")}, want: record(func(r rotation.Record) rotation.Record { return r.AcknowledgeRollback("r1") })},
		"a rollback to a deleted secret is refused": {
			given: []given{superseded(2 * time.Minute), rollbackIs("r1"), lists(active("ocs2", "new"))},
			want:  record(func(r rotation.Record) rotation.Record { return r.AcknowledgeRollback("r1") }, superseded(2*time.Minute)),
		},
		"a rollback to an INACTIVE secret is refused in mode Repair": {
			given: []given{superseded(2 * time.Minute), rollbackIs("r1"), mode(v1alpha1.ModeRepair), lists(inactive("ocs1", "old"), active("ocs2", "new"))},
			want:  record(func(r rotation.Record) rotation.Record { return r.AcknowledgeRollback("r1") }, superseded(2*time.Minute)),
		},
		"a rollback asks what Okta has": {given: []given{superseded(2 * time.Minute), rollbackIs("r1")}, want: rotation.Look{At: rotation.LookSecrets}},
	})
}

// supersededIs has a value that was superseded a while ago, and is to be deactivated yet.
func supersededIs(secret string, revoked bool) given {
	return func(o *rotation.Observation) {
		o.Journal.Held = true
		o.Journal.Record.Retired = []rotation.Retired{{Hash: value(secret).Hash(), ID: "ocs9", Promoted: true, Revoked: revoked, At: at}}
	}
}

func rollbackIs(command string) given {
	return func(o *rotation.Observation) { o.Credential.Commands.Rollback = command }
}

// adoptedIs has a value of Okta's at work.
func adoptedIs(cause rotation.Cause) given {
	return func(o *rotation.Observation) {
		answered(v1alpha1.VerdictSecretRejected, 2)(o)
		o.Journal.Record.Staged = &rotation.Staged{
			Value: value("known"), Cause: cause, ID: "ocs2", Adopted: true, At: at, Replaces: rotation.Replaced{Hash: value("old").Hash()},
		}
	}
}

// TestAdopting: a value that Okta had already is tested and written, and never created, deactivated or deleted.
func TestAdopting(t *testing.T) {
	t.Parallel()
	withdrawn := func(failed bool) rotation.Action {
		return record(func(r rotation.Record) rotation.Record { return r.Withdraw(at, failed, "") }, adoptedIs(rotation.CauseAdopted))
	}
	decide(t, map[string]decision{
		"Okta is asked whether it still has it": {given: []given{adoptedIs(rotation.CauseAdopted)}, want: rotation.Look{At: rotation.LookSecrets}},
		"it is tested":                          {given: []given{adoptedIs(rotation.CauseAdopted), lists(active("ocs2", "known"))}, want: rotation.Look{At: rotation.LookStaged}},
		"it is gone":                            {given: []given{adoptedIs(rotation.CauseAdopted), lists(active("ocs3", "x"))}, want: withdrawn(true)},
		"it is INACTIVE":                        {given: []given{adoptedIs(rotation.CauseAdopted), lists(inactive("ocs2", "known"))}, want: withdrawn(true)},
		"one for a rollback is activated":       {given: []given{adoptedIs(rotation.CauseRollback), lists(inactive("ocs2", "known"))}, want: rotation.ActivateSecret{ID: "ocs2"}},
		"in mode Repair it is not, which is no failed attempt": {
			given: []given{adoptedIs(rotation.CauseRollback), lists(inactive("ocs2", "known")), mode(v1alpha1.ModeRepair)},
			want:  record(func(r rotation.Record) rotation.Record { return r.Withdraw(at, false, "") }, adoptedIs(rotation.CauseRollback)),
		},
		"masked, it is told by its id": {given: []given{adoptedIs(rotation.CauseAdopted), lists(masked(active("ocs2", "known")))}, want: rotation.Look{At: rotation.LookStaged}},
		"somebody put a working value in": {
			given: []given{adoptedIs(rotation.CauseAdopted), stored("theirs"), answered(v1alpha1.VerdictAccepted, 0)}, want: withdrawn(false),
		},
	})
}

// TestAnAdoptedValueIsNobodysToRemove: whatever becomes of the repair, the value is not retired, and who made it stays known.
func TestAnAdoptedValueIsNobodysToRemove(t *testing.T) {
	t.Parallel()
	before := healthy(superseded(time.Hour)).Journal.Record
	staged := before.Stage(rotation.Staged{Value: value("old"), ID: "ocs1", Cause: rotation.CauseRollback, Adopted: true, At: at}, "r1")
	if got := staged.Withdraw(at, true, ""); !cmp.Equal(got.Retired, before.Retired) {
		t.Errorf("withdrawn: %d retired, want %d", len(got.Retired), len(before.Retired))
	}
	// It may have been activated again for the repair, and nobody else deactivates it then.
	staged.Retired[0].Ended, staged.Retired[0].DeactivatedAt = true, at.Add(-time.Hour)
	given := staged.Withdraw(at, true, "").Retired[0]
	if given.Ended || !given.DeactivatedAt.IsZero() || !given.At.Equal(at) {
		t.Errorf("withdrawn: %+v, which counts as activated by somebody else", given)
	}
	finished := staged.Promote(rotation.Promotion{
		TargetVersion: "7", ID: "ocs1", Replaces: rotation.Replaced{Hash: value("new").Hash(), ID: "ocs2"},
		Previous: &rotation.Held{Value: value("new"), ID: "ocs2", Made: true},
	}).Finish(at)
	if finished.IsRetired(value("old")) || !finished.IsRetired(value("new")) {
		t.Error("rolled back: the previous value must count again, and the newer one be superseded")
	}
	if finished.Current.Made || !finished.Previous.Made || finished.Handled.Rollback != "r1" {
		t.Errorf("rolled back: current made %v, previous made %v, handled %q", finished.Current.Made, finished.Previous.Made, finished.Handled.Rollback)
	}
}
