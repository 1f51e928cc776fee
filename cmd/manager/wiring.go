package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/oktacred/okta-credential-operator/controllers"
	"github.com/oktacred/okta-credential-operator/internal/metricsauth"
)

// The lease outlives a request to Okta by far (renewal ends 10 s before it), so that a leader that lost it has none under
// way when the next one starts. Nothing rests on that: it saves work.
const (
	leaseDuration = 30 * time.Second
	renewDeadline = 20 * time.Second
	retryPeriod   = 4 * time.Second
)

func newManager(o options) (ctrl.Manager, error) {
	if o.namespace == "" {
		return nil, errors.New("the operator's namespace is not known: set --operator-namespace or POD_NAMESPACE")
	}
	config, err := ctrl.GetConfig()
	if err != nil {
		return nil, fmt.Errorf("find the cluster: %w", err)
	}
	managerOptions, err := controllers.ManagerOptions()
	if err != nil {
		return nil, err
	}
	managerOptions.Metrics = metricsOptions(o)
	managerOptions.HealthProbeBindAddress = o.probeAddress
	managerOptions.LeaderElection = o.leaderElection
	managerOptions.LeaderElectionID = "okta-credential-operator.oktacred.dev"
	managerOptions.LeaderElectionNamespace = o.namespace
	managerOptions.LeaderElectionReleaseOnCancel = true
	managerOptions.LeaseDuration = new(leaseDuration)
	managerOptions.RenewDeadline = new(renewDeadline)
	managerOptions.RetryPeriod = new(retryPeriod)

	return ctrl.NewManager(config, managerOptions)
}

func metricsOptions(o options) metricsserver.Options {
	serving := metricsserver.Options{BindAddress: o.metricsAddress, SecureServing: o.secureMetrics, TLSOpts: []func(*tls.Config){
		func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} },
	}}
	if o.secureMetrics {
		serving.FilterProvider = metricsauth.Provider(clock.RealClock{})
	}

	return serving
}

func setUp(ctx context.Context, mgr ctrl.Manager, o options) error {
	if err := controllers.Setup(ctx, mgr, controllers.Options{
		OperatorNamespace: o.namespace, OrgDomains: o.orgDomains(), AllowPrivateAddresses: o.allowPrivateAddresses,
		Concurrency: o.concurrency, ConfirmationSpacing: o.confirmationSpacing, Clock: clock.RealClock{}, Rand: rand.Reader,
		Metrics: metrics.Registry,
	}); err != nil {
		return err
	}
	if err := mgr.AddHealthzCheck("healthz", healthz.Ping); err != nil {
		return fmt.Errorf("add the liveness check: %w", err)
	}
	if err := mgr.AddReadyzCheck("readyz", healthz.Ping); err != nil {
		return fmt.Errorf("add the readiness check: %w", err)
	}

	return nil
}
