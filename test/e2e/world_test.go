//go:build e2e

package e2e

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

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

// What the manifests beside this file install. The client and the token are those of local.d/seed.yaml.
const (
	operatorNamespace = "okta-credential-operator-system"
	orgNamespace      = "okta-e2e"
	orgURL            = "https://oktasim.okta-e2e.svc"
	clientID          = "0oae2ewebshop0000000"
	adminToken        = "00e2eTokenThatOpensNothingElse"

	patience = 3 * time.Minute
)

// world is a namespace of the cluster with a connection to the org; the names of all that it makes come from the namespace's.
type world struct {
	t         *testing.T
	client    client.Client
	clientset kubernetes.Interface
	namespace string
}

// given puts the org back to its start and connects a new namespace to it.
func given(t *testing.T) *world {
	t.Helper()
	config, err := ctrl.GetConfig()
	if err != nil {
		t.Fatalf("find the cluster; set KUBECONFIG: %v", err)
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t}
	if w.client, err = client.New(config, client.Options{Scheme: scheme}); err != nil {
		t.Fatal(err)
	}
	if w.clientset, err = kubernetes.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	w.control(http.MethodPost, "_sim/reset", "")
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
				Allow:    []v1alpha1.AllowRule{{Namespaces: []string{w.namespace}, ClientIDs: []string{clientID}}},
			},
		},
	)
}

// secret is the one that the web shop's pods read.
func (w *world) secret(value redact.Value) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "web-shop"},
		StringData: map[string]string{"client_id": clientID, "client_secret": value.Reveal()},
	}
}

// credential checks every ten seconds, so that nobody waits; else it is what a user writes first.
func (w *world) credential() *v1alpha1.OktaClientCredential {
	return &v1alpha1.OktaClientCredential{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "web-shop"},
		Spec: v1alpha1.OktaClientCredentialSpec{
			ConnectionRef:           v1alpha1.ConnectionReference{Kind: v1alpha1.ConnectionKindCluster, Name: w.namespace},
			SecretRef:               v1alpha1.SecretReference{Name: "web-shop"},
			TokenEndpointAuthMethod: v1alpha1.AuthMethodPost,
			Validation:              v1alpha1.ValidationSpec{Interval: "10s"},
		},
	}
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

// isReady says whether the credential is Ready by what is in its spec now.
func (w *world) isReady() bool {
	c := &v1alpha1.OktaClientCredential{}
	if err := w.client.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: "web-shop"}, c); err != nil {
		return false
	}

	return c.Status.ObservedGeneration == c.Generation && meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionReady)
}

// value is the client secret in the Kubernetes Secret.
func (w *world) value() redact.Value {
	w.t.Helper()
	s := &corev1.Secret{}
	if err := w.client.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: "web-shop"}, s); err != nil {
		w.t.Fatalf("read the Secret: %v", err)
	}

	return redact.NewValue(string(s.Data["client_secret"]))
}

// plantSecret gives the app at Okta its first client secret, as an admin does.
func (w *world) plantSecret() redact.Value {
	w.t.Helper()
	value := rand.Text() + rand.Text()
	body, err := json.Marshal(map[string]string{"value": value})
	if err != nil {
		w.t.Fatal(err)
	}
	w.control(http.MethodPost, "_sim/apps/"+clientID+"/secrets", string(body))

	return redact.NewValue(value)
}

// revoke lets an admin at Okta revoke the secret in use.
func (w *world) revoke() {
	w.t.Helper()
	w.control(http.MethodPost, "_sim/apps/"+clientID+"/secrets/active/revoke", "")
}

// control speaks to the org's control API. All requests to the org go through the API server's proxy for Services, so that
// the test needs no more of a cluster than its kubeconfig.
func (w *world) control(method, path, body string) []byte {
	w.t.Helper()
	answer, err := w.clientset.CoreV1().RESTClient().Verb(method).Namespace(orgNamespace).Resource("services").
		Name("http:oktasim:control").SubResource("proxy").Suffix(path).SetHeader("Content-Type", "application/json").
		Body([]byte(body)).DoRaw(w.t.Context())
	if err != nil {
		w.t.Fatalf("%s %s at the org's control API: %v", method, path, err)
	}

	return answer
}

// askToken sends a client secret with a made-up code to the token endpoint, and returns "400 invalid_grant" or the like.
func (w *world) askToken(value redact.Value) string {
	w.t.Helper()
	form := "grant_type=authorization_code&code=made-up&redirect_uri=https://shop.example.com/callback" +
		"&client_id=" + clientID + "&client_secret=" + value.Reveal()
	status := 0
	result := w.clientset.CoreV1().RESTClient().Post().Namespace(orgNamespace).Resource("services").
		Name("https:oktasim:https").SubResource("proxy").Suffix("oauth2/v1/token").
		SetHeader("Content-Type", "application/x-www-form-urlencoded").Body([]byte(form)).Do(w.t.Context()).StatusCode(&status)
	body, _ := result.Raw() // its error is made of the status
	var answer struct {
		Error string `json:"error"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		w.t.Fatalf("read the answer of the token endpoint, status %d: %v", status, err)
	}

	return fmt.Sprintf("%d %s", status, answer.Error)
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
