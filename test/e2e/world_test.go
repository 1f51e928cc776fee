//go:build e2e

package e2e

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

const (
	// operatorNamespace is where config/default puts the operator.
	operatorNamespace = "okta-credential-operator-system"

	// patience is longer than a mounted Secret may take to follow, which is two minutes.
	patience = 4 * time.Minute
)

// cluster has the operator and the simulated org.
type cluster struct {
	client    client.Client
	clientset kubernetes.Interface
}

func findCluster() (found cluster, err error) {
	config, err := ctrl.GetConfig()
	if err != nil {
		return found, fmt.Errorf("find the cluster; set KUBECONFIG: %w", err)
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return found, err
	}
	if found.client, err = client.New(config, client.Options{Scheme: scheme}); err != nil {
		return found, err
	}
	found.clientset, err = kubernetes.NewForConfig(config)

	return found, err
}

// TestMain puts the org back to its start. The tests share it, each with an app of its own, so that they can run side by side.
func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	found, err := findCluster()
	if err == nil {
		_, err = found.askControl(context.Background(), http.MethodPost, "_sim/reset", "")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// world is a namespace of the cluster with a connection to the org for one of its clients; the names of all that it makes come
// from the namespace's.
type world struct {
	cluster

	t                   *testing.T
	clientID, namespace string
}

// given connects a new namespace to the org, for a client that no other test uses.
func given(t *testing.T, clientID string) *world {
	t.Helper()
	found, err := findCluster()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{cluster: found, t: t, clientID: clientID}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "shop-"}}
	w.apply(namespace)
	w.namespace = namespace.Name
	w.connect()

	return w
}

// connect allows the namespace its one client.
func (w *world) connect() {
	w.t.Helper()
	w.apply(
		&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: w.namespace},
			StringData: map[string]string{"token": adminToken},
		},
		&v1alpha1.ClusterOktaConnection{
			ObjectMeta: metav1.ObjectMeta{Name: w.namespace},
			Spec: v1alpha1.ClusterConnectionSpec{
				ConnectionSpec: v1alpha1.ConnectionSpec{
					OrgURL: orgURL,
					Auth: v1alpha1.ConnectionAuth{APIToken: &v1alpha1.APITokenAuth{
						SecretRef: v1alpha1.LocalSecretKeyReference{Name: w.namespace, Key: "token"},
					}},
				},
				CABundle: string(w.control(http.MethodGet, "ca.pem", "")),
				Allow:    []v1alpha1.AllowRule{{Namespaces: []string{w.namespace}, ClientIDs: []string{w.clientID}}},
			},
		},
	)
}

// secret is the one that the web shop's pods read.
func (w *world) secret(value redact.Value) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "web-shop"},
		StringData: map[string]string{"client_id": w.clientID, "client_secret": value.Reveal()},
	}
}

// credential checks every ten seconds, so that nobody waits; else it is what a user writes first, and what options change.
func (w *world) credential(options ...func(*v1alpha1.OktaClientCredentialSpec)) *v1alpha1.OktaClientCredential {
	c := &v1alpha1.OktaClientCredential{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "web-shop"},
		Spec: v1alpha1.OktaClientCredentialSpec{
			ConnectionRef:           v1alpha1.ConnectionReference{Kind: v1alpha1.ConnectionKindCluster, Name: w.namespace},
			SecretRef:               v1alpha1.SecretReference{Name: "web-shop"},
			TokenEndpointAuthMethod: v1alpha1.AuthMethodPost,
			Validation:              v1alpha1.ValidationSpec{Interval: "10s"},
		},
	}
	for _, option := range options {
		option(&c.Spec)
	}

	return c
}

// apply makes objects, which go when the test ends: the last one first, so that a credential still finds its connection.
func (w *world) apply(objects ...client.Object) {
	w.t.Helper()
	for _, object := range objects {
		if err := w.client.Create(w.t.Context(), object); err != nil {
			w.t.Fatalf("create %T: %v", object, err)
		}
		w.t.Cleanup(func() { w.remove(object) })
	}
}

func (w *world) remove(object client.Object) {
	gone := func(ctx context.Context) (bool, error) {
		err := w.client.Delete(ctx, object)
		if _, isNamespace := object.(*corev1.Namespace); isNamespace && err == nil {
			return true, nil
		}

		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	}
	if err := wait.PollUntilContextTimeout(context.Background(), time.Second, patience, true, gone); err != nil {
		w.t.Errorf("remove %T %s: %v", object, object.GetName(), err)
	}
}

// eventually waits for a condition of the world, and says how long that took.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	start := time.Now()
	poll := func(context.Context) (bool, error) { return holds(), nil }
	if err := wait.PollUntilContextTimeout(w.t.Context(), time.Second/2, patience, true, poll); err != nil {
		w.t.Fatalf("in vain: %s\n%s", what, w.kubectl("describe", "occ,secrets", "-n", w.namespace))
	}
	w.t.Logf("after %4.1f s: %s", time.Since(start).Seconds(), what)
}

// now is the credential as it is now.
func (w *world) now() *v1alpha1.OktaClientCredential {
	w.t.Helper()
	c := &v1alpha1.OktaClientCredential{}
	if err := w.client.Get(w.t.Context(), w.key("web-shop"), c); err != nil {
		w.t.Fatalf("read the credential: %v", err)
	}

	return c
}

func (w *world) key(name string) client.ObjectKey {
	return client.ObjectKey{Namespace: w.namespace, Name: name}
}

// is says whether the credential has a condition with that status and, where one is given, that reason, by what is in its
// spec now.
func (w *world) is(kind string, status metav1.ConditionStatus, reason string) func() bool {
	return func() bool {
		c := w.now()
		found := meta.FindStatusCondition(c.Status.Conditions, kind)

		return c.Status.ObservedGeneration == c.Generation && found != nil && found.Status == status && (reason == "" || found.Reason == reason)
	}
}

func (w *world) isReady() bool { return w.is(v1alpha1.ConditionReady, metav1.ConditionTrue, "")() }

// command sets a command annotation to a new value.
func (w *world) command(annotation string) {
	w.t.Helper()
	before := w.now()
	after := before.DeepCopy()
	metav1.SetMetaDataAnnotation(&after.ObjectMeta, annotation, rand.Text())
	if err := w.client.Patch(w.t.Context(), after, client.MergeFrom(before)); err != nil {
		w.t.Fatalf("set the annotation %s: %v", annotation, err)
	}
}

// value is the client secret in the Kubernetes Secret.
func (w *world) value() redact.Value {
	w.t.Helper()
	s := &corev1.Secret{}
	if err := w.client.Get(w.t.Context(), w.key("web-shop"), s); err != nil {
		w.t.Fatalf("read the Secret: %v", err)
	}

	return redact.NewValue(string(s.Data["client_secret"]))
}

// describeTells checks that kubectl describe shows these events, and never a secret.
func (w *world) describeTells(reasons []string, values ...redact.Value) {
	w.t.Helper()
	description := w.kubectl("describe", "occ", "web-shop", "-n", w.namespace)
	_, events, _ := strings.Cut(description, "\nEvents:")
	for _, reason := range reasons {
		if !strings.Contains(events, reason) {
			w.t.Errorf("kubectl describe shows no event %s", reason)
		}
	}
	for _, value := range values {
		if strings.Contains(description, value.Reveal()) {
			w.t.Fatal("kubectl describe shows a client secret")
		}
	}
	w.t.Log("\n" + description)
}

// kubectl runs the one that KUBECTL names, or that of the PATH.
func (w *world) kubectl(arguments ...string) string {
	w.t.Helper()
	out, err := exec.CommandContext(w.t.Context(), cmp.Or(os.Getenv("KUBECTL"), "kubectl"), arguments...).CombinedOutput()
	if err != nil {
		w.t.Errorf("kubectl %s: %v", strings.Join(arguments, " "), err)
	}

	return string(out)
}

// operatorWasNeverForbidden checks that the installed roles suffice, by what the operator's pods log.
func (w *world) operatorWasNeverForbidden() {
	w.t.Helper()
	pods, err := w.clientset.CoreV1().Pods(operatorNamespace).List(w.t.Context(), metav1.ListOptions{LabelSelector: "control-plane=controller-manager"})
	if err != nil || len(pods.Items) == 0 {
		w.t.Fatalf("find the operator's pods: %d found, %v", len(pods.Items), err)
	}
	for i := range pods.Items {
		logged, err := w.clientset.CoreV1().Pods(operatorNamespace).GetLogs(pods.Items[i].Name, &corev1.PodLogOptions{}).DoRaw(w.t.Context())
		if err != nil {
			w.t.Fatalf("read the operator's log: %v", err)
		}
		for line := range strings.Lines(string(logged)) {
			if strings.Contains(strings.ToLower(line), "forbidden") {
				w.t.Errorf("the operator lacks a right: %s", line)
			}
		}
	}
}
