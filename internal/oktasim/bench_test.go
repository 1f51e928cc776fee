package oktasim

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// BenchmarkCheck is one check of a client secret over HTTP, in an org of 1,000 apps; both ends are in this process.
func BenchmarkCheck(b *testing.B) {
	org := New(Options{})
	org.AddBenchApps(1000, "bench")
	server, err := org.Start("")
	if err != nil {
		b.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	b.Cleanup(func() { transport.CloseIdleConnections(); _ = server.Close() })
	form := url.Values{"grant_type": {"authorization_code"}, "code": {"made-up"}}.Encode()
	b.RunParallel(func(run *testing.PB) {
		for i := 1; run.Next(); i = i%1000 + 1 {
			r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL+"/oauth2/v1/token", strings.NewReader(form))
			if err != nil {
				b.Error(err)
				return
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.SetBasicAuth(BenchClientID(i), BenchSecret("bench", i).Reveal())
			answer, err := transport.RoundTrip(r)
			if err != nil {
				b.Error(err)
				return
			}
			body, _ := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if !strings.Contains(string(body), invalidCode) {
				b.Errorf("answered %d %s", answer.StatusCode, body)
				return
			}
		}
	})
}
