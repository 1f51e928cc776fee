package journal

import (
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// WriteError is the failure of a write of a Secret. What the API server said to it is not in its text, which gets into logs: an
// admission webhook may quote what was written.
type WriteError struct {
	what  string
	cause error
}

// ErrUndone says that a write came back without what it was made for, so that it would be made again at once, and for ever.
var ErrUndone = errors.New("an admission webhook takes away what was written")

// NewWriteError says what could not be written: "write journal shop/web-shop-rotation".
func NewWriteError(what string, cause error) *WriteError {
	return &WriteError{what: what, cause: cause}
}

// Error says what failed, and the kind of the answer.
func (e *WriteError) Error() string { return e.what + ": " + KindOfAnswer(e.cause) }

// Unwrap gives the error of the API server, to be told apart and not to be shown.
func (e *WriteError) Unwrap() error { return e.cause }

// KindOfAnswer says of an answer of the API server what kind it is, and nothing of what it quotes. Errors without an answer speak
// for themselves.
func KindOfAnswer(err error) string {
	var answer apierrors.APIStatus
	if !errors.As(err, &answer) {
		return err.Error()
	}
	status := answer.Status()
	if status.Reason == "" {
		return fmt.Sprintf("the API server answered %d", status.Code)
	}

	return string(status.Reason)
}
