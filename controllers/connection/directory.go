package connection

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/egress"
	"github.com/oktacred/okta-credential-operator/internal/okta"
	"github.com/oktacred/okta-credential-operator/internal/redact"
	"github.com/oktacred/okta-credential-operator/internal/tokencheck"
)

// Options of a Directory.
type Options struct {
	// Reader of connections and namespaces; a cache.
	Reader client.Reader
	// Live reader of admin Secrets.
	Live client.Reader
	// Status writes the brake of a connection, and Recorder tells of it.
	Status   client.StatusClient
	Recorder events.EventRecorder
	// OperatorNamespace is where the admin Secrets of cluster connections are.
	OperatorNamespace string
	// Hosts that a namespaced connection may name.
	Hosts egress.HostPolicy
	// AllowPrivateAddresses lets an org's host resolve to an address that is not public.
	AllowPrivateAddresses bool
	Clock                 clock.Clock
}

// Directory finds connections and keeps the clients for their orgs.
type Directory struct {
	options Options

	mu      sync.Mutex
	orgs    map[types.UID]*org
	budgets map[string]*budget
}

// org is what belongs to one state of one connection.
type org struct {
	generation int64
	budget     *okta.Budget
	checker    *tokencheck.Checker
	metadata   *okta.Metadata
	newAdmin   func(okta.Auth) (*okta.Client, error)
	close      func()

	mu           sync.Mutex
	admin        *okta.Client
	adminVersion string
}

// NewDirectory makes a Directory.
func NewDirectory(options Options) *Directory {
	return &Directory{options: options, orgs: map[types.UID]*org{}, budgets: map[string]*budget{}}
}

// DeniedError says why a connection may not be used.
type DeniedError struct{ Message string }

// Error says what to do.
func (e *DeniedError) Error() string { return e.Message }

// Find returns the connection that a credential names. A NotFound error says that it is not there.
func (d *Directory) Find(ctx context.Context, namespace string, ref v1alpha1.ConnectionReference) (Connection, error) {
	if ref.Kind == v1alpha1.ConnectionKindCluster {
		var found v1alpha1.ClusterOktaConnection
		if err := d.options.Reader.Get(ctx, client.ObjectKey{Name: ref.Name}, &found); err != nil {
			return Connection{}, fmt.Errorf("read ClusterOktaConnection %s: %w", ref.Name, err)
		}

		return fromCluster(&found, d.options.OperatorNamespace), nil
	}
	var found v1alpha1.OktaConnection
	if err := d.options.Reader.Get(ctx, client.ObjectKey{Namespace: namespace, Name: ref.Name}, &found); err != nil {
		return Connection{}, fmt.Errorf("read OktaConnection %s/%s: %w", namespace, ref.Name, err)
	}

	return fromNamespaced(&found), nil
}

// Permit returns a *DeniedError unless the connection may be used for a client of a namespace. It is asked before any
// request, those to the token endpoint included.
func (d *Directory) Permit(ctx context.Context, c Connection, namespace, clientID string, mode v1alpha1.Mode) error {
	if err := d.PermitHost(c); err != nil {
		return err
	}
	if c.Kind == v1alpha1.ConnectionKindNamespaced {
		return nil
	}
	found := &metav1.PartialObjectMetadata{}
	found.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	if err := d.options.Reader.Get(ctx, client.ObjectKey{Name: namespace}, found); err != nil {
		return fmt.Errorf("read namespace %s: %w", namespace, err)
	}
	if c.allows(found, clientID, mode) {
		return nil
	}

	return &DeniedError{fmt.Sprintf("%s does not allow this client in mode %s to namespace %s. Ask the cluster's administrator for a rule in its spec.allow.", c, mode, namespace)}
}

// PermitHost returns a *DeniedError when a namespaced connection names a host that a namespace may not choose.
func (d *Directory) PermitHost(c Connection) error {
	if c.Kind == v1alpha1.ConnectionKindCluster {
		return nil
	}
	target, err := egress.ParseOrgURL(c.Spec.OrgURL)
	if err != nil {
		return &DeniedError{err.Error()}
	}
	if err := d.options.Hosts.Permit(target.Host); err != nil {
		return &DeniedError{err.Error()}
	}

	return nil
}

// Checker of the connection's org. It needs no admin credential.
func (d *Directory) Checker(c Connection) (*tokencheck.Checker, error) {
	found, err := d.org(c)
	if err != nil {
		return nil, err
	}

	return found.checker, nil
}

// Admin is a client for the org's admin API with the admin credential as it is in its Secret now. Errors about that Secret
// are *AdminSecretError.
func (d *Directory) Admin(ctx context.Context, c Connection) (*okta.Client, error) {
	found, err := d.org(c)
	if err != nil {
		return nil, err
	}
	auth, version, err := d.readAuth(ctx, c)
	if err != nil {
		return nil, err
	}
	found.mu.Lock()
	defer found.mu.Unlock()
	if found.admin != nil && found.adminVersion == version {
		return found.admin, nil
	}
	admin, err := found.newAdmin(auth)
	if err != nil {
		return nil, &AdminSecretError{Reason: v1alpha1.ReasonInvalidConfiguration, Message: err.Error()}
	}
	found.admin, found.adminVersion = admin, version

	return admin, nil
}

// renewAdmin drops the client of the admin API: its access token may be older than what was granted at Okta since.
func (d *Directory) renewAdmin(c Connection) {
	d.mu.Lock()
	found := d.orgs[c.UID]
	d.mu.Unlock()
	if found == nil {
		return
	}
	found.mu.Lock()
	defer found.mu.Unlock()
	found.admin, found.adminVersion = nil, ""
}

// AdminSecretError says that the admin credential cannot be had from its Secret.
type AdminSecretError struct{ Reason, Message string }

// Error says what is missing and where.
func (e *AdminSecretError) Error() string { return e.Message }

func (d *Directory) readAuth(ctx context.Context, c Connection) (okta.Auth, string, error) {
	ref := c.AdminSecret()
	var secret corev1.Secret
	if err := d.options.Live.Get(ctx, client.ObjectKey{Namespace: c.SecretNamespace, Name: ref.Name}, &secret); err != nil {
		if apierrors.IsNotFound(err) {
			return okta.Auth{}, "", &AdminSecretError{v1alpha1.ReasonAdminSecretMissing, fmt.Sprintf(
				"the Secret %s with the admin credential is not in namespace %s: create it", ref.Name, c.SecretNamespace)}
		}

		return okta.Auth{}, "", fmt.Errorf("read admin Secret %s/%s: %w", c.SecretNamespace, ref.Name, err)
	}
	value := redact.NewValue(string(secret.Data[ref.Key]))
	if value.IsEmpty() {
		return okta.Auth{}, "", &AdminSecretError{v1alpha1.ReasonAdminSecretMissing, fmt.Sprintf(
			"the Secret %s/%s has no value under key %q: add the admin credential", c.SecretNamespace, ref.Name, ref.Key)}
	}
	version := string(secret.UID) + "/" + secret.ResourceVersion
	if jwt := c.Spec.Auth.PrivateKeyJWT; jwt != nil {
		return okta.Auth{PrivateKeyJWT: &okta.PrivateKeyJWT{
			ClientID: jwt.ClientID, KeyID: jwt.KeyID, PrivateKey: value, Scopes: jwt.Scopes,
		}}, version, nil
	}

	return okta.Auth{APIToken: value}, version, nil
}

// AdminVersion changes when the admin Secret does, or when it can or can no longer be read.
func (d *Directory) AdminVersion(ctx context.Context, c Connection) string {
	_, version, err := d.readAuth(ctx, c)
	if err != nil {
		return err.Error()
	}

	return version
}

// org returns what belongs to the connection's present generation, and drops what belonged to an earlier one.
func (d *Directory) org(c Connection) (*org, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	found := d.orgs[c.UID]
	if found != nil && found.generation == c.Generation {
		return found, nil
	}
	made, err := d.newOrg(c)
	if err != nil {
		return nil, &AdminSecretError{Reason: v1alpha1.ReasonInvalidConfiguration, Message: err.Error()}
	}
	if found != nil {
		found.close()
	}
	d.orgs[c.UID] = made

	return made, nil
}

func (d *Directory) newOrg(c Connection) (*org, error) {
	target, err := egress.ParseOrgURL(c.Spec.OrgURL)
	if err != nil {
		return nil, err
	}
	options := egress.Options{
		AllowedHost: target.Host, CABundle: []byte(c.CABundle), AllowPrivateAddresses: d.options.AllowPrivateAddresses,
		MaxConnsPerHost: int(c.Spec.RateLimit.MaxConcurrentRequests),
	}
	if c.Proxy != "" {
		if options.Proxy, err = url.Parse(c.Proxy); err != nil {
			return nil, errors.New("spec.proxy is not a URL")
		}
	}
	httpClient, err := egress.New(options)
	if err != nil {
		return nil, err
	}
	shared := d.budgetOf(c, target.Host)
	metadata, err := okta.NewMetadata(c.Spec.OrgURL, httpClient, shared)
	if err != nil {
		return nil, err
	}

	return &org{
		generation: c.Generation,
		budget:     shared,
		checker:    tokencheck.New(httpClient, shared, d.options.Clock),
		metadata:   metadata,
		newAdmin: func(auth okta.Auth) (*okta.Client, error) {
			return okta.NewClient(okta.Config{OrgURL: c.Spec.OrgURL, HTTPClient: httpClient, Auth: auth, Budget: shared, Clock: d.options.Clock})
		},
		close: httpClient.CloseIdleConnections,
	}, nil
}

// Forget drops what belongs to connections that are no longer there.
func (d *Directory) Forget(uid types.UID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if found := d.orgs[uid]; found != nil {
		found.close()
		delete(d.orgs, uid)
	}
	for host, shared := range d.budgets {
		if delete(shared.shares, uid); len(shared.shares) == 0 {
			delete(d.budgets, host)
		}
	}
}
