// Package consumers runs the discovery and the restart of workloads on a real API server with its controllers. It must not
// use more rights than an install opts into, but to make what is looked at.
package consumers

import (
	"context"
	"fmt"
	"os"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/oktacred/okta-credential-operator/test/controlplane"
)

// cluster is the one API server of this package; every test has a namespace of its own.
var cluster struct {
	*controlplane.ControlPlane
	// admin makes what is looked at; user has the rights of config/consumers, besides that to list pods, and no other.
	admin client.Client
	user  *rest.Config
}

// rights are those that an install opts into, as the file says, and the one that the operator has anyway.
func rights() ([]rbacv1.PolicyRule, error) {
	content, err := os.ReadFile("../../config/consumers/role.yaml")
	if err != nil {
		return nil, err
	}
	var role rbacv1.ClusterRole
	if err := yaml.UnmarshalStrict(content, &role); err != nil {
		return nil, fmt.Errorf("read the role: %w", err)
	}

	return append(role.Rules, rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"list"}}), nil
}

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	ctx := context.Background()
	cluster.ControlPlane, err = controlplane.Start(ctx, controlplane.Options{ControllerManager: true})
	if err != nil {
		return 1, err
	}
	defer func() { _ = cluster.Stop() }()
	if cluster.admin, err = client.New(cluster.Config, client.Options{}); err != nil {
		return 1, err
	}
	if cluster.user, _, err = cluster.AddUser("operator"); err != nil {
		return 1, err
	}
	if err := allow(ctx); err != nil {
		return 1, err
	}
	if err := addNode(ctx); err != nil {
		return 1, err
	}

	return m.Run(), nil
}

// allow gives the operator's user the rights, in every namespace.
func allow(ctx context.Context) error {
	rules, err := rights()
	if err != nil {
		return err
	}
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "consumers"}, Rules: rules}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "consumers"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "consumers"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "operator"}},
	}
	if err := cluster.admin.Create(ctx, role); err != nil {
		return fmt.Errorf("allow the operator: %w", err)
	}
	if err := cluster.admin.Create(ctx, binding); err != nil {
		return fmt.Errorf("allow the operator: %w", err)
	}

	return nil
}

// addNode makes a node that pods can be given to. No kubelet runs on it: see runPods.
func addNode(ctx context.Context) error {
	room := corev1.ResourceList{
		corev1.ResourcePods: resource.MustParse("500"), corev1.ResourceCPU: resource.MustParse("100"), corev1.ResourceMemory: resource.MustParse("100Gi"),
	}
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node"}}
	if err := cluster.admin.Create(ctx, node); err != nil {
		return fmt.Errorf("add a node: %w", err)
	}
	before := node.DeepCopy()
	node.Status = corev1.NodeStatus{
		Capacity: room, Allocatable: room,
		Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, LastHeartbeatTime: metav1.Now(), LastTransitionTime: metav1.Now()}},
	}
	// A patch, because the node's own controllers write it too.
	if err := cluster.admin.Status().Patch(ctx, node, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("add a node: %w", err)
	}

	return nil
}
