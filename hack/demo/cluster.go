package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// sample is an object of config/samples with some fields replaced, each named by its path.
func (w *world) sample(file string, replace map[string]string) (*unstructured.Unstructured, error) {
	content, err := os.ReadFile(filepath.Join(w.root, "config", "samples", file))
	if err != nil {
		return nil, fmt.Errorf("read sample: %w", err)
	}
	object := &unstructured.Unstructured{}
	if err := yaml.UnmarshalStrict(content, &object.Object); err != nil {
		return nil, fmt.Errorf("read sample %s: %w", file, err)
	}
	for _, path := range slices.Sorted(maps.Keys(replace)) {
		if err := unstructured.SetNestedField(object.Object, replace[path], strings.Split(path, ".")...); err != nil {
			return nil, fmt.Errorf("replace %s in sample %s: %w", path, file, err)
		}
	}

	return object, nil
}

// text is a field of an object, empty when it is not there.
func text(object *unstructured.Unstructured, path string) string {
	value, _, _ := unstructured.NestedString(object.Object, strings.Split(path, ".")...)

	return value
}

// credential as it is now.
func (w *world) credential(ctx context.Context) (*v1alpha1.OktaClientCredential, error) {
	found := &v1alpha1.OktaClientCredential{}
	if err := w.client.Get(ctx, w.target, found); err != nil {
		return nil, fmt.Errorf("read the credential: %w", err)
	}

	return found, nil
}

// value of the application's Secret as it is now.
func (w *world) value(ctx context.Context) (redact.Value, error) {
	var secret corev1.Secret
	if err := w.client.Get(ctx, w.target, &secret); err != nil {
		return redact.Value{}, fmt.Errorf("read the application's Secret: %w", err)
	}

	return redact.NewValue(string(secret.Data["client_secret"])), nil
}

// isReady says whether Okta accepts the present value, and the operator is at work on nothing.
func (w *world) isReady(ctx context.Context) (bool, error) {
	found, err := w.credential(ctx)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if found.Status.ObservedGeneration != found.Generation {
		return false, nil
	}

	return meta.IsStatusConditionTrue(found.Status.Conditions, v1alpha1.ConditionReady) &&
		meta.FindStatusCondition(found.Status.Conditions, v1alpha1.ConditionReconciling) == nil, nil
}

// isConnected says whether the connection is Ready.
func (w *world) isConnected(ctx context.Context) (bool, error) {
	var list v1alpha1.ClusterOktaConnectionList
	if err := w.client.List(ctx, &list); err != nil {
		return false, fmt.Errorf("list connections: %w", err)
	}

	return len(list.Items) == 1 && meta.IsStatusConditionTrue(list.Items[0].Status.Conditions, v1alpha1.ConditionReady), nil
}

// readySince is when the operator told that the credential is Ready, to the microsecond of its event.
func (w *world) readySince(ctx context.Context) (time.Time, error) {
	if at := w.lastTold(v1alpha1.ReasonAccepted); !at.IsZero() {
		return at, nil
	}
	found, err := w.credential(ctx)
	if err != nil {
		return time.Time{}, err
	}
	var since metav1.Time
	if ready := meta.FindStatusCondition(found.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		since = ready.LastTransitionTime
	}

	return since.Time, nil
}
