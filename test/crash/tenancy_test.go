package crash

import (
	"net/http"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// staysAtHome holds a request to the API server against statement 7: it is about a namespace that the operator was given, and of
// Secrets it reads and writes none but those that its objects name.
func (w *world) staysAtHome(o *operator, in *http.Request) {
	_, path, namespaced := strings.Cut(in.URL.Path, "/namespaces/")
	if !namespaced {
		w.listsByLabel(in)

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
	if kind == "secrets" {
		w.namesSecret(o, in, namespace, name)
	}
}

// listsByLabel holds a list or watch of Secrets: it shows their metadata only, and only of those with the operator's label.
func (w *world) listsByLabel(in *http.Request) {
	if in.URL.Path != secretsPath {
		return
	}
	if !strings.Contains(in.Header.Get("Accept"), "as=PartialObjectMetadata") {
		w.violated("%s %s reads more of Secrets than their metadata (statement 7)", in.Method, in.URL.Path)
	}
	if selector := in.URL.Query().Get("labelSelector"); selector != v1alpha1.LabelCredential {
		w.violated("%s %s reads Secrets by the labels %q (statement 7)", in.Method, in.URL.Path, selector)
	}
}

// namesSecret holds a request about a Secret: in the operator's own namespace it reads the admin credential of a connection, and
// elsewhere it reads and writes a credential's target and journal.
func (w *world) namesSecret(o *operator, in *http.Request, namespace, name string) {
	if namespace == operatorNamespace {
		// The connections of a world have one admin credential, which has the world's name.
		if in.Method != http.MethodGet || (name != w.namespace && !o.knows(name)) {
			w.violated("%s %s is about a Secret of the operator's namespace that is no admin credential to be read (statement 7)", in.Method, in.URL.Path)
		}

		return
	}
	if in.Method == http.MethodPost && name == "" {
		name = nameIn(body(in))
	}
	if !w.isNamed(name) {
		w.violated("%s %s is about Secret %q, which no object names (statement 7)", in.Method, in.URL.Path, name)
	}
}

// isNamed says whether a Secret is that of a credential or its journal. The fleet's have names of their own.
func (w *world) isNamed(name string) bool {
	credential := strings.TrimSuffix(name, "-rotation")

	return name == targetName || name == journalName || credential == bystanderName || (w.namespace == fleetNamespace && strings.HasPrefix(credential, "app-"))
}

// nameIn is the name of the object in a request's body, in JSON or as Protobuf.
func nameIn(content []byte) string {
	object, _, err := clientgoscheme.Codecs.UniversalDeserializer().Decode(content, nil, nil)
	if err != nil {
		return ""
	}
	named, err := meta.Accessor(object)
	if err != nil {
		return ""
	}

	return named.GetName()
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

	return !about || id == clientID || id == bystanderID
}
