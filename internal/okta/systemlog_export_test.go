package okta

import "net/http"

// ParseLogPage is parseLogPage for tests of odd answers.
func ParseLogPage(body []byte) (LogPage, bool) { return parseLogPage(body) }

// NextLogQuery is the query of the link that a Client of an org would follow.
func NextLogQuery(orgURL string, links ...string) string {
	client := &Client{orgURL: orgURL}
	return client.nextLogPage(http.Header{"Link": links}).query
}
