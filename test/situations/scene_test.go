package situations

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// patience bounds each wait: two busy cores share everything.
const patience = 3 * time.Minute

// scene is one situation at one engine and one authorization server.
type scene struct {
	situation

	t         *testing.T
	org       *org
	engine    engine
	server    string
	namespace string
	// name of the credential and of its Secret.
	name     string
	appID    string
	clientID string
	// ids of the secrets at Okta, in the order of atOkta.
	ids []string
	// data is what the Secret was made with.
	data map[string][]byte
}

func namespaceOf(e engine, server string) string {
	if server == "" {
		server = "org"
	}

	return "engine-" + string(e) + "-" + server
}

// stage sets a situation up, credential and all.
func stage(t *testing.T, name string, s situation, e engine, server string) *scene {
	t.Helper()
	kind := orgKind{engine: e, unknowns: s.unknowns, admin: s.admin, noAPIAccessManagement: s.noAPIAM}
	if s.alone {
		kind.of = name + server
	}
	found, err := cluster.orgs.of(kind)
	must(t, err)
	found.connect(t, s.admin)
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(name + server))
	sc := &scene{
		situation: s, t: t, org: found, engine: e, server: server, namespace: namespaceOf(e, server),
		name: fmt.Sprintf("c%016x", sum.Sum64()), appID: fmt.Sprintf("0oa1%016x", sum.Sum64()),
	}
	sc.clientID = sc.appID
	if s.clientID != "" {
		sc.clientID = s.clientID + sc.name
	}
	sc.setUpOkta()
	sc.setUpCluster()

	return sc
}

func (s *scene) setUpOkta() {
	s.t.Helper()
	if s.atOkta == nil {
		s.atOkta = []oktaSecret{{goodValue, oktasim.Active}}
	}
	if !s.noApp {
		app := s.app
		app.ID, app.ClientID = s.appID, s.clientID
		s.org.AddApp(app)
		for _, secret := range s.atOkta {
			s.ids = append(s.ids, s.org.AddSecret(s.appID, redact.NewValue(secret.value), secret.status))
		}
	}
	if s.okta != nil {
		s.okta(s)
	}
}

func (s *scene) setUpCluster() {
	s.t.Helper()
	if s.stored == "" {
		s.stored = goodValue
	}
	s.data = map[string][]byte{"client_id": []byte(s.clientID), "client_secret": []byte(s.stored)}
	if s.situation.data != nil {
		s.situation.data(s, s.data)
	}
	c := &v1alpha1.OktaClientCredential{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: s.name},
		Spec: v1alpha1.OktaClientCredentialSpec{
			ConnectionRef: v1alpha1.ConnectionReference{Kind: v1alpha1.ConnectionKindCluster, Name: s.org.connection},
			ClientID:      s.clientID, AuthorizationServer: s.server, SecretRef: v1alpha1.SecretReference{Name: s.name},
		},
	}
	if s.spec != nil {
		s.spec(s, &c.Spec)
	}
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Logf("status: %s", s.status())
		}
	})
	s.eventually("the connection was looked at", func() bool {
		found := &v1alpha1.ClusterOktaConnection{}
		must(s.t, cluster.client.Get(s.t.Context(), client.ObjectKey{Name: s.org.connection}, found))

		return meta.FindStatusCondition(found.Status.Conditions, v1alpha1.ConditionReady) != nil
	})
	must(s.t, cluster.client.Create(s.t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: s.name}, Data: maps.Clone(s.data),
	}))
	must(s.t, cluster.client.Create(s.t.Context(), c))
}

// now is the credential as it is.
func (s *scene) now() *v1alpha1.OktaClientCredential {
	s.t.Helper()
	c := &v1alpha1.OktaClientCredential{}
	must(s.t, cluster.client.Get(s.t.Context(), client.ObjectKey{Namespace: s.namespace, Name: s.name}, c))

	return c
}

// target is the Secret as it is.
func (s *scene) target() *corev1.Secret {
	s.t.Helper()
	secret := &corev1.Secret{}
	must(s.t, cluster.client.Get(s.t.Context(), client.ObjectKey{Namespace: s.namespace, Name: s.name}, secret))

	return secret
}

func (s *scene) ready() metav1.Condition {
	if found := meta.FindStatusCondition(s.now().Status.Conditions, v1alpha1.ConditionReady); found != nil {
		return *found
	}

	return metav1.Condition{}
}

// settled says whether the status speaks of this generation, has this reason and verdict, and nothing is under way.
func (s *scene) settled(reason string, verdict v1alpha1.Verdict) bool {
	c := s.now()
	ready := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionReady)
	working := meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionReconciling)

	return ready != nil && ready.ObservedGeneration == c.Generation && ready.Reason == reason &&
		(verdict == "" || c.Status.Verdict.Name == verdict) && (!working || s.want.action == wait)
}

// did says whether the history tells of something.
func (s *scene) did(reason string) bool {
	for _, entry := range s.now().Status.History {
		if entry.Reason == reason {
			return true
		}
	}

	return false
}

// asked are the requests to Okta about the client, less calibrations.
func (s *scene) asked() string {
	values := []string{s.stored}
	for _, secret := range s.org.Secrets(s.appID) {
		values = append(values, secret.Value.Reveal())
	}

	return s.org.wire.asked(values, s.appID, s.clientID)
}

// changes the operator made to secrets at Okta, by Okta's own audit log.
func (s *scene) changes() []string {
	var kinds []string
	for _, event := range s.org.Events() {
		kind, is := strings.CutPrefix(event.Type, "app.oauth2.credentials.lifecycle.")
		if is && event.ActorID == adminID && event.AppID == s.appID {
			kinds = append(kinds, kind)
		}
	}

	return kinds
}

// annotate the credential, as a person does.
func (s *scene) annotate(key, value string) {
	s.t.Helper()
	patch(s.t, s.now(), func(c *v1alpha1.OktaClientCredential) { metav1.SetMetaDataAnnotation(&c.ObjectMeta, key, value) })
}

// put a value into the Secret, as a person does.
func (s *scene) put(value string) {
	s.t.Helper()
	patch(s.t, s.target(), func(secret *corev1.Secret) { secret.Data["client_secret"] = []byte(value) })
}

func (s *scene) secretPath() string {
	return "/api/v1/namespaces/" + s.namespace + "/secrets/" + s.name
}

// touch changes what does not matter, on the credential and on its Secret, and returns when the operator has looked at both.
func (s *scene) touch() {
	s.t.Helper()
	for _, word := range []string{"once", "twice", "thrice"} {
		before := cluster.calls.reads(s.secretPath())
		patch(s.t, s.now(), func(c *v1alpha1.OktaClientCredential) {
			metav1.SetMetaDataLabel(&c.ObjectMeta, "touched", word)
			metav1.SetMetaDataAnnotation(&c.ObjectMeta, "touched", word)
		})
		patch(s.t, s.target(), func(secret *corev1.Secret) { metav1.SetMetaDataAnnotation(&secret.ObjectMeta, "touched", word) })
		s.eventually("the operator looks again", func() bool { return cluster.calls.reads(s.secretPath()) > before })
	}
}

func patch[T client.Object](t *testing.T, object T, edit func(T)) {
	t.Helper()
	base, ok := object.DeepCopyObject().(T)
	if !ok {
		t.Fatalf("copy %T", object)
	}
	edit(object)
	must(t, cluster.client.Patch(t.Context(), object, client.MergeFrom(base)))
}

func (s *scene) eventually(what string, holds func() bool) {
	s.t.Helper()
	tick := time.NewTicker(150 * time.Millisecond)
	defer tick.Stop()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			s.t.Fatalf("in vain: %s", what)
		}
	}
}

// status in short, for failures.
func (s *scene) status() string {
	c := &v1alpha1.OktaClientCredential{}
	if err := cluster.client.Get(context.Background(), client.ObjectKey{Namespace: s.namespace, Name: s.name}, c); err != nil {
		return err.Error()
	}
	text := fmt.Sprintf("verdict %s: %s FIX %s\nasked %s, changes %v", c.Status.Verdict.Name, c.Status.Verdict.Evidence, c.Status.Verdict.Fix, s.asked(), s.changes())
	for _, condition := range c.Status.Conditions {
		text += fmt.Sprintf("\n%s=%s %s: %s", condition.Type, condition.Status, condition.Reason, condition.Message)
	}

	return text
}

func (s *scene) equal(what string, want, got any) {
	s.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// isWorking says whether the operator goes on by itself, for this reason.
func (s *scene) isWorking(reason string) bool {
	found := meta.FindStatusCondition(s.now().Status.Conditions, v1alpha1.ConditionReconciling)

	return found != nil && found.Reason == reason
}
