package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

const (
	// settledFor is how long the operator must send nothing to count as having nothing left to do.
	settledFor = 3 * time.Second
	// settlePatience bounds the wait for that.
	settlePatience = 2 * time.Minute
)

// waitForReady returns when the API server has told that every credential is Ready.
func (w *world) waitForReady(ctx context.Context, deadline time.Time) error {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	ready := map[string]bool{}
	for {
		err := w.watchReady(ctx, ready)
		if err != nil {
			return errors.Join(fmt.Errorf("%d of %d credentials are Ready: %w", len(ready), w.options.n, err), w.example(ctx, ready), w.operator.ended())
		}
		if len(ready) == w.options.n {
			return nil
		}
	}
}

// watchReady notes who is Ready until all are or the watch ends.
func (w *world) watchReady(ctx context.Context, ready map[string]bool) error {
	var list v1alpha1.OktaClientCredentialList
	if err := w.client.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return fmt.Errorf("list the credentials: %w", err)
	}
	for i := range list.Items {
		note(ready, &list.Items[i])
	}
	watching, err := w.client.Watch(ctx, &v1alpha1.OktaClientCredentialList{}, client.InNamespace(namespace), &client.ListOptions{
		Raw: &metav1.ListOptions{ResourceVersion: list.ResourceVersion},
	})
	if err != nil {
		return fmt.Errorf("watch the credentials: %w", err)
	}
	defer watching.Stop()
	for len(ready) < w.options.n {
		select {
		case event, open := <-watching.ResultChan():
			if !open || event.Type == watch.Error {
				return ctx.Err()
			}
			if credential, ok := event.Object.(*v1alpha1.OktaClientCredential); ok {
				note(ready, credential)
			}
		case <-w.operator.done:
			return errors.New("the operator has ended")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func note(ready map[string]bool, credential *v1alpha1.OktaClientCredential) {
	condition := meta.FindStatusCondition(credential.Status.Conditions, v1alpha1.ConditionReady)
	if condition != nil && condition.Status == metav1.ConditionTrue && condition.ObservedGeneration == credential.Generation {
		ready[credential.Name] = true
		return
	}
	delete(ready, credential.Name)
}

// example says why one of those that are not Ready is not.
func (w *world) example(ctx context.Context, ready map[string]bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	var list v1alpha1.OktaClientCredentialList
	if err := w.client.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return err
	}
	for i := range list.Items {
		found := &list.Items[i]
		if ready[found.Name] {
			continue
		}
		if condition := meta.FindStatusCondition(found.Status.Conditions, v1alpha1.ConditionReady); condition != nil {
			return fmt.Errorf("%s is not Ready: %s: %s", found.Name, condition.Reason, condition.Message)
		}
		return fmt.Errorf("%s has no condition yet", found.Name)
	}
	return nil
}

// settle waits until the operator has sent nothing to the API server, besides leader election, for a while.
func (w *world) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settlePatience)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	seen, since := -1, time.Now()
	for time.Since(since) < settledFor {
		if err := w.audit.read(); err != nil {
			return err
		}
		if now := w.audit.work(); now != seen {
			seen, since = now, time.Now()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("wait until the operator has nothing left to do: %w", ctx.Err())
		}
	}
	return nil
}
