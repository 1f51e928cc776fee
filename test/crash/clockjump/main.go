// Command clockjump is the operator with a clock that jumps by an hour: ahead on SIGUSR1, back on SIGUSR2. It must differ from
// cmd/manager in nothing else that a credential could notice.
package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"k8s.io/klog/v2"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/oktacred/okta-credential-operator/controllers"
)

// jumping is the real clock and what it is off by. Only what time it is jumps: how long something takes does not, as with the
// clock of a machine that is set.
type jumping struct {
	clock.RealClock

	off atomic.Int64
}

// Now implements clock.Clock. It has no monotonic reading, which would hide the jump from a comparison.
func (c *jumping) Now() time.Time { return time.Now().Add(time.Duration(c.off.Load())).Round(0) }

// Since implements clock.Clock.
func (c *jumping) Since(at time.Time) time.Duration { return c.Now().Sub(at) }

// obey jumps by an hour at each signal.
func (c *jumping) obey() {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2)
	for received := range signals {
		by := time.Hour
		if received == syscall.SIGUSR2 {
			by = -by
		}
		c.off.Add(int64(by))
	}
}

func main() {
	klog.EnableContextualLogging(false)
	if err := run(ctrl.SetupSignalHandler()); err != nil {
		fmt.Fprintln(os.Stderr, "clockjump:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var options controllers.Options
	var logging zap.Options
	options.Clock, options.Rand, options.Concurrency = &jumping{}, rand.Reader, 16
	flag.StringVar(&options.OperatorNamespace, "operator-namespace", "", "As of cmd/manager.")
	flag.BoolVar(&options.AllowPrivateAddresses, "allow-private-addresses", false, "As of cmd/manager.")
	flag.DurationVar(&options.ConfirmationSpacing, "confirmation-spacing", 15*time.Second, "As of cmd/manager.")
	flag.Bool("leader-elect", false, "Never, whatever is asked for.")
	flag.String("metrics-bind-address", "0", "None, whatever is asked for.")
	flag.String("health-probe-bind-address", "0", "None, whatever is asked for.")
	logging.BindFlags(flag.CommandLine)
	flag.Parse()
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&logging)))
	if c, ok := options.Clock.(*jumping); ok {
		go c.obey()
	}
	managerOptions, err := controllers.ManagerOptions()
	if err != nil {
		return err
	}
	managerOptions.Metrics.BindAddress = "0"
	config, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("find the cluster: %w", err)
	}
	mgr, err := ctrl.NewManager(config, managerOptions)
	if err != nil {
		return err
	}
	if err := controllers.Setup(ctx, mgr, options); err != nil {
		return err
	}

	return mgr.Start(ctx)
}
