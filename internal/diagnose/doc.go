// Package diagnose walks the five steps of Okta's support article on invalid_client over what is known of one client, and
// says at each what was found and what to do next. It serves the kubectl plugin; no controller imports it.
// It must not change anything in the cluster or at Okta, and must not print a secret's value or anything that may be one.
package diagnose
