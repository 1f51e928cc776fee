package okta

import (
	"container/list"
	"context"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// slots lets a bounded number of requests be under way, first come, first served. Its bound can change while it is used.
type slots struct {
	mu      sync.Mutex
	max     int
	used    int
	waiting list.List // of chan struct{}, closed when the slot is granted
}

// resize changes the bound; requests under way are not touched.
func (s *slots) resize(bound int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.max = bound
	s.grant()
}

// acquire waits for a slot for at most patience. It returns false when patience ran out, and ctx's error when that ended.
func (s *slots) acquire(ctx context.Context, timers clock.Clock, patience time.Duration) (bool, error) {
	s.mu.Lock()
	if s.used < s.max && s.waiting.Len() == 0 {
		s.used++
		s.mu.Unlock()
		return true, nil
	}
	granted := make(chan struct{})
	place := s.waiting.PushBack(granted)
	s.mu.Unlock()

	timer := timers.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-granted:
		return true, nil
	case <-ctx.Done():
		s.leave(place, granted)
		return false, ctx.Err()
	case <-timer.C():
		s.leave(place, granted)
		return false, nil
	}
}

// leave gives up a place in the queue, and the slot too if it was granted in the same moment.
func (s *slots) leave(place *list.Element, granted chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-granted:
		s.used--
		s.grant()
	default:
		s.waiting.Remove(place)
	}
}

func (s *slots) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used--
	s.grant()
}

// grant hands free slots to who waits longest. The caller holds mu.
func (s *slots) grant() {
	for s.used < s.max && s.waiting.Len() > 0 {
		next, ok := s.waiting.Remove(s.waiting.Front()).(chan struct{})
		if !ok {
			continue
		}
		s.used++
		close(next)
	}
}
