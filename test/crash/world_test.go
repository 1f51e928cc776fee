package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

const (
	credentialName = "web-shop"
	targetName     = "web-shop-secret"
	journalName    = credentialName + "-rotation"
	clientID       = "0oawebshop0000000001"
	// adminID is the operator's own service application at Okta.
	adminID       = "0oaoperator000000000"
	firstValue    = "QZ1xkfirst7Wv0rT9bYp2LmNc8sHdGjE4uAoI3zX"
	strangerValue = "Rk3strangerV8mQx1ZtYw6NbJ0pLcHsDgFe2UaOi5"
	wrongValue    = "Wm9wrongT4cKx2QvZb6NyJp8LsHdGf3UeAoI1rY7"

	// patience is longer than the minute after which a second opinion that could not be had is asked for again.
	patience = 100 * time.Second
)

// world is one namespace with one simulated org, a connection to it, and an application; and one operator that works for it.
type world struct {
	t         *testing.T
	operator  *operator
	recorder  *recorder
	namespace string
	org       *oktasim.Org
	server    *oktasim.Server
	// adminKey is what the operator authenticates to the admin API with.
	adminKey []byte
	// firstID is the client secret that the Secret holds at first; empty when there is none.
	firstID string
	// second is where a second credential for the same client is; zero when there is none.
	second place
	// scenario is what this world goes through.
	scenario scenario
	// createsBefore and requestsBefore are how many secrets the operator created, and how often it asked Okta, on the way to the
	// start.
	createsBefore, requestsBefore int
	// repeats says that a request may reach Okta twice.
	repeats bool
	// rival is an operator that believes, too, that it leads, and abroad that of another cluster; nil when there is none.
	rival, abroad *operator
	// rivalry makes sure that they meet.
	rivalry atomic.Pointer[rivalry]
	// workload uses the Secret; nil when there is none.
	workload *workload
	// logFrom is where the operator's log begins to be about this world.
	logFrom int

	watchers []watch.Interface
	watched  sync.WaitGroup

	mu sync.Mutex
	// sent are the values that the operator has asked Okta to make a secret of; before are those of the way to the start.
	sent, sentBefore map[string]bool
	// bare says that the Secret need not hold keys of somebody else.
	bare bool
	// released is a stranger's secret that the operator may remove.
	released string
	// braked says that the mass-failure brake must keep every secret from being made.
	braked bool
	// neededByPod is a secret at Okta that a pod still uses.
	neededByPod string
	// violations are what must not have been.
	violations []string
}

// newWorld makes a world with an application without a secret, for the operator that is lent to it.
func newWorld(t *testing.T, o *operator) *world {
	t.Helper()

	return newWorldIn(t, o, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "shop-"}})
}

func newWorldIn(t *testing.T, o *operator, namespace *corev1.Namespace) *world {
	t.Helper()
	w := &world{t: t, operator: o, recorder: newRecorder(), org: oktasim.New(oktasim.Options{}), sent: map[string]bool{}, logFrom: o.log.length()}
	server, err := oktasim.ServeTLS(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		w.observe(w.operator, nameAtOkta(in), out, in, w.org.Handler())
	}), "", oktasim.TLSOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w.server = server
	t.Cleanup(func() { _ = server.Close() })
	w.org.AddApp(oktasim.App{ID: clientID, Label: "Web shop"})
	w.create(namespace)
	w.namespace = namespace.Name
	w.watchTarget(w.namespace)
	o.meets(w)
	t.Cleanup(w.end)
	if err := o.start(); err != nil {
		t.Fatal(err)
	}
	w.connect()

	return w
}

// observe takes a call of an operator on, and notes the value that it would create.
func (w *world) observe(o *operator, name string, out http.ResponseWriter, in *http.Request, next http.Handler) {
	if !isOurApplication(in) {
		w.violated("%s %s is about an application of somebody else (statement 7)", in.Method, in.URL.Path)
	}
	switch name {
	case createAtOkta:
		var wish struct {
			Value string `json:"client_secret"`
		}
		_ = json.Unmarshal(body(in), &wish) // what is no JSON is Okta's to refuse
		w.mu.Lock()
		w.sent[wish.Value] = true
		w.mu.Unlock()
		w.confirmed()
		w.heedsBrake()
	case deactivateAtOkta, deleteAtOkta:
		w.spares(o, in)
	}
	if o == w.abroad && name != "" && !strings.HasPrefix(name, secondName) {
		name = secondName + name
	}
	w.recorder.take(name, hands{kill: o.kill, ahead: o.ahead, back: o.back}, out, in, next)
}

// secret is the application's Secret, with a key of somebody else in it.
func (w *world) secret() *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: targetName, Annotations: map[string]string{"team": "shop"}},
		Data:       map[string][]byte{"client_id": []byte(clientID), "client_secret": []byte(firstValue), "issuer": []byte("https://example.okta.com")},
	}
}

// credential keeps nothing longer than it must, so that a run goes through retirement to its end.
func (w *world) credential(changes ...func(*v1alpha1.OktaClientCredential)) *v1alpha1.OktaClientCredential {
	c := &v1alpha1.OktaClientCredential{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: credentialName, Labels: map[string]string{labelOperator: w.operator.name}},
		Spec: v1alpha1.OktaClientCredentialSpec{
			ConnectionRef: v1alpha1.ConnectionReference{Kind: v1alpha1.ConnectionKindCluster, Name: w.namespace},
			ClientID:      clientID,
			SecretRef:     v1alpha1.SecretReference{Name: targetName},
			Validation:    v1alpha1.ValidationSpec{Interval: "10s"},
			Rotation:      v1alpha1.RotationSpec{Overlap: v1alpha1.Overlap{Minimum: "0s"}, DeleteAfter: "0s"},
		},
	}
	for _, change := range changes {
		change(c)
	}

	return c
}

// adopted gives the application a secret, puts it into the Secret, and waits until the operator keeps it.
func (w *world) adopted(changes ...func(*v1alpha1.OktaClientCredential)) {
	w.t.Helper()
	w.firstID = w.org.AddSecret(clientID, redact.NewValue(firstValue), oktasim.Active)
	w.create(w.secret())
	w.create(w.credential(changes...))
	w.eventually("the credential comes to rest", w.settled)
}

// madeByOperator says that the Secret holds nothing of somebody else, because the operator makes it.
func (w *world) madeByOperator() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bare = true
}

// annotate gives commands, as a person does with kubectl.
func (w *world) annotate(commands ...string) {
	w.t.Helper()
	change(w, w.credential(), func(c *v1alpha1.OktaClientCredential) {
		for _, command := range commands {
			value := fmt.Sprint(time.Now().UnixNano())
			if command == v1alpha1.AnnotationReleaseSecret {
				value = w.released
			}
			metav1.SetMetaDataAnnotation(&c.ObjectMeta, command, value)
		}
	})
}

func (w *world) create(object client.Object) {
	w.t.Helper()
	if err := bed.client.Create(w.t.Context(), object); err != nil {
		w.t.Fatalf("create %T %s: %v", object, object.GetName(), err)
	}
}

func (w *world) delete(object client.Object) {
	w.t.Helper()
	if err := bed.client.Delete(w.t.Context(), object); err != nil {
		w.t.Errorf("delete %T %s: %v", object, object.GetName(), err) // also called while a request is on its way
	}
}

// read fills an object in, and says whether it is there.
func (w *world) read(object client.Object) bool {
	w.t.Helper()
	err := bed.client.Get(w.t.Context(), client.ObjectKeyFromObject(object), object)
	if client.IgnoreNotFound(err) != nil {
		w.t.Fatalf("read %T %s: %v", object, object.GetName(), err)
	}

	return err == nil
}

// change edits an object of the cluster as somebody other than the operator.
func change[T client.Object](w *world, object T, edit func(T)) {
	w.t.Helper()
	if !w.read(object) {
		w.t.Fatalf("%T %s is not there", object, object.GetName())
	}
	base, ok := object.DeepCopyObject().(T)
	if !ok {
		w.t.Fatalf("copy %T", object)
	}
	edit(object)
	if err := bed.client.Patch(w.t.Context(), object, client.MergeFrom(base)); err != nil {
		w.t.Fatalf("edit %T: %v", object, err)
	}
}

// value in the application's Secret; empty when there is none.
func (w *world) value() redact.Value { return w.valueAt(w.home()) }

func (w *world) valueAt(p place) redact.Value {
	target := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: p.namespace, Name: targetName}}
	if !w.read(target) {
		return redact.Value{}
	}

	return redact.NewValue(string(target.Data["client_secret"]))
}

// eventually waits for a condition of the world.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	tick, deadline := time.NewTicker(50*time.Millisecond), time.NewTimer(patience)
	defer tick.Stop()
	defer deadline.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			w.t.Fatalf("in vain: %s", what)
		}
	}
}

// end takes the world's objects away, so that the next world of its operator is alone.
func (w *world) end() {
	ctx := context.Background() // the test's own has ended
	if w.t.Failed() {
		w.diagnose(ctx)
	}
	for _, watcher := range w.watchers {
		watcher.Stop()
	}
	w.watched.Wait()
	w.operator.world.Store(nil)
	for _, p := range w.places() {
		c := w.credentialAt(p)
		_ = bed.client.Delete(ctx, c) // an error says that it is gone
		_ = bed.client.Patch(ctx, c, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`)))
	}
	_ = bed.client.Delete(ctx, w.connection())
}
