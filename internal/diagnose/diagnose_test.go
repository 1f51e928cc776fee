package diagnose

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/tokencheck"
)

const (
	knownID = "0oa9s3ami4MYXHX9H2p7"
	aSecret = "QZ1xkfirst7Wv0rT9bYp2LmNc8sHdGjE4uAoI3zX"
)

// known is a case of a credential in a cluster, whose operator came to a verdict.
func known(verdict v1alpha1.Verdict) Case {
	credential := &v1alpha1.OktaClientCredential{}
	credential.Name, credential.Namespace = "web-shop", "shop"
	credential.Spec.ClientID = knownID
	credential.Spec.SecretRef = v1alpha1.SecretReference{Name: "web-shop", ClientIDKey: "client_id", ClientSecretKey: "client_secret"}
	credential.Status.Verdict = v1alpha1.VerdictStatus{Name: verdict, Evidence: "Evidence.", Fix: "Fix."}
	return Case{
		Client:  Client{ID: knownID, OrgURL: "https://example.okta.com"},
		Stored:  Stored{Secret: redact.NewValue(aSecret), Place: "the Secret"},
		Cluster: &Cluster{Credential: credential, SecretRead: true, SecretClientID: knownID, Connection: &v1alpha1.ConnectionStatus{OrganizationID: "00o1"}},
		Public:  Public{Skipped: "a test"},
	}
}

func TestEveryVerdictFailsTheStepThatItIsAbout(t *testing.T) {
	t.Parallel()
	all := map[v1alpha1.Verdict][]int{
		v1alpha1.VerdictAccepted:                 nil,
		v1alpha1.VerdictSecretRejected:           {1},
		v1alpha1.VerdictSecretMalformed:          {1, 4, 5},
		v1alpha1.VerdictRejectedButActive:        {1, 5},
		v1alpha1.VerdictClientUnknown:            {1, 5},
		v1alpha1.VerdictApplicationInactive:      {1, 5},
		v1alpha1.VerdictApplicationGone:          {1, 5},
		v1alpha1.VerdictWrongTenant:              {2, 5},
		v1alpha1.VerdictWrongAuthorizationServer: {2, 5},
		v1alpha1.VerdictForbidden:                {2, 5},
		v1alpha1.VerdictMethodMismatch:           {3, 5},
		v1alpha1.VerdictPrivateKeyRequired:       {3, 5},
		v1alpha1.VerdictPublicClient:             {3, 5},
		v1alpha1.VerdictThrottled:                nil,
		v1alpha1.VerdictUnreachable:              nil,
		v1alpha1.VerdictUnrecognized:             nil,
	}
	for verdict := range advices {
		if _, ok := all[verdict]; !ok {
			t.Errorf("no row for %s", verdict)
		}
	}
	for verdict, want := range all {
		t.Run(string(verdict), func(t *testing.T) {
			t.Parallel()
			report := Diagnose(known(verdict))
			var failed []int
			for _, step := range report.Steps {
				if step.Mark == Failed {
					failed = append(failed, step.Number)
				}
			}
			if diff := cmp.Diff(want, failed); diff != "" {
				t.Errorf("failed steps (-want +got):\n%s", diff)
			}
			if passed := report.Mark == Passed; passed != (verdict == v1alpha1.VerdictAccepted) {
				t.Errorf("the report is %s", report.Mark)
			}
		})
	}
}

func TestTheOperatorsVerdictStandsWhereThisMachineGetsNoAnswer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		now, want tokencheck.Verdict
		source    string
	}{
		"no answer here":             {v1alpha1.VerdictUnreachable, v1alpha1.VerdictSecretRejected, SourceOperator},
		"an answer here":             {v1alpha1.VerdictAccepted, v1alpha1.VerdictAccepted, SourceNow},
		"a rate limit here":          {v1alpha1.VerdictThrottled, v1alpha1.VerdictSecretRejected, SourceOperator},
		"another refusal here":       {v1alpha1.VerdictClientUnknown, v1alpha1.VerdictClientUnknown, SourceNow},
		"something unheard of, here": {v1alpha1.VerdictUnrecognized, v1alpha1.VerdictSecretRejected, SourceOperator},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := known(v1alpha1.VerdictSecretRejected)
			c.Asked.Attempts = []Attempt{{Answer: tokencheck.Answer{Verdict: test.now}}}
			if got := Diagnose(c).Verdict; got.Name != test.want || got.Source != test.source {
				t.Errorf("got %s of %s, want %s of %s", got.Name, got.Source, test.want, test.source)
			}
		})
	}
}

func TestParseIssuer(t *testing.T) {
	t.Parallel()
	for issuer, want := range map[string]struct{ org, server, says string }{
		"https://example.okta.com":                               {org: "https://example.okta.com"},
		"https://example.okta.com/":                              {org: "https://example.okta.com"},
		"https://Example.okta.com:443":                           {org: "https://example.okta.com"},
		"https://example.okta.com/oauth2/default":                {org: "https://example.okta.com", server: "default"},
		"https://login.example.com/oauth2/aus9s3ami4MYXHX9H2p7/": {org: "https://login.example.com", server: "aus9s3ami4MYXHX9H2p7"},
		"https://example.okta.com/oauth2/default/v1/token":       {says: "endpoint"},
		"https://example.okta.com/oauth2/v1":                     {says: "endpoint"},
		"https://example.okta.com/oauth2":                        {says: "endpoint"},
		"https://example-admin.okta.com/oauth2/default":          {says: "write https://example.okta.com"},
		"http://example.okta.com":                                {says: "https://"},
		"https://user:password@example.okta.com":                 {says: "leave out the user"},
		"https://example.okta.com?client_id=1":                   {says: "query"},
		"default":                                                {says: "https://"},
	} {
		t.Run(issuer, func(t *testing.T) {
			t.Parallel()
			org, server, err := ParseIssuer(issuer)
			if org != want.org || server != want.server {
				t.Errorf("got %q and %q, want %q and %q", org, server, want.org, want.server)
			}
			if (err == nil) != (want.says == "") || err != nil && !strings.Contains(err.Error(), want.says) {
				t.Errorf("error %v, want %q in it", err, want.says)
			}
		})
	}
}

func TestSpecialsTellNeitherPlaceNorNumber(t *testing.T) {
	t.Parallel()
	got := specials("id", "a+b+c d%ü\n&")
	want := []string{"%", "&", "+", "a character that is not ASCII", "a control character, such as a newline", "a space"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := specials("0oa", "abcXYZ019-_.~"); len(got) != 0 {
		t.Errorf("%v in what needs no encoding", got)
	}
}

// FuzzNoSecretInTheReport puts a value wherever the Secret may hold one.
func FuzzNoSecretInTheReport(f *testing.F) {
	for _, seed := range []struct{ before, after string }{
		{"", ""}, {"", "\n"}, {`"`, `"`}, {knownID + ":", ""}, {"Basic ", ""}, {"\uFEFF", "\r\n"}, {"https://", ".example.com"}, {"%", "%zz"}, {"\x00", "\xff"},
	} {
		f.Add(seed.before, seed.after, string(v1alpha1.VerdictSecretRejected))
		f.Add(seed.before, seed.after, string(v1alpha1.VerdictAccepted))
	}
	const marker = "Zq9Kx7Wv5Tr3Pm1"
	f.Fuzz(func(t *testing.T, before, after, verdict string) {
		value := before + marker + after
		if issuedID.MatchString(value) {
			t.Skip("an id is shown")
		}
		c := known(v1alpha1.Verdict(verdict))
		c.Stored.Secret = redact.NewValue(value)
		c.Cluster.SecretClientID = value
		c.Client.Issuer = value
		if strings.HasPrefix(value, "https://") {
			c.Client.Issuer = ""
		}
		report := Diagnose(c)
		var text bytes.Buffer
		if err := report.Write(&text); err != nil {
			t.Fatal(err)
		}
		machine, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(text.String(), marker) || strings.Contains(string(machine), marker) {
			t.Errorf("the report holds a value of the Secret:\n%s", text.String())
		}
	})
}
