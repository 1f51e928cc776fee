// Package controllers is the single list of what runs in the operator, and how its manager reads the cluster. It must not
// read flags or the environment.
package controllers

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/controllers/oktaclientcredential"
	"github.com/oktacred/okta-credential-operator/internal/egress"
)

// Options of the operator. All are required but OrgDomains and AllowPrivateAddresses.
type Options struct {
	// OperatorNamespace is where the admin Secrets of cluster connections are.
	OperatorNamespace string
	// OrgDomains are hosts that an OktaConnection may name besides Okta's own.
	OrgDomains []string
	// AllowPrivateAddresses lets an org's host resolve to an address that is not public.
	AllowPrivateAddresses bool
	// Concurrency is how many credentials are worked on at once.
	Concurrency int
	// ConfirmationSpacing is the least time between two answers that confirm a rejection.
	ConfirmationSpacing time.Duration
	Clock               clock.Clock
	// Rand makes client secrets; it must be cryptographically secure.
	Rand io.Reader
	// Metrics gets the gauges, once this process leads; nil for none. What is counted goes to controller-runtime's registry.
	Metrics prometheus.Registerer
}

// ManagerOptions are the options of a manager for these controllers: its kinds, and what it keeps in memory.
func ManagerOptions() (ctrl.Options, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return ctrl.Options{}, fmt.Errorf("register API kinds: %w", err)
		}
	}
	labelled, err := labels.NewRequirement(v1alpha1.LabelCredential, "exists", nil)
	if err != nil {
		return ctrl.Options{}, fmt.Errorf("select labelled Secrets: %w", err)
	}

	return ctrl.Options{
		Scheme: scheme,
		Cache: cache.Options{
			DefaultTransform: cache.TransformStripManagedFields(),
			// Only Secrets with our label are watched, and as metadata: their data is never kept in memory.
			ByObject: map[client.Object]cache.ByObject{&metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}}: {
				Label: labels.NewSelector().Add(*labelled),
			}},
		},
		Client: client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}, &corev1.Pod{}}}},
	}, nil
}

// Setup registers the controllers with a manager.
func Setup(ctx context.Context, mgr ctrl.Manager, o Options) error {
	recorder := mgr.GetEventRecorder(v1alpha1.FieldManager)
	directory := connection.NewDirectory(connection.Options{
		Reader: mgr.GetClient(), Live: mgr.GetAPIReader(), Status: mgr.GetClient(), Recorder: recorder, OperatorNamespace: o.OperatorNamespace,
		Hosts: egress.HostPolicy{CustomDomains: o.OrgDomains}, AllowPrivateAddresses: o.AllowPrivateAddresses, Clock: o.Clock,
	})
	follower := connection.NewFollower(connection.FollowerOptions{
		Directory: directory, Keepers: oktaclientcredential.Keepers(mgr.GetClient()), ReadUntil: connection.Connection.ReadUntil,
	})
	if err := follower.SetupWithManager(mgr); err != nil {
		return fmt.Errorf("set up the reader of System Logs: %w", err)
	}
	if err := connection.SetupWithManager(mgr, directory, follower, o.Clock); err != nil {
		return fmt.Errorf("set up the controllers of connections: %w", err)
	}
	if err := connection.NewCounter(directory, mgr.GetClient(), oktaclientcredential.Counts(mgr.GetClient())).SetupWithManager(mgr); err != nil {
		return fmt.Errorf("set up the counting of credentials: %w", err)
	}
	credentials := oktaclientcredential.New(oktaclientcredential.Options{
		Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Directory: directory,
		Recorder: recorder, Clock: o.Clock, Rand: o.Rand,
		ConfirmationSpacing: o.ConfirmationSpacing, Follower: follower,
	})
	if err := credentials.SetupWithManager(ctx, mgr, o.Concurrency); err != nil {
		return fmt.Errorf("set up the controller of credentials: %w", err)
	}

	return registerGauges(mgr, o.Metrics)
}

// registerGauges lets one of several replicas tell how many credentials there are: the one that leads.
func registerGauges(mgr ctrl.Manager, registry prometheus.Registerer) error {
	if registry == nil {
		return nil
	}

	return mgr.Add(manager.RunnableFunc(func(context.Context) error {
		for _, gauges := range []prometheus.Collector{oktaclientcredential.NewGauges(mgr.GetClient()), connection.NewGauges(mgr.GetClient())} {
			if err := registry.Register(gauges); err != nil {
				return fmt.Errorf("register gauges: %w", err)
			}
		}

		return nil
	}))
}
