package main

import (
	"flag"
	"os"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// options are the operator's flags.
type options struct {
	metricsAddress        string
	secureMetrics         bool
	probeAddress          string
	leaderElection        bool
	namespace             string
	allowedOrgDomains     string
	allowPrivateAddresses bool
	concurrency           int
	confirmationSpacing   time.Duration
}

func parseFlags(arguments []string) (options, zap.Options) {
	var o options
	var logging zap.Options
	set := flag.NewFlagSet("manager", flag.ExitOnError)
	set.StringVar(&o.metricsAddress, "metrics-bind-address", ":8443", "Where metrics are served; 0 serves none.")
	set.BoolVar(&o.secureMetrics, "metrics-secure", true, "Serve metrics over HTTPS to those whom the cluster's RBAC allows to get /metrics.")
	set.StringVar(&o.probeAddress, "health-probe-bind-address", ":8081", "Where /healthz and /readyz are served.")
	set.BoolVar(&o.leaderElection, "leader-elect", true, "Let one of several replicas work. It reduces load; the rotation protocol does not rest on it.")
	set.StringVar(&o.namespace, "operator-namespace", os.Getenv("POD_NAMESPACE"), "The operator's own namespace: its lease, and the admin Secrets of cluster connections.")
	set.StringVar(&o.allowedOrgDomains, "allowed-org-domains", "", "Comma-separated hosts that an OktaConnection may name besides Okta's own domains: exact (login.example.com) or *.example.com.")
	set.BoolVar(&o.allowPrivateAddresses, "allow-private-addresses", false, "Let an org's host resolve to an address that is not public: for tests, and for orgs behind a private link.")
	set.IntVar(&o.concurrency, "max-concurrent-reconciles", 16, "How many credentials are worked on at once.")
	set.DurationVar(&o.confirmationSpacing, "confirmation-spacing", 15*time.Second, "The least time between two answers that confirm a rejection. Shorter is for tests.")
	logging.BindFlags(set)
	_ = set.Parse(arguments) // it exits on an error

	return o, logging
}

func (o options) orgDomains() []string {
	return strings.FieldsFunc(o.allowedOrgDomains, func(r rune) bool { return r == ',' || r == ' ' })
}
