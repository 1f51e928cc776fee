package egress

import (
	"context"
	"io"
)

// boundedBody ends with a TooLargeError instead of handing out more than limit bytes, and ends the request's time limit
// when it is closed.
type boundedBody struct {
	body   io.ReadCloser
	cancel context.CancelFunc
	left   int64
	limit  int64
}

// Read implements io.Reader. It asks for one byte more than is allowed, because a body of exactly limit bytes is fine.
func (b *boundedBody) Read(buffer []byte) (int, error) {
	if b.left < 0 {
		return 0, &TooLargeError{Limit: b.limit}
	}
	if int64(len(buffer)) > b.left+1 {
		buffer = buffer[:b.left+1]
	}
	n, err := b.body.Read(buffer)
	b.left -= int64(n)
	if b.left < 0 {
		return n - 1, &TooLargeError{Limit: b.limit}
	}
	return n, err
}

// Close implements io.Closer.
func (b *boundedBody) Close() error {
	err := b.body.Close()
	b.cancel()
	return err
}
