package egress_test

import (
	"strings"
	"testing"

	"github.com/oktacred/okta-credential-operator/internal/egress"
)

func TestParseOrgURL(t *testing.T) {
	for name, test := range map[string]struct {
		raw, want, problem string
	}{
		"an org":                              {raw: "https://acme.okta.com", want: "https://acme.okta.com"},
		"a slash at the end is dropped":       {raw: "https://acme.okta.com/", want: "https://acme.okta.com"},
		"capitals become small":               {raw: "https://ACME.Okta.com", want: "https://acme.okta.com"},
		"the port of https is dropped":        {raw: "https://acme.okta.com:443", want: "https://acme.okta.com"},
		"another port is kept":                {raw: "https://127.0.0.1:8443", want: "https://127.0.0.1:8443"},
		"a custom domain with -admin is kept": {raw: "https://sso-admin.acme.com", want: "https://sso-admin.acme.com"},
		"http is refused":                     {raw: "http://acme.okta.com", problem: "https://"},
		"no scheme is refused":                {raw: "acme.okta.com", problem: "https://"},
		"the Admin Console is refused with the right host": {
			raw: "https://acme-admin.okta.com", problem: "write https://acme.okta.com",
		},
		"the preview Admin Console is refused": {
			raw: "https://acme-ADMIN.oktapreview.com", problem: "write https://acme.oktapreview.com",
		},
		"a path is refused":           {raw: "https://acme.okta.com/oauth2/default", problem: "leave out the path"},
		"a query is refused":          {raw: "https://acme.okta.com?x=1", problem: "leave out"},
		"a fragment is refused":       {raw: "https://acme.okta.com/#x", problem: "leave out"},
		"a user is refused":           {raw: "https://me:pw@acme.okta.com", problem: "user and password"},
		"no host is refused":          {raw: "https://", problem: "host is missing"},
		"a port alone is refused":     {raw: "https://:443", problem: "host is missing"},
		"a dot at the end is refused": {raw: "https://acme.okta.com.", problem: "dot"},
		"garbage is refused":          {raw: "https://a b\x00", problem: "no URL"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := egress.ParseOrgURL(test.raw)
			if test.problem != "" {
				if err == nil || !strings.Contains(err.Error(), test.problem) {
					t.Fatalf("ParseOrgURL(%q) = %v, %v; want an error with %q", test.raw, got, err, test.problem)
				}
				if strings.Contains(err.Error(), "pw") {
					t.Errorf("the error shows a password: %v", err)
				}
				return
			}
			if err != nil || got.String() != test.want {
				t.Errorf("ParseOrgURL(%q) = %v, %v; want %q", test.raw, got, err, test.want)
			}
		})
	}
}

func TestHostPolicyPermit(t *testing.T) {
	policy := egress.HostPolicy{CustomDomains: []string{"login.acme.com", "127.0.0.1:8443", "*.corp.example"}}
	for name, test := range map[string]struct {
		host string
		want bool
	}{
		"an org below okta.com":                    {"acme.okta.com", true},
		"an org below okta.mil":                    {"acme.okta.mil", true},
		"an org below okta-gov.com":                {"acme.okta-gov.com", true},
		"okta.com itself is no org":                {"okta.com", false},
		"a look-alike is not below okta.com":       {"acme.okta.com.evil.example", false},
		"a look-alike without a dot":               {"evilokta.com", false},
		"two labels below okta.com are no org":     {"a.b.okta.com", false},
		"an org on another port is refused":        {"acme.okta.com:8443", false},
		"a listed custom domain":                   {"LOGIN.acme.com", true},
		"another host of that domain is refused":   {"www.acme.com", false},
		"a listed address with its port":           {"127.0.0.1:8443", true},
		"a listed address with another port":       {"127.0.0.1:8444", false},
		"a host below a listed suffix":             {"sso.corp.example", true},
		"the suffix itself is refused":             {"corp.example", false},
		"a host that ends in the suffix's letters": {"xcorp.example", false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := policy.Permit(test.host); (err == nil) != test.want {
				t.Errorf("Permit(%q) = %v, want permitted %v", test.host, err, test.want)
			}
		})
	}
	if err := (egress.HostPolicy{CustomDomains: []string{"*"}}).Permit("evil.example"); err == nil {
		t.Error("a lone * allowed every host")
	}
}
