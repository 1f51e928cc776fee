package integration

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
)

// webhook stands in the way of writes in the namespace of one world.
type webhook struct {
	server *oktasim.Server
	denies atomic.Bool
}

// admit installs a webhook that denies writes of a resource, quotes what was to be written, and leaves the status of the answer to
// the API server, as many webhooks do. It is in force when it denies the probe.
func (w *world) admit(resource string, probe client.Object) *webhook {
	w.t.Helper()
	hook := &webhook{}
	server, err := oktasim.ServeTLS(hook, "", oktasim.TLSOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	hook.server = server
	w.t.Cleanup(func() { _ = server.Close() })
	rule := admissionregistrationv1.RuleWithOperations{
		Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create, admissionregistrationv1.Update},
		Rule:       admissionregistrationv1.Rule{APIGroups: []string{"*"}, APIVersions: []string{"*"}, Resources: []string{resource}},
	}
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: w.namespace},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{{
			Name: "quoting.example.com", AdmissionReviewVersions: []string{"v1"}, Rules: []admissionregistrationv1.RuleWithOperations{rule},
			ClientConfig:      admissionregistrationv1.WebhookClientConfig{URL: &server.URL, CABundle: server.CA},
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": w.namespace}},
			SideEffects:       new(admissionregistrationv1.SideEffectClassNone), TimeoutSeconds: new(int32(5)),
		}},
	}
	w.create(configuration)
	w.t.Cleanup(func() { w.delete(configuration) })
	hook.denies.Store(true)
	w.eventually("the webhook is in force", func() bool {
		err := w.client().Create(w.ctx(), probe, client.DryRunAll)

		return err != nil && strings.Contains(err.Error(), "denied the request")
	})

	return hook
}

// ServeHTTP implements http.Handler.
func (h *webhook) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	var review admissionv1.AdmissionReview
	if err := json.NewDecoder(in.Body).Decode(&review); err != nil {
		http.Error(out, "no review", http.StatusBadRequest)

		return
	}
	review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
	if h.denies.Load() {
		review.Response.Allowed = false
		review.Response.Result = &metav1.Status{Message: "not like this: " + string(review.Request.Object.Raw)}
	}
	review.Request = nil
	out.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(out).Encode(review)
}

// TestAWebhookInTheWayIsSaid, whether it denies without a status or cannot be called; what it quotes is not repeated, and when it is
// out of the way the rotation goes on.
func TestAWebhookInTheWayIsSaid(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy()
	probe := w.secret(firstValue)
	probe.Name = "probe"
	hook := w.admit("secrets", probe)
	refused := func() bool {
		return w.is(v1alpha1.ConditionRotationHealthy, metav1.ConditionFalse, v1alpha1.ReasonWriteRefused)
	}
	w.annotate(v1alpha1.AnnotationRotate, "now")
	w.eventually("the status says that a write is refused", refused)
	if w.changesAtOkta("") != 0 {
		t.Error("something was changed at Okta though the journal could not be written")
	}
	hook.denies.Store(false)
	w.checkNow()
	w.eventually("the rotation is carried out", func() bool { return w.value() != firstValue && w.holdsWorkingValue() && w.isReady() })
	if err := hook.server.Close(); err != nil {
		t.Fatal(err)
	}
	w.annotate(v1alpha1.AnnotationRotate, "again")
	w.eventually("the status says that a write is refused", refused)
	if !strings.Contains(w.message(v1alpha1.ConditionRotationHealthy), "admission webhooks") {
		t.Error("the status does not say where to look: " + w.message(v1alpha1.ConditionRotationHealthy))
	}
}

// TestADeniedEventKeepsNoJournal: the event that names what a deletion leaves at Okta may be denied.
func TestADeniedEventKeepsNoJournal(t *testing.T) {
	w := given(t, oktasim.Options{})
	w.healthy(overlap("1h"))
	w.rotated("now")
	w.admit("events", &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "probe"}, EventTime: metav1.NowMicro(), Type: "Normal", Reason: "Probe",
		Action: "Probe", ReportingController: "probe", ReportingInstance: "probe",
		Regarding: corev1.ObjectReference{Kind: "OktaClientCredential", Namespace: w.namespace, Name: "web-shop"},
	})
	w.delete(w.credential())
	w.eventually("the journal is gone", func() bool { return w.isGone() && !w.exists(w.journal()) })
}
