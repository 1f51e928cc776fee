package okta

import (
	"strings"
	"time"
)

// bucket is one of Okta's rate limits, as its rate-limit documentation divides the URLs.
type bucket int

const (
	bucketNone bucket = iota
	bucketApps
	bucketApp
	bucketLogs
	bucketToken
	bucketOAuth
	bucketCustomToken
	bucketCustomOAuth
	bucketCount
)

// BucketState is what an answer of Okta said of one rate-limit bucket in its X-Rate-Limit headers.
type BucketState struct {
	// Bucket is the URL that it limits, as Okta's rate-limit dashboard writes it: never with an id in it.
	Bucket string
	// Limit and Remaining are requests a window of a minute, by all who share the bucket.
	Limit, Remaining int
	// ResetAt is when that window ends, by our clock.
	ResetAt time.Time
}

// String is how Okta's dashboard writes the bucket.
func (b bucket) String() string {
	return [bucketCount]string{
		"(none)", "/api/v1/apps", "/api/v1/apps/{id}", "/api/v1/logs", "/oauth2/v1/token", "/oauth2/v1",
		"/oauth2/{authorizationServerId}/v1/token", "/oauth2/{authorizationServerId}/v1",
	}[b]
}

// bucketOf finds the bucket of a URL path. What Okta does not limit, or what we do not call, has none.
func bucketOf(path string) bucket {
	if below, ok := strings.CutPrefix(path, "/api/v1/apps"); ok {
		return bucketOfApps(strings.TrimPrefix(below, "/"))
	}
	if strings.HasPrefix(path, "/api/v1/logs") {
		return bucketLogs
	}
	if below, ok := strings.CutPrefix(path, "/oauth2/"); ok {
		return bucketOfOAuth(below)
	}
	return bucketNone
}

func bucketOfApps(below string) bucket {
	if below == "" || strings.Contains(below, "/") {
		return bucketApps
	}
	return bucketApp
}

func bucketOfOAuth(below string) bucket {
	server, rest, _ := strings.Cut(below, "/")
	switch {
	case server == "v1" && rest == "token":
		return bucketToken
	case server == "v1":
		return bucketOAuth
	case rest == "v1/token":
		return bucketCustomToken
	case strings.HasPrefix(rest, "v1/"):
		return bucketCustomOAuth
	default:
		return bucketNone
	}
}
