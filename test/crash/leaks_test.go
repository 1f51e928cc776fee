package crash

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// keepsSecret holds everything that can be read without reading what Secrets hold against statement 3: the log, whatever its
// verbosity, the credentials with their status, the connection, the events about them, labels and annotations of Secrets and
// journals, and the workloads with their pods.
func (w *world) keepsSecret() {
	w.t.Helper()
	sinks := map[string]string{}
	for o, printed := range w.printedBy() {
		sinks["log of "+o.name] += printed // two leaders have one name
	}
	for _, p := range w.places() {
		labels := &metav1.PartialObjectMetadataList{}
		labels.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("SecretList"))
		for name, list := range map[string]client.ObjectList{
			"credential": &v1alpha1.OktaClientCredentialList{}, "events": &corev1.EventList{}, "labels and annotations of Secrets": labels,
			"Deployments": &appsv1.DeploymentList{}, "pods": &corev1.PodList{},
		} {
			sinks[name+" in "+p.namespace] = w.printed(list, client.InNamespace(p.namespace))
		}
	}
	sinks["connections"] = w.printed(&v1alpha1.ClusterOktaConnectionList{})
	for spelling, what := range w.spellings() {
		for name, printed := range sinks {
			if strings.Contains(printed, spelling) {
				w.t.Errorf("the operator's %s holds %s (statement 3)", name, what)
			}
		}
	}
}

// printedBy is what each operator printed about this world.
func (w *world) printedBy() map[*operator]string {
	logs := map[*operator]string{}
	for _, o := range w.operators() {
		from := 0
		if o == w.operator {
			from = w.logFrom
		}
		logs[o] = o.log.since(from)
	}

	return logs
}

// printed is a list of objects in JSON.
func (w *world) printed(list client.ObjectList, options ...client.ListOption) string {
	w.t.Helper()
	if err := bed.client.List(w.t.Context(), list, options...); err != nil {
		w.t.Fatal(err)
	}
	content, err := json.Marshal(list)
	if err != nil {
		w.t.Fatal(err)
	}

	return string(content)
}

// spellings are all ways in which a secret of this world might be printed.
func (w *world) spellings() map[string]string {
	w.mu.Lock()
	values := append(slices.Collect(maps.Keys(w.sent)), firstValue, strangerValue, wrongValue)
	w.mu.Unlock()
	const part = 12
	spellings := map[string]string{}
	for _, value := range values {
		for i := range max(0, len(value)-part+1) {
			spellings[value[i:i+part]] = "a part of a client secret"
		}
		spellings[base64.StdEncoding.EncodeToString([]byte(value))[:part*4/3]] = "a client secret in base64"
		spellings[hex.EncodeToString([]byte(value))[:2*part]] = "a client secret in hex"
	}
	for line := range strings.Lines(string(w.adminKey)) {
		if !strings.HasPrefix(line, "-----") {
			spellings[strings.TrimSpace(line)] = "a part of the admin key"
		}
	}

	return spellings
}
