package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

const (
	// namespace of the credentials.
	namespace = "bench"
	// connectionName is that of the connection and of the Secret with its key.
	connectionName = "bench"
	// writers is how many objects are applied at once.
	writers = 8
)

// populate applies everything that users apply, before the operator starts.
func (w *world) populate(ctx context.Context) error {
	for _, name := range []string{operatorNamespace, namespace} {
		if err := w.create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			return err
		}
	}
	if err := w.login(ctx); err != nil {
		return err
	}
	if err := w.grant(ctx); err != nil {
		return err
	}
	if err := w.connect(ctx); err != nil {
		return err
	}
	group, applying := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for i := 1; i <= w.options.n; i++ {
		group.Go(func() error {
			if err := w.create(applying, secretOf(i)); err != nil {
				return err
			}
			return w.create(applying, credentialOf(i, w.options.interval))
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return w.warm(ctx)
}

// warm lets the API server fill its cache of a kind that nobody has asked for yet: until it has, it refuses watches, which
// is no figure of the operator's.
func (w *world) warm(ctx context.Context) error {
	return wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		watching, err := w.client.Watch(ctx, &v1alpha1.OktaConnectionList{})
		if apierrors.IsTooManyRequests(err) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("watch OktaConnections: %w", err)
		}
		watching.Stop()
		return true, nil
	})
}

func (w *world) create(ctx context.Context, object client.Object) error {
	if err := w.client.Create(ctx, object); err != nil {
		return fmt.Errorf("create %T %s: %w", object, object.GetName(), err)
	}
	return nil
}

// grant gives the operator the roles that an install gives it.
func (w *world) grant(ctx context.Context) error {
	subjects := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: operatorNamespace, Name: serviceAccount}}
	var everywhere rbacv1.ClusterRole
	if err := w.readRole("role.yaml", &everywhere); err != nil {
		return err
	}
	var own rbacv1.Role
	if err := w.readRole("leader_election_role.yaml", &own); err != nil {
		return err
	}
	own.Namespace = operatorNamespace
	for _, object := range []client.Object{
		&everywhere, &own,
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: everywhere.Name}, Subjects: subjects,
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: everywhere.Name},
		},
		&rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: own.Name}, Subjects: subjects,
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: own.Name},
		},
	} {
		if err := w.create(ctx, object); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) readRole(file string, into client.Object) error {
	content, err := os.ReadFile(filepath.Join(w.options.root, "config", "rbac", file))
	if err != nil {
		return fmt.Errorf("read the operator's role: %w", err)
	}
	if err := yaml.UnmarshalStrict(content, into); err != nil {
		return fmt.Errorf("read the operator's role %s: %w", file, err)
	}
	return nil
}

// connect applies the connection to the org, with its defaults.
func (w *world) connect(ctx context.Context) error {
	const key = "private-key"
	if err := w.create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: connectionName},
		Data:       map[string][]byte{key: w.org.key},
	}); err != nil {
		return err
	}
	return w.create(ctx, &v1alpha1.ClusterOktaConnection{
		ObjectMeta: metav1.ObjectMeta{Name: connectionName},
		Spec: v1alpha1.ClusterConnectionSpec{
			ConnectionSpec: v1alpha1.ConnectionSpec{
				OrgURL: w.org.url,
				Auth: v1alpha1.ConnectionAuth{PrivateKeyJWT: &v1alpha1.PrivateKeyJWTAuth{
					ClientID: serviceClientID, KeyID: serviceKeyID,
					PrivateKeySecretRef: v1alpha1.LocalSecretKeyReference{Name: connectionName, Key: key},
				}},
			},
			CABundle: strings.TrimSpace(string(w.org.ca)),
			Allow:    []v1alpha1.AllowRule{{Namespaces: []string{namespace}, ClientIDs: []string{"*"}}},
		},
	})
}

func nameOf(i int) string { return fmt.Sprintf("client-%06d", i) }

// secretOf is an application's Secret as it is found: without our label, which the operator has to set.
func secretOf(i int) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: nameOf(i)},
		Data: map[string][]byte{
			"client_id": []byte(oktasim.BenchClientID(i)), "client_secret": []byte(oktasim.BenchSecret(appsSeed, i).Reveal()),
		},
	}
}

func credentialOf(i int, interval time.Duration) *v1alpha1.OktaClientCredential {
	return &v1alpha1.OktaClientCredential{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: nameOf(i)},
		Spec: v1alpha1.OktaClientCredentialSpec{
			ConnectionRef: v1alpha1.ConnectionReference{Kind: v1alpha1.ConnectionKindCluster, Name: connectionName},
			ClientID:      oktasim.BenchClientID(i),
			SecretRef:     v1alpha1.SecretReference{Name: nameOf(i)},
			Validation:    v1alpha1.ValidationSpec{Interval: v1alpha1.Duration(interval.String())},
		},
	}
}
