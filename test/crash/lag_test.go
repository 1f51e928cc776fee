package crash

import (
	"io"
	"time"
)

// lagging is the body of a watch whose events come late, all by the same time.
type lagging struct {
	io.ReadCloser

	pieces chan piece
	rest   []byte
}

// piece is what was read at once, and when it may be passed on.
type piece struct {
	content []byte
	due     time.Time
	err     error
}

func newLagging(body io.ReadCloser, lag time.Duration) *lagging {
	l := &lagging{ReadCloser: body, pieces: make(chan piece, 1024)}
	go func() {
		defer close(l.pieces)
		for {
			buffer := make([]byte, 32<<10)
			n, err := body.Read(buffer)
			l.pieces <- piece{content: buffer[:n], due: time.Now().Add(lag), err: err}
			if err != nil {
				return
			}
		}
	}()

	return l
}

// Read implements io.Reader.
func (l *lagging) Read(p []byte) (int, error) {
	for len(l.rest) == 0 {
		next, open := <-l.pieces
		if !open {
			return 0, io.EOF
		}
		<-time.After(time.Until(next.due))
		l.rest = next.content
		if next.err != nil && len(l.rest) == 0 {
			return 0, next.err
		}
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]

	return n, nil
}
