package oktaclientcredential

import (
	"fmt"
	"strings"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
	"github.com/oktacred/okta-credential-operator/controllers/connection"
	"github.com/oktacred/okta-credential-operator/internal/oktasim"
	"github.com/oktacred/okta-credential-operator/internal/rotation"
	"github.com/oktacred/okta-credential-operator/internal/tokencheck"
)

// outcome is what comes of a situation.
type outcome struct {
	// Verdict of the diagnosis, or of the last answer where that needs none.
	Verdict v1alpha1.Verdict
	// Action is Nothing, "Generate" with its cause, "Repair" with its cause, "Explain" or "Wait" with its reason.
	Action string
	// Checks, Applications and Lists are how many requests went to /token and /revoke, for the application, and for its secrets.
	Checks, Applications, Lists int
}

func (o outcome) generates() bool { return strings.HasPrefix(o.Action, "Generate") }

// maxPasses is more than any situation takes.
const maxPasses = 12

// decide makes passes as Reconcile does, until one comes to more than a note in the journal or another answer to wait for.
// Nothing may have changed at Okta, and no token may have been minted.
func (w *world) decide() outcome {
	w.t.Helper()
	before, eventsBefore := w.counted(), len(w.org.Events())
	for range maxPasses {
		seen := w.observe()
		action := w.look(seen)
		if write, ok := action.(rotation.WriteJournal); ok && write.Record.Staged == nil {
			w.journal = rotation.Journal{Found: true, Version: w.journal.Version + "+", Record: write.Record}

			continue
		}
		if wait, ok := action.(rotation.Wait); ok && wait.Reason == v1alpha1.ReasonRejectionUnconfirmed {
			w.clock.SetTime(wait.Until)

			continue
		}
		w.mustBeUntouched(eventsBefore)
		result := w.counted()
		result.Checks, result.Applications, result.Lists = result.Checks-before.Checks, result.Applications-before.Applications, result.Lists-before.Lists
		result.Verdict, result.Action = verdictOf(seen), named(action)

		return result
	}
	w.t.Fatalf("no decision after %d passes", maxPasses)

	return outcome{}
}

func verdictOf(seen *scene) v1alpha1.Verdict {
	if d, found := rotation.Diagnose(seen.Observation); found {
		return d.Verdict
	}

	return seen.Check.Verdict
}

func named(action rotation.Action) string {
	if stage, ok := action.(rotation.StageSecret); ok {
		return "Generate " + string(stage.Cause)
	}
	if write, ok := action.(rotation.WriteJournal); ok {
		return "Repair " + string(write.Record.Staged.Cause)
	}
	wait, ok := action.(rotation.Wait)
	if !ok {
		return fmt.Sprintf("%T", action)
	}

	return map[rotation.State]string{rotation.Settled: "Nothing", rotation.Blocked: "Explain " + wait.Reason, rotation.Working: "Wait " + wait.Reason}[wait.State]
}

func (w *world) counted() outcome {
	return outcome{
		Checks: w.org.Count(oktasim.RouteToken) + w.org.Count(oktasim.RouteRevoke) +
			w.org.Count(oktasim.RouteServerToken) + w.org.Count(oktasim.RouteServerRevoke),
		Applications: w.org.Count(oktasim.RouteGetApp), Lists: w.org.Count(oktasim.RouteListSecrets),
	}
}

// mustBeUntouched holds the events since against what the operator may not cause before it has staged anything.
func (w *world) mustBeUntouched(eventsBefore int) {
	w.t.Helper()
	for _, event := range w.org.Events()[eventsBefore:] {
		isToken := strings.HasSuffix(event.Type, "token.grant.access_token") && event.Result == "SUCCESS" && event.ClientID == w.app.ClientID
		if isToken || strings.Contains(event.Type, ".lifecycle.") {
			w.t.Errorf("the operator caused %s", event.Type)
		}
	}
}

// observe is the operator's, with what Kubernetes would say given.
func (w *world) observe() *scene {
	seen := &scene{now: w.clock.Now(), credential: w.credential, memory: w.memory, connection: connection.Connection{
		Kind: v1alpha1.ConnectionKindNamespaced, UID: "connection", Generation: 1, Spec: v1alpha1.ConnectionSpec{OrgURL: orgURL},
	}}
	seen.Credential = w.reconciler.credentialFacts(w.credential, w.memory)
	seen.Target, seen.Journal = w.target, w.journal
	seen.Credential.Binding = seen.binding()
	// Nothing is staged here, no System Log is followed, and of the circumstances only the method changes by itself: of recall,
	// this is what is left.
	if key := string(seen.method()); w.memory.checkKey != key {
		*w.memory = memory{uid: w.memory.uid, checkKey: key, retry: w.memory.retry}
	}
	seen.Check, seen.Tenants, seen.Retry = withoutFreshness(w.memory.check), w.memory.tenants, w.memory.retry

	return seen
}

// look is Reconciler.decide, with the answers of this world's org.
func (w *world) look(seen *scene) rotation.Action {
	w.t.Helper()
	for range maxLooks {
		action := rotation.Decide(seen.now, seen.Observation)
		look, more := action.(rotation.Look)
		if !more {
			return action
		}
		w.answer(seen, look.At)
		seen.now = w.clock.Now()
	}
	w.t.Fatalf("more than %d looks in one pass", maxLooks)

	return nil
}

// answer adds a fact, as Reconciler.look does.
func (w *world) answer(seen *scene, at rotation.Subject) {
	w.t.Helper()
	about := questions{clock: w.clock, checker: w.checker, applicationID: seen.applicationID(), request: tokencheck.Request{
		OrgURL: orgURL, AuthorizationServer: seen.credential.Spec.AuthorizationServer, ClientID: seen.ClientID(), Method: seen.method(),
	}}
	ctx := w.t.Context()
	switch at {
	case rotation.LookTarget:
		w.memory.answered(*about.aboutSecret(ctx, seen.Target.Value, (*tokencheck.Checker).Check), spacing)
		fresh := *w.memory.check
		seen.Check = &fresh
	case rotation.LookSecond:
		seen.Second = about.aboutSecret(ctx, seen.Target.Value, (*tokencheck.Checker).SecondOpinion)
	case rotation.LookCleaned:
		next := seen.CleanForms()[len(seen.Cleaned)]
		seen.Cleaned = append(seen.Cleaned, *about.aboutSecret(ctx, next.Value, (*tokencheck.Checker).Check))
	case rotation.LookTenants:
		seen.Tenants = about.aboutTenants(ctx, w.metadata, seen.Target.Issuer, nil)
		w.memory.tenants = seen.Tenants
	case rotation.LookApplication, rotation.LookSecrets:
		var err error
		seen.Okta, err = about.aboutApplication(ctx, w.admin, at == rotation.LookApplication)
		if err != nil {
			w.reconciler.adminFailed(seen, err)
			seen.Okta.Problem, seen.Okta.Message, seen.Okta.NeedsPerson = seen.Retry.Reason, seen.Retry.Message, seen.Retry.NeedsPerson

			return
		}
		w.memory.looked()
	default:
		w.t.Fatalf("nobody answers for %s", at)
	}
}
