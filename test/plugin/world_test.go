package plugin

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

const (
	clientID     = "0oa9s3ami4MYXHX9H2p7"
	storedSecret = "QZ1xkfirst7Wv0rT9bYp2LmNc8sHdGjE4uAoI3zX"
	otherSecret  = "Zx3IoAu4EjGdHs8cNmL2pYb9Tr0vW7tsrifkx1ZQ"
	orgID        = "00o9s3ami4MYXHX9H2p7"
)

// world is one namespace with one simulated org and what a test puts into both.
type world struct {
	t         *testing.T
	namespace string
	org       *oktasim.Org
	server    *oktasim.Server
	// elsewhere is another org.
	elsewhere *oktasim.Server

	connection *v1alpha1.ClusterOktaConnection
	credential *v1alpha1.OktaClientCredential
	secret     *corev1.Secret
	// kubeconfig of who asks.
	kubeconfig string
}

// given is a world where all is well; edits spoil it before anything is created. A nil object is not created.
func given(t *testing.T, edits ...func(*world)) *world {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "shop-"}}
	if err := cluster.client.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, namespace: namespace.Name, org: oktasim.New(oktasim.Options{OrgID: orgID}), kubeconfig: cluster.KubeconfigPath}
	w.org.AddAuthorizationServer(oktasim.AuthorizationServer{ID: "default"})
	w.org.AddApp(oktasim.App{ID: clientID})
	w.org.AddSecret(clientID, redact.NewValue(storedSecret), oktasim.Active)
	w.server = start(t, w.org)
	w.elsewhere = start(t, oktasim.New(oktasim.Options{OrgID: "00oAnotherOrg000000x"}))
	w.fill()
	for _, edit := range edits {
		edit(w)
	}
	w.create()

	return w
}

func start(t *testing.T, org *oktasim.Org) *oktasim.Server {
	t.Helper()
	server, err := org.StartTLS("", oktasim.TLSOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })

	return server
}

// fill makes the objects of a world where all is well.
func (w *world) fill() {
	w.connection = &v1alpha1.ClusterOktaConnection{
		ObjectMeta: metav1.ObjectMeta{Name: w.namespace},
		Spec: v1alpha1.ClusterConnectionSpec{
			ConnectionSpec: v1alpha1.ConnectionSpec{
				OrgURL: w.server.URL,
				Auth:   v1alpha1.ConnectionAuth{APIToken: &v1alpha1.APITokenAuth{SecretRef: v1alpha1.LocalSecretKeyReference{Name: "admin", Key: "token"}}},
			},
			CABundle: string(w.server.CA) + string(w.elsewhere.CA),
		},
		Status: v1alpha1.ConnectionStatus{OrganizationID: orgID, Engine: "IdentityEngine"},
	}
	w.credential = &v1alpha1.OktaClientCredential{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "web-shop"},
		Spec: v1alpha1.OktaClientCredentialSpec{
			ConnectionRef:       v1alpha1.ConnectionReference{Kind: v1alpha1.ConnectionKindCluster, Name: w.namespace},
			ClientID:            clientID,
			AuthorizationServer: "default",
			SecretRef:           v1alpha1.SecretReference{Name: "web-shop"},
		},
	}
	w.secret = &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "web-shop"},
		Data:       map[string][]byte{"client_id": []byte(clientID), "client_secret": []byte(storedSecret)},
	}
	w.verdict(v1alpha1.VerdictAccepted, `At /oauth2/default/v1/token Okta answered 400 invalid_grant: "The authorization code is invalid or has expired."`, "")
	w.condition(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonAccepted, "Okta accepts the client secret.")
	w.condition(v1alpha1.ConditionRotationHealthy, metav1.ConditionTrue, v1alpha1.ReasonIdle, "No rotation is needed.")
}

// verdict is what the operator says.
func (w *world) verdict(name v1alpha1.Verdict, evidence, fix string) {
	w.credential.Status.ClientID = clientID
	w.credential.Status.Verdict = v1alpha1.VerdictStatus{Name: name, Evidence: evidence, Fix: fix, Since: metav1.NewTime(time.Unix(1_700_000_000, 0))}
}

// condition sets a condition of the credential, in place of the one of its type.
func (w *world) condition(kind string, status metav1.ConditionStatus, reason, message string) {
	made := metav1.Condition{
		Type: kind, Status: status, Reason: reason, Message: message, LastTransitionTime: metav1.NewTime(time.Unix(1_700_000_000, 0)),
	}
	conditions := &w.credential.Status.Conditions
	for i := range *conditions {
		if (*conditions)[i].Type == kind {
			(*conditions)[i] = made

			return
		}
	}
	*conditions = append(*conditions, made)
}

// rejected is what the operator says of a secret that Okta refuses.
func (w *world) rejected() {
	w.verdict(v1alpha1.VerdictSecretRejected,
		`At /oauth2/default/v1/token Okta answered 401 invalid_client: "The client secret supplied for a confidential client is invalid."`, "")
	w.condition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretRejected, "Okta refuses the client secret.")
}

func (w *world) create() {
	w.t.Helper()
	ctx := w.t.Context()
	if w.connection != nil {
		status := w.connection.Status
		w.must(cluster.client.Create(ctx, w.connection))
		w.connection.Status = status
		w.must(cluster.client.Status().Update(ctx, w.connection))
	}
	if w.secret != nil {
		w.must(cluster.client.Create(ctx, w.secret))
	}
	if w.credential != nil {
		status := w.credential.Status
		w.must(cluster.client.Create(ctx, w.credential))
		w.credential.Status = status
		w.must(cluster.client.Status().Update(ctx, w.credential))
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// diagnose runs kubectl oktacred diagnose web-shop, and fails the test if a secret is in what it says.
func (w *world) diagnose(args ...string) (out string, code int) {
	w.t.Helper()
	line := append([]string{"oktacred", "diagnose", "web-shop", "-n", w.namespace, "--kubeconfig", w.kubeconfig}, args...)
	command := exec.CommandContext(w.t.Context(), filepath.Join(cluster.AssetsDir, "kubectl"), line...)
	command.Env = append(os.Environ(), "PATH="+cluster.path, "HOME="+w.t.TempDir())
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	err := command.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		w.t.Fatal(err)
	}
	for _, secret := range []string{storedSecret, otherSecret} {
		for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), redact.NewValue(secret).Hash()} {
			if strings.Contains(said.String(), form) {
				w.t.Errorf("a secret is in the output")
			}
		}
	}
	names := strings.NewReplacer(
		strings.TrimPrefix(w.server.URL, "https://"), "example.okta.com", strings.TrimPrefix(w.elsewhere.URL, "https://"), "another.okta.com",
		w.namespace, "shop",
	)

	return names.Replace(said.String()), code
}

// compare holds what was said against a golden file.
func (w *world) compare(golden, out string) {
	w.t.Helper()
	path := filepath.Join("testdata", golden+".txt")
	if *update {
		w.must(os.WriteFile(path, []byte(out), 0o600))
	}
	want, err := os.ReadFile(path)
	w.must(err)
	if diff := cmp.Diff(string(want), out); diff != "" {
		w.t.Errorf("output (-want +got):\n%s", diff)
	}
}

// as lets a user ask who may do what a rule says, in every namespace, and waits until the API server knows of that.
func (w *world) as(user string, rule rbacv1.PolicyRule) {
	w.t.Helper()
	named := metav1.ObjectMeta{Name: user}
	w.must(cluster.client.Create(w.t.Context(), &rbacv1.ClusterRole{ObjectMeta: named, Rules: []rbacv1.PolicyRule{rule}}))
	w.must(cluster.client.Create(w.t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: named,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: user},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}},
	}))
	config, kubeconfig, err := cluster.AddUser(user)
	w.must(err)
	w.kubeconfig = kubeconfig
	themselves, err := kubernetes.NewForConfig(config)
	w.must(err)
	for _, resource := range rule.Resources {
		for _, verb := range rule.Verbs {
			w.mustBeAllowed(themselves, authorizationv1.ResourceAttributes{
				Namespace: w.namespace, Group: rule.APIGroups[0], Resource: resource, Verb: verb,
			})
		}
	}
}

// mustBeAllowed waits until a user may do something: the API server learns of roles and bindings some time after it has them.
func (w *world) mustBeAllowed(user kubernetes.Interface, what authorizationv1.ResourceAttributes) {
	w.t.Helper()
	w.must(wait.PollUntilContextTimeout(w.t.Context(), 20*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &what}}
		review, err := user.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
		if err != nil {
			return false, fmt.Errorf("ask whether %s of %s is allowed: %w", what.Verb, what.Resource, err)
		}

		return review.Status.Allowed, nil
	}))
}
