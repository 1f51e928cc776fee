package oktaclientcredential

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// writersOf names who wrote the client secret, other than we; and where nobody is noted for it (an update that replaced all the
// data has no owner for the one key that we wrote since), who wrote any of the Secret's data.
func writersOf(secret *corev1.Secret, key string) string {
	names := managersOf(secret, fmt.Sprintf(`"f:%s"`, key))
	if len(names) == 0 {
		names = managersOf(secret, `"f:data"`)
	}
	if len(names) == 0 {
		return "an unknown writer"
	}
	quoted := make([]string, 0, len(names))
	for _, name := range names {
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}

	return strings.Join(quoted, ", ")
}

// managersOf are the field managers of a field of the Secret, other than we.
func managersOf(secret *corev1.Secret, field string) []string {
	var names []string
	for _, entry := range secret.ManagedFields {
		if entry.Manager != v1alpha1.FieldManager && entry.FieldsV1 != nil && strings.Contains(entry.FieldsV1.GetRawString(), field) {
			names = append(names, entry.Manager)
		}
	}

	return names
}

// wroteValue is when the operator last wrote a key of the Secret, by the API server's clock; zero where another one wrote it since,
// or the Secret does not tell.
func wroteValue(secret *corev1.Secret, key string) time.Time {
	for _, entry := range secret.ManagedFields {
		if entry.Manager != v1alpha1.FieldManager || entry.Time == nil || entry.FieldsV1 == nil {
			continue
		}
		var fields struct {
			Data map[string]json.RawMessage `json:"f:data"`
		}
		if err := json.Unmarshal([]byte(entry.FieldsV1.GetRawString()), &fields); err == nil && fields.Data["f:"+key] != nil {
			return entry.Time.Time
		}
	}

	return time.Time{}
}

// owners are kinds that keep a Secret's content, by API group and kind.
var owners = map[string]string{
	"external-secrets.io/ExternalSecret":              "External Secrets",
	"bitnami.com/SealedSecret":                        "Sealed Secrets",
	"secrets.hashicorp.com/VaultStaticSecret":         "the Vault Secrets Operator",
	"secrets.hashicorp.com/VaultDynamicSecret":        "the Vault Secrets Operator",
	"secrets.hashicorp.com/HCPVaultSecretsApp":        "the Vault Secrets Operator",
	"secrets.infisical.com/InfisicalSecret":           "Infisical",
	"secrets.doppler.com/DopplerSecret":               "Doppler",
	"onepassword.com/OnePasswordItem":                 "1Password",
	"akeyless.io/AkeylessSecret":                      "Akeyless",
	"isindir.github.com/SopsSecret":                   "the SOPS operator",
	"secrets-store.csi.x-k8s.io/SecretProviderClass":  "the Secrets Store CSI driver",
	"generators.external-secrets.io/ClusterGenerator": "External Secrets",
}

// marks are labels and annotations that tools leave on what they keep.
var marks = []struct{ key, tool string }{
	{"reconcile.external-secrets.io/managed", "External Secrets"},
	{"argocd.argoproj.io/tracking-id", "Argo CD"},
	{"argocd.argoproj.io/instance", "Argo CD"},
	{"kustomize.toolkit.fluxcd.io/name", "Flux"},
	{"helm.toolkit.fluxcd.io/name", "Flux"},
	{"meta.helm.sh/release-name", "Helm"},
	{"sealedsecrets.bitnami.com/managed", "Sealed Secrets"},
	{"secrets.infisical.com/version", "Infisical"},
}

// externalSecrets begins the field managers of External Secrets: it has one for each ExternalSecret, with its name or, where that is
// too long, a hash of it.
const externalSecrets = "externalsecrets.external-secrets.io/"

// tools are field managers of tools that keep what they wrote.
var tools = map[string]string{
	externalSecrets: "External Secrets", "external-secrets": "External Secrets", "argocd-controller": "Argo CD", "argocd-application-controller": "Argo CD",
	"kustomize-controller": "Flux", "helm-controller": "Flux", "vault-secrets-operator": "the Vault Secrets Operator",
	"sealed-secrets": "Sealed Secrets", "infisical-operator": "Infisical", "helm": "Helm",
}

// keeperOf names the tool that keeps the client secret in the Secret, by its owner, marks and field managers; empty when none is
// recognised. People with kubectl are no tool.
func keeperOf(secret *corev1.Secret, key string) string {
	for _, owner := range secret.OwnerReferences {
		group, _, _ := strings.Cut(owner.APIVersion, "/")
		if tool, known := owners[group+"/"+owner.Kind]; known {
			return fmt.Sprintf("%s (%s %s)", tool, owner.Kind, owner.Name)
		}
	}
	for _, mark := range marks {
		for _, kept := range []map[string]string{secret.Labels, secret.Annotations} {
			if value, marked := kept[mark.key]; marked {
				return fmt.Sprintf("%s (%s: %s)", mark.tool, mark.key, value)
			}
		}
	}
	for _, manager := range managersOf(secret, fmt.Sprintf(`"f:%s"`, key)) {
		name := manager
		if strings.HasPrefix(manager, externalSecrets) {
			name = externalSecrets
		}
		if tool, known := tools[name]; known {
			return fmt.Sprintf("%s (field manager %s)", tool, manager)
		}
	}

	return ""
}
