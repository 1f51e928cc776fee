package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/test/controlplane"
)

// kubectl is the program that a user would type; an empty path means that there is none, and the API is asked directly.
type kubectl struct{ path, kubeconfig string }

// findKubectl prefers the one that came with the control plane: it has the same version.
func findKubectl(plane *controlplane.ControlPlane) kubectl {
	for _, name := range []string{filepath.Join(plane.AssetsDir, "kubectl"), "kubectl"} {
		if path, err := exec.LookPath(name); err == nil {
			return kubectl{path: path, kubeconfig: plane.KubeconfigPath}
		}
	}

	return kubectl{kubeconfig: plane.KubeconfigPath}
}

// run runs kubectl and returns what it printed.
func (k kubectl) run(ctx context.Context, input []byte, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, k.path, append([]string{"--kubeconfig", k.kubeconfig}, args...)...)
	cmd.Stdin = bytes.NewReader(input)
	output, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, output)
	}

	return string(output), nil
}

func (w *world) version(ctx context.Context) string {
	var found version.Info
	content, err := w.api().RESTClient().Get().AbsPath("/version").DoRaw(ctx)
	if err != nil || json.Unmarshal(content, &found) != nil {
		return ""
	}

	return found.GitVersion
}

func (w *world) api() *discovery.DiscoveryClient {
	return discovery.NewDiscoveryClientForConfigOrDie(w.plane.Config)
}

// apply applies an object as `kubectl apply --server-side` does. The object is handed over in a pipe, since it may be a Secret.
func (w *world) apply(ctx context.Context, out *page, file string, object *unstructured.Unstructured) error {
	out.command("kubectl apply --server-side -f " + file)
	content, err := yaml.Marshal(object.Object)
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	if w.tool.path != "" {
		said, err := w.tool.run(ctx, content, "apply", "--server-side", "-f", "-")
		out.output(said)

		return err
	}
	if err := w.client.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner("kubectl")); err != nil {
		return fmt.Errorf("apply %s: %w", file, err)
	}
	out.output(object.GetKind() + "/" + object.GetName() + " applied through the API: there is no kubectl here")

	return nil
}

// get shows `kubectl get` of one of our kinds; an empty namespace is for the cluster-scoped one.
func (w *world) get(ctx context.Context, out *page, namespace, kind string) error {
	args := []string{"get", kind}
	if namespace != "" {
		args = append([]string{"-n", namespace}, args...)
	}
	out.command("kubectl " + strings.Join(args, " "))
	if w.tool.path != "" {
		said, err := w.tool.run(ctx, nil, args...)
		out.raw(said)

		return err
	}
	rows, err := w.tableOf(ctx, namespace, kind)
	if err != nil {
		return err
	}
	out.table(rows)

	return nil
}

// tableOf asks the API server for what `kubectl get` prints.
func (w *world) tableOf(ctx context.Context, namespace, kind string) ([][]string, error) {
	path := "/apis/" + v1alpha1.GroupVersion.String() + "/"
	if namespace != "" {
		path += "namespaces/" + namespace + "/"
	}
	path += map[string]string{"occ": "oktaclientcredentials", "coconn": "clusteroktaconnections"}[kind]
	content, err := w.api().RESTClient().Get().AbsPath(path).SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", kind, err)
	}
	var table metav1.Table
	if err := json.Unmarshal(content, &table); err != nil {
		return nil, fmt.Errorf("read the table of %s: %w", kind, err)
	}
	rows := make([][]string, 1, len(table.Rows)+1)
	for i, column := range table.ColumnDefinitions {
		if column.Priority > 0 {
			continue
		}
		rows[0] = append(rows[0], strings.ToUpper(column.Name))
		for r := range table.Rows {
			if len(rows) < r+2 {
				rows = append(rows, nil)
			}
			cell := table.Rows[r].Cells[i]
			if cell == nil {
				cell = ""
			}
			rows[r+1] = append(rows[r+1], fmt.Sprint(cell))
		}
	}

	return rows, nil
}

// describeCredential shows `kubectl describe occ`.
func (w *world) describeCredential(ctx context.Context, out *page) error {
	out.command("kubectl -n " + w.target.Namespace + " describe occ " + w.target.Name)
	if w.tool.path != "" {
		said, err := w.tool.run(ctx, nil, "-n", w.target.Namespace, "describe", "occ", w.target.Name)
		out.output(said)

		return err
	}
	found, err := w.credential(ctx)
	if err != nil {
		return err
	}
	content, err := yaml.Marshal(found.Status)
	out.output(string(content))

	return err
}
