package oktaclientcredential

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

const sharedClient = "0oashared"

// peersEpoch is when the credential of the tests was made; the other one is an hour older.
var peersEpoch = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// cached is what a cache would have of a cluster with two credentials for one client.
type cached struct {
	client.Client

	ours, peer *v1alpha1.OktaClientCredential
	cluster    *v1alpha1.ClusterOktaConnection
	// other is a connection of the peer's namespace, where it has one of its own.
	other *v1alpha1.OktaConnection
	// gone says that the peer is in the cache no more.
	gone bool
}

func newCached() *cached {
	credential := func(namespace string, created time.Time, id string) *v1alpha1.OktaClientCredential {
		return &v1alpha1.OktaClientCredential{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "app", UID: types.UID(namespace), CreationTimestamp: metav1.NewTime(created)},
			Spec: v1alpha1.OktaClientCredentialSpec{
				ClientID: sharedClient, Mode: v1alpha1.ModeRotate, SecretRef: v1alpha1.SecretReference{Name: "app"},
				ConnectionRef: v1alpha1.ConnectionReference{Kind: v1alpha1.ConnectionKindCluster, Name: "org"},
			},
			Status: v1alpha1.OktaClientCredentialStatus{
				Verdict: v1alpha1.VerdictStatus{Name: v1alpha1.VerdictAccepted, Since: metav1.NewTime(created)},
				Secrets: v1alpha1.SecretsStatus{Current: v1alpha1.SecretStatus{ID: id, Since: metav1.NewTime(created)}},
			},
		}
	}

	return &cached{
		ours: credential("ours", peersEpoch, "ocs1"), peer: credential("theirs", peersEpoch.Add(-time.Hour), "ocs2"),
		cluster: &v1alpha1.ClusterOktaConnection{
			ObjectMeta: metav1.ObjectMeta{Name: "org"},
			Spec: v1alpha1.ClusterConnectionSpec{
				ConnectionSpec: v1alpha1.ConnectionSpec{OrgURL: orgURL},
				Allow:          []v1alpha1.AllowRule{{Namespaces: []string{"ours", "theirs"}, ClientIDs: []string{sharedClient}}},
			},
			Status: authorized(metav1.ConditionTrue, v1alpha1.ReasonConnected),
		},
	}
}

func authorized(status metav1.ConditionStatus, reason string) v1alpha1.ConnectionStatus {
	return v1alpha1.ConnectionStatus{
		OrganizationID: "00o1", Conditions: []metav1.Condition{{Type: v1alpha1.ConditionAuthorized, Status: status, Reason: reason}},
	}
}

// Get reads a connection, or says that a namespace is there.
func (c *cached) Get(_ context.Context, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	switch into := object.(type) {
	case *v1alpha1.ClusterOktaConnection:
		if key.Name == c.cluster.Name {
			c.cluster.DeepCopyInto(into)

			return nil
		}
	case *v1alpha1.OktaConnection:
		if c.other != nil && key == client.ObjectKeyFromObject(c.other) {
			c.other.DeepCopyInto(into)

			return nil
		}
	case *metav1.PartialObjectMetadata:
		into.Name = key.Name

		return nil
	}

	return apierrors.NewNotFound(schema.GroupResource{}, key.Name)
}

// List finds credentials by the client that they keep.
func (c *cached) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	items := []v1alpha1.OktaClientCredential{*c.ours}
	if !c.gone {
		items = append(items, *c.peer)
	}
	found, ok := list.(*v1alpha1.OktaClientCredentialList)
	if ok {
		found.Items = items
	}

	return nil
}

func (c *cached) reconciler() *Reconciler {
	return &Reconciler{Options: Options{Client: c, Directory: connection.NewDirectory(connection.Options{Reader: c})}}
}

func (c *cached) observe(t *testing.T) *scene {
	t.Helper()
	r := c.reconciler()
	found, err := r.Directory.Find(t.Context(), "ours", c.ours.Spec.ConnectionRef)
	if err != nil {
		t.Fatal(err)
	}
	seen := &scene{credential: c.ours, connection: found}
	seen.Credential.ClientID = sharedClient
	seen.Journal.Record.Current = &rotation.Held{ID: "ocs1"}
	if err := r.observePeers(t.Context(), seen); err != nil {
		t.Fatal(err)
	}

	return seen
}

// atOrg gives the peer a connection of its own namespace.
func atOrg(url string) func(*cached) {
	return func(c *cached) {
		c.peer.Spec.ConnectionRef = v1alpha1.ConnectionReference{Kind: v1alpha1.ConnectionKindNamespaced, Name: "own"}
		c.other = &v1alpha1.OktaConnection{
			ObjectMeta: metav1.ObjectMeta{Namespace: "theirs", Name: "own"}, Spec: v1alpha1.ConnectionSpec{OrgURL: url},
			Status: authorized(metav1.ConditionTrue, v1alpha1.ReasonConnected),
		}
	}
}

// TestWhoCounts as a credential for the same client, and who of them leads.
func TestWhoCounts(t *testing.T) {
	t.Parallel()
	younger := func(c *cached) { c.peer.CreationTimestamp = metav1.NewTime(peersEpoch.Add(time.Hour)) }
	for name, test := range map[string]struct {
		given         func(*cached)
		leads, counts bool
	}{
		"the older one":                          {given: func(*cached) {}, leads: true, counts: true},
		"a younger one":                          {given: younger, counts: true},
		"one that has just been deleted":         {given: func(c *cached) { c.gone = true }},
		"one that is going":                      {given: func(c *cached) { c.peer.DeletionTimestamp = &metav1.Time{Time: peersEpoch} }},
		"one that its connection does not allow": {given: func(c *cached) { c.cluster.Spec.Allow[0].Namespaces = []string{"ours"} }},
		"nor its client": {given: func(c *cached) {
			c.cluster.Spec.Allow[0] = v1alpha1.AllowRule{Namespaces: []string{"theirs"}, ClientIDs: []string{"0oa9"}}
		}},
		"nor its mode":                            {given: func(c *cached) { c.cluster.Spec.Allow[0].Modes = []v1alpha1.Mode{v1alpha1.ModeObserve} }},
		"the client of that name at another org":  {given: atOrg("https://other.okta.com")},
		"the same org by a connection of its own": {given: atOrg("https://SIM.okta.com/"), leads: true, counts: true},
		"an org at a host that it may not name":   {given: atOrg("https://okta.example.com")},
		"one whose connection is gone":            {given: func(c *cached) { atOrg(orgURL)(c); c.other = nil }},
		"one whose admin credential is rejected": {given: func(c *cached) {
			c.cluster.Status = authorized(metav1.ConditionFalse, v1alpha1.ReasonAdminCredentialRejected)
		}, counts: true},
		"one whose org does not answer for a while": {given: func(c *cached) {
			c.cluster.Status = authorized(metav1.ConditionUnknown, v1alpha1.ReasonOktaUnavailable)
		}, leads: true, counts: true},
		"one whose connection nobody has looked at":  {given: func(c *cached) { c.cluster.Status = v1alpha1.ConnectionStatus{} }, counts: true},
		"one whose connection is suspended":          {given: func(c *cached) { atOrg(orgURL)(c); c.other.Spec.Suspend = true }, counts: true},
		"a suspended one":                            {given: func(c *cached) { c.peer.Spec.Suspend = true }, counts: true},
		"one that just repairs":                      {given: func(c *cached) { c.peer.Spec.Mode = v1alpha1.ModeRepair }, counts: true},
		"one that Okta never accepted":               {given: func(c *cached) { c.peer.Status = v1alpha1.OktaClientCredentialStatus{} }},
		"one without a journal that works":           {given: func(c *cached) { c.peer.Status.Secrets = v1alpha1.SecretsStatus{} }, counts: true},
		"one for the same Secret":                    {given: func(c *cached) { c.peer.Namespace = "ours" }},
		"a younger one, where this one may not lead": {given: func(c *cached) { younger(c); c.ours.Spec.Mode = v1alpha1.ModeRepair }, leads: true, counts: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCached()
			test.given(c)
			seen := c.observe(t)
			if leads := seen.Credential.Leader != nil; leads != test.leads || (leads && seen.Credential.Leader.Name != "theirs/app") {
				t.Errorf("its leader is %+v", seen.Credential.Leader)
			}
			if counts := len(seen.Credential.Followers) == 1; counts != test.counts {
				t.Errorf("the others are %+v", seen.Credential.Followers)
			}
		})
	}
}

// TestWhatIsKnownOfAPeer is what its status says of its secrets and its workloads.
func TestWhatIsKnownOfAPeer(t *testing.T) {
	t.Parallel()
	c := newCached()
	c.peer.Status.Secrets.Previous.ID, c.peer.Status.Secrets.Pending.ID = "ocs1", "ocs3"
	c.peer.Status.Consumers.Pending = 2
	want := &rotation.Peer{Name: "theirs/app", SecretID: "ocs2", PreviousID: "ocs1", PendingID: "ocs3", Moving: true}
	if diff := cmp.Diff(want, c.observe(t).Credential.Leader); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWhoIsLookedAt when a peer changes: the others of the client, also when just one is left.
func TestWhoIsLookedAt(t *testing.T) {
	t.Parallel()
	ours := reconcile.Request{NamespacedName: client.ObjectKey{Namespace: "ours", Name: "app"}}
	for name, test := range map[string]struct {
		given func(*cached)
		want  []reconcile.Request
	}{
		"one of two":             {given: func(*cached) {}, want: []reconcile.Request{ours}},
		"one that is gone":       {given: func(c *cached) { c.gone = true }, want: []reconcile.Request{ours}},
		"one without a client":   {given: func(c *cached) { c.peer.Spec.ClientID = "" }},
		"the only one of its id": {given: func(c *cached) { c.gone, c.peer = true, c.ours }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCached()
			test.given(c)
			if diff := cmp.Diff(test.want, c.reconciler().peersOf(t.Context(), c.peer), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestWhichChangeOfAPeerMatters to the others.
func TestWhichChangeOfAPeerMatters(t *testing.T) {
	t.Parallel()
	rejected := func(c *v1alpha1.OktaClientCredential) { c.Status.Verdict.Name = v1alpha1.VerdictSecretRejected }
	for name, test := range map[string]struct {
		was, is func(*v1alpha1.OktaClientCredential)
		want    bool
	}{
		"it holds another secret":        {is: func(c *v1alpha1.OktaClientCredential) { c.Status.Secrets.Current.ID = "ocs9" }, want: true},
		"it superseded another one":      {is: func(c *v1alpha1.OktaClientCredential) { c.Status.Secrets.Previous.ID = "ocs9" }, want: true},
		"it is about to hold another":    {is: func(c *v1alpha1.OktaClientCredential) { c.Status.Secrets.Pending.ID = "ocs9" }, want: true},
		"its workloads have moved":       {was: func(c *v1alpha1.OktaClientCredential) { c.Status.Consumers.Pending = 1 }, want: true},
		"its secret is rejected":         {is: rejected, want: true},
		"it is rejected still":           {was: rejected, is: rejected},
		"it is rejected no more":         {was: rejected},
		"its mode":                       {is: func(c *v1alpha1.OktaClientCredential) { c.Spec.Mode = v1alpha1.ModeObserve }, want: true},
		"it is suspended":                {is: func(c *v1alpha1.OktaClientCredential) { c.Spec.Suspend = true }, want: true},
		"it is going":                    {is: func(c *v1alpha1.OktaClientCredential) { c.DeletionTimestamp = &metav1.Time{Time: peersEpoch} }, want: true},
		"it was checked, and is as well": {is: func(c *v1alpha1.OktaClientCredential) { c.Status.LastCheckTime = metav1.NewTime(peersEpoch) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			was, is := newCached().peer, newCached().peer
			for _, change := range []struct {
				to   *v1alpha1.OktaClientCredential
				with func(*v1alpha1.OktaClientCredential)
			}{{was, test.was}, {is, test.is}} {
				if change.with != nil {
					change.with(change.to)
				}
			}
			if got := holdsAnother(event.UpdateEvent{ObjectOld: was, ObjectNew: is}); got != test.want {
				t.Errorf("matters: %t", got)
			}
		})
	}
}

// TestAFollowersRejectionIsHeeded by the leader that holds the same secret: at once, twice more, and not for ever.
func TestAFollowersRejectionIsHeeded(t *testing.T) {
	t.Parallel()
	rejectedAt := peersEpoch.Add(time.Minute)
	follower := func(c *cached) {
		c.peer.CreationTimestamp = metav1.NewTime(peersEpoch.Add(time.Hour))
		c.peer.Status.Secrets.Current.ID = "ocs1"
		c.peer.Status.Verdict = v1alpha1.VerdictStatus{Name: v1alpha1.VerdictSecretRejected, Since: metav1.NewTime(rejectedAt)}
	}
	for name, test := range map[string]struct {
		given   func(*cached)
		verdict v1alpha1.Verdict
		checked time.Duration // after the rejection
		due     bool
		next    time.Duration // after the rejection; 0 when none
	}{
		"checked before":                      {checked: -time.Hour, due: true, next: 30 * time.Second},
		"checked since":                       {checked: time.Second, next: 30 * time.Second},
		"checked twice since":                 {checked: 30 * time.Second, next: 2 * time.Minute},
		"checked long since":                  {checked: time.Hour},
		"it is rejected itself":               {checked: -time.Hour, verdict: v1alpha1.VerdictSecretRejected},
		"the follower holds another secret":   {checked: -time.Hour, given: func(c *cached) { c.peer.Status.Secrets.Current.ID = "ocs2" }},
		"the follower is refused by a policy": {checked: -time.Hour, given: func(c *cached) { c.peer.Status.Verdict.Name = v1alpha1.VerdictForbidden }},
		"it is its leader that is rejected":   {checked: -time.Hour, given: func(c *cached) { c.peer.CreationTimestamp = metav1.NewTime(peersEpoch.Add(-time.Hour)) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCached()
			follower(c)
			if test.given != nil {
				test.given(c)
			}
			if test.verdict == "" {
				test.verdict = v1alpha1.VerdictAccepted
			}
			seen := c.observe(t)
			seen.Check = &rotation.Check{Verdict: test.verdict, At: rejectedAt.Add(test.checked)}
			seen.now = rejectedAt.Add(max(test.checked, time.Second))
			seen.heedFollowers()
			var next time.Time
			if test.next != 0 {
				next = rejectedAt.Add(test.next)
			}
			if seen.Credential.Hinted != test.due || !seen.hintDue.Equal(next) {
				t.Errorf("due %t, next at %s; want %t, %s", seen.Credential.Hinted, seen.hintDue, test.due, next)
			}
		})
	}
}
