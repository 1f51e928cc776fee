// Package okta talks to Okta's admin API: applications, their client secrets, and what an org says about itself.
// It must not decide anything, must not keep state that a restart would lose but access tokens and rate-limit counters,
// and must never let a secret or the body of a secrets or token answer into an error.
package okta
