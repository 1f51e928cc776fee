package diagnose

import (
	"net/url"
	"regexp"
	"strconv"
)

// issuedID is the form of the ids that Okta gives its clients. An admin may choose another one.
var issuedID = regexp.MustCompile(`^0oa[A-Za-z0-9]{17}$`)

// showID is a client id for people. One that came from a Secret, where a client secret may stand in the wrong key, is shown
// only if it looks like an id of Okta.
func showID(id string, fromSecret bool) string {
	if fromSecret && !issuedID.MatchString(id) {
		return "something that does not look like a client id of Okta (not shown, since it may be a secret)"
	}
	return strconv.Quote(id)
}

// showURL is a URL without what could be a secret in it; ok is false if it is no https URL of a host.
func showURL(raw string) (shown string, ok bool) {
	parsed, err := url.Parse(raw)
	if err != nil || parsed.Scheme != "https" || parsed.Host == "" {
		return "", false
	}
	return (&url.URL{Scheme: parsed.Scheme, Host: parsed.Host, Path: parsed.Path}).String(), true
}
