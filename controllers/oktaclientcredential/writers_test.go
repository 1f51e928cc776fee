package oktaclientcredential

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// ownedBy is a Secret with an owner of this kind.
func ownedBy(version, kind string) func(*corev1.Secret) {
	return func(s *corev1.Secret) {
		s.OwnerReferences = append(s.OwnerReferences, metav1.OwnerReference{APIVersion: version, Kind: kind, Name: "web-shop"})
	}
}

func labelled(key, value string) func(*corev1.Secret) {
	return func(s *corev1.Secret) { metav1.SetMetaDataLabel(&s.ObjectMeta, key, value) }
}

func annotated(key, value string) func(*corev1.Secret) {
	return func(s *corev1.Secret) { metav1.SetMetaDataAnnotation(&s.ObjectMeta, key, value) }
}

// writtenBy is a Secret in which a field manager has these fields of its data.
func writtenBy(manager, fields string) func(*corev1.Secret) {
	return func(s *corev1.Secret) {
		entry := metav1.ManagedFieldsEntry{Manager: manager, Operation: metav1.ManagedFieldsOperationUpdate, FieldsV1: &metav1.FieldsV1{}}
		entry.FieldsV1.SetRawString(`{"f:data":{` + fields + `}}`)
		s.ManagedFields = append(s.ManagedFields, entry)
	}
}

func secretWith(changes ...func(*corev1.Secret)) *corev1.Secret {
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web-shop"}}
	for _, change := range changes {
		change(s)
	}

	return s
}

const (
	ourKey   = `".":{},"f:client_secret":{}`
	otherKey = `".":{},"f:client_id":{}`
)

// TestWhoKeepsTheSecret: a tool is recognised by its owner reference, then by its mark, then by its field manager on our key; people
// are not.
func TestWhoKeepsTheSecret(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		secret *corev1.Secret
		want   string
	}{
		"nobody": {secretWith(), ""},

		"External Secrets, as owner":                {secretWith(ownedBy("external-secrets.io/v1", "ExternalSecret")), "External Secrets (ExternalSecret web-shop)"},
		"External Secrets, an older version":        {secretWith(ownedBy("external-secrets.io/v1beta1", "ExternalSecret")), "External Secrets (ExternalSecret web-shop)"},
		"External Secrets, by its label":            {secretWith(labelled("reconcile.external-secrets.io/managed", "true")), "External Secrets (reconcile.external-secrets.io/managed: true)"},
		"External Secrets, that merges":             {secretWith(writtenBy("externalsecrets.external-secrets.io/web-shop", ourKey)), "External Secrets (field manager externalsecrets.external-secrets.io/web-shop)"},
		"External Secrets, that merges a long name": {secretWith(writtenBy("externalsecrets.external-secrets.io/sha3/0f1e2d", ourKey)), "External Secrets (field manager externalsecrets.external-secrets.io/sha3/0f1e2d)"},
		"External Secrets, that merges another key": {secretWith(writtenBy("externalsecrets.external-secrets.io/web-shop", otherKey)), ""},
		"Sealed Secrets, as owner":                  {secretWith(ownedBy("bitnami.com/v1alpha1", "SealedSecret")), "Sealed Secrets (SealedSecret web-shop)"},
		"Sealed Secrets, by its annotation":         {secretWith(annotated("sealedsecrets.bitnami.com/managed", "true")), "Sealed Secrets (sealedsecrets.bitnami.com/managed: true)"},
		"the Vault Secrets Operator, as owner":      {secretWith(ownedBy("secrets.hashicorp.com/v1beta1", "VaultStaticSecret")), "the Vault Secrets Operator (VaultStaticSecret web-shop)"},
		"the Vault Secrets Operator, by its fields": {secretWith(writtenBy("vault-secrets-operator", ourKey)), "the Vault Secrets Operator (field manager vault-secrets-operator)"},
		"Argo CD, by its annotation":                {secretWith(annotated("argocd.argoproj.io/tracking-id", "shop:/Secret:shop/web-shop")), "Argo CD (argocd.argoproj.io/tracking-id: shop:/Secret:shop/web-shop)"},
		"Argo CD, by its label":                     {secretWith(labelled("argocd.argoproj.io/instance", "shop")), "Argo CD (argocd.argoproj.io/instance: shop)"},
		"Argo CD, by its fields":                    {secretWith(writtenBy("argocd-controller", ourKey)), "Argo CD (field manager argocd-controller)"},
		"Flux's Kustomization, by its label":        {secretWith(labelled("kustomize.toolkit.fluxcd.io/name", "apps")), "Flux (kustomize.toolkit.fluxcd.io/name: apps)"},
		"Flux's Kustomization, by its fields":       {secretWith(writtenBy("kustomize-controller", ourKey)), "Flux (field manager kustomize-controller)"},
		"Flux's HelmRelease, by its label":          {secretWith(labelled("helm.toolkit.fluxcd.io/name", "shop")), "Flux (helm.toolkit.fluxcd.io/name: shop)"},
		"Flux's HelmRelease, by its fields":         {secretWith(writtenBy("helm-controller", ourKey)), "Flux (field manager helm-controller)"},
		"Helm, by its annotation":                   {secretWith(annotated("meta.helm.sh/release-name", "shop")), "Helm (meta.helm.sh/release-name: shop)"},
		"Helm, by its fields":                       {secretWith(writtenBy("helm", ourKey)), "Helm (field manager helm)"},

		"a person with kubectl apply":       {secretWith(writtenBy("kubectl-client-side-apply", ourKey), annotated("kubectl.kubernetes.io/last-applied-configuration", "{}")), ""},
		"a person with kubectl edit":        {secretWith(writtenBy("kubectl-edit", ourKey)), ""},
		"we":                                {secretWith(writtenBy(v1alpha1.FieldManager, ourKey)), ""},
		"the credential as owner":           {secretWith(ownedBy(v1alpha1.GroupVersion.String(), "OktaClientCredential")), ""},
		"a kind of that name of others":     {secretWith(ownedBy("example.com/v1", "ExternalSecret")), ""},
		"a manager that is called alike":    {secretWith(writtenBy("externalsecrets.external-secrets.io.example.com", ourKey)), ""},
		"the owner says more than its mark": {secretWith(labelled("argocd.argoproj.io/instance", "shop"), ownedBy("bitnami.com/v1alpha1", "SealedSecret")), "Sealed Secrets (SealedSecret web-shop)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := keeperOf(test.secret, "client_secret"); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// TestWhoWroteTheSecret names field managers of our key, else of any of the data.
func TestWhoWroteTheSecret(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		secret *corev1.Secret
		want   string
	}{
		"nobody is noted":             {secretWith(), "an unknown writer"},
		"we alone":                    {secretWith(writtenBy(v1alpha1.FieldManager, ourKey)), "an unknown writer"},
		"one, and we":                 {secretWith(writtenBy("kubectl-edit", ourKey), writtenBy(v1alpha1.FieldManager, ourKey)), `"kubectl-edit"`},
		"two":                         {secretWith(writtenBy("kubectl-edit", ourKey), writtenBy("argocd-controller", ourKey)), `"kubectl-edit", "argocd-controller"`},
		"of our key, not of another":  {secretWith(writtenBy("vault", otherKey), writtenBy("kubectl-edit", ourKey)), `"kubectl-edit"`},
		"of another, where none is":   {secretWith(writtenBy("vault", otherKey), writtenBy(v1alpha1.FieldManager, ourKey)), `"vault"`},
		"a manager that is no entry":  {secretWith(func(s *corev1.Secret) { s.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl"}} }), "an unknown writer"},
		"External Secrets, by a name": {secretWith(writtenBy("externalsecrets.external-secrets.io/web-shop", ourKey)), `"externalsecrets.external-secrets.io/web-shop"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := writersOf(test.secret, "client_secret"); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}
