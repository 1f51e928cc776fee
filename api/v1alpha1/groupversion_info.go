// Package v1alpha1 holds the API of the operator: OktaClientCredential, OktaConnection and ClusterOktaConnection, with
// their conditions and reasons. It must not import anything of the operator, so that other programs can use it alone.
// +kubebuilder:object:generate=true
// +groupName=oktacred.dev
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion is the API group and version of the kinds in this package.
var GroupVersion = schema.GroupVersion{Group: "oktacred.dev", Version: "v1alpha1"}

// AddToScheme registers the kinds of this package with a scheme.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&OktaClientCredential{}, &OktaClientCredentialList{},
		&OktaConnection{}, &OktaConnectionList{},
		&ClusterOktaConnection{}, &ClusterOktaConnectionList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)

	return nil
}
