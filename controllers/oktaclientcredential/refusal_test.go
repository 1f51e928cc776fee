package oktaclientcredential

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/oktacred/okta-credential-operator/internal/journal"
)

// TestRefusals: what the API server refuses for long is said; what a moment heals is tried again at once.
func TestRefusals(t *testing.T) {
	t.Parallel()
	kind := schema.GroupResource{Resource: "secrets"}
	answer := func(code int32, message string) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{Code: code, Message: message}}
	}
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"no answer":                              {errors.New("connection refused"), false},
		"a conflict":                             {apierrors.NewConflict(kind, "a", errors.New("changed")), false},
		"not there":                              {apierrors.NewNotFound(kind, "a"), false},
		"there already":                          {apierrors.NewAlreadyExists(kind, "a"), false},
		"too many requests":                      {apierrors.NewTooManyRequests("later", 1), false},
		"a timeout":                              {apierrors.NewTimeoutError("later", 1), false},
		"the API server's own fault":             {apierrors.NewInternalError(errors.New("etcd")), false},
		"no right":                               {apierrors.NewForbidden(kind, "a", errors.New("RBAC")), true},
		"not valid":                              {apierrors.NewInvalid(schema.GroupKind{Kind: "Secret"}, "a", nil), true},
		"too large":                              {apierrors.NewRequestEntityTooLargeError("Secret"), true},
		"a webhook that denies without a status": {answer(http.StatusBadRequest, `admission webhook "w" denied the request: no`), true},
		"one that denies with a conflict":        {answer(http.StatusConflict, `admission webhook "w" denied the request: no`), true},
		"one that undoes the write":              {journal.ErrUndone, true},
		"one that cannot be called":              {apierrors.NewInternalError(errors.New(`failed calling webhook "w"`)), true},
	} {
		if got := isRefused(fmt.Errorf("step: %w", journal.NewWriteError("write Secret", test.err))); got != test.want {
			t.Errorf("%s: refused is %t", name, got)
		}
	}
}
