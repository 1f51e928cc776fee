package journal

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

func fullRecord() rotation.Record {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

	return rotation.Record{
		Binding:  rotation.Binding{CredentialUID: "uid", Org: "https://example.okta.com", ApplicationID: "0oa1"},
		ClientID: "0oa1", AuthMethod: "ClientSecretPost",
		Current:  &rotation.Held{Value: redact.NewValue("current-value"), ID: "ocs1", Made: true, Since: at, First: at.Add(-time.Hour)},
		Previous: &rotation.Held{Value: redact.NewValue("previous-value"), ID: "ocs0", Since: at},
		Staged: &rotation.Staged{
			Value: redact.NewValue("staged-value"), Cause: rotation.CauseRejected, At: at, IDsBefore: []string{"ocs0", "ocs1"},
			Replaces: rotation.Replaced{Hash: "h", ID: "ocs1", Inactive: true}, RefusedSince: at,
			Adopted: true, ID: "ocs0", Note: "a newline at the end",
		},
		Promoting: &rotation.Promotion{
			TargetVersion: "42", Replaces: rotation.Replaced{Hash: "h", ID: "ocs1"}, ID: "ocs2",
			Previous: &rotation.Held{Value: redact.NewValue("current-value"), ID: "ocs1"},
		},
		Retired:  []rotation.Retired{{Hash: "x", ID: "ocs9", Made: true, Promoted: true, At: at, DeactivatedAt: at, UnlistedSince: at}},
		Attempts: 2, LastFailure: at, Starts: []time.Time{at}, LastCause: rotation.CauseCommand,
		Flips: 1, FlipsSince: at, FlipVersion: "41",
		Handled:  rotation.Commands{Rotate: "r", Resume: "s", Rollback: "b", ReleaseSecret: "ocs7"},
		Released: "ocs7", Undelivered: true, Owned: true, Restored: at, Followed: "ocs3", Consented: "Flux", Halt: &rotation.Halt{Reason: "Undone", Message: "why", At: at},
	}
}

func TestARecordSurvivesItsJournal(t *testing.T) {
	want := fullRecord()
	data, err := Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the record changed on its way (-want +got):\n%s", diff)
	}
}

// TestAnOlderOperatorDoesNotReadWhatItWouldDrop: it would take an adopted value for its own and remove it at Okta.
func TestAnOlderOperatorDoesNotReadWhatItWouldDrop(t *testing.T) {
	plain := fullRecord()
	plain.Staged.Adopted, plain.Halt = false, nil
	for name, test := range map[string]struct {
		change func(*rotation.Record)
		want   string
	}{
		"nothing new":         {func(*rotation.Record) {}, `"version":1`},
		"an adopted value":    {func(r *rotation.Record) { r.Staged.Adopted = true }, `"version":2`},
		"a halt":              {func(r *rotation.Record) { r.Halt = &rotation.Halt{} }, `"version":2`},
		"a compromised value": {func(r *rotation.Record) { r.Retired[0].Revoked = true }, `"version":2`},
		"a kept value":        {func(r *rotation.Record) { r.Retired[0].Kept = true }, `"version":2`},
	} {
		t.Run(name, func(t *testing.T) {
			record := plain
			record.Staged = new(*plain.Staged)
			record.Retired = slices.Clone(plain.Retired)
			test.change(&record)
			data, err := Encode(record)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(data), test.want) {
				t.Errorf("the journal lacks %s", test.want)
			}
		})
	}
}

// TestTheConsentToWriteOverAnotherTool: a former operator noted no name of a tool, and one that knows of none drops it and asks again.
func TestTheConsentToWriteOverAnotherTool(t *testing.T) {
	for name, test := range map[string]struct{ stored, consented string }{
		"none":                     {`{"version":1}`, ""},
		"one of a former operator": {`{"version":1,"consented":true}`, rotation.AnyTool},
		"one for a tool":           {`{"version":1,"consentedTo":"Flux"}`, "Flux"},
	} {
		t.Run(name, func(t *testing.T) {
			record, err := Decode([]byte(test.stored))
			if err != nil || record.Consented != test.consented {
				t.Fatalf("read: consented to %q, %v", record.Consented, err)
			}
			data, err := Encode(record)
			if err != nil {
				t.Fatal(err)
			}
			for field := range strings.SplitSeq(strings.Trim(test.stored, "{}"), ",") {
				if !strings.Contains(string(data), field) {
					t.Errorf("written again, the journal lacks %s", field)
				}
			}
		})
	}
}

func TestWhatIsNoJournalIsRefusedWithoutShowingIt(t *testing.T) {
	for name, test := range map[string]struct{ data, want string }{
		"an empty one":                      {"", "no journal"},
		"a truncated one":                   {`{"version":1,"current":{"value":"hush-hush`, "broken JSON at byte"},
		"one of the wrong shape":            {`{"version":1,"current":"hush-hush"}`, "wrong type"},
		"one without a version":             {`{"current":{"value":"hush-hush"}}`, "no version"},
		"one of a later version":            {`{"version":3,"current":{"value":"hush-hush"}}`, "later version"},
		"one that promotes nothing":         {`{"version":1,"promoting":{"targetVersion":"1"}}`, "promotes what it does not hold"},
		"one with an empty current secret":  {`{"version":1,"current":{"value":"","id":"hush-hush"}}`, "is empty"},
		"one with an empty previous secret": {`{"version":1,"current":{"value":"hush-hush"},"previous":{}}`, "is empty"},
		"one with an empty staged secret":   {`{"version":1,"staged":{"value":""}}`, "is empty"},
		"one that replaces an empty secret": {`{"version":1,"staged":{"value":"hush-hush"},"promoting":{"previous":{"value":""}}}`, "is empty"},
		"one that retired an empty secret":  {`{"version":1,"retired":[{"Hash":"","ID":"hush-hush"}]}`, "is empty"},
		"one with a malformed time":         {`{"version":1,"lastFailure":"hush-hush"}`, "no journal"},
		"one with bytes that aren't":        {"\x00\xff hush-hush", "broken JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Decode([]byte(test.data))
			if err == nil {
				t.Fatal("it was read")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q does not say %q", err, test.want)
			}
			if strings.Contains(err.Error(), "hush-hush") {
				t.Errorf("error %q shows what was read", err)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	data, err := Encode(fullRecord())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"version":1}`))
	f.Add([]byte(`{"version":1,"current":{"value":""}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		record, err := Decode(data)
		if err != nil {
			return
		}
		for _, held := range []*rotation.Held{record.Current, record.Previous} {
			if held != nil && held.Value.IsEmpty() {
				t.Fatal("an empty secret was read, and would be written to the target")
			}
		}
		again, err := Encode(record)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		reread, err := Decode(again)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		third, err := Encode(reread)
		if err != nil || string(third) != string(again) {
			t.Fatalf("a journal changes each time it is written: %v", err)
		}
	})
}
