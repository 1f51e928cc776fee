package consumers

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// since is a pod that somebody else than the operator had made anew, two minutes after the write.
func since(options ...podOption) Pod {
	made := []podOption{named("web-2"), createdAt(written.Add(2 * time.Minute))}

	return ofWeb(append(made, options...)...)
}

// TestNewPodsThatAreNotReadyHoldTheOldValue: whoever restarted a workload, it is not called current while its new pods may fail
// because of the new value. It is blamed on that only where its pods are known to have been ready before.
func TestNewPodsThatAreNotReadyHoldTheOldValue(t *testing.T) {
	t.Parallel()
	soon, late := written.Add(5*time.Minute), written.Add(15*time.Minute)
	crashing, longBefore := waiting("CrashLoopBackOff", 7), unreadySince(written.Add(-11*time.Minute))
	optedOut := held(StateOptedOut, optedOutBecause)
	const unknown, crash = "It is not known whether the new value is the cause. Mend or delete it, or set rotation.overlap.maximum.", "web-2 (CrashLoopBackOff of container app)"
	// awake is a pod of before whose container was started anew, so that it has the new value.
	awake := func(options ...podOption) Pod {
		return ofWeb(append([]podOption{waiting("CrashLoopBackOff", 9)}, options...)...)
	}
	jobs := func(options ...podOption) Pod {
		return newPod(given(append([]podOption{named("web-2"), createdAt(written.Add(2 * time.Minute)), ownedBy("batch/v1", "Job", "web", nil), env(secret)}, options...)...), secret)
	}
	job := Workload{Reference: Reference{kindJob, "web"}, Held: StateNotRestarted, HeldBecause: "a Job's pods run to their end"}
	for name, test := range map[string]struct {
		workload Workload
		pods     []Pod
		now      time.Time
		want     State
		says     string
		unready  []string
		blamed   bool
	}{
		"one that opted out has its time":              {web(optedOut), []Pod{since(crashing)}, soon, StateRestarting, "Pod web-2 is not ready yet", []string{crash}, false},
		"one that opted out, and its time is over":     {web(optedOut), []Pod{since(crashing)}, late, StateFailing, unknown, []string{crash}, false},
		"one that opted out and runs":                  {web(optedOut), []Pod{since()}, late, StateCurrent, "All 1 pods", nil, false},
		"one that a person restarted":                  {web(), []Pod{since(crashing)}, late, StateFailing, "Pod web-2 is not ready: CrashLoopBackOff of container app", []string{crash}, false},
		"one of two, the other is ready":               {web(), []Pod{since(named("web-1")), since(crashing)}, late, StateCurrent, "All 2 pods", nil, false},
		"one of two has its time":                      {web(), []Pod{since(named("web-1")), since(crashing)}, soon, StateRestarting, "Pod web-2 is not ready yet", []string{crash}, false},
		"one that is late before one that is not":      {web(), []Pod{since(named("web-1"), createdAt(late), unreadySince(late)), since(crashing)}, late, StateFailing, "Pod web-2", []string{"web-1 (NotReady of container app)", crash}, false},
		"one without an image":                         {web(restarted), []Pod{fresh(waiting("ImagePullBackOff", 0))}, late, StateCurrent, "All 1 pods", nil, false},
		"one without an image has its time":            {web(restarted), []Pod{fresh(waiting("ImagePullBackOff", 0))}, soon, StateRestarting, "Pod web-2 is not ready yet", []string{"web-2 (ImagePullBackOff of container app)"}, false},
		"one that the operator restarted and knows":    {web(restarted), []Pod{fresh(crashing)}, late, StateFailing, "Before, pods were ready.", []string{crash}, true},
		"one that the operator restarted in an update": {web(restarted, func(w *Workload) { w.template.recorded[shopKey] = "f2/unknown" }), []Pod{fresh(crashing)}, late, StateFailing, unknown, []string{crash}, false},
		"one of two that the operator restarted":       {web(restarted), []Pod{fresh(named("web-1")), fresh(crashing)}, late, StateCurrent, "All 2 pods", nil, false},
		"one of two, and the rollout goes on":          {web(restarted, rolling), []Pod{ofWeb(named("web-0")), fresh(named("web-1")), fresh(crashing)}, late, StateRestarting, "still to be replaced", nil, false},
		"the other is just ready between two crashes":  {web(restarted), []Pod{fresh(named("web-1"), readySince(late.Add(-5*time.Second))), fresh(crashing)}, late, StateFailing, "Before, pods were ready.", []string{crash}, true},
		"the other has the old value":                  {web(restarted, rolling), []Pod{ofWeb(), fresh(crashing)}, late, StateFailing, "Before, pods were ready.", []string{crash}, true},
		"one of two that was ready until its volume had it": {web(restarted), []Pod{
			fresh(named("web-1")), ofWeb(volumeAlone, unreadySince(written.Add(3*time.Minute))),
		}, late, StateFailing, unknown, []string{"web-1 (NotReady of container app)"}, false},
		"somebody deployed something else since":          {web(restarted, deployedSince), []Pod{fresh(crashing)}, late, StateFailing, unknown, []string{crash}, false},
		"nothing else was deployed":                       {web(restarted, func(w *Workload) { w.template.recorded[shopKey], w.template.rest = "f2/2/one", "one" }), []Pod{fresh(crashing)}, late, StateFailing, "Before, pods were ready.", []string{crash}, true},
		"one that came much later":                        {web(restarted), []Pod{fresh(createdAt(written.Add(3*time.Hour)), crashing)}, written.Add(4 * time.Hour), StateFailing, unknown, []string{crash}, false},
		"one that got a node late has its time":           {web(restarted), []Pod{fresh(took(12*time.Minute), crashing)}, late, StateRestarting, "Pod web-2 is not ready yet", []string{crash}, false},
		"one that was started late has its time":          {web(restarted), []Pod{fresh(startedAt(written.Add(12*time.Minute)), unreadySince(written.Add(time.Second)))}, late, StateRestarting, "Pod web-2 is not ready yet", []string{"web-2 (NotReady of container app)"}, false},
		"one that ended once has its time":                {web(restarted), []Pod{fresh(waiting("CrashLoopBackOff", 1), endedAfterStart(written.Add(12*time.Minute)))}, late, StateRestarting, "Pod web-2 is not ready yet", []string{crash}, false},
		"one that ended once long ago":                    {web(restarted), []Pod{fresh(waiting("CrashLoopBackOff", 1), endedAfterStart(written.Add(2*time.Minute)))}, late, StateFailing, "Before, pods were ready.", []string{crash}, true},
		"one that was not ready when it was restarted":    {web(restarted, brokenBefore), []Pod{fresh(crashing)}, late, StateCurrent, "All 1 pods", nil, false},
		"nor when it was for another credential too":      {web(restarted, forBlog, func(w *Workload) { w.template.recorded[blogKey] = "b9/0" }), []Pod{since(crashing)}, late, StateCurrent, "All 1 pods", nil, false},
		"but that was long ago":                           {web(restarted, forBlog, func(w *Workload) { w.template.recorded[blogKey], w.template.patched = "b9/0", written }), []Pod{since(crashing)}, late, StateFailing, unknown, []string{crash}, false},
		"a pod of before tells that none was ready":       {web(), []Pod{awake(longBefore), since(crashing)}, late, StateCurrent, "All 2 pods", nil, false},
		"a pod of before may just have been starting":     {web(), []Pod{awake(unreadySince(written.Add(-time.Minute))), since(crashing)}, late, StateFailing, "Pod web-2", []string{crash}, false},
		"a pod of before is ready":                        {web(), []Pod{ofWeb(startedAt(written.Add(5 * time.Minute))), since(crashing)}, late, StateFailing, "Pod web-2", []string{crash}, false},
		"a pod of before was until it had the new value":  {web(), []Pod{awake(unreadySince(written.Add(time.Minute)))}, soon, StateRestarting, "Pod web-1 is not ready yet", []string{"web-1 (CrashLoopBackOff of container app)"}, false},
		"a pod of before is the only one, not ready":      {web(), []Pod{awake(longBefore)}, late, StateCurrent, "All 1 pods", nil, false},
		"one that is about to go":                         {web(), []Pod{since(crashing, terminatingPod)}, late, StateCurrent, "All 1 pods", nil, false},
		"one that ran well until later":                   {web(), []Pod{since(unreadySince(written.Add(20 * time.Minute)))}, written.Add(time.Hour), StateCurrent, "All 1 pods", nil, false},
		"others have the old value":                       {web(optedOut), []Pod{ofWeb(), since(crashing)}, late, StateOptedOut, "New pod web-2 is not ready", []string{crash}, false},
		"a Job's pod that crashes":                        {job, []Pod{jobs(crashing)}, late, StateFailing, "Pod web-2", []string{crash}, false},
		"a Job's pod that did its work, beside a sidecar": {job, []Pod{jobs(ended)}, late, StateCurrent, "All 1 pods", nil, false},
		"a Job's pod that starts":                         {job, []Pod{jobs(waiting("ContainerCreating", 0))}, late, StateCurrent, "All 1 pods", nil, false},
		"a Deployment's pod that starts":                  {web(), []Pod{since(waiting("ContainerCreating", 0))}, soon, StateRestarting, "Pod web-2 is not ready yet: Pending", []string{"web-2 (Pending)"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Progress([]Workload{test.workload}, test.pods, change, test.now)[0]
			if got.State != test.want || !strings.Contains(got.Message, test.says) || got.Blamed != test.blamed {
				t.Errorf("got %s, %q, blamed %v; want %s, %q, %v", got.State, got.Message, got.Blamed, test.want, test.says, test.blamed)
			}
			if diff := cmp.Diff(test.unready, got.Unready); diff != "" {
				t.Errorf("unready (-want +got):\n%s", diff)
			}
		})
	}
}

// readySince is a pod that was not ready before.
func readySince(at time.Time) podOption {
	return func(p *corev1.Pod) { p.Status.Conditions[1].LastTransitionTime = metav1.NewTime(at) }
}

// volumeAlone is a pod of before the write that mounts the Secret and has no environment from it.
func volumeAlone(p *corev1.Pod) {
	p.Spec.Containers[0].Env = nil
	volume("")(p)
}

// deployedSince is a workload whose template is another one than at the restart.
func deployedSince(w *Workload) {
	w.template.recorded[shopKey], w.template.rest = "f2/2/one", "two"
}

// endedAfterStart is a container whose first run began then and is over.
func endedAfterStart(at time.Time) podOption {
	return func(p *corev1.Pod) {
		p.Status.ContainerStatuses[0].LastTerminationState = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
			ExitCode: 1, StartedAt: metav1.NewTime(at),
		}}
	}
}

// TestNoPodIsBlamedThatWasNotWatched: a clock that jumps makes pods look old, and so they are blamed by what was seen.
func TestNoPodIsBlamedThatWasNotWatched(t *testing.T) {
	t.Parallel()
	late := written.Add(15 * time.Minute)
	pod := fresh(waiting("CrashLoopBackOff", 7))
	for name, test := range map[string]struct {
		watched map[string]time.Time
		others  []Pod
		want    State
	}{
		"seen for long enough":     {map[string]time.Time{pod.id: late.Add(-11 * time.Minute)}, nil, StateFailing},
		"seen for a while":         {map[string]time.Time{pod.id: late.Add(-time.Minute)}, nil, StateRestarting},
		"seen for the first time":  {map[string]time.Time{}, nil, StateRestarting},
		"and others have it not":   {map[string]time.Time{}, []Pod{ofWeb()}, StateRestarting},
		"another one of that name": {map[string]time.Time{"web-2/before": late.Add(-11 * time.Minute)}, nil, StateRestarting},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := change
			c.Watched = test.watched
			got := Progress([]Workload{web(restarted)}, append([]Pod{pod}, test.others...), c, late)[0]
			if got.State != test.want || got.Blamed != (test.want == StateFailing) {
				t.Errorf("got %s, %q, blamed %v; want %s", got.State, got.Message, got.Blamed, test.want)
			}
			if diff := cmp.Diff([]string{pod.id}, got.Watch); diff != "" {
				t.Errorf("to be watched (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAPodThatIsReadyBetweenCrashesIsWatched: without a probe it is ready while it runs, which may be when somebody looks.
func TestAPodThatIsReadyBetweenCrashesIsWatched(t *testing.T) {
	t.Parallel()
	late := written.Add(15 * time.Minute)
	c := change
	for name, test := range map[string]struct {
		since   time.Duration
		watched bool
		want    bool
	}{
		"ready for a moment":        {10 * time.Second, true, true},
		"ready for a minute":        {time.Minute, true, false},
		"it was not unready before": {10 * time.Second, false, false},
	} {
		pod := fresh(readySince(late.Add(-test.since)))
		c.Watched = map[string]time.Time{}
		if test.watched {
			c.Watched[pod.id] = late.Add(-5 * time.Minute)
		}
		got := Progress([]Workload{web(restarted)}, []Pod{pod}, c, late)[0]
		if watched := slices.Contains(got.Watch, pod.id); watched != test.want {
			t.Errorf("%s: watched %v, want %v", name, watched, test.want)
		}
	}
}

// TestTheOneThatWasWatchedForLongEnoughIsBlamed, though another one before it was not.
func TestTheOneThatWasWatchedForLongEnoughIsBlamed(t *testing.T) {
	t.Parallel()
	late := written.Add(15 * time.Minute)
	crashes := waiting("CrashLoopBackOff", 7)
	first, second := fresh(crashes), fresh(crashes, named("web-3"))
	c := change
	c.Watched = map[string]time.Time{first.id: late.Add(-time.Minute), second.id: late.Add(-11 * time.Minute)}
	if got := Progress([]Workload{web(restarted)}, []Pod{first, second}, c, late)[0]; got.State != StateFailing || !got.Blamed {
		t.Errorf("got %s, %q, blamed %v", got.State, got.Message, got.Blamed)
	}
}

// ended is a container that did its work, in a pod of which another one goes on.
func ended(p *corev1.Pod) {
	unreadySince(p.CreationTimestamp.Time)(p)
	p.Status.ContainerStatuses[0].State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{}}
}

// TestWhatARestartRecords: that no pod was ready is recorded only where it is known, since it lets the old value go.
func TestWhatARestartRecords(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		settled bool
		pods    []Pod
		want    string
	}{
		"pods are ready":                       {true, []Pod{ofWeb(), ofWeb(), ofWeb(unreadySince(written))}, "2"},
		"somebody's update is on its way":      {false, []Pod{ofWeb()}, "unknown"},
		"none has been ready for long":         {true, []Pod{ofWeb(unreadySince(written.Add(-11 * time.Minute)))}, "0"},
		"one of them may just start":           {true, []Pod{ofWeb(unreadySince(written.Add(-11 * time.Minute))), ofWeb(unreadySince(written.Add(-9 * time.Minute)))}, "unknown"},
		"the last one was ready until it goes": {true, []Pod{ofWeb(terminatingPod)}, "unknown"},
		"it has no pods":                       {true, nil, "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := Workload{settled: test.settled}
			for _, pod := range test.pods {
				w.count(pod)
			}
			if got := w.baseline(change); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
