package integration

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

func TestAHealthyCredentialCostsOneQuestionAnIntervalAndNoWrite(t *testing.T) {
	const interval, jitter, slack = 10 * time.Second, time.Second, 10 * time.Second // a busy machine is late, never early
	w := given(t, oktasim.Options{})
	w.healthy()
	w.eventually("its connection is Ready", w.connected)
	w.eventually("its connection counts it, which may take a minute", w.counted)
	w.eventually("it is labelled", func() bool { return len(w.target().Labels) == 1 })
	first := w.checks()
	w.eventually("a check has passed since", func() bool { return w.checks() > first })
	writes, requests, before := cluster.writes.about(w), len(w.org.Requests()), w.now()

	const intervals = 3
	w.eventually("three intervals pass", func() bool { return w.checks() >= first+1+intervals })
	if more := cluster.writes.about(w)[len(writes):]; len(more) > 0 {
		t.Errorf("the operator wrote to the API server: %v", more)
	}
	if got := w.now().ResourceVersion; got != before.ResourceVersion {
		t.Errorf("the credential was written: version %s, then %s", before.ResourceVersion, got)
	}
	if more := len(w.org.Requests()) - requests; more != intervals {
		t.Errorf("Okta was asked %d things in %d intervals: %v", more, intervals, w.org.Counts())
	}
	times := w.checkTimes()[first:]
	for i := range len(times) - 1 {
		if apart := times[i+1].Sub(times[i]); apart < interval || apart > interval+jitter+slack {
			t.Errorf("two checks were %s apart", apart)
		}
	}
}

func TestNoSecretIsReadableButInSecrets(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(overlap("1h"))
	w.rotated("now")
	w.revokeHeldBesidePrevious()
	w.checkNow()
	w.eventually("it heals once more", func() bool { return w.isReady() && w.holdsWorkingValue() })
	found := w.everythingButSecrets()
	for _, kind := range []string{"oktaclientcredentials", "events", "configmaps"} {
		if !slices.ContainsFunc(keys(found), func(name string) bool { return strings.HasPrefix(name, kind+".") }) {
			t.Fatalf("the scan found no %s among %v", kind, keys(found))
		}
	}
	w.holdsNoSecretIn(found)
}

// revokeHeldBesidePrevious deletes the value that the Secret holds, while the superseded one still works.
func (w *world) revokeHeldBesidePrevious() {
	w.t.Helper()
	for _, s := range w.org.Secrets(clientID) {
		if s.ID != w.firstID {
			w.mustAtOkta(w.org.DeactivateSecret(clientID, s.ID))
			w.mustAtOkta(w.org.DeleteSecret(clientID, s.ID))
		}
	}
}

func keys(objects map[string]any) []string {
	names := make([]string, 0, len(objects))
	for name := range objects {
		names = append(names, name)
	}

	return names
}

// everythingButSecrets is every object of the namespace that the API server lists, whatever its kind.
func (w *world) everythingButSecrets() map[string]any {
	w.t.Helper()
	server, err := discovery.NewDiscoveryClientForConfig(cluster.Config)
	if err != nil {
		w.t.Fatal(err)
	}
	lists, err := discovery.ServerPreferredNamespacedResources(server)
	if err != nil {
		w.t.Fatal(err)
	}
	objects := map[string]any{}
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, resource := range list.APIResources {
			if resource.Name != "secrets" && slices.Contains(resource.Verbs, "list") {
				w.listAll(objects, version, resource)
			}
		}
	}

	return objects
}

func (w *world) listAll(objects map[string]any, version schema.GroupVersion, resource metav1.APIResource) {
	w.t.Helper()
	var list unstructured.UnstructuredList
	list.SetGroupVersionKind(version.WithKind(resource.Kind + "List"))
	if err := w.client().List(w.ctx(), &list, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatalf("list %s: %v", resource.Name, err)
	}
	for i := range list.Items {
		text, err := json.Marshal(list.Items[i].Object)
		if err != nil {
			w.t.Fatal(err)
		}
		objects[resource.Name+"."+version.Group+"/"+list.Items[i].GetName()] = json.RawMessage(text)
	}
}
