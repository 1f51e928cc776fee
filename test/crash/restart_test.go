package crash

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"syscall"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// fleetSize is how many healthy credentials there are; every tenth has a workload that a new value would restart.
const fleetSize = 200

// TestRestartRotatesNothing ends the operator in three ways, beside 200 healthy credentials, and starts it again: it looks at each
// of them, and changes no secret at Okta, no Secret and no workload (statement 9), by the audit logs of both. The upgrade is one
// from the first release: some journals are as that one wrote them, of credentials with a workload and of others.
func TestRestartRotatesNothing(t *testing.T) {
	t.Parallel()
	o := hire(t, bed.programs.manager, "fleet", func(o *operator) { o.elects = true })
	w := newWorldIn(t, o, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: fleetNamespace}})
	change(w, w.connection(), func(c *v1alpha1.ClusterOktaConnection) { c.Spec.Allow[0].ClientIDs = []string{"*"} })
	for i := range fleetSize {
		w.enlist(i)
	}
	w.eventually("every credential is Ready", func() bool { return w.recorder.quiet() && w.fleetReady() == fleetSize })
	if n := w.journalsMade(); n != fleetSize {
		t.Fatalf("the audit log knows of %d journals that the operator made, want %d: it does not see what the operator writes", n, fleetSize)
	}
	for name, end := range map[string]func(*world){"an upgrade": (*world).isUpgraded, "a SIGKILL": func(*world) { o.kill() }, "the loss of the lease": (*world).losesLease} {
		_, from := w.audit(0)
		end(w)
		held := w.fleetValues()
		if err := o.start(); err != nil {
			t.Fatal(err)
		}
		w.eventually("after "+name+" every credential is looked at", func() bool { return w.looked(from) == fleetSize && w.recorder.quiet() })
		w.changedNothing(name, from)
		if !maps.Equal(held, w.fleetValues()) {
			t.Errorf("after %s a Secret or a journal of the fleet holds something else than before (statement 9)", name)
		}
		if ready := w.fleetReady(); ready != fleetSize {
			t.Errorf("after %s %d credentials of %d are Ready", name, ready, fleetSize)
		}
	}
	if n := w.changesAtOkta(); n > 0 {
		t.Errorf("%d changes of client secrets at Okta, want none", n)
	}
}

// enlist makes the i-th credential with its application, Secret and, for some, a workload.
func (w *world) enlist(i int) {
	w.t.Helper()
	name := fmt.Sprintf("app-%03d", i)
	id := fmt.Sprintf("0oafleet%012d", i)
	value := fmt.Sprintf("Fz8k%s%036d", "value", i)
	w.org.AddApp(oktasim.App{ID: id, Label: name})
	w.org.AddSecret(id, redact.NewValue(value), oktasim.Active)
	target := w.secret()
	target.Name, target.Data = name, map[string][]byte{"client_id": []byte(id), "client_secret": []byte(value)}
	w.create(target)
	credential := w.credential(func(c *v1alpha1.OktaClientCredential) {
		c.Name, c.Spec.ClientID, c.Spec.SecretRef.Name = name, id, name
		c.Spec.Validation.Interval = "24h"
	})
	if i%10 == 0 {
		credential.Spec.Consumers.Restart = v1alpha1.RestartAuto
		w.employ(name)
	}
	w.create(credential)
}

// employ makes a workload with a pod that is ready, so that there is something that a restart would restart.
func (w *world) employ(name string) {
	w.t.Helper()
	deployment := w.deployment(name, name)
	w.create(deployment)
	hash := hashOf(&deployment.Spec.Template)
	pod := podOf(deployment, hash)
	w.create(pod)
	pod.Status = statusOf(true)
	if err := errors.Join(bed.client.Status().Update(w.t.Context(), pod), report(w.t.Context(), deployment, 1)); err != nil {
		w.t.Fatal(err)
	}
}

// fleetReady is how many credentials are Ready.
func (w *world) fleetReady() int {
	w.t.Helper()
	var fleet v1alpha1.OktaClientCredentialList
	if err := bed.client.List(w.t.Context(), &fleet, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
	ready := 0
	for i := range fleet.Items {
		if isReady(&fleet.Items[i]) {
			ready++
		}
	}

	return ready
}

// fleetValues are the values of all Secrets, journals too.
func (w *world) fleetValues() map[string]string {
	w.t.Helper()
	var secrets corev1.SecretList
	if err := bed.client.List(w.t.Context(), &secrets, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
	values := map[string]string{}
	for i := range secrets.Items {
		values[secrets.Items[i].Name] = redact.NewValue(fmt.Sprint(secrets.Items[i].Data)).Hash()
	}

	return values
}

// looked is how many of the fleet's Secrets the operator has read since.
func (w *world) looked(from int64) int {
	requests, _ := w.audit(from)
	read := map[string]bool{}
	for _, request := range requests {
		if request.Verb == "get" && request.ObjectRef.Resource == "secrets" && !strings.HasSuffix(request.ObjectRef.Name, "-rotation") {
			read[request.ObjectRef.Name] = true
		}
	}

	return len(read)
}

// journalsMade is how many Secrets the operator has created, by the API server's audit log.
func (w *world) journalsMade() int {
	requests, _ := w.audit(0)
	made := 0
	for _, request := range requests {
		if request.Verb == "create" && request.ObjectRef.Resource == "secrets" {
			made++
		}
	}

	return made
}

// changedNothing holds the API server's audit log against statement 9: but for statuses, which have the time of the last check,
// nothing is written, no spec and no finalizer either.
func (w *world) changedNothing(after string, from int64) {
	w.t.Helper()
	requests, _ := w.audit(from)
	for _, request := range requests {
		about := request.ObjectRef
		if request.Verb != "get" && (about.Resource != "oktaclientcredentials" || about.Subresource != "status") {
			w.t.Errorf("after %s: %s %s %s %s (statement 9)", after, request.Verb, about.Resource, about.Subresource, about.Name)
		}
	}
}

// endsOrderly ends the operator as an upgrade does.
func (w *world) endsOrderly() {
	w.t.Helper()
	w.operator.signal(syscall.SIGTERM)
	w.eventually("the operator ends", w.operator.endedByItself)
	w.operator.kill() // it is gone; this says so
}

// losesLease gives the operator's lease to somebody else until the operator ends, which it does by itself.
func (w *world) losesLease() {
	w.t.Helper()
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: "okta-credential-operator.oktacred.dev"}}
	change(w, lease, func(l *coordinationv1.Lease) {
		l.Spec.HolderIdentity, l.Spec.LeaseDurationSeconds, l.Spec.RenewTime = new("somebody else"), new(int32(60)), &metav1.MicroTime{Time: time.Now()}
	})
	w.eventually("the operator ends", w.operator.endedByItself)
	w.operator.kill()
	w.delete(lease)
}
