package integration

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
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
	firstValue = "firstSecretOfTheWebShop-0123456789abcdefghij"
	patience   = 60 * time.Second
)

// world is one namespace with one simulated org, a connection to it, and an application with one client secret.
type world struct {
	t         *testing.T
	namespace string
	org       *oktasim.Org
	server    *oktasim.Server
	app       oktasim.App
	firstID   string
}

// given makes a world whose Secret holds the application's client secret. The credential is applied by the test.
func given(t *testing.T, options oktasim.Options) *world {
	t.Helper()
	t.Parallel()
	w := &world{t: t, org: oktasim.New(options)}
	server, err := w.org.StartTLS("", oktasim.TLSOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w.server = server
	t.Cleanup(func() { server.Close() })
	w.app = w.org.AddApp(oktasim.App{ID: clientID, Label: "Web shop"})
	w.firstID = w.org.AddSecret(clientID, redact.NewValue(firstValue), oktasim.Active)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "shop-"}}
	w.create(namespace)
	w.namespace = namespace.Name
	t.Cleanup(func() { w.diagnoseIfFailed() })
	w.connect()

	return w
}

// connect makes a cluster connection that allows the namespace its client, with private_key_jwt.
func (w *world) connect() {
	w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	public := jose.JSONWebKey{Key: key.Public(), KeyID: "k1", Algorithm: "ES256", Use: "sig"}
	w.org.AddServiceApp("0oaoperator000000000", jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}}, []string{"okta.apps.read", "okta.apps.manage"}, oktasim.Role{})
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		w.t.Fatal(err)
	}
	w.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: w.namespace},
		Data:       map[string][]byte{"private-key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})},
	})
	w.create(&v1alpha1.ClusterOktaConnection{
		ObjectMeta: metav1.ObjectMeta{Name: w.namespace},
		Spec: v1alpha1.ClusterConnectionSpec{
			ConnectionSpec: v1alpha1.ConnectionSpec{
				OrgURL: w.server.URL,
				Auth: v1alpha1.ConnectionAuth{PrivateKeyJWT: &v1alpha1.PrivateKeyJWTAuth{
					ClientID: "0oaoperator000000000", KeyID: "k1",
					PrivateKeySecretRef: v1alpha1.LocalSecretKeyReference{Name: w.namespace, Key: "private-key"},
				}},
			},
			CABundle: string(w.server.CA),
			Allow:    []v1alpha1.AllowRule{{Namespaces: []string{w.namespace}, ClientIDs: []string{clientID}}},
		},
	})
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

// healthy applies the Secret and the credential and waits until it is Ready.
func (w *world) healthy(changes ...func(*v1alpha1.OktaClientCredential)) {
	w.t.Helper()
	w.create(w.secret(firstValue))
	w.create(w.credential(changes...))
	w.eventually("the credential is Ready", w.isReady)
	w.eventually("the journal holds the accepted value", func() bool {
		return w.client().Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: "web-shop-rotation"}, &corev1.Secret{}) == nil
	})
}

func (w *world) client() client.Client { return cluster.client }

func (w *world) create(object client.Object) {
	w.t.Helper()
	if err := w.client().Create(w.t.Context(), object); err != nil {
		w.t.Fatalf("create %T %s: %v", object, object.GetName(), err)
	}
}

// now is the credential as it is; empty when it is not there.
func (w *world) now() *v1alpha1.OktaClientCredential {
	c := &v1alpha1.OktaClientCredential{}
	_ = w.client().Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: "web-shop"}, c)

	return c
}

// target is the application's Secret as it is; nil when it is not there.
func (w *world) target() *corev1.Secret {
	s := &corev1.Secret{}
	if err := w.client().Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: "web-shop"}, s); err != nil {
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
	c := w.now()
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
	if err := w.client().List(w.t.Context(), &list, client.InNamespace(w.namespace)); err != nil {
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
	if err := w.client().Patch(w.t.Context(), c, client.MergeFrom(base)); err != nil {
		w.t.Fatalf("annotate: %v", err)
	}
}

// change edits an object of the cluster.
func change[T client.Object](w *world, object T, edit func(T)) {
	w.t.Helper()
	if err := w.client().Get(w.t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
		w.t.Fatalf("read %T: %v", object, err)
	}
	base, ok := object.DeepCopyObject().(T)
	if !ok {
		w.t.Fatalf("copy %T", object)
	}
	edit(object)
	if err := w.client().Patch(w.t.Context(), object, client.MergeFrom(base)); err != nil {
		w.t.Fatalf("edit %T: %v", object, err)
	}
}

// eventually waits for a condition of the world.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			w.t.Fatalf("in vain: %s", what)
		case <-w.t.Context().Done():
			w.t.Fatal("the test ended")
		}
	}
}

// atOkta describes the application's secrets at Okta: "first ACTIVE, ours ACTIVE, stranger INACTIVE".
func (w *world) atOkta() string {
	names := []string{}
	for _, s := range w.org.Secrets(clientID) {
		name := "ours"
		switch {
		case s.ID == w.firstID:
			name = "first"
		case s.Value.Equal(redact.NewValue(strangerValue)):
			name = "stranger"
		}
		names = append(names, fmt.Sprintf("%s %s", name, s.Status))
	}

	return strings.Join(names, ", ")
}

const strangerValue = "aSecretThatSomebodyElseMadeForAnotherPurpose"

// holdsWorkingValue says whether Okta lists the Secret's value as ACTIVE.
func (w *world) holdsWorkingValue() bool {
	for _, s := range w.org.Secrets(clientID) {
		if s.Status == oktasim.Active && s.Value.Equal(redact.NewValue(w.value())) {
			return true
		}
	}

	return false
}

func (w *world) diagnoseIfFailed() {
	if !w.t.Failed() {
		return
	}
	c := &v1alpha1.OktaClientCredential{}
	ctx := w.t.Context()
	if ctx.Err() != nil {
		ctx = cleanupContext()
	}
	_ = cluster.client.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: "web-shop"}, c)
	for _, condition := range c.Status.Conditions {
		w.t.Logf("%s=%s %s: %s", condition.Type, condition.Status, condition.Reason, condition.Message)
	}
	w.t.Logf("rotation: %+v", c.Status.Rotation)
	w.t.Logf("at Okta: %s; requests: %v", w.atOkta(), w.org.Counts())
	var list eventsv1.EventList
	_ = cluster.client.List(ctx, &list, client.InNamespace(w.namespace))
	for i := range list.Items {
		w.t.Logf("event %s %s: %s", list.Items[i].EventTime.Format(time.TimeOnly), list.Items[i].Reason, list.Items[i].Note)
	}
}
