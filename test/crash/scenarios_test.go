package crash

import (
	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/redact"
)

// scenario is what happens to a credential, and what must come of it wherever the operator is killed.
type scenario struct {
	name string
	// given brings the world to rest; when is what happens then.
	given, when func(*world)
	// right are the sets of secrets that Okta may hold in the end.
	right []string
	// causes is how many values the operator may make, and heals says that the cause is a rejection.
	causes int
	heals  bool
	// restarts is how often the workload is restarted, where there is one: once a change of the Secret.
	restarts int
	// rests says whether it has come to rest; nil means Ready with nothing left to do.
	rests func(*world) bool
	// slow says that a run takes most of a minute, so that a sample visits a point without an undisturbed run.
	slow bool
	// from is the call from which on something goes wrong; zero means the first one. Those before are as in another scenario.
	from call
	// goes says that the credential is to be gone in the end.
	goes bool
}

var scenarios = []scenario{
	{
		name:  "undone, since the workload fails",
		given: failsWithNew, when: func(*world) {},
		right: []string{"first ACTIVE"}, restarts: 2, rests: undone, slow: true,
	},
	{
		name:  "undone, since a forgotten consumer fails",
		given: rotated, when: usedElsewhere,
		right: []string{"first ACTIVE, ours ACTIVE"}, rests: broughtBack,
	},
	{
		name:  "rejected, one slot free",
		given: adopted,
		when:  put(wrongValue),
		right: []string{"first ACTIVE, ours ACTIVE"}, causes: 1, heals: true,
	},
	{
		name:  "rejected, one slot free, values masked",
		given: hides(oktasim.Unknowns{Values: oktasim.ValueMasked}), when: put(wrongValue),
		right: []string{"first ACTIVE, ours ACTIVE"}, causes: 1, heals: true,
	},
	{
		name:  "rejected, one slot free, values masked and hashes of another kind",
		given: hides(oktasim.Unknowns{Values: oktasim.ValueMasked, ForeignHash: true}), when: put(wrongValue),
		right: []string{"first ACTIVE, ours ACTIVE"}, causes: 1, heals: true,
	},
	{
		name:  "rejected, one slot free, Okta takes a new secret seconds later",
		given: hesitates, when: put(wrongValue),
		right: []string{"first ACTIVE, ours ACTIVE"}, causes: 1, heals: true,
	},
	{
		name:  "rejected with another one, the brake holds until it is released",
		given: besideARejectedOne, when: rejectedUntilResumed,
		right: []string{"first ACTIVE, ours ACTIVE"}, causes: 1, heals: true, rests: released,
	},
	{
		name:  "adopted with commands that were there before",
		given: secretWithoutCredential, when: adoptedWithCommands,
		right: []string{"first ACTIVE"},
	},
	{
		name:  "rejected, INACTIVE beside a stranger's",
		given: adopted,
		when: func(w *world) {
			w.org.AddSecret(clientID, redact.NewValue(strangerValue), oktasim.Active)
			w.atOrg(w.org.DeactivateSecret(clientID, w.firstID))
			w.annotate(v1alpha1.AnnotationValidate)
		},
		right: []string{"stranger ACTIVE, ours ACTIVE"}, causes: 1, heals: true,
	},
	{
		name:  "rejected, deleted at Okta",
		given: adopted,
		when:  revokedAtOkta,
		right: []string{"stranger ACTIVE, ours ACTIVE"}, causes: 1, heals: true,
	},
	{
		name:  "rotate command, adopted secret",
		given: adopted,
		when:  give(v1alpha1.AnnotationRotate),
		right: []string{"first INACTIVE, ours ACTIVE"}, causes: 1,
	},
	{
		name:  "rotate command, secret of ours",
		given: func(w *world) { created(w); w.eventually("the credential comes to rest", w.settled) },
		when:  give(v1alpha1.AnnotationRotate),
		right: []string{"ours ACTIVE"}, causes: 1,
	},
	{
		name:  "Secret deleted",
		given: func(w *world) { w.madeByOperator(); adopted(w) },
		when:  func(w *world) { w.delete(w.secret()) },
		right: []string{"first ACTIVE"},
	},
	{
		name:  "Secret created from nothing",
		given: func(*world) {},
		when:  created,
		right: []string{"ours ACTIVE"}, causes: 1,
	},
	{
		name:  "credential deleted in a rotation, Retain",
		given: adopted,
		when:  deleted(atPush),
		// Retain ends at once, and names in an event what it leaves.
		right: []string{"first ACTIVE", "first ACTIVE, ours ACTIVE"}, causes: 1, goes: true,
	},
	{
		name:  "credential deleted in a rotation, Retire",
		given: with(retires),
		when:  deleted(atPush),
		// What is at work is withdrawn, unless it was promoted before the operator heard of the deletion.
		right: []string{"first ACTIVE", "first INACTIVE, ours ACTIVE"}, causes: 1, goes: true,
	},
	{
		name:  "credential deleted in a rotation, Retire, in the foreground",
		given: with(retires),
		when:  deletedInForeground,
		right: []string{"first ACTIVE", "first INACTIVE, ours ACTIVE"}, causes: 1, goes: true,
	},
	{
		name:  "credential deleted at the intent, Retain",
		given: adopted, when: deleted(atIntent), from: atIntent,
		right: []string{"first ACTIVE, ours ACTIVE"}, causes: 1, goes: true,
	},
	{
		name:  "credential deleted at the intent, Retire",
		given: with(retires), when: deleted(atIntent), from: atIntent,
		right: []string{"first ACTIVE", "first INACTIVE, ours ACTIVE"}, causes: 1, goes: true,
	},
	{
		name:  "credential deleted at the write, Retain",
		given: adopted, when: deleted(atWrite), from: atWrite,
		right: []string{"first ACTIVE, ours ACTIVE"}, causes: 1, goes: true,
	},
	{
		name:  "credential deleted at the write, Retire",
		given: with(retires), when: deleted(atWrite), from: atWrite,
		right: []string{"first ACTIVE", "first INACTIVE, ours ACTIVE"}, causes: 1, goes: true,
	},
	{
		name:  "credential deleted in the retirement, Retain",
		given: adopted, when: deleted(atRetirement), from: atRetirement,
		right: []string{"first ACTIVE, ours ACTIVE", "first INACTIVE, ours ACTIVE"}, causes: 1, goes: true,
	},
	{
		name:  "credential deleted in the retirement, Retire",
		given: with(retires), when: deleted(atRetirement), from: atRetirement,
		right: []string{"first INACTIVE, ours ACTIVE"}, causes: 1, goes: true,
	},
	{
		name:  "rejected, a value that needs cleaning",
		given: adopted, when: put(firstValue + "\n"),
		right: []string{"first ACTIVE"},
	},
	{
		name:  "rejected, Adopt",
		given: with(func(s *v1alpha1.OktaClientCredentialSpec) { s.Rotation.OnInvalidClient = v1alpha1.OnInvalidClientAdopt }),
		when:  revokedAtOkta,
		right: []string{"stranger ACTIVE"},
	},
	{
		name:  "scheduled",
		given: with(func(s *v1alpha1.OktaClientCredentialSpec) { s.Rotation.MaxAge = "24h" }),
		when:  aged,
		right: []string{"first INACTIVE, ours ACTIVE"}, causes: 1,
	},
	{
		name: "revoke command, adopted secret",
		// Compromised, so it dies without the overlap.
		given: with(func(s *v1alpha1.OktaClientCredentialSpec) { s.Rotation.Overlap.Minimum = "1h" }),
		when:  give(v1alpha1.AnnotationRevoke),
		right: []string{"first INACTIVE, ours ACTIVE"}, causes: 1,
	},
	{
		name:  "revoke command, secret of ours",
		given: func(w *world) { created(w); w.eventually("the credential comes to rest", w.settled) },
		when:  give(v1alpha1.AnnotationRevoke),
		right: []string{"ours ACTIVE"}, causes: 1,
	},
	{
		name:  "slots full, Halt",
		given: adopted, when: crowded(oktasim.Active, v1alpha1.AnnotationRotate),
		right: []string{"first ACTIVE, stranger ACTIVE"}, rests: blocked(v1alpha1.ReasonSlotsFull),
	},
	{
		name:  "slots full, one released",
		given: adopted, when: crowded(oktasim.Active, v1alpha1.AnnotationReleaseSecret, v1alpha1.AnnotationRotate),
		right: []string{"first INACTIVE, ours ACTIVE"}, causes: 1,
	},
	{
		name: "slots full, ReplaceInactive",
		given: with(func(s *v1alpha1.OktaClientCredentialSpec) {
			s.Rotation.OnSlotsFull = v1alpha1.OnSlotsFullReplaceInactive
		}),
		when:  crowded(oktasim.Inactive, v1alpha1.AnnotationRotate),
		right: []string{"first INACTIVE, ours ACTIVE"}, causes: 1,
	},
	{
		name:  "rollback",
		given: rotated, when: give(v1alpha1.AnnotationRollback),
		right: []string{"first ACTIVE"},
	},
	{
		name:  "a superseded value comes back",
		given: rotated, when: put(firstValue),
		right: []string{"first INACTIVE, ours ACTIVE"},
	},
	{
		name:  "another writer puts a superseded value back for ever",
		given: rotated, when: fought,
		right: []string{"first INACTIVE, ours ACTIVE"}, rests: contested,
	},
	{
		name:  "rotate command, a pod uses the old secret",
		given: usedByPod, when: give(v1alpha1.AnnotationRotate),
		right: []string{"first ACTIVE, ours ACTIVE"}, causes: 1, rests: overlaps,
	},
	{
		name:  "rotate command, a workload is restarted",
		given: usedByWorkload, when: give(v1alpha1.AnnotationRotate),
		right: []string{"first INACTIVE, ours ACTIVE"}, causes: 1, restarts: 1, rests: delivered,
	},
	{
		name:  "two credentials for one client, rotate command",
		given: followed, when: give(v1alpha1.AnnotationRotate),
		right: []string{"first INACTIVE, ours ACTIVE"}, causes: 1,
	},
	{
		name:  "two credentials for one client, rejected",
		given: togetherFromTheStart, when: revokedAtOkta,
		right: []string{"stranger ACTIVE, ours ACTIVE"}, causes: 1, heals: true,
	},
	{
		name:  "two credentials for one client, the leader is back",
		given: stoodIn, when: suspend(false),
		right: []string{"first ACTIVE"},
	},
	{
		name:  "two clusters, Adopt, rotate command in one",
		given: inTwoClusters, when: give(v1alpha1.AnnotationRotate),
		right: []string{"first INACTIVE, ours ACTIVE"}, causes: 1,
	},
	{
		name:  "two clusters, Adopt, rotate command in both",
		given: inTwoClusters, when: rotateInBoth,
		right: []string{"first INACTIVE, ours ACTIVE", "ours ACTIVE"}, causes: 2,
	},
	{
		name:  "two clusters, Adopt, rejected",
		given: inTwoClusters, when: revokedAtOkta,
		right: []string{"stranger ACTIVE"},
	},
	{
		name:  "two credentials for one client, only the leader keeps an overlap",
		given: followed,
		when: func(w *world) {
			change(w, w.credential(), func(c *v1alpha1.OktaClientCredential) { c.Spec.Rotation.Overlap.Minimum = "1h" })
			w.annotate(v1alpha1.AnnotationRotate)
		},
		right: []string{"first ACTIVE, ours ACTIVE"}, causes: 1, rests: func(w *world) bool {
			return overlaps(w) && w.settledAt(w.second) && w.valueAt(w.second).Equal(w.value())
		},
	},
}
