package oktaclientcredential

import (
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/journal"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// writeRetry is how often a write that the API server refused is tried again.
const writeRetry = time.Minute

// isRefused tells a write that the API server refuses, and may for long, from one that a moment heals. A webhook that denies
// chooses the status itself, and one that gives none has it denied with 400 and no reason; one that cannot be called is an
// InternalError.
func isRefused(err error) bool {
	if errors.Is(err, journal.ErrUndone) {
		return true
	}
	var answer apierrors.APIStatus
	if !errors.As(err, &answer) {
		return false
	}
	status := answer.Status()
	if strings.Contains(status.Message, "denied the request") || strings.Contains(status.Message, "failed calling webhook") {
		return true
	}
	const notFound, timeout, conflict, gone, tooMany = 404, 408, 409, 410, 429
	switch status.Code {
	case notFound, timeout, conflict, gone, tooMany:
		return false
	default:
		return status.Code >= 400 && status.Code < 500
	}
}

// refused says that the API server refuses a write. What a webhook says to it may show what was written, so it is not repeated.
func refused(seen *scene, action rotation.Action, err error) rotation.Wait {
	return rotation.Wait{
		Until: seen.now.Add(writeRetry), State: rotation.Blocked, Reason: v1alpha1.ReasonWriteRefused,
		Message: fmt.Sprintf("The API server refuses a write that is needed now (step %T: %s). Check the operator's rights, admission webhooks, quotas, and whether the rotation journal is immutable.", action, journal.KindOfAnswer(err)),
	}
}
