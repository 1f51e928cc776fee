package connection

import (
	"context"
	"net/url"

	"github.com/oktacred/okta-credential-operator/internal/egress"
	"github.com/oktacred/okta-credential-operator/internal/okta"
)

// Metadata of the connection's org, which needs no admin credential.
func (d *Directory) Metadata(c Connection) (*okta.Metadata, error) {
	found, err := d.org(c)
	if err != nil {
		return nil, err
	}

	return found.metadata, nil
}

// OrganizationAt asks the host of an issuer which org it is. The host comes from a tenant, so it must be an Okta domain, or one
// that the operator's flag allows; nothing but a public document is asked there, and no credential is sent.
func (d *Directory) OrganizationAt(ctx context.Context, c Connection, host string) (okta.Organization, error) {
	if err := d.options.Hosts.Permit(host); err != nil {
		return okta.Organization{}, &DeniedError{err.Error()}
	}
	options := egress.Options{AllowedHost: host, CABundle: []byte(c.CABundle), AllowPrivateAddresses: d.options.AllowPrivateAddresses}
	if c.Proxy != "" {
		proxy, err := url.Parse(c.Proxy)
		if err != nil {
			return okta.Organization{}, err
		}
		options.Proxy = proxy
	}
	httpClient, err := egress.New(options)
	if err != nil {
		return okta.Organization{}, err
	}
	defer httpClient.CloseIdleConnections()
	metadata, err := okta.NewMetadata("https://"+host, httpClient, okta.NewBudget(okta.BudgetOptions{Clock: d.options.Clock}))
	if err != nil {
		return okta.Organization{}, err
	}

	return metadata.Organization(ctx)
}
