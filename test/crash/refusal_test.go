package crash

import (
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// TestARefusedRestart is told, the old secret stays as long as the workload has it, and the restart comes when it is allowed.
func TestARefusedRestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lend(t))
	w.adopted(func(c *v1alpha1.OktaClientCredential) {
		c.Spec.Consumers = v1alpha1.ConsumersSpec{Restart: v1alpha1.RestartAuto}
	})
	w.runs("web", func(string) bool { return true })
	had := w.value()
	allow := w.forbidTemplateChanges()
	w.annotate(v1alpha1.AnnotationRotate)
	w.eventually("the refusal is told", func() bool {
		c := w.credential()
		if !w.read(c) {
			return false
		}
		said := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionConsumersUpdated)

		return said != nil && said.Reason == v1alpha1.ReasonConsumersBlocked && strings.Contains(said.Message, "Deployment/web: The API server refuses its restart")
	})
	if w.value().Equal(had) || !w.workload.uses(had) || !w.isActive(had) {
		t.Errorf("at Okta: %s; the workload's own secret must be ACTIVE there while it has that", w.atOkta())
	}
	allow()
	w.operator.kill() // what it remembers of the refusal, for five minutes, is gone with it
	if err := w.operator.start(); err != nil {
		t.Fatal(err)
	}
	w.eventually("the workload has the new secret, and the old one is retired", func() bool {
		return w.workload.uses(w.value()) && !w.isActive(had)
	})
}

// forbidTemplateChanges has the API server refuse, from now on and until allow is called, whatever changes a Deployment's pods.
func (w *world) forbidTemplateChanges() (allow func()) {
	w.t.Helper()
	policy := &admissionv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: w.namespace},
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
				Operations: []admissionv1.OperationType{admissionv1.Update},
				Rule:       admissionv1.Rule{APIGroups: []string{"apps"}, APIVersions: []string{"v1"}, Resources: []string{"deployments"}},
			}}}},
			Validations: []admissionv1.Validation{{Expression: "object.spec.template == oldObject.spec.template"}},
		},
	}
	binding := &admissionv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: w.namespace},
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: w.namespace, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
			MatchResources: &admissionv1.MatchResources{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": w.namespace}}},
		},
	}
	w.create(policy)
	w.create(binding)
	allowed := func() bool {
		deployment := w.deployment("web", targetName)
		change := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"template":{"metadata":{"annotations":{"probe":"x"}}}}}`))

		return bed.client.Patch(w.t.Context(), deployment, change, client.DryRunAll) == nil
	}
	w.eventually("the policy is enforced", func() bool { return !allowed() })

	return func() {
		w.delete(binding)
		w.delete(policy)
		w.eventually("the policy is gone", allowed)
	}
}
