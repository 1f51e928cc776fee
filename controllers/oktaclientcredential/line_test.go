package oktaclientcredential

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

// TestTheLine tells who waits longest that there is a place, when one is given back and once when none was taken.
func TestTheLine(t *testing.T) {
	t.Parallel()
	c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 1})
	f := crewOf(4, c)
	called := func(want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, f.called()); diff != "" {
			t.Errorf("called (-want +got):\n%s", diff)
		}
	}
	f.starts(c, 0)
	for _, i := range []int{1, 2, 3, 1} {
		f.waits(c, i, true)
	}
	called()
	f.idles(c, 0)
	called("1")
	f.waits(c, 1, false)
	called("2")
	f.asks(c, 2)
	f.leave(c.uid, member(2))
	called("3")
	f.forget(member(3))
	f.waits(c, 1, true)
	called("1")
	f.waits(c, 1, true)
	called()
}

// TestAPlaceIsKept for the one that waits longest, for a moment: neither one that comes just then nor those behind it take it.
func TestAPlaceIsKept(t *testing.T) {
	t.Parallel()
	c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 1})
	f := crewOf(5, c)
	f.starts(c, 0)
	f.waits(c, 1, true)
	f.waits(c, 2, true)
	f.idles(c, 0)
	if f.asks(c, 3) || f.asks(c, 2) {
		t.Error("one that did not wait longest has the place")
	}
	if !f.asks(c, 1) {
		t.Error("the one that waited longest has none")
	}
	f.leave(c.uid, member(1))
	f.clock.Step(promise)
	if !f.asks(c, 3) {
		t.Error("who does not come keeps the place from others")
	}
	f.leave(c.uid, member(3))
	if !f.asks(c, 4) {
		t.Error("who did not come keeps the place from others at every turn")
	}
}

// TestWhoCannotBeLookedAtStepsAside, so that the next one is told.
func TestWhoCannotBeLookedAtStepsAside(t *testing.T) {
	t.Parallel()
	c := connectionWith(v1alpha1.RotationPace{MaxConcurrent: 1})
	f := crewOf(3, c)
	f.starts(c, 0)
	f.waits(c, 1, true)
	f.waits(c, 2, true)
	f.idles(c, 0)
	f.called()
	f.stepAside(member(1))
	if got := f.called(); !slices.Equal(got, []string{"2"}) {
		t.Errorf("called %q", got)
	}
}

// TestTheEndOfTheLineLooksSeldom: of a thousand that wait, those at the front look, and the others are told.
func TestTheEndOfTheLineLooksSeldom(t *testing.T) {
	t.Parallel()
	const n = 1000
	for name, pace := range map[string]v1alpha1.RotationPace{
		"for a place":    {MaxConcurrent: 1},
		"for their time": {MaxConcurrent: 5, MinSpacing: "10s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := connectionWith(pace)
			f := crewOf(n+1, c)
			f.starts(c, 0)
			f.rotates(c, 0, fleetEpoch)
			looks := 0.0 // a second
			for i := 1; i <= n; i++ {
				f.waits(c, i, true)
				looks += 1 / f.holds(c, member(i)).until.Sub(fleetEpoch).Seconds()
			}
			if looks > 5 {
				t.Errorf("%.1f looks a second", looks)
			}
			f.clock.Step(10 * time.Second)
			f.called()
			want := "1"
			if f.starts(c, 1) {
				f.rotates(c, 1, f.clock.Now())
				want = "2"
			}
			f.idles(c, 0)
			if got := f.called(); !slices.Equal(got, []string{want}) {
				t.Errorf("called %q, want %s", got, want)
			}
		})
	}
}

// TestAFleetTakesTurns: two connections with a thousand credentials each, all of which rotate once. They are told when to look
// again, by nothing but the line; nobody is left waiting, and no more are at work than may be.
func TestAFleetTakesTurns(t *testing.T) {
	t.Parallel()
	const n, most, workers = 2000, 5, 16
	f := newFleet(clock.RealClock{})
	crewed := crew{fleet: f}
	connections := []terms{connectionWith(v1alpha1.RotationPace{MaxConcurrent: most}), connectionWith(v1alpha1.RotationPace{MaxConcurrent: most})}
	connections[1].uid = "d"
	queue := make(chan int, 100*n)
	for i := range n {
		crewed.idles(connections[i%2], i)
		queue <- i
	}
	var atWork [2]atomic.Int32
	var left atomic.Int32
	left.Store(n)
	done, ended := [n]atomic.Bool{}, make(chan struct{})
	names := make(map[string]int, n)
	for i := range n {
		names[string(member(i))] = i
	}
	pass := func(i int) {
		c := connections[i%2]
		crewed.idles(c, i)
		if done[i].Load() {
			f.wait(c.uid, member(i), reconcile.Request{}, false)

			return
		}
		if !crewed.asks(c, i) || !crewed.starts(c, i) {
			crewed.waits(c, i, true)

			return
		}
		if at := atWork[i%2].Add(1); at > most {
			t.Errorf("%d at work", at)
		}
		done[i].Store(true)
		atWork[i%2].Add(-1)
		crewed.idles(c, i)
		f.wait(c.uid, member(i), reconcile.Request{}, false)
		if left.Add(-1) == 0 {
			close(ended)
		}
	}
	var locks [n]sync.Mutex // the queue gives nobody to two workers
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for {
				var i int
				select {
				case <-ended:
					return
				case i = <-queue:
				case told := <-f.turns:
					i = names[told.Object.Name]
				case <-time.After(20 * time.Second):
					t.Errorf("%d wait and are not told", left.Load())

					return
				}
				locks[i].Lock()
				pass(i)
				locks[i].Unlock()
			}
		})
	}
	group.Wait()
}
