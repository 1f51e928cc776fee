//go:build unix

package tokencheck

import (
	"syscall"
	"testing"

	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// BenchmarkCheck tells the CPU of one check, that of the simulated org in the same process included.
func BenchmarkCheck(b *testing.B) {
	w := given(b, oktasim.Options{}, oktasim.App{})
	request := w.request(rightSecret)
	w.checker.Check(b.Context(), request)
	before := cpu(b)
	b.ReportAllocs()
	for b.Loop() {
		if answer := w.checker.Check(b.Context(), request); answer.Verdict != Accepted {
			b.Fatal(answer.Detail)
		}
	}
	b.ReportMetric(float64(cpu(b)-before)/1e3/float64(b.N), "cpu-µs/op")
}

// cpu is the time in nanoseconds that this process has used.
func cpu(b *testing.B) int64 {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}
