package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oktacred/okta-credential-operator/internal/diagnose"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// update writes what is said now to testdata: go test ./cmd/kubectl-oktacred -update.
var update = flag.Bool("update", false, "write the golden files")

const (
	clientID      = "0oa9s3ami4MYXHX9H2p7"
	rightSecret   = "RightSecretRightSecretRightSecretRightSecretRightSecretRight0001"
	wrongSecret   = "WrongSecretWrongSecretWrongSecretWrongSecretWrongSecretWrong0002"
	specialSecret = "Special secret: 100% + more/less & 'quotes' too = 14-100 chars"
)

// situation is an org, an application in it, and a question about it.
type situation struct {
	// golden is the file in testdata with the output.
	golden  string
	options oktasim.Options
	app     oktasim.App
	// stored at Okta; rightSecret when empty.
	stored string
	// stdin is piped in with --client-secret-stdin, unless it is "-".
	stdin string
	// path of the issuer after the org's URL.
	path  string
	args  []string
	fault *oktasim.Fault
	// code is the exit code.
	code int
	// asked is how many requests /token and /revoke get at most. An acceptance takes one more, with a random secret: only the
	// refusal of that proves it.
	asked int
}

// situations without a cluster.
var situations = map[string]situation{
	"accepted at the org server": {golden: "accepted", stdin: rightSecret, asked: 2},
	"accepted at a custom server of a Classic org": {
		golden: "accepted-custom-classic", options: oktasim.Options{Pipeline: "v1"}, stdin: rightSecret, path: "/oauth2/default", asked: 2,
	},
	"a wrong secret":                     {golden: "wrong-secret", stdin: wrongSecret, code: 1, asked: 1},
	"a wrong secret, for machines":       {golden: "wrong-secret-json", stdin: wrongSecret, args: []string{"-o", "json"}, code: 1, asked: 1},
	"a newline, as echo adds one":        {golden: "newline", stdin: rightSecret + "\n", code: 1, asked: 4},
	"quotes around the secret":           {golden: "quotes", stdin: `"` + rightSecret + `"`, code: 1, asked: 4},
	"the secret in base64":               {golden: "base64", stdin: base64.StdEncoding.EncodeToString([]byte(rightSecret)), code: 1, asked: 4},
	"client id and secret in one value":  {golden: "composite", stdin: clientID + ":" + rightSecret, code: 1, asked: 4},
	"the client id in place of a secret": {golden: "swapped", stdin: clientID, code: 1, asked: 1},
	"a secret that was cut off":          {golden: "cut-off", stdin: rightSecret[:12], code: 1, asked: 2},
	"nothing on standard input":          {golden: "empty", stdin: "", code: 1},
	"no secret given":                    {golden: "no-secret", stdin: "-", code: 2},
	"a client id that Okta does not know": {
		golden: "unknown-client", app: oktasim.App{ID: "0oasomebodyelse00001"}, stdin: rightSecret, code: 1, asked: 1,
	},
	"a deactivated application, which Okta calls unknown": {
		golden: "inactive-application", app: oktasim.App{Status: oktasim.Inactive}, stdin: rightSecret, code: 1, asked: 1,
	},
	"an application that wants client_secret_post": {
		golden: "wrong-method", app: oktasim.App{TokenEndpointAuthMethod: oktasim.MethodPost}, stdin: rightSecret, code: 1, asked: 3,
	},
	"an application that wants private_key_jwt": {
		golden: "private-key-jwt", app: oktasim.App{TokenEndpointAuthMethod: oktasim.MethodPrivateKeyJWT}, stdin: rightSecret, code: 1, asked: 3,
	},
	"a public client": {
		golden: "public-client", app: oktasim.App{TokenEndpointAuthMethod: oktasim.MethodNone}, stdin: rightSecret, code: 1, asked: 3,
	},
	"an authorization server that is not there": {
		golden: "no-such-server", stdin: rightSecret, path: "/oauth2/aus9s3ami4MYXHX9H2p7", code: 1, asked: 1,
	},
	"custom servers that the org did not buy": {
		golden: "no-api-access-management", options: oktasim.Options{NoAPIAccessManagement: true}, stdin: rightSecret, path: "/oauth2/default", code: 1, asked: 1,
	},
	"a network zone that refuses": {
		golden: "network-zone", options: oktasim.Options{Unknowns: oktasim.Unknowns{NetworkFirst: true}}, app: oktasim.App{OutsideNetworkZone: true},
		stdin: rightSecret, code: 1, asked: 1,
	},
	"an application bound to DPoP":                   {golden: "dpop", app: oktasim.App{DPoPBound: true}, stdin: rightSecret, asked: 2},
	"special characters that Okta takes as they are": {golden: "special-raw", stored: specialSecret, stdin: specialSecret, asked: 3},
	"special characters that Okta takes form-encoded": {
		golden: "special-encoded", options: oktasim.Options{Unknowns: oktasim.Unknowns{DecodeBasic: true}}, stored: specialSecret, stdin: specialSecret, asked: 2,
	},
	"special characters, and wrong":            {golden: "special-wrong", stdin: specialSecret, code: 1, asked: 2},
	"an endpoint in place of an issuer":        {golden: "endpoint", stdin: rightSecret, path: "/oauth2/v1/token", code: 1},
	"the host of the Admin Console":            {golden: "admin-console", stdin: rightSecret, args: []string{"--issuer", "https://example-admin.okta.com"}, code: 1},
	"offline":                                  {golden: "offline", stdin: rightSecret + "\r\n", args: []string{"--offline"}, code: 1},
	"Okta's rate limit":                        {golden: "throttled", stdin: rightSecret, fault: &oktasim.Fault{Route: oktasim.RouteToken, Kind: oktasim.FaultStatus, Status: 429}, code: 2, asked: 1},
	"a proxy's page in place of Okta's answer": {golden: "proxy-page", stdin: rightSecret, fault: &oktasim.Fault{Kind: oktasim.FaultHTML}, code: 2, asked: 1},
	"a certificate that is not trusted":        {golden: "untrusted", stdin: rightSecret, args: []string{"--ca-file", ""}, code: 2},
}

func TestDiagnoseWithoutACluster(t *testing.T) {
	t.Parallel()
	for name, s := range situations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org, server := s.given(t)
			out, code := s.diagnose(t, server)
			if code != s.code {
				t.Errorf("exit code %d, want %d", code, s.code)
			}
			asked := org.Count(oktasim.RouteToken) + org.Count(oktasim.RouteServerToken) + org.Count(oktasim.RouteRevoke) + org.Count(oktasim.RouteServerRevoke)
			if asked > s.asked || asked == 0 && s.asked > 0 {
				t.Errorf("Okta was asked %d times about the secret, want at most %d, and 0 only for 0", asked, s.asked)
			}
			s.holdsNoSecret(t, out)
			compare(t, s.golden, strings.ReplaceAll(out, strings.TrimPrefix(server.URL, "https://"), "example.okta.com"))
		})
	}
}

// given starts the org.
func (s situation) given(t *testing.T) (*oktasim.Org, *oktasim.Server) {
	t.Helper()
	s.options.OrgID = "00o9s3ami4MYXHX9H2p7"
	org := oktasim.New(s.options)
	org.AddAuthorizationServer(oktasim.AuthorizationServer{ID: "default"})
	if s.app.ID == "" {
		s.app.ID = clientID
	}
	org.AddApp(s.app)
	if s.stored == "" {
		s.stored = rightSecret
	}
	if s.app.TokenEndpointAuthMethod != oktasim.MethodPrivateKeyJWT {
		org.AddSecret(s.app.ID, redact.NewValue(s.stored), oktasim.Active)
	}
	if s.fault != nil {
		org.Fault(*s.fault)
	}
	server, err := org.StartTLS("", oktasim.TLSOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return org, server
}

// diagnose runs the command line.
func (s situation) diagnose(t *testing.T, server *oktasim.Server) (out string, code int) {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, server.CA, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"diagnose", "--client-id", clientID, "--issuer", server.URL + s.path, "--ca-file", ca}
	if s.stdin != "-" {
		args = append(args, "--client-secret-stdin")
	}
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), append(args, s.args...), streams{in: strings.NewReader(s.stdin), out: &stdout, err: &stderr})
	if stderr.Len() > 0 {
		t.Errorf("on standard error: %s", stderr.String())
	}
	return stdout.String(), code
}

// holdsNoSecret searches the output for the secrets in every form that they are sent or stored in. The client id may stand
// there even when somebody took it for the secret.
func (s situation) holdsNoSecret(t *testing.T, out string) {
	t.Helper()
	for _, secret := range []string{rightSecret, wrongSecret, specialSecret, s.stored, strings.TrimSpace(s.stdin)} {
		if len(secret) < 8 || secret == clientID {
			continue
		}
		for _, form := range []string{
			secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)), secret[:min(len(secret), 12)],
			base64.StdEncoding.EncodeToString([]byte(clientID + ":" + secret)), redact.NewValue(secret).Hash(),
		} {
			if strings.Contains(strings.ReplaceAll(out, clientID, ""), form) {
				t.Errorf("the output holds a secret (form of %d characters)", len(form))
			}
		}
	}
}

// compare holds the output against its golden file.
func compare(t *testing.T, golden, out string) {
	t.Helper()
	path := filepath.Join("testdata", golden+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(out), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
}

func TestMachinesReadWhatPeopleRead(t *testing.T) {
	t.Parallel()
	s := situations["a wrong secret, for machines"]
	_, server := s.given(t)
	out, _ := s.diagnose(t, server)
	var report diagnose.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	marks := map[int]diagnose.Mark{}
	for _, step := range report.Steps {
		marks[step.Number] = step.Mark
	}
	want := map[int]diagnose.Mark{1: diagnose.Failed, 2: diagnose.Passed, 3: diagnose.Passed, 4: diagnose.Passed, 5: diagnose.Failed}
	if diff := cmp.Diff(want, marks); diff != "" {
		t.Errorf("marks (-want +got):\n%s", diff)
	}
	if report.Verdict.Name != "SecretRejected" || report.Mark != diagnose.Failed {
		t.Errorf("verdict %q, mark %q", report.Verdict.Name, report.Mark)
	}
}

func TestCommandLinesThatCannotRun(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		code int
		says string
	}{
		"nothing":                        {nil, 2, "Usage:"},
		"an unknown command":             {[]string{"rotate"}, 2, `unknown command "rotate"`},
		"neither a name nor a client":    {[]string{"diagnose"}, 2, "--client-id and --issuer"},
		"two names":                      {[]string{"diagnose", "a", "b"}, 2, `unexpected "b"`},
		"a name and a client":            {[]string{"diagnose", "a", "--client-id", "b"}, 2, "--client-id means nothing"},
		"a client and a namespace":       {[]string{"diagnose", "--client-id", "a", "--issuer", "https://x", "-n", "b"}, 2, "--namespace means nothing"},
		"an unknown method":              {[]string{"diagnose", "--client-id", "a", "--issuer", "https://x", "--method", "mtls"}, 2, "--method is"},
		"an unknown output":              {[]string{"diagnose", "a", "-o", "xml"}, 2, "--output is"},
		"asking and not asking":          {[]string{"diagnose", "a", "--ask-okta", "--offline"}, 2, "not both"},
		"an issuer that is no URL":       {[]string{"diagnose", "--client-id", "a", "--issuer", "acme"}, 2, "--issuer is no URL"},
		"a CA file that is not there":    {[]string{"diagnose", "a", "--ca-file", "/does/not/exist"}, 2, "--ca-file"},
		"a proxy that is none":           {[]string{"diagnose", "a", "--proxy", "socks://x"}, 2, "--proxy is"},
		"a kubeconfig that is not there": {[]string{"diagnose", "a", "--kubeconfig", "/does/not/exist"}, 2, "kubeconfig"},
		"a secret longer than any":       {[]string{"diagnose", "--client-id", "a", "--issuer", "https://x", "--client-secret-stdin", "--offline"}, 2, "no client secret"},
		"help":                           {[]string{"--help"}, 0, "Examples:"},
		"help with a command":            {[]string{"diagnose", "--help"}, 0, "--client-secret-stdin"},
		"the version":                    {[]string{"version"}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			code := run(t.Context(), test.args, streams{in: strings.NewReader(strings.Repeat("x", maxStdin+1)), out: &out, err: &out})
			if code != test.code || !strings.Contains(out.String(), test.says) {
				t.Errorf("exit code %d, want %d; said %q, want %q in it", code, test.code, out.String(), test.says)
			}
		})
	}
}
