package connection

import (
	"k8s.io/apimachinery/pkg/types"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/okta"
)

// budget is the request budget of one org with the share that each of its connections allows.
type budget struct {
	*okta.Budget
	shares map[types.UID]v1alpha1.RateLimit
}

// budgetOf is the org's one budget for the cluster's connections; the smallest share that one of them states applies to all.
// A namespace's own connection has a budget of its own: what a tenant states must neither throttle nor unleash the others.
func (d *Directory) budgetOf(c Connection, host string) *okta.Budget {
	key := host
	if c.Kind == v1alpha1.ConnectionKindNamespaced {
		key += "/" + string(c.UID)
	}
	shared := d.budgets[key]
	if shared == nil {
		shared = &budget{Budget: okta.NewBudget(okta.BudgetOptions{Clock: d.options.Clock}), shares: map[types.UID]v1alpha1.RateLimit{}}
		d.budgets[key] = shared
	}
	shared.shares[c.UID] = c.Spec.RateLimit
	smallest := c.Spec.RateLimit
	for _, share := range shared.shares {
		smallest.MaxCapacityPercent = min(smallest.MaxCapacityPercent, share.MaxCapacityPercent)
		smallest.MaxConcurrentRequests = min(smallest.MaxConcurrentRequests, share.MaxConcurrentRequests)
	}
	shared.SetLimits(int(smallest.MaxCapacityPercent), int(smallest.MaxConcurrentRequests))

	return shared.Budget
}
