package diagnose

import (
	"errors"
	"net/url"
	"regexp"
	"strings"

	"github.com/oktacred/okta-credential-operator/internal/egress"
)

// serverPath is the path of a custom authorization server's issuer.
var serverPath = regexp.MustCompile(`^/oauth2/([A-Za-z0-9_-]{1,100})$`)

// ParseIssuer takes an issuer apart into the org's URL and the id of the authorization server, empty for the org's own. An
// error says what to write, and quotes nothing but an Okta host.
func ParseIssuer(issuer string) (orgURL, server string, err error) {
	parsed, err := url.Parse(issuer)
	if err != nil {
		return "", "", errors.New("it is no URL")
	}
	if parsed.RawQuery != "" || parsed.Fragment != "" || parsed.ForceQuery {
		return "", "", errors.New("it has a query or a fragment")
	}
	path := strings.TrimSuffix(parsed.Path, "/")
	org, err := egress.ParseOrgURL((&url.URL{Scheme: parsed.Scheme, User: parsed.User, Host: parsed.Host}).String())
	if err != nil {
		return "", "", err
	}
	if path == "" {
		return org.String(), "", nil
	}
	match := serverPath.FindStringSubmatch(path)
	// /oauth2/v1 is where the endpoints of the org's own server are.
	if match == nil || match[1] == "v1" {
		return "", "", errors.New("its path is neither empty nor /oauth2/ and the id of an authorization server, so it may be an endpoint instead")
	}
	return org.String(), match[1], nil
}
