package oktasim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// BenchClientID is the client id (and app id) of the i-th app of AddBenchApps, from 1.
func BenchClientID(i int) string { return fmt.Sprintf("0oabench%06d", i) }

// BenchSecret is the secret of the i-th app of AddBenchApps: 64 characters that follow from the seed, so that whoever makes the
// Kubernetes Secrets of a benchmark needs no answer of the org.
func BenchSecret(seed string, i int) redact.Value {
	text := make([]byte, 0, 64)
	for block := uint64(0); len(text) < cap(text); block++ {
		sum := sha256.Sum256(binary.BigEndian.AppendUint64(fmt.Appendf(nil, "%s/%d/", seed, i), block))
		for _, b := range sum {
			if len(text) < cap(text) {
				text = append(text, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return redact.NewValue(string(text))
}

// AddBenchApps adds n web apps with predictable client ids and one ACTIVE secret each.
func (o *Org) AddBenchApps(n int, seed string) {
	for i := 1; i <= n; i++ {
		added := o.AddApp(App{ID: BenchClientID(i), Label: fmt.Sprintf("Bench %06d", i)})
		o.AddSecret(added.ID, BenchSecret(seed, i), Active)
	}
}
