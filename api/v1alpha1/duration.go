package v1alpha1

import "time"

// Duration is a length of time as people write it, such as 10m or 168h. It is a string in the API, as in cert-manager and
// Flux, and CEL bounds it field by field.
type Duration string

// OrDefault is the duration, or the given one when it is unset or (which the CRD refuses) malformed.
func (d Duration) OrDefault(unset time.Duration) time.Duration {
	parsed, err := time.ParseDuration(string(d))
	if err != nil {
		return unset
	}

	return parsed
}
