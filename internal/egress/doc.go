// Package egress makes every *http.Client of the operator, so that where requests may go, how long they may take and how
// much an answer may weigh is decided in one place.
// It must not know anything about OAuth, and it must never follow a redirect or read proxy settings from the environment.
package egress
