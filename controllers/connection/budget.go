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

// budgetOf is the org's one budget; the smallest share that a connection to the org states applies to all.
func (d *Directory) budgetOf(c Connection, host string) *okta.Budget {
	shared := d.budgets[host]
	if shared == nil {
		shared = &budget{Budget: okta.NewBudget(okta.BudgetOptions{Clock: d.options.Clock}), shares: map[types.UID]v1alpha1.RateLimit{}}
		d.budgets[host] = shared
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
