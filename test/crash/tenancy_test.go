package crash

import (
	"net/http"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// staysAtHome holds a request to the API server against statement 7: it is about a namespace that the operator was given, and of
// Secrets it reads none but those that its objects name.
func (w *world) staysAtHome(o *operator, in *http.Request) {
	_, path, namespaced := strings.Cut(in.URL.Path, "/namespaces/")
	if !namespaced {
		if in.URL.Path == "/api/v1/secrets" && !strings.Contains(in.Header.Get("Accept"), "as=PartialObjectMetadata") {
			w.violated("%s %s reads more of Secrets than their metadata (statement 7)", in.Method, in.URL.Path)
		}

		return
	}
	namespace, about, _ := strings.Cut(path, "/")
	kind, name, _ := strings.Cut(about, "/")
	if about == "" || (namespace == metav1.NamespaceDefault && kind == "events") {
		return // the namespace itself; events about what is in no namespace
	}
	if !o.knows(namespace) {
		w.violated("%s %s is about a namespace of somebody else (statement 7)", in.Method, in.URL.Path)
	}
	if kind == "secrets" && in.Method == http.MethodGet && namespace != operatorNamespace && name != targetName && name != journalName {
		w.violated("%s %s reads a Secret that no object names (statement 7)", in.Method, in.URL.Path)
	}
}

// knows says whether a namespace is the operator's own, or that of a world that was lent it.
func (o *operator) knows(namespace string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()

	return namespace == operatorNamespace || o.namespaces[namespace]
}

// meets notes a world of the operator's.
func (o *operator) meets(w *world) {
	o.mu.Lock()
	o.namespaces[w.namespace], o.namespaces[w.namespace+secondSuffix] = true, true
	o.mu.Unlock()
	o.world.Store(w)
}

// keepsOutOf takes a namespace away from an operator.
func (o *operator) keepsOutOf(namespace string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.namespaces, namespace)
}

// isOurApplication says whether a request to Okta is about no application but the world's.
func isOurApplication(in *http.Request) bool {
	_, path, about := strings.Cut(in.URL.Path, "/api/v1/apps/")
	id, _, _ := strings.Cut(path, "/")

	return !about || id == clientID
}
