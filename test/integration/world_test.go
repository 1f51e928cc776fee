package integration

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

const (
	clientID   = "0oawebshop0000000001"
	firstValue = "QZ1xkfirst7Wv0rT9bYp2LmNc8sHdGjE4uAoI3zX"
	patience   = 90 * time.Second
)

// world is one namespace with one simulated org, a connection to it, and an application with one client secret.
type world struct {
	t         *testing.T
	namespace string
	org       *oktasim.Org
	server    *oktasim.Server
	firstID   string
	truth     *truth
	// nextChecks are the times that messages gave for the next check.
	nextChecks map[string]struct{}
}

// given makes a world with an org that the test's connection reaches directly. The credential is applied by the test.
func given(t *testing.T, options oktasim.Options, edits ...func(*world, *v1alpha1.ClusterOktaConnection)) *world {
	t.Helper()
	w := newWorld(t, options)
	w.connect(w.server.URL, edits...)

	return w
}

// newWorld makes a world without a connection.
func newWorld(t *testing.T, options oktasim.Options) *world {
	t.Helper()
	t.Parallel()
	w := &world{t: t, org: oktasim.New(options)}
	server, err := w.org.StartTLS("", oktasim.TLSOptions{Names: serverNames()})
	if err != nil {
		t.Fatal(err)
	}
	w.server = server
	t.Cleanup(func() { _ = server.Close() })
	w.org.AddApp(oktasim.App{ID: clientID, Label: "Web shop"})
	w.firstID = w.org.AddSecret(clientID, redact.NewValue(firstValue), oktasim.Active)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "shop-"}}
	w.create(namespace)
	w.namespace = namespace.Name
	w.truth = w.watchTruth()
	t.Cleanup(w.end)

	return w
}

// named is another credential of this world, for edits.
func (w *world) named(name string) *v1alpha1.OktaClientCredential {
	return &v1alpha1.OktaClientCredential{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name}}
}

// credential is the one that tests start from: it adopts Secret "web-shop", keeps nothing longer than it must, and is checked
// every ten seconds.
func (w *world) credential(changes ...func(*v1alpha1.OktaClientCredential)) *v1alpha1.OktaClientCredential {
	c := &v1alpha1.OktaClientCredential{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "web-shop"},
		Spec: v1alpha1.OktaClientCredentialSpec{
			ConnectionRef: v1alpha1.ConnectionReference{Kind: v1alpha1.ConnectionKindCluster, Name: w.namespace},
			ClientID:      clientID,
			SecretRef:     v1alpha1.SecretReference{Name: "web-shop"},
			Validation:    v1alpha1.ValidationSpec{Interval: "10s"},
			Rotation:      v1alpha1.RotationSpec{Overlap: v1alpha1.Overlap{Minimum: "0s"}, DeleteAfter: "0s"},
		},
	}
	for _, change := range changes {
		change(c)
	}

	return c
}

// secret is the application's Secret, with a key of somebody else in it.
func (w *world) secret(value string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "web-shop", Annotations: map[string]string{"team": "shop"}},
		Data: map[string][]byte{
			"client_id": []byte(clientID), "client_secret": []byte(value), "issuer": []byte("https://example.okta.com"),
		},
	}
}

// without is the Secret without a key.
func (w *world) without(key string) *corev1.Secret {
	s := w.secret(firstValue)
	delete(s.Data, key)

	return s
}

// put writes a value into the Secret, as a person does.
func (w *world) put(key, value string) {
	w.t.Helper()
	change(w, w.secret(""), func(s *corev1.Secret) { s.Data[key] = []byte(value) })
}

// journal is the credential's rotation journal, for edits.
func (w *world) journal() *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "web-shop-rotation"}}
}

func withoutClientID(c *v1alpha1.OktaClientCredential) { c.Spec.ClientID = "" }

// healthy applies the Secret and the credential and waits until it is Ready.
func (w *world) healthy(changes ...func(*v1alpha1.OktaClientCredential)) {
	w.t.Helper()
	w.create(w.secret(firstValue))
	w.create(w.credential(changes...))
	w.eventually("the credential is Ready", w.isReady)
	w.eventually("the journal holds the accepted value", func() bool { return w.exists(w.journal()) })
}

func (w *world) client() client.WithWatch { return cluster.client }

// ctx is the test's, and in its cleanup one that has not ended.
func (w *world) ctx() context.Context {
	if w.t.Context().Err() != nil {
		return context.Background()
	}

	return w.t.Context()
}

func (w *world) create(object client.Object) {
	w.t.Helper()
	if err := w.client().Create(w.ctx(), object); err != nil {
		w.t.Fatalf("create %T %s: %v", object, object.GetName(), err)
	}
}

func (w *world) createAll(objects ...client.Object) {
	w.t.Helper()
	for _, object := range objects {
		w.create(object)
	}
}

func (w *world) delete(object client.Object, options ...client.DeleteOption) {
	w.t.Helper()
	if err := w.client().Delete(w.ctx(), object, append(options, client.GracePeriodSeconds(0))...); err != nil {
		w.t.Fatalf("delete %T %s: %v", object, object.GetName(), err)
	}
}

// exists says whether an object is there.
func (w *world) exists(object client.Object) bool {
	return w.client().Get(w.ctx(), client.ObjectKeyFromObject(object), object) == nil
}

// now is the credential as it is; empty when it is not there.
func (w *world) now() *v1alpha1.OktaClientCredential {
	c := &v1alpha1.OktaClientCredential{}
	_ = w.client().Get(w.ctx(), client.ObjectKey{Namespace: w.namespace, Name: "web-shop"}, c)

	return c
}

// target is the application's Secret as it is; nil when it is not there.
func (w *world) target() *corev1.Secret {
	s := &corev1.Secret{}
	if err := w.client().Get(w.ctx(), client.ObjectKey{Namespace: w.namespace, Name: "web-shop"}, s); err != nil {
		return nil
	}

	return s
}

// value in the application's Secret.
func (w *world) value() string {
	if s := w.target(); s != nil {
		return string(s.Data["client_secret"])
	}

	return ""
}

func (w *world) is(kind string, status metav1.ConditionStatus, reason string) bool {
	return has(w.now(), kind, status, reason)
}

// has says whether a credential's status speaks of its present generation and has this condition; any reason when it is empty.
func has(c *v1alpha1.OktaClientCredential, kind string, status metav1.ConditionStatus, reason string) bool {
	condition := meta.FindStatusCondition(c.Status.Conditions, kind)

	return condition != nil && condition.Status == status && (reason == "" || condition.Reason == reason) && c.Status.ObservedGeneration == c.Generation
}

func (w *world) isReady() bool {
	return w.is(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonAccepted)
}

// message of a condition.
func (w *world) message(kind string) string {
	if condition := meta.FindStatusCondition(w.now().Status.Conditions, kind); condition != nil {
		return condition.Message
	}

	return ""
}

// hasEvent says whether an event with this reason tells of the credential.
func (w *world) hasEvent(reason string) bool {
	for _, event := range w.events() {
		if event.Reason == reason {
			return true
		}
	}

	return false
}

func (w *world) events() []eventsv1.Event {
	var list eventsv1.EventList
	if err := w.client().List(w.ctx(), &list, client.InNamespace(w.namespace)); err != nil {
		return nil
	}

	return list.Items
}

// checkNow asks the operator for a check, as a person does with kubectl annotate.
func (w *world) checkNow() {
	w.annotate(v1alpha1.AnnotationValidate, fmt.Sprint(time.Now().UnixNano()))
}

func (w *world) annotate(key, value string) {
	w.t.Helper()
	c := w.now()
	base := c.DeepCopy()
	metav1.SetMetaDataAnnotation(&c.ObjectMeta, key, value)
	if err := w.client().Patch(w.ctx(), c, client.MergeFrom(base)); err != nil {
		w.t.Fatalf("annotate: %v", err)
	}
}

// change edits an object of the cluster.
func change[T client.Object](w *world, object T, edit func(T)) {
	w.t.Helper()
	if err := w.client().Get(w.ctx(), client.ObjectKeyFromObject(object), object); err != nil {
		w.t.Fatalf("read %T: %v", object, err)
	}
	base, ok := object.DeepCopyObject().(T)
	if !ok {
		w.t.Fatalf("copy %T", object)
	}
	edit(object)
	if err := w.client().Patch(w.ctx(), object, client.MergeFrom(base)); err != nil {
		w.t.Fatalf("edit %T: %v", object, err)
	}
}

// eventually waits for a condition of the world.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	w.within(patience, what, holds)
}

// within waits for a condition of the world, for as long as is said.
func (w *world) within(limit time.Duration, what string, holds func() bool) {
	w.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			w.t.Fatalf("in vain: %s", what)
		}
	}
}
