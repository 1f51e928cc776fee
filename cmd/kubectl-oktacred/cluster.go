package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // the ways to log in that kubectl knows
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/diagnose"
	"github.com/oktacred/okta-credential-operator/internal/egress"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// fromCluster is what the cluster says of the credential, as far as the user may read it.
func (o *options) fromCluster(ctx context.Context, web *diagnose.Web, _ streams) (diagnose.Case, error) {
	reader, namespace, err := o.connect()
	if err != nil {
		return diagnose.Case{}, err
	}
	credential := &v1alpha1.OktaClientCredential{}
	key := client.ObjectKey{Namespace: namespace, Name: o.name}
	if err := reader.Get(ctx, key, credential); err != nil {
		return diagnose.Case{}, credentialError(key, err)
	}
	known := diagnose.Case{
		Subject: fmt.Sprintf("OktaClientCredential %s/%s", namespace, o.name),
		Cluster: &diagnose.Cluster{Credential: credential},
		Client: diagnose.Client{
			ID:                  cmp.Or(credential.Spec.ClientID, credential.Status.ClientID),
			AuthorizationServer: credential.Spec.AuthorizationServer,
			Method:              usedMethod(credential),
		},
	}
	readConnection(ctx, reader, &known, web)
	readTarget(ctx, reader, &known)
	return known, nil
}

// connect makes a client by the usual rules of kubectl.
func (o *options) connect() (reader client.Reader, namespace string, err error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = o.kubeconfig
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: o.context})
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, "", fmt.Errorf("read the kubeconfig: %w", err)
	}
	if namespace, _, err = loader.Namespace(); err != nil {
		return nil, "", fmt.Errorf("read the kubeconfig: %w", err)
	}
	config.WarningHandler = rest.NoWarnings{}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return nil, "", err
	}
	reader, err = client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, "", fmt.Errorf("connect to the cluster: %w", err)
	}
	return reader, cmp.Or(o.namespace, namespace), nil
}

func credentialError(key client.ObjectKey, err error) error {
	if meta.IsNoMatchError(err) {
		return errors.New("this cluster has no OktaClientCredentials: the operator is not installed")
	}
	return fmt.Errorf("read OktaClientCredential %s: %w", key, err)
}

// usedMethod is how the operator sends the secret: what the application at Okta said, where the credential leaves it open.
func usedMethod(credential *v1alpha1.OktaClientCredential) v1alpha1.TokenEndpointAuthMethod {
	method := credential.Spec.TokenEndpointAuthMethod
	if method == v1alpha1.AuthMethodAuto || method == "" {
		return cmp.Or(credential.Status.TokenEndpointAuthMethod, v1alpha1.AuthMethodAuto)
	}
	return method
}

// readConnection reads the connection, and takes its certificate authorities unless the command line names others.
func readConnection(ctx context.Context, reader client.Reader, known *diagnose.Case, web *diagnose.Web) {
	credential := known.Cluster.Credential
	ref := credential.Spec.ConnectionRef
	var spec v1alpha1.ConnectionSpec
	var err error
	if ref.Kind == v1alpha1.ConnectionKindCluster {
		connection := &v1alpha1.ClusterOktaConnection{}
		err = reader.Get(ctx, client.ObjectKey{Name: ref.Name}, connection)
		spec, known.Cluster.Connection = connection.Spec.ConnectionSpec, &connection.Status
		if len(web.CABundle) == 0 {
			web.CABundle = []byte(connection.Spec.CABundle)
		}
	} else {
		connection := &v1alpha1.OktaConnection{}
		err = reader.Get(ctx, client.ObjectKey{Namespace: credential.Namespace, Name: ref.Name}, connection)
		spec, known.Cluster.Connection = connection.Spec, &connection.Status
	}
	if err != nil {
		known.Cluster.Connection, known.Cluster.ConnectionMark = nil, diagnose.Unknown
		if apierrors.IsNotFound(err) {
			known.Cluster.ConnectionMark = diagnose.Failed
		}
		known.Cluster.ConnectionProblem = fmt.Sprintf("%s %q cannot be read (%s).", ref.Kind, ref.Name, apierrors.ReasonForError(err))
		return
	}
	org, err := egress.ParseOrgURL(spec.OrgURL)
	if err != nil {
		known.Cluster.ConnectionProblem, known.Cluster.ConnectionMark = fmt.Sprintf("%s %q: %s.", ref.Kind, ref.Name, err), diagnose.Failed
		return
	}
	known.Client.OrgURL = org.String()
}

// readTarget reads the application's Secret, if the user may.
func readTarget(ctx context.Context, reader client.Reader, known *diagnose.Case) {
	credential := known.Cluster.Credential
	ref := credential.Spec.SecretRef
	secret := &corev1.Secret{}
	err := reader.Get(ctx, client.ObjectKey{Namespace: credential.Namespace, Name: ref.Name}, secret)
	known.Stored.Place = fmt.Sprintf("key %q of Secret %q", ref.ClientSecretKey, ref.Name)
	switch {
	case apierrors.IsNotFound(err):
		known.Stored.Problem, known.Stored.ProblemMark = fmt.Sprintf("Secret %q is not there.", ref.Name), diagnose.Failed
		known.Stored.Fix = "Create it with the client secret, or make a new OktaClientCredential whose secretRef.creationPolicy is Create or Owner."
		return
	case err != nil:
		known.Stored.Problem = fmt.Sprintf("Secret %q was not read (%s); what follows rests on what the operator says.", ref.Name, apierrors.ReasonForError(err))
		known.Stored.ProblemMark = unreadMark(credential)
		known.Asked.Skipped = "the Secret was not read."
		return
	}
	known.Cluster.SecretRead = true
	known.Cluster.SecretClientID = string(secret.Data[ref.ClientIDKey])
	known.Client.ID = cmp.Or(known.Client.ID, known.Cluster.SecretClientID)
	if ref.IssuerKey != "" {
		known.Client.Issuer = string(secret.Data[ref.IssuerKey])
	}
	value, hasKey := secret.Data[ref.ClientSecretKey]
	known.Stored.Secret = redact.NewValue(string(value))
	switch {
	case !hasKey:
		known.Stored.Problem, known.Stored.ProblemMark = fmt.Sprintf("Secret %q has no key %q.", ref.Name, ref.ClientSecretKey), diagnose.Failed
		known.Stored.Fix = "Add the client secret under that key, or name the right key in a new OktaClientCredential."
	case len(value) == 0:
		known.Stored.Problem, known.Stored.ProblemMark = fmt.Sprintf("Key %q of Secret %q is empty.", ref.ClientSecretKey, ref.Name), diagnose.Failed
		known.Stored.Fix = "Put the client secret in."
	}
}

// unreadMark is what an unread Secret means: nothing where the operator says that Okta accepts what is in it.
func unreadMark(credential *v1alpha1.OktaClientCredential) diagnose.Mark {
	if meta.IsStatusConditionTrue(credential.Status.Conditions, v1alpha1.ConditionReady) {
		return diagnose.Passed
	}
	return diagnose.Unknown
}
