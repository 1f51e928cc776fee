package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// stayUp leaves everything running until it is interrupted, with the lines to try by hand, and goes on showing what happens.
func (w *world) stayUp(ctx context.Context, out *page) error {
	// Whoever reaches the control API owns the simulated org, so it is on a port of the loopback that nothing else knows.
	control, err := oktasim.Serve(w.org.ControlHandler(func() error { w.org.plant(); return nil }), "") //nolint:contextcheck // to listen on loopback takes no time
	if err != nil {
		return fmt.Errorf("serve the control API of the simulated org: %w", err)
	}
	defer func() { _ = control.Close() }()
	out.chapter(7, "Your turn: all of it keeps running until you press Ctrl-C")
	out.text("In another terminal:")
	out.blank()
	for _, line := range w.linesToTry(control.URL) {
		out.println(strings.TrimRight("   "+line, " "))
	}
	out.blank()
	out.text("What happens is shown here as it comes:")
	out.blank()
	err = wait.PollUntilContextCancel(ctx, settle, true, func(ctx context.Context) (bool, error) {
		for _, e := range w.newEntries(ctx) {
			out.entry(e)
		}
		if w.operator.ended() {
			return false, fmt.Errorf("the operator ended: %w; its log is %s", w.operator.err, w.operator.log)
		}

		return false, nil
	})
	if errors.Is(err, context.Canceled) {
		out.blank()
		out.ok("Stopped, and cleaned up.")

		return nil
	}

	return err
}

func (w *world) linesToTry(control string) []string {
	lines := []string{"export KUBECONFIG=" + w.plane.KubeconfigPath}
	if found, err := exec.LookPath("kubectl"); err != nil || found == "" {
		lines = append(lines, "export PATH=$PATH:"+w.plane.AssetsDir+"   # has kubectl")
	}
	app := control + "/_sim/apps/" + w.org.appID
	namespace := "kubectl -n " + w.target.Namespace + " "

	return append(lines, strings.Split(strings.TrimSpace(`
`+namespace+`get occ -w

# revoke again; at most 3 secrets a day are made (spec.rotation.limits), and then it says so
curl -X POST `+app+`/secrets/active/revoke
# Okta is down for a minute: nothing is rotated
curl -X POST `+control+`/_sim/faults -d '{"kind":"Status","status":503,"for":"1m"}'
# everything else that can happen at Okta
curl `+control+`/_sim/

# ask for a new secret: Okta allows two, and Ada's has the other place; the message says what you can do
`+namespace+`annotate occ `+w.target.Name+` --overwrite oktacred.dev/rotate="$(date)"
# somebody deletes the Secret: it gets its value back, without a new secret at Okta
`+namespace+`delete secret `+w.target.Name+`

curl -s http://`+w.operator.metrics+`/metrics | grep ^oktacred_
tail -f `+w.operator.log), "\n")...)
}
