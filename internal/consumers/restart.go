package consumers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oktacred/okta-credential-operator/api/v1alpha1"
)

const (
	// AnnotationRestart on a workload, with the value "false", keeps the operator from restarting it: for teams whose own
	// tool does that.
	AnnotationRestart = "oktacred.dev/restart"

	// AnnotationPrefix begins the key of an annotation on a pod template, one a credential, so that two credentials of one
	// workload never undo each other's. Its name is the credential's, its value the fingerprint of the change for which the
	// pods were last made anew. The same key on the workload itself holds that fingerprint, how many pods were ready then (0
	// when none was for long, and "unknown" where what was seen does not tell), and a hash of the rest of the template, as
	// <fingerprint>/<count>/<hash>.
	AnnotationPrefix = "restart.oktacred.dev/"
)

const optedOutBecause = "its annotation " + AnnotationRestart + " asks for that"

// errFingerprint says what a fingerprint may look like.
var errFingerprint = errors.New("restart workload: a fingerprint has 1 to 64 of the characters A-Z, a-z, 0-9, dot, underscore and hyphen")

var fingerprintPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// template is the pod template of a workload, and the object that has it.
type template struct {
	kind                             schema.GroupVersionKind
	namespace, name, resourceVersion string
	generation                       int64
	restarted                        map[string]string // ours, on the template
	recorded                         map[string]string // ours, on the object
	rest                             string            // a hash of the template without ours
	// patched is when the operator last patched the object, by the API server's clock; zero when it never did.
	patched time.Time
}

// workload notes what all kinds have in common.
func (f finder) workload(kind string, object client.Object, spec *corev1.PodTemplateSpec) Workload {
	w := Workload{
		Reference: Reference{kind, object.GetName()}, Uses: usesOf(&spec.Spec, f.secret),
		template: template{
			kind: appsv1.SchemeGroupVersion.WithKind(kind), namespace: object.GetNamespace(), name: object.GetName(),
			resourceVersion: object.GetResourceVersion(), generation: object.GetGeneration(),
			restarted: ours(spec.Annotations), recorded: ours(object.GetAnnotations()), rest: restOf(spec),
			patched: WrittenAt(object, v1alpha1.FieldManager),
		},
	}
	if kind == KindRollout {
		w.template.kind = rolloutKind
	}
	if optedOut(object) {
		w.hold(StateOptedOut, optedOutBecause)
	}

	return w
}

func optedOut(object metav1.Object) bool {
	return object.GetAnnotations()[AnnotationRestart] == "false"
}

// ours are the annotations that restarts leave, so that the rest of them need not be kept in memory.
func ours(annotations map[string]string) map[string]string {
	kept := maps.Clone(annotations)
	maps.DeleteFunc(kept, func(key, _ string) bool { return !strings.HasPrefix(key, AnnotationPrefix) })

	return kept
}

// restOf is a hash of a pod template without what restarts leave in it: it changes when somebody deploys something else.
func restOf(spec *corev1.PodTemplateSpec) string {
	rest := *spec
	rest.Annotations = maps.Clone(spec.Annotations)
	maps.DeleteFunc(rest.Annotations, func(key, _ string) bool { return strings.HasPrefix(key, AnnotationPrefix) })
	content, err := json.Marshal(rest)
	if err != nil {
		return "" // as if it were not known: what came from the API server can be written
	}
	sum := sha256.Sum256(content)

	return hex.EncodeToString(sum[:8])
}

// Restart makes the pods of a workload anew, once for each change of a credential's Secret: it puts the fingerprint into the
// pod template, and the workload's own strategy does the rest. It changes nothing when the template has that fingerprint.
// The object must be as Find saw it: else the error is apierrors.IsConflict, and looking again decides. A workload that is
// Held is refused.
func Restart(ctx context.Context, writer client.Writer, w Workload, c Change) (changed bool, err error) {
	if !fingerprintPattern.MatchString(c.Fingerprint) {
		return false, errFingerprint
	}
	key, fingerprint := annotationKey(c.Credential), c.Fingerprint
	if w.template.restarted[key] == fingerprint {
		return false, nil
	}
	if w.Held != "" {
		return false, fmt.Errorf("restart %s: %s", w.Reference, w.HeldBecause)
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{
			"resourceVersion": w.template.resourceVersion,
			"annotations":     map[string]string{key: record(fingerprint, w.baseline(c), w.template.rest)},
		},
		"spec": map[string]any{"template": map[string]any{"metadata": map[string]any{"annotations": map[string]string{key: fingerprint}}}},
	})
	if err != nil {
		return false, fmt.Errorf("restart %s: %w", w.Reference, err)
	}
	object := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: w.template.namespace, Name: w.template.name}}
	object.SetGroupVersionKind(w.template.kind)
	if err := writer.Patch(ctx, object, client.RawPatch(types.MergePatchType, patch), client.FieldOwner(v1alpha1.FieldManager)); err != nil {
		return false, fmt.Errorf("restart %s: %w", w.Reference, err)
	}

	return true, nil
}

// noneReady and readyUnknown stand for the number of ready pods where it speaks neither for nor against a new value.
const (
	noneReady    = "0"
	readyUnknown = "unknown"
)

// baseline is how many pods were ready before a restart. It is unknown while an update of somebody else is on its way, whose
// new pods may fail for reasons of their own, and while those there are may just be starting.
func (w Workload) baseline(c Change) string {
	switch {
	case !w.settled:
		return readyUnknown
	case w.Ready > 0:
		return strconv.Itoa(w.Ready)
	case w.unready.IsZero() || !c.tooEarlyFor(w.unready):
		return readyUnknown
	default:
		return noneReady
	}
}

func record(fingerprint, ready, rest string) string { return fingerprint + "/" + ready + "/" + rest }

// readyWhen is how many pods were ready before the restart for a fingerprint, in that restart's words, and the hash of the rest of
// the template then; empty where they are not known.
func (t template) readyWhen(key, fingerprint string) (ready, rest string) {
	of, said, _ := strings.Cut(t.recorded[key], "/")
	if of != fingerprint {
		return "", ""
	}
	ready, rest, _ = strings.Cut(said, "/")

	return ready, rest
}

// readyBefore is how many pods were ready before the restart for a fingerprint, as that restart recorded it; 0 also where it
// did not know, and where somebody has changed the template since: its pods may fail for that.
func (t template) readyBefore(key, fingerprint string) int {
	said, rest := t.readyWhen(key, fingerprint)
	ready, err := strconv.Atoi(said)
	if err != nil || rest != "" && rest != t.rest {
		return 0
	}

	return ready
}

// noneReady says whether the restart for a fingerprint recorded that no pod was ready.
func (t template) noneReady(key, fingerprint string) bool {
	said, _ := t.readyWhen(key, fingerprint)

	return said == noneReady
}

// annotationKey is that of a credential. The name of an annotation has at most 63 characters, that of an object 253: a
// longer one is cut, and told apart by a hash.
func annotationKey(credential string) string {
	const most, kept = 63, 52
	if len(credential) <= most {
		return AnnotationPrefix + credential
	}
	sum := sha256.Sum256([]byte(credential))

	return AnnotationPrefix + credential[:kept] + "-" + hex.EncodeToString(sum[:5])
}

// Fingerprint stands for a change of a Secret: 32 hexadecimal digits, the same for the same parts. Everybody who may see
// pods sees it. So the parts must be public (the credential's UID, the secret's id at Okta, the time of the write) and never
// a value, which could be guessed from it.
func Fingerprint(parts ...string) string {
	hash := sha256.New()
	for _, part := range parts {
		_, _ = fmt.Fprintf(hash, "%d:%s", len(part), part)
	}

	return hex.EncodeToString(hash.Sum(nil)[:16])
}
