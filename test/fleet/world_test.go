package fleet

import (
	"context"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

const (
	// adminID is the operator's own service application at Okta.
	adminID = "0oaoperator000000000"
	// seed is what the secrets of the applications follow from.
	seed = "fleet"
	// writers is how many objects are applied at once.
	writers  = 8
	patience = 3 * time.Minute
)

// world is a namespace with n credentials of one simulated org, and the operator that keeps them.
type world struct {
	t         *testing.T
	namespace string
	n         int
	// time is the org's.
	time     *orgTime
	org      *oktasim.Org
	server   *oktasim.Server
	operator *operator
	// begun is when that began of which the cost is counted.
	begun time.Time
}

// given makes a world whose credentials are all Ready. The edits are of its connection, its credentials, and the limits of its org.
func given(t *testing.T, n int, edits ...any) *world {
	t.Helper()
	t.Parallel()
	w := newWorld(t, n)
	for _, edit := range edits {
		if limits, ok := edit.(oktasim.Limits); ok {
			w.org.SetLimits(limits)
		}
	}
	w.connect(edits...)
	w.startOperator()
	w.apply(edits...)
	w.eventually("every credential is Ready", func() bool { return len(w.matching(isReady)) == n })

	return w
}

// newWorld makes the org and the namespace. What happened at the org so far happened a day ago.
func newWorld(t *testing.T, n int) *world {
	t.Helper()
	w := &world{t: t, n: n, time: &orgTime{}}
	w.time.back.Store(int64(24 * time.Hour))
	w.org = oktasim.New(oktasim.Options{Clock: w.time})
	server, err := w.org.StartTLS("", oktasim.TLSOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w.server = server
	t.Cleanup(func() { _ = server.Close() })
	w.org.AddBenchApps(n, seed)
	w.time.back.Store(0)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "fleet-"}}
	w.create(namespace)
	w.namespace = namespace.Name
	t.Cleanup(w.stopOperator)

	return w
}

// connect makes the connection to the org, which follows the System Log as fast as it may.
func (w *world) connect(edits ...any) {
	w.t.Helper()
	private, public, err := oktasim.NewServiceKey("k1")
	if err != nil {
		w.t.Fatal(err)
	}
	w.org.AddServiceApp(adminID, public,
		[]string{"okta.apps.read", "okta.apps.manage", "okta.logs.read"}, oktasim.Role{})
	w.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: w.namespace},
		Data:       map[string][]byte{"private-key": []byte(private.Reveal())},
	})
	c := w.connection()
	c.Spec = v1alpha1.ClusterConnectionSpec{
		ConnectionSpec: v1alpha1.ConnectionSpec{
			OrgURL: w.server.URL,
			Auth: v1alpha1.ConnectionAuth{PrivateKeyJWT: &v1alpha1.PrivateKeyJWTAuth{
				ClientID: adminID, KeyID: "k1", PrivateKeySecretRef: v1alpha1.LocalSecretKeyReference{Name: w.namespace, Key: "private-key"},
			}},
			SystemLog: v1alpha1.SystemLog{Follow: true, Interval: v1alpha1.Duration(pollInterval.String())},
		},
		CABundle: string(w.server.CA),
		Allow:    []v1alpha1.AllowRule{{Namespaces: []string{w.namespace}, ClientIDs: []string{"*"}}},
	}
	for _, edit := range edits {
		if edit, ok := edit.(func(*world, *v1alpha1.ClusterOktaConnection)); ok {
			edit(w, c)
		}
	}
	w.create(c)
}

func (w *world) connection() *v1alpha1.ClusterOktaConnection {
	return &v1alpha1.ClusterOktaConnection{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}}
}

// apply creates the Secrets and the credentials, which are checked once an hour.
func (w *world) apply(edits ...any) {
	w.t.Helper()
	w.each(w.all(), func(ctx context.Context, i int) error {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: nameOf(i)}, Data: map[string][]byte{
			"client_id": []byte(oktasim.BenchClientID(i)), "client_secret": []byte(oktasim.BenchSecret(seed, i).Reveal()),
		}}
		if err := cluster.client.Create(ctx, secret); err != nil {
			return err
		}
		c := w.credential(i)
		c.Spec = v1alpha1.OktaClientCredentialSpec{
			ConnectionRef: v1alpha1.ConnectionReference{Kind: v1alpha1.ConnectionKindCluster, Name: w.namespace},
			ClientID:      oktasim.BenchClientID(i), SecretRef: v1alpha1.SecretReference{Name: nameOf(i)},
			Validation: v1alpha1.ValidationSpec{Interval: "1h"},
		}
		for _, edit := range edits {
			if edit, ok := edit.(func(*v1alpha1.OktaClientCredential)); ok {
				edit(c)
			}
		}

		return cluster.client.Create(ctx, c)
	})
}

func nameOf(i int) string { return fmt.Sprintf("client-%06d", i) }

func (w *world) credential(i int) *v1alpha1.OktaClientCredential {
	return &v1alpha1.OktaClientCredential{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: nameOf(i)}}
}

// all are the numbers of the credentials.
func (w *world) all() []int {
	numbers := make([]int, w.n)
	for i := range numbers {
		numbers[i] = i + 1
	}

	return numbers
}

// half are the odd ones.
func (w *world) half() []int {
	var numbers []int
	for i := 1; i <= w.n; i += 2 {
		numbers = append(numbers, i)
	}

	return numbers
}

// each does something for many credentials, several at once.
func (w *world) each(numbers []int, do func(context.Context, int) error) {
	w.t.Helper()
	group, ctx := errgroup.WithContext(w.t.Context())
	group.SetLimit(writers)
	for _, i := range numbers {
		group.Go(func() error { return do(ctx, i) })
	}
	if err := group.Wait(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) create(object client.Object) {
	w.t.Helper()
	if err := cluster.client.Create(w.t.Context(), object); err != nil {
		w.t.Fatalf("create %T %s: %v", object, object.GetName(), err)
	}
}

// read is an object as it is.
func read[T client.Object](w *world, object T) T {
	w.t.Helper()
	if err := cluster.client.Get(w.t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
		w.t.Fatalf("read %T %s: %v", object, object.GetName(), err)
	}

	return object
}

// annotate sets a command on credentials or on the connection.
func annotate(ctx context.Context, object client.Object, command, value string) error {
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, command, value)

	return cluster.client.Patch(ctx, object, client.RawPatch("application/merge-patch+json", patch))
}

// matching lists the credentials of which something holds.
func (w *world) matching(holds func(*v1alpha1.OktaClientCredential) bool) (found []v1alpha1.OktaClientCredential) {
	w.t.Helper()
	var list v1alpha1.OktaClientCredentialList
	if err := cluster.client.List(w.t.Context(), &list, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
	for i := range list.Items {
		if holds(&list.Items[i]) {
			found = append(found, list.Items[i])
		}
	}

	return found
}

func isReady(c *v1alpha1.OktaClientCredential) bool {
	return is(c.Status.Conditions, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonAccepted)
}

func is(conditions []metav1.Condition, kind string, status metav1.ConditionStatus, reason string) bool {
	found := meta.FindStatusCondition(conditions, kind)

	return found != nil && found.Status == status && found.Reason == reason
}

// eventually waits for something to hold.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	begun := time.Now()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		<-tick.C
		if time.Since(begun) > patience {
			w.t.Fatalf("in vain: %s", what)
		}
	}
	w.t.Logf("after %s %s", time.Since(begun).Round(100*time.Millisecond), what)
}
