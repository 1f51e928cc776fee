package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/controllers/oktaclientcredential"
	"github.com/oktacred/okta-credential-operator/internal/egress"
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
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("register API kinds: %w", err)
		}
	}
	labelled, err := labels.Parse(v1alpha1.LabelCredential)
	if err != nil {
		return nil, fmt.Errorf("parse the label of Secrets: %w", err)
	}
	config, err := ctrl.GetConfig()
	if err != nil {
		return nil, fmt.Errorf("find the cluster: %w", err)
	}

	return ctrl.NewManager(config, ctrl.Options{
		Scheme:  scheme,
		Metrics: metricsOptions(o),
		Cache: cache.Options{
			DefaultTransform: cache.TransformStripManagedFields(),
			// Only Secrets with our label are watched, and (WatchesMetadata) without their data.
			ByObject: map[client.Object]cache.ByObject{&corev1.Secret{}: {Label: labelled}},
		},
		Client:                        client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}, &corev1.Pod{}}}},
		HealthProbeBindAddress:        o.probeAddress,
		LeaderElection:                o.leaderElection,
		LeaderElectionID:              "okta-credential-operator.oktacred.dev",
		LeaderElectionNamespace:       o.namespace,
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 ptr.To(leaseDuration),
		RenewDeadline:                 ptr.To(renewDeadline),
		RetryPeriod:                   ptr.To(retryPeriod),
	})
}

func metricsOptions(o options) metricsserver.Options {
	options := metricsserver.Options{BindAddress: o.metricsAddress, SecureServing: o.secureMetrics, TLSOpts: []func(*tls.Config){
		func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} },
	}}
	if o.secureMetrics {
		options.FilterProvider = filters.WithAuthenticationAndAuthorization
	}

	return options
}

func setUp(ctx context.Context, mgr ctrl.Manager, o options) error {
	directory := connection.NewDirectory(connection.Options{
		Reader: mgr.GetClient(), Live: mgr.GetAPIReader(), OperatorNamespace: o.namespace,
		Hosts: egress.HostPolicy{CustomDomains: o.orgDomains()}, AllowPrivateAddresses: o.allowPrivateAddresses,
		Clock: clock.RealClock{},
	})
	if err := connection.SetupWithManager(mgr, directory, clock.RealClock{}); err != nil {
		return fmt.Errorf("set up the controllers of connections: %w", err)
	}
	credentials := oktaclientcredential.New(oktaclientcredential.Options{
		Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Directory: directory,
		Recorder: mgr.GetEventRecorder(v1alpha1.FieldManager), Clock: clock.RealClock{}, Rand: rand.Reader,
		ConfirmationSpacing: o.confirmationSpacing,
	})
	if err := credentials.SetupWithManager(ctx, mgr, o.concurrency); err != nil {
		return fmt.Errorf("set up the controller of credentials: %w", err)
	}
	if err := mgr.AddHealthzCheck("healthz", healthz.Ping); err != nil {
		return fmt.Errorf("add the liveness check: %w", err)
	}
	if err := mgr.AddReadyzCheck("readyz", healthz.Ping); err != nil {
		return fmt.Errorf("add the readiness check: %w", err)
	}

	return nil
}

