package egress_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/oktacred/okta-credential-operator/internal/egress"
)

func TestPauseAfter(t *testing.T) {
	const date = "Sun, 01 Mar 2026 12:00:00 GMT" // 1772366400
	for name, test := range map[string]struct {
		header map[string]string
		want   time.Duration
	}{
		"until the reset, by the server's own clock": {
			map[string]string{"X-Rate-Limit-Limit": "100", "X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "1772366423", "Date": date},
			23 * time.Second,
		},
		"at least a second": {
			map[string]string{"X-Rate-Limit-Limit": "100", "X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "1772366390", "Date": date},
			time.Second,
		},
		"at most ten minutes": {
			map[string]string{"X-Rate-Limit-Limit": "100", "X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "9999999999", "Date": date},
			10 * time.Minute,
		},
		"shortly after too many at once": {
			map[string]string{"X-Rate-Limit-Limit": "0", "X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "1772366460", "Date": date},
			2 * time.Second,
		},
		"what a proxy asks for":          {map[string]string{"Retry-After": "7"}, 7 * time.Second},
		"a minute where nobody says":     {nil, time.Minute},
		"a minute where it is nonsense":  {map[string]string{"Retry-After": "-5", "X-Rate-Limit-Limit": "many"}, time.Minute},
		"a minute where Date is missing": {map[string]string{"X-Rate-Limit-Limit": "1", "X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "5"}, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{}
			for key, value := range test.header {
				header.Set(key, value)
			}
			if got := egress.PauseAfter(header); got != test.want {
				t.Errorf("PauseAfter = %s, want %s", got, test.want)
			}
		})
	}
}
