package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/test/controlplane"
)

const (
	operatorNamespace = "okta-credential-operator-system"
	// operatorUser is the user name of the service account of config/manager, so that the roles of config/rbac apply as they are.
	operatorUser = "system:serviceaccount:" + operatorNamespace + ":controller-manager"
)

// world is everything that runs. Its methods are safe on one that was started in part.
type world struct {
	root     string
	dir      string
	plane    *controlplane.ControlPlane
	client   client.Client
	org      *org
	operator *operator
	target   types.NamespacedName // of the credential, and of its Secret
	tool     kubectl
	timeline
}

// startWorld starts the control plane, the org and the operator, in this order, and says what it does. After an error what
// it returns still has to be stopped.
func startWorld(ctx context.Context, out *page) (*world, error) {
	w := &world{}
	out.chapter(1, "Kubernetes and the operator for real, and an Okta org that is simulated")
	var err error
	if w.root, err = findRoot(); err != nil {
		return w, err
	}
	if w.dir, err = os.MkdirTemp("", "okta-demo-"); err != nil {
		return w, fmt.Errorf("make a folder: %w", err)
	}
	for _, start := range []func(context.Context, *page) error{w.buildOperator, w.startPlane, w.startOrg, w.prepare, w.startOperator} {
		if err := start(ctx, out); err != nil {
			return w, err
		}
	}

	return w, nil
}

// findRoot is the folder of the module, from wherever in it the program was started.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "config", "crd", "bases")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("run it in the repository: config/crd/bases was not found here or above")
		}
		dir = filepath.Dir(dir)
	}
}

func (w *world) startPlane(ctx context.Context, out *page) error {
	began := time.Now()
	plane, err := controlplane.Start(ctx, controlplane.Options{
		CRDPaths: []string{filepath.Join(w.root, "config", "crd", "bases")}, ControllerManager: true, LogDir: w.dir,
	})
	if err != nil {
		return err
	}
	w.plane = plane
	w.tool = findKubectl(plane)
	scheme := clientgoscheme.Scheme
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return fmt.Errorf("register API kinds: %w", err)
	}
	if w.client, err = client.New(plane.Config, client.Options{Scheme: scheme}); err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	what := "etcd, API server"
	if plane.HasControllerManager {
		what = "etcd, API server, controller manager, scheduler"
	}
	out.done(began, "Kubernetes %s: %s", w.version(ctx), what)

	return nil
}

func (w *world) startOrg(_ context.Context, out *page) error {
	secret, err := w.sample("secret.yaml", nil)
	if err != nil {
		return err
	}
	connection, err := w.sample("clusteroktaconnection.yaml", nil)
	if err != nil {
		return err
	}
	w.target = types.NamespacedName{Namespace: secret.GetNamespace(), Name: secret.GetName()}
	if w.org, err = startOrg(text(secret, "stringData.client_id"), text(connection, "spec.auth.privateKeyJWT.clientID")); err != nil { //nolint:contextcheck // to listen on loopback takes no time
		return err
	}
	w.timeline = newTimeline(w)
	out.ok("Okta, simulated: %s; its app %s has one client secret", w.org.server.URL, w.org.appID)

	return nil
}

// prepare makes what an administrator makes before the operator comes: namespaces, its roles and its admin key.
func (w *world) prepare(ctx context.Context, out *page) error {
	connection, err := w.sample("clusteroktaconnection.yaml", nil)
	if err != nil {
		return err
	}
	for _, name := range []string{operatorNamespace, w.target.Namespace} {
		if err := w.client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			return fmt.Errorf("create namespace %s: %w", name, err)
		}
	}
	if err := w.createRoles(ctx); err != nil {
		return err
	}
	name, key := text(connection, "spec.auth.privateKeyJWT.privateKeySecretRef.name"), text(connection, "spec.auth.privateKeyJWT.privateKeySecretRef.key")
	if err := w.client.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: name},
		Data:       map[string][]byte{key: []byte(w.org.adminKey.Reveal())},
	}); err != nil {
		return fmt.Errorf("create the Secret with the admin key: %w", err)
	}
	out.ok("Namespaces %s and %s; the operator's key in Secret %s", operatorNamespace, w.target.Namespace, name)

	return nil
}

// until waits for a condition of the world. It ends early, with an error, when the operator does.
func (w *world) until(ctx context.Context, deadline time.Duration, what string, holds func(context.Context) (bool, error)) error {
	err := wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, deadline, true, func(ctx context.Context) (bool, error) {
		if w.operator != nil && w.operator.ended() {
			return false, fmt.Errorf("the operator ended: %w", w.operator.err)
		}

		return holds(ctx)
	})
	if wait.Interrupted(err) && ctx.Err() == nil {
		return fmt.Errorf("waited %s in vain until %s", deadline, what)
	}
	if err != nil {
		return fmt.Errorf("wait until %s: %w", what, err)
	}

	return nil
}

// stop ends everything, the operator first. It can be called at any time.
func (w *world) stop() {
	if w.operator != nil {
		w.operator.stop()
	}
	if w.org != nil && w.org.server != nil {
		_ = w.org.server.Close()
	}
	if w.plane != nil {
		_ = w.plane.Stop()
	}
}

// cleanUp removes the logs and the operator's program; after a failure they stay.
func (w *world) cleanUp() {
	if w.dir != "" {
		_ = os.RemoveAll(w.dir)
	}
}

// explain says what did not happen, with what a person needs to find out why.
func (w *world) explain(ctx context.Context, out *page, err error) {
	out.blank()
	if ctx.Err() != nil {
		out.wrong("interrupted")
		w.cleanUp()

		return
	}
	out.wrong("%s", strings.TrimSpace(err.Error()))
	if w.operator == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_ = w.describeCredential(ctx, out)
	out.blank()
	out.text("The end of the operator's log; all logs are in " + w.dir + ":")
	out.raw(tail(w.operator.log, 4000))
}
