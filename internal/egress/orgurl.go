package egress

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// oktaDomains are the domains that Okta runs orgs below (Okta's documentation of its domains).
var oktaDomains = []string{"okta.com", "oktapreview.com", "okta-emea.com", "okta-gov.com", "okta.mil"}

// ParseOrgURL parses the URL of an Okta org: https, a host, maybe a port, nothing else. A host of the Admin Console
// (acme-admin.okta.com) is refused, with the right one in the message. The result has a lower-case host and no path.
func ParseOrgURL(raw string) (*url.URL, error) {
	parsed, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("parse the org URL: it is no URL; write https:// and the org's host, like https://acme.okta.com")
	}
	if err := checkShape(parsed); err != nil {
		return nil, fmt.Errorf("check the org URL: %w", err)
	}
	host := canonicalHost(parsed.Host)
	if name, below, ok := splitOktaHost(host); ok && strings.HasSuffix(name, "-admin") {
		return nil, fmt.Errorf("check the org URL: %q is the Admin Console; write https://%s", host,
			strings.TrimSuffix(name, "-admin")+"."+below)
	}
	return &url.URL{Scheme: "https", Host: host}, nil
}

func checkShape(parsed *url.URL) error {
	switch {
	case parsed.Scheme != "https":
		return errors.New("it must begin with https://")
	case parsed.User != nil:
		return errors.New("leave out the user and password")
	case parsed.Hostname() == "":
		return errors.New("the host is missing")
	case strings.Trim(parsed.Path, "/") != "":
		return errors.New("leave out the path; an authorization server is named in the credential")
	case parsed.RawQuery != "" || parsed.ForceQuery || parsed.Fragment != "":
		return errors.New("leave out what follows the host")
	case strings.HasSuffix(parsed.Hostname(), "."):
		return errors.New("leave out the dot at the end of the host")
	default:
		return nil
	}
}

// splitOktaHost takes acme.okta.com apart into acme and okta.com; ok is false for a host that is not directly below one of
// Okta's domains, and for one with a port.
func splitOktaHost(host string) (name, below string, ok bool) {
	name, below, found := strings.Cut(host, ".")
	if !found || name == "" {
		return "", "", false
	}
	return name, below, slices.Contains(oktaDomains, below)
}

// HostPolicy says which hosts a namespace may name as its org.
type HostPolicy struct {
	// CustomDomains are further hosts, each exact ("login.acme.com", "127.0.0.1:8443") or a suffix ("*.acme.com", which
	// does not mean acme.com itself).
	CustomDomains []string
}

// Permit returns an error that says what to do unless host[:port] is below one of Okta's own domains or allowed here.
func (p HostPolicy) Permit(host string) error {
	host = canonicalHost(host)
	if _, _, ok := splitOktaHost(host); ok {
		return nil
	}
	for _, allowed := range p.CustomDomains {
		if matchHost(canonicalHost(allowed), host) {
			return nil
		}
	}
	return fmt.Errorf("host %q is no Okta domain (%s): ask who runs the operator to allow it as a custom domain", host,
		strings.Join(oktaDomains, ", "))
}

func matchHost(pattern, host string) bool {
	suffix, wildcard := strings.CutPrefix(pattern, "*")
	if !wildcard {
		return pattern == host
	}
	// "*" alone would allow every host; an address has no subdomains.
	return strings.HasPrefix(suffix, ".") && len(suffix) > 1 && net.ParseIP(host) == nil &&
		strings.HasSuffix(host, suffix) && len(host) > len(suffix)
}
