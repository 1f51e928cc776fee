package consumers

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

const (
	shopKey = AnnotationPrefix + "shop"
	blogKey = AnnotationPrefix + "blog"
)

var change = Change{Credential: "shop", Fingerprint: "f2", Written: written, WaitTimeout: 10 * time.Minute}

// web is a Deployment at rest that uses the Secret as environment.
func web(options ...func(*Workload)) Workload {
	w := Workload{Reference: Reference{KindDeployment, "web"}, Uses: []Use{UseEnv}, Ready: 2, settled: true}
	for _, option := range options {
		option(&w)
	}

	return w
}

// restarted is what Restart leaves on a workload, a moment after the write, for the current change unless told otherwise.
func restarted(w *Workload) {
	w.template.restarted, w.template.recorded = map[string]string{shopKey: "f2"}, map[string]string{shopKey: "f2/2"}
	w.template.patched = written.Add(time.Second)
}

func brokenBefore(w *Workload) { w.template.recorded = map[string]string{shopKey: "f2/0"} }

func forBlog(w *Workload) {
	w.template.restarted, w.template.recorded = map[string]string{blogKey: "b9"}, map[string]string{blogKey: "b9/2"}
}

func rolling(w *Workload) { w.settled = false }

func listed(w *Workload) { w.Listed = true }

func held(state State, because string) func(*Workload) {
	return func(w *Workload) { w.hold(state, because) }
}

func ofWeb(options ...podOption) Pod {
	owned := ownedBy("apps/v1", "ReplicaSet", "web-1", map[string]string{"pod-template-hash": "1"})

	return newPod(given(append([]podOption{owned, env(secret)}, options...)...), secret)
}

// fresh is a pod that the restart made, a second after the write.
func fresh(options ...podOption) Pod {
	made := []podOption{named("web-2"), createdAt(written.Add(time.Second)), annotated(shopKey, "f2")}

	return ofWeb(append(made, options...)...)
}

func TestHowFarAWorkloadGot(t *testing.T) {
	soon, late := written.Add(30*time.Second), written.Add(15*time.Minute)
	follower := func(options ...podOption) Pod {
		return newPod(given(append([]podOption{ownedBy("apps/v1", "StatefulSet", "db", nil), volume("")}, options...)...), secret)
	}
	db := Workload{Reference: Reference{KindStatefulSet, "db"}, Uses: []Use{UseVolume}, settled: true}
	for name, test := range map[string]struct {
		workload Workload
		pods     []Pod
		change   func(*Change)
		now      time.Time
		want     State
		says     string
		due      bool
	}{
		"old pods need a restart":                     {web(), []Pod{ofWeb()}, nil, soon, StatePending, "1 of 1 pods, first web-1, may have the old value and need a restart", true},
		"but there was no change to restart for":      {web(), []Pod{ofWeb()}, func(c *Change) { c.Fingerprint = "" }, soon, StatePending, "need a restart", false},
		"but others may change soon":                  {web(), []Pod{ofWeb()}, func(c *Change) { c.Settle = time.Minute }, soon, StatePending, "need a restart", false},
		"and others had their time":                   {web(), []Pod{ofWeb()}, func(c *Change) { c.Settle = time.Minute }, late, StatePending, "need a restart", true},
		"another one that was restarted for the last": {web(restarted, func(w *Workload) { w.template.restarted[shopKey], w.template.recorded[shopKey] = "f1", "f1/1" }), []Pod{ofWeb()}, nil, soon, StatePending, "need a restart", true},
		"somebody put its template back":              {web(restarted, func(w *Workload) { delete(w.template.restarted, shopKey) }), []Pod{ofWeb()}, nil, soon, StateNotRestarted, "put the pod template back", false},
		"somebody put the whole object back":          {web(), []Pod{ofWeb()}, func(c *Change) { c.Restarted = map[Reference]bool{{KindDeployment, "web"}: true} }, soon, StateNotRestarted, "put the pod template back", false},
		"somebody put back another one as a whole":    {web(), []Pod{ofWeb()}, func(c *Change) { c.Restarted = map[Reference]bool{{KindStatefulSet, "web"}: true} }, soon, StatePending, "need a restart", true},
		"pods are being made anew":                    {web(restarted, rolling), []Pod{ofWeb(), fresh()}, nil, soon, StateRestarting, "1 of 2 pods, first web-1, still to be replaced", false},
		"a new pod has no image":                      {web(restarted, rolling), []Pod{ofWeb(), fresh(waiting("ImagePullBackOff", 0))}, nil, late, StateRestarting, "New pod web-2 is not ready: ImagePullBackOff of container app", false},
		"the last old pod is about to go":             {web(restarted), []Pod{ofWeb(terminatingPod), fresh()}, nil, soon, StateRestarting, "first web-1", false},
		"all pods are new, and one is not ready yet":  {web(restarted), []Pod{fresh(waiting("ContainerCreating", 0))}, nil, soon, StateRestarting, "Pod web-2 is not ready yet: Pending", false},
		"all pods are new":                            {web(restarted), []Pod{fresh()}, nil, soon, StateCurrent, "All 1 pods have the new value.", false},
		"all pods are new without our doing":          {web(), []Pod{ofWeb(createdAt(written.Add(time.Minute)))}, nil, late, StateCurrent, "All 1 pods", false},
		"all pods are new, as broken as before":       {web(restarted, brokenBefore), []Pod{fresh(waiting("CrashLoopBackOff", 8))}, nil, late, StateCurrent, "All 1 pods", false},
		"it has no pods":                              {web(), nil, nil, soon, StateCurrent, "It has no pods.", false},

		"new pods crash":                                   {web(restarted, rolling), []Pod{ofWeb(), fresh(waiting("CrashLoopBackOff", 7))}, nil, late, StateFailing, "Pod web-2 has the new value and is not ready: CrashLoopBackOff of container app", false},
		"new pods crash, but not for long":                 {web(restarted, rolling), []Pod{ofWeb(), fresh(waiting("CrashLoopBackOff", 3))}, nil, written.Add(9 * time.Minute), StateRestarting, "still to be replaced", false},
		"new pods crash, and nobody waits":                 {web(restarted, rolling), []Pod{ofWeb(), fresh(waiting("CrashLoopBackOff", 7))}, func(c *Change) { c.WaitTimeout = 0 }, late, StateRestarting, "CrashLoopBackOff", false},
		"new pods crash, as the old ones did":              {web(restarted, brokenBefore, rolling), []Pod{ofWeb(), fresh(waiting("CrashLoopBackOff", 7))}, nil, late, StateRestarting, "CrashLoopBackOff", false},
		"new pods crash, and what was before is not known": {web(restarted, rolling, func(w *Workload) { w.template.recorded[shopKey] = "f1/2" }), []Pod{ofWeb(), fresh(waiting("CrashLoopBackOff", 7))}, nil, late, StateRestarting, "CrashLoopBackOff", false},
		"a pod never comes up, days later":                 {web(restarted), []Pod{fresh(waiting("CrashLoopBackOff", 570), unreadySince(written.Add(47*time.Hour)))}, nil, written.Add(48 * time.Hour), StateFailing, "CrashLoopBackOff", false},
		"a pod crashes that was well for days":             {web(restarted), []Pod{fresh(waiting("CrashLoopBackOff", 5), unreadySince(written.Add(47*time.Hour)))}, nil, written.Add(48 * time.Hour), StateCurrent, "All 1 pods", false},
		"a new pod runs and does not get ready":            {web(restarted), []Pod{fresh(unreadySince(written.Add(time.Second)))}, nil, late, StateFailing, "NotReady of container app", false},
		"a new pod that fails is being deleted":            {web(restarted), []Pod{fresh(waiting("CrashLoopBackOff", 7), terminatingPod)}, nil, late, StateCurrent, "All 1 pods", false},
		"new pods of a restart for another credential too": {web(restarted, forBlog), []Pod{fresh(waiting("CrashLoopBackOff", 7), annotated(blogKey, "b9"))}, nil, late, StateFailing, "CrashLoopBackOff", false},

		"another credential's restart since the write is on its way": {web(restarted, forBlog, rolling), []Pod{ofWeb()}, nil, soon, StateRestarting, "still to be replaced", false},
		"another credential's restart since the write is over":       {web(restarted, forBlog), []Pod{ofWeb()}, nil, soon, StatePending, "need a restart", true},
		"another credential's restart came before the write":         {web(restarted, forBlog, rolling, func(w *Workload) { w.template.patched = written }), []Pod{ofWeb()}, nil, soon, StatePending, "need a restart", true},

		"a paused one":                               {web(held(StatePaused, "it is paused")), []Pod{ofWeb()}, nil, soon, StatePaused, "Not forced: it is paused. 1 of 1 pods", false},
		"a paused one, restarted before":             {web(restarted, held(StatePaused, "it waits in a step")), []Pod{ofWeb(), fresh()}, nil, soon, StatePaused, "it waits in a step", false},
		"a paused one that somebody restarted":       {web(held(StatePaused, "it is paused")), []Pod{fresh()}, nil, soon, StateCurrent, "All 1 pods", false},
		"one that opted out":                         {web(held(StateOptedOut, optedOutBecause)), []Pod{ofWeb()}, nil, soon, StateOptedOut, "oktacred.dev/restart", false},
		"one whose pods somebody deletes":            {web(held(StateOnDelete, "delete its pods")), []Pod{ofWeb()}, nil, soon, StateOnDelete, "delete its pods", false},
		"a listed one that is not there":             {absent(Reference{KindDeployment, "web"}), nil, nil, soon, StateNotRestarted, "it does not exist", false},
		"a listed one of a kind without pods":        {Workload{Reference: Reference{KindDeployment, "web"}, Listed: true, Held: StateNotRestarted, HeldBecause: "no"}, nil, nil, soon, StateNotRestarted, "no", false},
		"one that follows by its volume, soon":       {db, []Pod{follower()}, nil, soon, StatePending, "in their mounted volume within 2m0s of the write", false},
		"one that followed by its volume":            {db, []Pod{follower()}, nil, late, StateCurrent, "All 1 pods", false},
		"one that fails since the volume followed":   {db, []Pod{follower(unreadySince(written.Add(3 * time.Minute)))}, nil, late, StateFailing, "NotReady", false},
		"one that failed before the volume followed": {db, []Pod{follower(unreadySince(written.Add(-time.Minute)))}, nil, late, StateCurrent, "All 1 pods", false},
		"one that fails for a reason of a later day": {db, []Pod{follower(unreadySince(written.Add(24 * time.Hour)))}, nil, written.Add(25 * time.Hour), StateCurrent, "All 1 pods", false},
		"a volume that was named to be restarted":    {withOption(db, listed), []Pod{follower()}, nil, late, StatePending, "need a restart", true},
	} {
		t.Run(name, func(t *testing.T) {
			c := change
			if test.change != nil {
				test.change(&c)
			}
			statuses := Progress([]Workload{test.workload}, test.pods, c, test.now)
			if len(statuses) != 1 {
				t.Fatalf("got %d statuses, want 1: %+v", len(statuses), statuses)
			}
			got := statuses[0]
			if got.State != test.want || !strings.Contains(got.Message, test.says) || got.RestartDue != test.due {
				t.Errorf("got %s, %q, restart due %v; want %s, %q, %v", got.State, got.Message, got.RestartDue, test.want, test.says, test.due)
			}
			if got.Total != len(test.pods) || got.Updated+len(got.Pending) != got.Total {
				t.Errorf("%d pods, of which %d updated and %d pending", got.Total, got.Updated, len(got.Pending))
			}
		})
	}
}

func withOption(w Workload, option func(*Workload)) Workload {
	option(&w)

	return w
}

func TestPodsOfOtherOwnersAreReported(t *testing.T) {
	soon := written.Add(30 * time.Second)
	pods := []Pod{
		newPod(given(env(secret)), secret),
		newPod(given(named("backup-1-x"), envFrom, ownedBy("batch/v1", "Job", "backup-1", nil)), secret),
		ofWeb(named("web-1")), ofWeb(named("web-0")), fresh(),
		newPod(given(named("db-0"), volume("a"), ownedBy("apps.kruise.io/v1beta1", "StatefulSet", "db", nil)), secret),
	}
	got := Progress(nil, pods, change, soon)
	want := []Status{
		{Reference{KindDeployment, "web"}, []Use{UseEnv}, 3, 1, []string{"web-1", "web-0"}, nil, nil, StateNotRestarted, false, "Not forced: it is not among the workloads to restart. 2 of 3 pods, first web-1, may have the old value.", false},
		{Reference{"Job", "backup-1"}, []Use{UseEnvFrom}, 1, 0, []string{"backup-1-x"}, nil, nil, StateNotRestarted, false, "Not forced: a Job's pods run to their end. 1 of 1 pods, first backup-1-x, may have the old value.", false},
		{Reference{kindPod, "web-1"}, []Use{UseEnv}, 1, 0, []string{"web-1"}, nil, nil, StateNotRestarted, false, "Not forced: no workload makes it anew: delete it and make it again. 1 of 1 pods, first web-1, may have the old value.", false},
		{Reference{"StatefulSet.apps.kruise.io", "db"}, []Use{UseSubPath}, 1, 0, []string{"db-0"}, nil, nil, StateNotRestarted, false, "Not forced: this kind cannot be restarted. 1 of 1 pods, first db-0, may have the old value.", false},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Totals{Total: 6, Updated: 1, Pending: 5}, Sum(got)); diff != "" {
		t.Errorf("sum (-want +got):\n%s", diff)
	}
}

func TestASumIsDeliveredWhenAllAre(t *testing.T) {
	current, failing := Status{State: StateCurrent, Total: 2, Updated: 2}, Status{State: StateFailing, Total: 1, Updated: 1}
	if diff := cmp.Diff(Totals{Delivered: true}, Sum(nil)); diff != "" {
		t.Errorf("nothing (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Totals{Total: 2, Updated: 2, Delivered: true}, Sum([]Status{current})); diff != "" {
		t.Errorf("a current one (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Totals{Total: 3, Updated: 3, Failing: true}, Sum([]Status{current, failing})); diff != "" {
		t.Errorf("and a failing one (-want +got):\n%s", diff)
	}
}

func TestWhatIsWrongWithAPod(t *testing.T) {
	state := func(name string, s corev1.ContainerState) corev1.ContainerStatus {
		return corev1.ContainerStatus{Name: name, State: s}
	}
	waits := func(reason string) corev1.ContainerState {
		return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}
	}
	for name, test := range map[string]struct {
		containers []corev1.ContainerStatus
		want       string
		ran        bool
	}{
		"nothing started":       {nil, pending, false},
		"an image is missing":   {[]corev1.ContainerStatus{state("a", waits("ErrImagePull"))}, "ErrImagePull of container a", false},
		"it crashes":            {[]corev1.ContainerStatus{state("a", waits(crashLoop))}, "CrashLoopBackOff of container a", true},
		"it just ended":         {[]corev1.ContainerStatus{state("a", corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1}})}, "Terminated of container a", true},
		"the first of two":      {[]corev1.ContainerStatus{state("a", waits(crashLoop)), state("b", corev1.ContainerState{Running: &corev1.ContainerStateRunning{}})}, "CrashLoopBackOff of container a", true},
		"one that cannot start": {[]corev1.ContainerStatus{state("a", waits(crashLoop)), state("b", waits("CreateContainerConfigError"))}, "CreateContainerConfigError of container b", false},
		"the first that cannot": {[]corev1.ContainerStatus{state("a", waits("ErrImagePull")), state("b", waits("InvalidImageName"))}, "ErrImagePull of container a", false},
		"one is still starting": {[]corev1.ContainerStatus{state("a", waits("ContainerCreating")), state("b", corev1.ContainerState{})}, pending, false},
	} {
		t.Run(name, func(t *testing.T) {
			pod := newPod(given(unreadySince(written), func(p *corev1.Pod) { p.Status.ContainerStatuses = test.containers }), secret)
			if got := pod.trouble(); got != test.want || pod.health.ran != test.ran {
				t.Errorf("got %q, ran %v; want %q, %v", got, pod.health.ran, test.want, test.ran)
			}
		})
	}
}
