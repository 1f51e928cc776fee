// Package tokencheck asks Okta's token endpoint whether a client secret authenticates, and turns every possible answer
// into a Verdict.
// It must not mint a token, must not rotate or repair anything, and must not read evidence for a bad secret out of an
// answer that Okta does not document.
package tokencheck
