// Command demo tells one story on real parts: a client secret is revoked at Okta, and the operator heals it. The control
// plane, the operator's process and its rights are the real ones, the Okta org is simulated. It must not help the operator
// along: it applies the samples, revokes the secret, and from then on only watches.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// patience bounds the whole story but its first build; each step has a deadline of its own besides.
const patience = 5 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	keep := os.Getenv("KEEP")
	code := run(ctx, newPage(os.Stdout), keep != "" && keep != "0")
	stop()
	os.Exit(code)
}

// run returns the exit code: 0 when everything that is told happened.
func run(ctx context.Context, out *page, keep bool) int {
	out.title("okta-credential-operator: a revoked client secret heals")
	w, err := startWorld(ctx, out)
	if err == nil {
		err = tellStory(ctx, &story{world: w, out: out})
	}
	if err != nil {
		w.explain(ctx, out, err)
		w.stop()

		return 1
	}
	if keep {
		err = w.stayUp(ctx, out)
	}
	w.stop()
	w.cleanUp()
	if err != nil {
		out.wrong("%v", err)

		return 1
	}

	return 0
}

// tellStory is the story, chapter by chapter. An error is the first thing that did not happen.
func tellStory(ctx context.Context, s *story) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	began := time.Now()
	for i, chapter := range []struct {
		title string
		tell  func(context.Context) error
	}{
		{"A client secret that works, handed over to the operator", s.handOver},
		{"Somebody revokes it at Okta", s.revoke},
		{"The operator heals it; from here on this program only watches", s.heal},
		{"Proof", s.prove},
		{"What a person reads afterwards", s.describe},
	} {
		s.out.chapter(i+2, chapter.title)
		if err := chapter.tell(ctx); err != nil {
			return err
		}
	}
	s.out.blank()
	s.out.ok("Revoked at %s, Ready again at %s: %s, and nobody did anything. The whole story took %s.", clock(s.revoked),
		clock(s.healed), seconds(s.healed.Sub(s.revoked)), seconds(time.Since(began)))

	return nil
}

// clock writes a time of day as the messages of Kubernetes and Okta have it: in UTC.
func clock(at time.Time) string { return at.UTC().Format("15:04:05.000") }

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
