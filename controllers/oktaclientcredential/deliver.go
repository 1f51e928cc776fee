package oktaclientcredential

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/internal/consumers"
	"github.com/oktacred/okta-credential-operator/internal/journal"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
)

// settle is how long a restart waits for other credentials of the same workload that change at the same time.
const settle = 10 * time.Second

// restartSpacing is the least time between two restarts for one credential, refusedRestart that between two tries for one workload
// whose restart the API server refuses.
const (
	restartSpacing = time.Second
	refusedRestart = 5 * time.Minute
)

// refusedRestarts are the workloads, as kind/name, whose restart the API server refused a moment ago.
type refusedRestarts map[string]refusal

type refusal struct {
	until time.Time
	why   string
}

// heed leaves alone, until its time, what must not be restarted: the others get on meanwhile.
func (refused refusedRestarts) heed(statuses []consumers.Status, now time.Time) {
	for i := range statuses {
		status := &statuses[i]
		if r, is := refused[status.String()]; is && status.RestartDue && now.Before(r.until) {
			status.State, status.Message, status.RestartDue = consumers.StateNotRestarted, r.why, false
		}
	}
}

// lookAtConsumers finds the workloads that use the Secret, and how far they are with its present value.
func (r *Reconciler) lookAtConsumers(ctx context.Context, seen *scene) error {
	seen.Consumers = &rotation.Delivery{}
	workloads, pods, err := consumers.Find(ctx, r.Live, seen.credential.Namespace, seen.credential.Spec.SecretRef.Name, optionsOf(seen.credential.Spec.Consumers))
	seen.now = r.Clock.Now()
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return ctx.Err()
	case apierrors.IsForbidden(err):
		seen.Consumers.Blocked = "The operator may not list workloads in this namespace: install config/consumers, or set consumers.restart to None."

		return nil
	default:
		// What does not rest on workloads goes on: checks, and the end of a secret that is compromised.
		seen.Consumers.Blocked, seen.Consumers.Moving = fmt.Sprintf("The workloads of this namespace cannot be looked at: %s. It is tried again.", journal.KindOfAnswer(err)), true

		return nil
	}
	seen.workloads = workloads
	delivery := &seen.memory.delivery
	statuses := consumers.Progress(workloads, pods, delivery.Recall(seen.change()), seen.now)
	delivery.See(statuses, seen.now)
	seen.memory.refusedRestarts.heed(statuses, seen.now)
	seen.Consumers = deliveryOf(statuses)
	seen.memory.consumers = statusesOf(statuses)

	return nil
}

func optionsOf(spec v1alpha1.ConsumersSpec) consumers.Options {
	options := consumers.Options{Discover: spec.Restart == v1alpha1.RestartAuto}
	for _, target := range spec.Targets {
		options.Targets = append(options.Targets, consumers.Reference{Kind: string(target.Kind), Name: target.Name})
	}

	return options
}

// change is the last change of the Secret. Its fingerprint is made of what everybody may know; that of a secret which comes
// back is the same, so that pods which still have it are left alone. One that was away from the target and is back there is another
// change: what started meanwhile has the mark of the former one, and may use the other value.
func (s *scene) change() consumers.Change {
	change := consumers.Change{Credential: s.credential.Name, Settle: settle, WaitTimeout: s.credential.Spec.Consumers.WaitTimeout.OrDefault(10 * time.Minute)}
	change.Written, change.Noted = s.written()
	if s.target != nil {
		change.Made = s.target.CreationTimestamp.Time
	}
	if current := s.Journal.Record.Current; current != nil {
		parts := []string{string(s.credential.UID), cmp.Or(current.ID, current.Since.UTC().Format(time.RFC3339Nano))}
		if again := s.Journal.Record.Restored; !again.IsZero() {
			parts = append(parts, again.UTC().Format(time.RFC3339Nano))
		}
		change.Fingerprint = consumers.Fingerprint(parts...)
	}

	return change
}

// written is when the Secret got its present value, at the latest: by the clock of the API server, which dates pods, where the
// operator wrote it; and noted is the later of that and of what the operator's own clock said, which is the one that tells now.
// For a value of others there is just the latter: the time of their last write moves with whatever they write.
func (s *scene) written() (written, noted time.Time) {
	noted = s.now
	if current := s.Journal.Record.Current; current != nil {
		noted = current.Since
	}
	if s.target == nil {
		return noted, noted
	}
	if wrote := wroteValue(s.target, s.credential.Spec.SecretRef.ClientSecretKey); !wrote.IsZero() {
		return wrote, later(wrote, noted)
	}
	noted = later(noted, consumers.WrittenAt(s.target, v1alpha1.FieldManager))

	return noted, noted
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}

	return b
}

func deliveryOf(statuses []consumers.Status) *rotation.Delivery {
	delivery := &rotation.Delivery{Done: consumers.Sum(statuses).Delivered}
	for i := range statuses {
		status := &statuses[i]
		said := fmt.Sprintf("%s: %s.", status.Reference, strings.TrimSuffix(status.Message, "."))
		delivery.Pending = append(delivery.Pending, status.Pending...)
		if status.RestartDue && delivery.RestartDue == "" {
			delivery.RestartDue = status.String()
		}
		switch status.State {
		case consumers.StateFailing:
			if status.Blamed {
				delivery.Failing = said
			} else {
				delivery.Blocked = said
			}
		case consumers.StatePaused, consumers.StateOnDelete, consumers.StateOptedOut, consumers.StateNotRestarted:
			delivery.Blocked = said
		case consumers.StatePending:
			delivery.Moving = true
		case consumers.StateRestarting:
			delivery.Moving = true
			if len(status.Pending) == 0 {
				delivery.Waiting = said
			}
		case consumers.StateCurrent:
		}
	}

	return delivery
}

// maxWorkloads is how many the CRD allows in the status, and maxKind how long their kind may be: one of a group with a long name is
// longer.
const (
	maxWorkloads = 50
	maxKind      = 64
)

func statusesOf(statuses []consumers.Status) *v1alpha1.ConsumersStatus {
	found := &v1alpha1.ConsumersStatus{Total: int32(min(len(statuses), 1<<30))}
	for i := range statuses {
		status := &statuses[i]
		if status.State == consumers.StateCurrent {
			found.Updated++
		}
		uses := make([]string, 0, len(status.Uses))
		for _, use := range status.Uses {
			uses = append(uses, string(use))
		}
		found.Workloads = append(found.Workloads, v1alpha1.ConsumerStatus{
			Kind: cut(status.Kind, maxKind), Name: status.Name, Uses: strings.Join(uses, ", "), State: string(status.State), Message: cut(status.Message, 512),
		})
	}
	found.Pending = found.Total - found.Updated
	slices.SortStableFunc(found.Workloads, func(a, b v1alpha1.ConsumerStatus) int {
		return boolOrder(a.State == string(consumers.StateCurrent)) - boolOrder(b.State == string(consumers.StateCurrent))
	})
	found.Workloads = found.Workloads[:min(len(found.Workloads), maxWorkloads)]

	return found
}

func boolOrder(last bool) int {
	if last {
		return 1
	}

	return 0
}

// restartWorkload restarts one workload as it was seen in this pass.
func (r *Reconciler) restartWorkload(ctx context.Context, seen *scene, a rotation.RestartWorkload) error {
	i := slices.IndexFunc(seen.workloads, func(w consumers.Workload) bool { return w.String() == a.Name })
	if i < 0 {
		return fmt.Errorf("restart %s: it was not seen in this pass", a.Name)
	}
	changed, err := consumers.Restart(ctx, r.Client, seen.workloads[i], seen.change())
	seen.memory.deliverNotBefore = seen.now.Add(restartSpacing)
	if isRefusedRestart(err) {
		why := fmt.Sprintf("The API server refuses its restart (%s): install config/consumers, or look for an admission webhook.", journal.KindOfAnswer(err))
		if seen.memory.refuseRestart(a.Name, refusal{until: seen.now.Add(refusedRestart), why: why}) {
			r.tell(seen, rotation.Telling{Reason: v1alpha1.ReasonConsumersBlocked, Warning: true, Message: a.Name + ": " + why})
		}

		return nil
	}
	if err != nil {
		return err
	}
	if changed {
		seen.memory.delivery.Restart(seen.workloads[i].Reference)
		r.tell(seen, a.Tell...)
	}

	return nil
}

// isRefusedRestart tells what holds up this one workload from what a moment heals and from what would hold up every other one as
// well. A webhook that is down is an internal error of the API server.
func isRefusedRestart(err error) bool {
	return isRefused(err) || apierrors.IsInternalError(err)
}
