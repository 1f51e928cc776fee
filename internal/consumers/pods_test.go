package consumers

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestAPodMayUseAnOlderValue(t *testing.T) {
	justAfter, soon, muchLater := written.Add(time.Second), written.Add(5*time.Minute), written.Add(time.Hour)
	synced := written.Add(SyncTime)
	for name, test := range map[string]struct {
		pod  *corev1.Pod
		now  time.Time
		want bool
	}{
		"one with an environment variable, however long after": {given(env(secret)), muchLater, true},
		"one with all keys as environment":                     {given(envFrom), muchLater, true},
		"one that was made since":                              {given(env(secret), createdAt(justAfter)), muchLater, false},
		"one that was made in the same second":                 {given(env(secret), createdAt(written)), muchLater, true},
		"one that was made in the same second from a template which was changed for it": {
			given(env(secret), createdAt(written), annotated("restart.oktacred.dev/shop", "f2")), muchLater, false,
		},
		"one whose template was changed for another change": {given(env(secret), annotated("restart.oktacred.dev/shop", "f1")), muchLater, true},
		"one whose template was changed for another credential": {
			given(env(secret), annotated("restart.oktacred.dev/other", "f2")), muchLater, true,
		},
		"one whose container was restarted since":                     {given(env(secret), startedAt(soon)), muchLater, false},
		"one whose container started right after the write":           {given(env(secret), startedAt(justAfter)), muchLater, true},
		"one whose container may have been prepared before the write": {given(env(secret), startedAt(written.Add(4*time.Minute))), muchLater, true},
		"one whose container restarted by a clock too early":          {given(env(secret), took(time.Minute), startedAt(soon)), muchLater, true},
		"one whose container restarted since by such a clock": {
			given(env(secret), took(time.Minute), startedAt(soon.Add(time.Minute))), muchLater, false,
		},
		"one whose container waits and reads it at its start": {given(env(secret), waiting("CrashLoopBackOff", 3)), soon, false},
		"one whose container may just be started":             {given(env(secret), waiting("CrashLoopBackOff", 3)), written.Add(3 * time.Minute), true},
		"an old one without a container's state": {given(env(secret), func(p *corev1.Pod) {
			p.Status.ContainerStatuses = nil
		}), muchLater, true},
		"an old one that has no node": {given(env(secret), func(p *corev1.Pod) {
			p.Spec.NodeName, p.Status.StartTime, p.Status.ContainerStatuses = "", nil, nil
		}), muchLater, true},
		"one that is about to go": {given(env(secret), terminatingPod), muchLater, true},
		"an init container's environment, of which something may be left": {given(env(secret), initial), muchLater, true},
		"an init container that ran since":                                {given(env(secret), startedAt(soon), initial), muchLater, false},
		"an init container that reads a volume":                           {given(volume(""), initial), muchLater, true},
		"an init container that read a volume when that had synced":       {given(volume(""), startedAt(synced.Add(time.Minute)), initial), muchLater, false},
		"a volume, before the kubelet can have synced":                    {given(volume("")), synced.Add(-time.Second), true},
		"a volume, after the kubelet has synced":                          {given(volume("")), synced, false},
		"a projected volume, just written":                                {given(projected), justAfter, true},
		"a projected volume, long since":                                  {given(projected), muchLater, false},
		"a volume of a pod that came after":                               {given(volume(""), createdAt(justAfter)), justAfter, false},
		"a subPath, however long after":                                   {given(volume("client_secret")), muchLater, true},
		"a subPath whose container started before the volume had synced":  {given(volume("client_secret"), startedAt(soon)), muchLater, true},
		"a subPath whose container was made when it had synced":           {given(volume("client_secret"), startedAt(synced.Add(5*time.Minute))), muchLater, false},
		"a subPath whose container started when it had synced":            {given(volume("client_secret"), startedAt(synced.Add(time.Minute))), muchLater, true},
		"a subPath whose container waits, the volume not yet synced":      {given(volume("client_secret"), waiting("CrashLoopBackOff", 3)), justAfter, true},
		"a subPath whose container waits, the volume long synced":         {given(volume("client_secret"), waiting("CrashLoopBackOff", 3)), muchLater, false},
		"a volume and an environment variable":                            {given(volume(""), env(secret)), muchLater, true},
		"a sidecar's environment":                                         {given(env(secret), initial, sidecar, runsSince(written.Add(-time.Minute))), muchLater, true},
		"a sidecar that was restarted since":                              {given(env(secret), initial, sidecar, runsSince(soon)), muchLater, false},
		"a sidecar's volume that has synced":                              {given(volume(""), initial, sidecar, runsSince(written.Add(-time.Minute))), synced, false},
	} {
		t.Run(name, func(t *testing.T) {
			change := Change{Credential: "shop", Fingerprint: "f2", Written: written}
			if got := !newPod(test.pod, secret).Current(change, test.now); got != test.want {
				t.Errorf("may use an older value: %v, want %v", got, test.want)
			}
		})
	}
}

// took is how much later the kubelet says that it took the pod than the scheduler gave it: its clock may be ahead by that.
func took(long time.Duration) podOption {
	return func(p *corev1.Pod) { p.Status.StartTime = new(metav1.NewTime(p.CreationTimestamp.Add(long))) }
}

func TestTheOwnerOfAPod(t *testing.T) {
	for name, test := range map[string]struct {
		owner podOption
		want  string
	}{
		"nothing": {func(*corev1.Pod) {}, "Pod/web-1"},
		"a Deployment, by its ReplicaSet's name and hash": {
			ownedBy("apps/v1", "ReplicaSet", "web-shop-5d8f", map[string]string{"pod-template-hash": "5d8f"}), "Deployment/web-shop",
		},
		"an Argo Rollout": {
			ownedBy("apps/v1", "ReplicaSet", "web-77", map[string]string{"rollouts-pod-template-hash": "77"}), "Rollout/web",
		},
		"a ReplicaSet of its own": {ownedBy("apps/v1", "ReplicaSet", "web-77", nil), "ReplicaSet/web-77"},
		"a StatefulSet":           {ownedBy("apps/v1", "StatefulSet", "db", nil), "StatefulSet/db"},
		"another StatefulSet":     {ownedBy("apps.kruise.io/v1beta1", "StatefulSet", "db", nil), "StatefulSet.apps.kruise.io/db"},
		"a DaemonSet":             {ownedBy("apps/v1", "DaemonSet", "agent", nil), "DaemonSet/agent"},
		"a Job":                   {ownedBy("batch/v1", "Job", "backup-1", nil), "Job/backup-1"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ownerOf(given(test.owner)).String(); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestAWriteIsAsOldAsTheAPIServerSays(t *testing.T) {
	at := func(minutes int) *metav1.Time {
		return new(metav1.NewTime(written.Add(time.Duration(minutes) * time.Minute)))
	}
	object := &metav1.ObjectMeta{ManagedFields: []metav1.ManagedFieldsEntry{
		{Manager: "us", Time: at(1)},
		{Manager: "us", Time: at(2)},
		{Manager: "us", Subresource: "status", Time: at(3)},
		{Manager: "them", Time: at(4)},
		{Manager: "us"},
	}}
	if got, want := WrittenAt(object, "us"), at(2).Time; !got.Equal(want) {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := WrittenAt(object, "nobody"); !got.IsZero() {
		t.Errorf("got %s for a manager that wrote nothing, want no time", got)
	}
}

// runsSince is a sidecar that runs.
func runsSince(at time.Time) podOption {
	return func(p *corev1.Pod) {
		p.Status.InitContainerStatuses[0].State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(at)}}
	}
}

// TestAClockThatIsAheadProvesNothing: pods are dated by the API server's clock, and what has to pass is counted by the operator's.
func TestAClockThatIsAheadProvesNothing(t *testing.T) {
	ahead := time.Minute
	c := Change{Credential: "shop", Written: written, Noted: written.Add(ahead)}
	seen := func(since time.Duration) time.Time { return written.Add(ahead + since) }
	made := newPod(given(env(secret), createdAt(written.Add(10*time.Second))), secret)
	if !made.Current(c, seen(11*time.Second)) {
		t.Error("a pod that was made since may use an older value")
	}
	mounts := newPod(given(volume("")), secret)
	if mounts.Current(c, seen(SyncTime-time.Second)) || !mounts.Current(c, seen(SyncTime)) {
		t.Error("a volume is not given its time")
	}
}

// TestAPodThatIsOlderThanTheSecret: the Secret may have been immutable, was deleted and made again. A kubelet does not look for
// another one then while a pod of its node refers to the name.
func TestAPodThatIsOlderThanTheSecret(t *testing.T) {
	made, muchLater := written.Add(-30*time.Minute), written.Add(time.Hour)
	restarts := func(p *corev1.Pod) { p.Status.ContainerStatuses[0].RestartCount = 1 }
	for name, test := range map[string]struct {
		pod  *corev1.Pod
		want bool
	}{
		"its volume":                              {given(volume("")), false},
		"its container was restarted since":       {given(env(secret), restarts, startedAt(muchLater)), false},
		"it waits":                                {given(env(secret), waiting("CrashLoopBackOff", 3)), false},
		"it waits for the Secret":                 {given(env(secret), waiting("CreateContainerConfigError", 0)), true},
		"it came with the Secret":                 {given(volume(""), createdAt(made)), true},
		"it came with it, and was restarted":      {given(volume(""), createdAt(made), restarts), true},
		"it waited for the Secret":                {given(volume(""), startedAt(made.Add(time.Minute))), true},
		"it came after the Secret":                {given(volume(""), createdAt(made.Add(time.Minute))), true},
		"its template was changed for the change": {given(volume(""), annotated(shopKey, "f2")), true},
	} {
		t.Run(name, func(t *testing.T) {
			c := change
			c.Made = made
			pod := newPod(test.pod, secret)
			if got := pod.Current(c, muchLater); got != test.want {
				t.Errorf("it is current: %v, want %v", got, test.want)
			}
		})
	}
	c := change
	c.Made = made
	db := Workload{Reference: Reference{KindDeployment, "web"}, Uses: []Use{UseVolume}, settled: true}
	owned := ownedBy("apps/v1", "ReplicaSet", "web-1", map[string]string{"pod-template-hash": "1"})
	if got := Progress([]Workload{db}, []Pod{newPod(given(owned, volume("")), secret)}, c, muchLater)[0]; !got.RestartDue {
		t.Errorf("no restart is due, which is what mends that: %+v", got)
	}
}

// TestTheFirstValueOfASecretIsTheOneThatIsRead: there is no older one in it, so who waited for it need not be restarted.
func TestTheFirstValueOfASecretIsTheOneThatIsRead(t *testing.T) {
	soon := written.Add(20 * time.Second)
	restarts := func(p *corev1.Pod) { p.Status.ContainerStatuses[0].RestartCount = 1 }
	for name, test := range map[string]struct {
		made time.Time
		pod  *corev1.Pod
		want bool
	}{
		"it waits for it":                        {written, given(env(secret), waiting("CreateContainerConfigError", 0)), true},
		"it waited for it":                       {written, given(env(secret), startedAt(written.Add(10*time.Second))), true},
		"it was restarted, and may have another": {written, given(env(secret), startedAt(written.Add(10*time.Second)), restarts), false},
		"it ran before":                          {written, given(env(secret)), false},
		"the Secret had another value before":    {written.Add(-time.Hour), given(env(secret), startedAt(written.Add(10*time.Second))), false},
	} {
		t.Run(name, func(t *testing.T) {
			c := change
			c.Made = test.made
			pod := newPod(test.pod, secret)
			if got := pod.Current(c, soon); got != test.want {
				t.Errorf("it is current: %v, want %v", got, test.want)
			}
		})
	}
}
