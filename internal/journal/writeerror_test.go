package journal

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestAFailedWriteDoesNotShowWhatWasWritten: the error goes into the log, and a webhook may quote the Secret.
func TestAFailedWriteDoesNotShowWhatWasWritten(t *testing.T) {
	for want, cause := range map[string]error{
		"write journal shop/web-shop: the API server answered 400": &apierrors.StatusError{ErrStatus: metav1.Status{
			Code: http.StatusBadRequest, Message: `admission webhook "w" denied the request: hush-hush`,
		}},
		"write journal shop/web-shop: InternalError":    apierrors.NewInternalError(errors.New(`failed calling webhook "w": hush-hush`)),
		"write journal shop/web-shop: no route to host": errors.New("no route to host"),
	} {
		err := fmt.Errorf("step: %w", NewWriteError("write journal shop/web-shop", cause))
		if got := err.Error(); got != "step: "+want {
			t.Errorf("got %q, want %q", got, want)
		}
		if text := fmt.Sprintf("%v %+v %s", err, err, err); strings.Contains(text, "hush") {
			t.Errorf("it shows what was written: %s", text)
		}
		if !errors.Is(err, cause) {
			t.Error("the cause cannot be told any more")
		}
	}
}
